#!/bin/sh
# Gradescope runs this once, as root, when it makes the image: the packages that Oto needs, and Oto itself.
set -e
cd "$(dirname "$0")"
if ! command -v oto-grade >/dev/null && [ -d oto ]; then
    apt-get update -q
    if ! apt-cache show clang-19 >/dev/null 2>&1; then
        echo "setup.sh: the package sources of this image have no clang-19: choose a base image that has it (Debian 12 does)," >&2
        echo "or add LLVM's package source before this line" >&2
        exit 1
    fi
    apt-get install -y -q --no-install-recommends ca-certificates make pkg-config
    make -C oto programs library prelude build/share/oto/data
    PATH=$PWD/oto/build/bin:$PATH
fi
command -v oto-grade >/dev/null || {
    echo "setup.sh: there is no oto-grade in this image, and the archive was made without Oto's sources" >&2
    exit 1
}
# What a student's code is kept from, and what this image's container does not allow to enforce.
oto-grade doctor || echo "setup.sh: see above: run_autograder will refuse to grade where a layer that matters is missing" >&2
