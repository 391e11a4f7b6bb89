#!/bin/sh
# Usage: scripts/gradescope_trial.sh COURSE ASSIGNMENT NOTEBOOK [OPTION...]
# Does with one submission what Gradescope does: makes an image of Debian 12 (by debootstrap) with the archive in
# /autograder/source, runs setup.sh in it, then run_autograder in a container of the image, and prints results.json.
# As root, with debootstrap, podman and unzip; takes five minutes and 4 GB below $TMPDIR and in podman's store.
# The options are podman's for the container. The sandbox in it needs a /proc without masks and the system calls that
# make namespaces: by default
#     --security-opt unmask=ALL --security-opt seccomp=unconfined
# PODMAN may hold another name of podman, and options of its own ("podman --runtime runc"); MIRROR another package
# source than the first of this machine.
set -eu
[ $# -ge 3 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
course=$1 assignment=$2 notebook=$3
shift 3
[ $# -gt 0 ] || set -- --security-opt unmask=ALL --security-opt seccomp=unconfined
podman=${PODMAN:-podman}
root=$(cd "$(dirname "$0")/.." && pwd)
sources=/etc/apt/sources.list.d/debian.sources
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p' "$sources" | head -n 1)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/build/bin/oto-grade" gradescope --course "$course" --assignment "$assignment" -o "$work/autograder.zip"
debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" "$mirror" >"$work/log" || { cat "$work/log" >&2; exit 1; }
tar -C "$work/base" -c . | $podman import -q - localhost/oto-gradescope-base
rm -rf "$work/base"

mkdir -p "$work/image/autograder/source" "$work/submission" "$work/results"
unzip -q "$work/autograder.zip" -d "$work/image/autograder/source"
cp "$work/image/autograder/source/run_autograder" "$work/image/autograder/run_autograder"
cat >"$work/image/Containerfile" <<'END'
FROM localhost/oto-gradescope-base
COPY autograder /autograder
RUN cd /autograder/source && ./setup.sh
END
$podman build -q --network host -t localhost/oto-gradescope "$work/image"

cp "$notebook" "$work/submission"
$podman run --rm --network none "$@" -v "$work/submission:/autograder/submission" -v "$work/results:/autograder/results" \
    localhost/oto-gradescope /autograder/run_autograder
cat "$work/results/results.json"
