#!/bin/sh
# Usage: scripts/packages.sh LIST...
# Makes sure that the Debian packages named in the lists are installed. As root, or where sudo asks for no password, it
# installs what is missing; otherwise it says what to ask an administrator for and ends with status 2.
set -u

wanted=$(sed 's/#.*//' "$@") || exit 2
if ! command -v dpkg-query >/dev/null; then
    echo "oto: this is not Debian, so nothing was installed; these packages (Debian 12's names) are needed:" $wanted >&2
    exit 0
fi

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "oto: these Debian packages are missing, and installing them needs an administrator:" >&2
    echo "    apt-get install$missing" >&2
    exit 2
fi

echo "oto: installing$missing"
# Debian's lists may be old or absent: they are fetched again only when the packages are not to be had without.
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}
if ! install >/dev/null 2>&1; then
    $as_root apt-get update -q >/dev/null && install || {
        echo "oto: could not install:$missing" >&2
        exit 2
    }
fi
