#!/bin/sh
# Usage: scripts/install.sh BUILD PREFIX
# Copies what `make` built below PREFIX, in the same layout. DESTDIR is put before PREFIX (for packagers).
set -eu
build=$1 prefix=$2 to=${DESTDIR-}$2
case $prefix in
/*) ;;
*) echo "oto: PREFIX must be an absolute path, as in: make install PREFIX=\$HOME/oto (got '$prefix')" >&2; exit 2 ;;
esac
if ! mkdir -p "$to" 2>/dev/null || ! [ -w "$to" ]; then
    echo "oto: cannot write to $to; run as an administrator or name a folder of yours: make install PREFIX=\$HOME/oto" >&2
    exit 2
fi

mkdir -p "$to/bin" "$to/lib/pkgconfig" "$to/lib/oto" "$to/include" "$to/share/jupyter/kernels" "$to/share/jupyter/labextensions" "$to/share/oto"
# A program that runs cannot be written over, so each file is put beside and moved into place.
put() {
    cp -p "$1" "$2.new" && mv -f "$2.new" "$2"
}
for program in oto-kernel oto-worker oto-compiler oto-parser oto-grade oto-inside; do put "$build/bin/$program" "$to/bin/$program"; done
for library in liboto.a liboto.so; do put "$build/lib/$library" "$to/lib/$library"; done
put "$build/lib/oto/prelude.h" "$to/lib/oto/prelude.h"
labextension=share/jupyter/labextensions/oto-labextension
rm -rf "$to/include/oto" "$to/share/oto/data" "$to/share/jupyter/kernels/oto" "${to:?}/$labextension"
cp -Rp "$build/include/oto" "$to/include/oto"
cp -Rp "$build/share/jupyter/kernels/oto" "$to/share/jupyter/kernels/oto"
cp -Rp "$build/$labextension" "$to/$labextension"
# What `make data` renders stays where it is.
mkdir "$to/share/oto/data"
for part in "$build"/share/oto/data/*; do [ "${part##*/}" = sets ] || cp -RpL "$part" "$to/share/oto/data/"; done
built=$(cd "$build" && pwd)
for file in lib/pkgconfig/oto.pc share/jupyter/kernels/oto/kernel.json; do
    sed "s|$built|$prefix|g" "$build/$file" >"$to/$file"
done
# Precompiled headers hold the paths they were made with, so they are made in place.
if [ -z "${DESTDIR-}" ]; then env -u OTO_ROOT "$to/bin/oto-kernel" --prepare; fi
echo "oto: installed below $to"
