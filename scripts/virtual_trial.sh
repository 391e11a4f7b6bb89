#!/bin/bash
# Usage: scripts/virtual_trial.sh COMMAND...
# Runs a command as root in a virtual machine with Debian 12's own kernel and systemd, where control groups are of version
# 2, and with the files of this machine: a tree that was built is tried as on a machine of its own. What is written stays
# in memory there; what the command says is printed in the end. $GRADE in it is an oto-grade whose `run` has a group of
# its own, as doctor advises:
#     scripts/virtual_trial.sh \
#         'OTO_GRADE=$GRADE CELL_SECONDS=30 .venv/bin/python -m pytest -q -rs tests/grader/test_groups.py'
# As root; installs QEMU. The processor is emulated, 20 times slower: this takes three minutes. SECONDS_MAX (1800) ends
# it.
set -eu
[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /var/tmp/oto-trial.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

printf '%s\n' qemu-system-x86 qemu-system-common busybox-static cpio kmod systemd >"$work/packages"
"$root/scripts/packages.sh" "$work/packages"
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-\)/\1/p')
(cd "$work" && apt-get download -q "$kernel" >log 2>&1 && dpkg -x linux-image*.deb kernel) || { cat "$work/log" >&2; exit 1; }
version=${kernel#linux-image-}
depmod -b "$work/kernel" "$version"

# What the kernel starts first: it loads modules, lays memory over this machine's files, and goes on with systemd in them.
mkdir -p "$work"/first/{bin,proc,sys,dev,files,memory,new,modules}
cp /bin/busybox "$work/first/bin"
for module in virtio_pci virtiofs overlay virtio-rng; do
    modprobe -d "$work/kernel" -S "$version" --show-depends "$module"
done | awk '/^insmod/ && !seen[$2]++ {print $2}' >"$work/modules"
while read -r file; do
    cp "$file" "$work/first/modules"
    echo "busybox insmod /modules/$(basename "$file")"
done <"$work/modules" >"$work/first/load"
cat >"$work/first/init" <<'END_OF_INIT'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
. /load
busybox mount -t virtiofs files /files
busybox mount -t tmpfs -o size=5G memory /memory
busybox mkdir /memory/upper /memory/work
busybox mount -t overlay -o lowerdir=/files,upperdir=/memory/upper,workdir=/memory/work overlay /new
busybox mount -t tmpfs -o size=2G,mode=1777 memory /new/tmp
# These would tell systemd that it is in a container, and has no command line.
busybox rm -f /new/etc/fstab /new/.dockerenv
busybox cp /trial.service /new/etc/systemd/system
busybox mkdir /new/trial
busybox cp /trial.sh /grade /new/trial
exec busybox switch_root /new /lib/systemd/systemd
END_OF_INIT
cat >"$work/first/trial.service" <<'END_OF_SERVICE'
[Unit]
Requires=basic.target
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash /trial/trial.sh
ExecStopPost=/bin/systemctl poweroff -f -f
END_OF_SERVICE
printf '#!/bin/sh\n[ "$1" != run ] || exec systemd-run --quiet --scope -p Delegate=yes "$0.program" "$@"\nexec "$0.program" "$@"\n' >"$work/first/grade"
cat >"$work/first/trial.sh" <<END_OF_TRIAL
cd '$root'
ln -s '$root/build/bin/oto-grade' /trial/grade.program
export HOME=/root GRADE=/trial/grade OTO_ROOT='$root/build' PATH='$root/.venv/bin:$root/build/bin':/usr/sbin:/usr/bin:/sbin:/bin
{ $*; echo "status \$?"; } >/trial/said 2>&1
{ echo; cat /trial/said; } >/dev/console
END_OF_TRIAL
chmod 755 "$work/first/init" "$work/first/grade"
(cd "$work/first" && find . | cpio -o -H newc --quiet | gzip) >"$work/first.gz"

/usr/lib/qemu/virtiofsd --socket-path="$work/files" -o source=/ -o sandbox=chroot >"$work/log" 2>&1 &
for _ in {1..100}; do [ -S "$work/files" ] || sleep 0.1; done
timeout "${SECONDS_MAX:-1800}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 8G \
    -object memory-backend-memfd,id=memory,size=8G,share=on -numa node,memdev=memory \
    -chardev socket,id=files,path="$work/files" -device vhost-user-fs-pci,queue-size=1024,chardev=files,tag=files \
    -kernel "$work/kernel/boot/vmlinuz-$version" -initrd "$work/first.gz" -nic none -nographic -no-reboot \
    -append "console=ttyS0 quiet systemd.show_status=0 systemd.unit=trial.service systemd.mask=console-getty.service"
