#!/bin/bash
# Builds the image of docker/Dockerfile with buildah and runs the demo and JupyterLab in it with podman, where there is
# no docker engine and no registry of images: the base is made by debootstrap. So it proves that the set-up needs
# nothing that is not written down. As root; needs the packages buildah, podman, runc and debootstrap.
#
# How this machine reaches package registries (apt's and pip's settings, certificates) is lent to the build by mounts
# and variables, and stays out of the image.
set -eu -o pipefail
cd "$(dirname "$0")/.."
image=localhost/oto
base=docker.io/library/debian:12

missing=
for command in buildah podman runc debootstrap; do command -v "$command" >/dev/null || missing="$missing $command"; done
[ -z "$missing" ] || { echo "docker/try.sh: install these first: apt-get install$missing" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "docker/try.sh: debootstrap and the build need root" >&2; exit 2; }

work=$(mktemp -d)
trap 'podman rm -f oto-try >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
    echo "== the base image, by debootstrap"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)
    debootstrap --variant=minbase bookworm "$work/base" ${mirror:+"$mirror"} >"$work/debootstrap.log" || {
        tail -n 20 "$work/debootstrap.log" >&2
        exit 1
    }
    rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/*
    container=$(buildah from scratch)
    buildah add -q "$container" "$work/base" / >/dev/null
    buildah config --cmd /bin/bash "$container"
    buildah commit -q "$container" "$base" >/dev/null
    buildah rm "$container" >/dev/null
    buildah tag "$base" localhost/debian:12
fi

# apt's settings as they are; pip's as one file, with the local folders and the certificate that they name.
lend=(--volume /etc/apt:/etc/apt:ro)
printf '[global]\n' >"$work/pip.conf"
/usr/bin/env pip config list 2>/dev/null | sed -n "s/^\(global\|:env:\)\.\(find-links\|index-url\|extra-index-url\|default-timeout\|cert\)='\(.*\)'$/\2 = \3/p" |
    sed 's/^default-timeout/timeout/' | sort -u -t= -k1,1 >>"$work/pip.conf"
for path in $(sed 's/.*= //' "$work/pip.conf" | tr ' ' '\n' | sed 's|^file://||; s|/simple$||' | grep '^/' | sort -u); do
    [ ! -e "$path" ] || lend+=(--volume "$path:/lent$path:ro")
done
sed -i -E 's#(= | )(file://)?/#\1\2/lent/#g' "$work/pip.conf"
lend+=(--volume "$work/pip.conf:/etc/pip.conf:ro")

echo "== the image"
began=$SECONDS
buildah build --layers --network host "${lend[@]}" -f docker/Dockerfile -t "$image" .
echo "== built in $((SECONDS - began)) s"

# Without these podman asks for more open files than a restricted root may have.
limits=(--ulimit nofile=1024:1024 --ulimit nproc=4096:4096)
# The grader's sandbox makes namespaces and mounts /proc inside the container, which the usual profile forbids.
echo "== the demo, without a network"
podman run --rm "${limits[@]}" --network none --security-opt seccomp=unconfined --security-opt unmask=ALL \
    "$image" make demo

echo "== JupyterLab, as compose.yaml starts it"
podman run -d --rm "${limits[@]}" --name oto-try --network none --memory 4g -e JUPYTER_TOKEN=oto "$image" >/dev/null
for _ in $(seq 60); do
    answer=$(podman exec oto-try .venv/bin/python -c \
        'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8888/api/kernelspecs?token=oto").read().decode())' \
        2>/dev/null) && break
    sleep 1
done
case $answer in
*'"oto"'*) echo "JupyterLab answers, and offers the kernel" ;;
*) podman logs oto-try >&2; echo "docker/try.sh: JupyterLab does not answer in the container" >&2; exit 1 ;;
esac
