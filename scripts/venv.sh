#!/bin/sh
# Usage: scripts/venv.sh FOLDER REQUIREMENTS
# A virtual environment of Debian's Python (python3 on PATH may be another) that holds the pinned packages.
set -u
folder=$1 requirements=$2

[ -x "$folder/bin/python" ] || /usr/bin/python3 -m venv "$folder" || {
    echo "oto: /usr/bin/python3 cannot make a virtual environment; is the Debian package python3-venv installed?" >&2
    exit 2
}
echo "oto: installing $requirements into $folder"
log=$folder/install.log
if ! "$folder/bin/pip" install --disable-pip-version-check -q -r "$requirements" >"$log" 2>&1; then
    grep -E '^ERROR' "$log" >&2
    echo "oto: pip could not install $requirements (all it said is in $log)" >&2
    exit 2
fi
touch "$folder/installed"
