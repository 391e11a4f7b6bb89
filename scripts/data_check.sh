#!/bin/sh
# Usage: scripts/data_check.sh
# Compares what is built in data/sets with data/checksums.txt (BLAKE2b, 64 bits). Other versions of the packages, and perhaps
# another kind of processor, give other last bits: on the one that the list was made on, a difference is an error.
set -u
cd "$(dirname "$0")/../data/sets" || exit 1
built=$(find . -type f ! -name '*.new' | wc -l)
if different=$(b2sum -l 64 --check --quiet --ignore-missing ../checksums.txt 2>/dev/null); then
    echo "data: $built files, as data/checksums.txt says"
    exit 0
fi
echo "data: these files are not what data/checksums.txt says:" >&2
echo "$different" | head -10 >&2
echo "data: $(echo "$different" | wc -l) of $built differ; data/README.md names the versions the list was made with" >&2
[ "$(uname -m)" != x86_64 ]
