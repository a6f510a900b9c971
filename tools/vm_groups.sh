#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run the tests of the local engine on a machine that has version 2 control groups only, which is
# what most have: in a virtual one, by software emulation, so any host will do. It takes Debian's
# qemu-system-x86, busybox-static and cpio, and a kernel, which is downloaded with apt and not
# installed. It takes minutes.
#
# Usage: tools/vm_groups.sh [FOLDER]      (default build/vm: for the kernel and the image)
set -eu
cd "$(dirname "$0")/.." || exit 1
folder=${1:-build/vm}
tests="test_groups test_engine test_engine_devices test_engine_shares test_engine_faults"
mkdir -p "$folder/root"
for word in qemu-system-x86_64 busybox cpio; do
	command -v "$word" >/dev/null || {
		echo "tools/vm_groups.sh: apt-get install qemu-system-x86 busybox-static cpio" >&2
		exit 1
	}
done

fetch_kernel() {
	local package
	package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
	(cd "$folder" && apt-get -q download "$package" && dpkg-deb -x "$package"_*.deb kernel)
}
ls "$folder"/kernel/boot/vmlinuz-* >/dev/null 2>&1 || fetch_kernel

make_image() {
	local root=$folder/root name library
	rm -rf "$root"
	mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,root,tests,standin,lib64,lib/x86_64-linux-gnu}
	cp "$(command -v busybox)" "$root/bin/"
	for name in ash sh sleep cat head tail tr yes id ls wc mkfifo setsid rm kill echo true false taskset mount \
		poweroff mkdir env readlink; do
		ln -sf busybox "$root/bin/$name"
	done
	for name in $tests; do
		cp "build/tests/$name" "$root/tests/"
		for library in $(ldd "build/tests/$name" | grep -o '/[^ ]*'); do
			cp -L "$library" "$root/$(dirname "$library" | cut -c2- | sed s,^usr/,,)/"
		done
	done
	cp -L /lib/x86_64-linux-gnu/libm.so.6 "$root/lib/x86_64-linux-gnu/"
	cp build/standin/*.so "$root/standin/"
	echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
	chmod 700 "$root/root"
	cat >"$root/init" <<END
#!/bin/sh
export PATH=/bin TMPDIR=/tmp
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
mount -t cgroup2 none /sys/fs/cgroup
cat /proc/version /sys/fs/cgroup/cgroup.controllers
for name in $tests; do
	echo "# \$name"
	/tests/\$name 2>&1
	echo "# \$name ended with \$?"
done
poweroff -f
END
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$folder/image.gz"
}
make_image

# The log is what the machine writes to its serial line.
timeout "${VM_SECONDS:-900}" qemu-system-x86_64 -M q35 -cpu max -smp 2 -m 1024 -nographic -no-reboot \
	-kernel "$folder"/kernel/boot/vmlinuz-* -initrd "$folder/image.gz" \
	-append "console=ttyS0 quiet panic=-1" </dev/null | stdbuf -o0 tr -d '\r' | tee "$folder/log"
passed=$(grep -c '^# .* ended with 0$' "$folder/log" || true)
[ "$passed" -eq "$(wc -w <<<"$tests")" ] || exit 1
