#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Install the Debian packages that are missing, as root or with sudo; does nothing, and asks for
# no rights, when all are there.
#
# Usage: tools/deps.sh run|check|vm|browser
#   run      what building and running the program takes
#   check    that, and the second compiler, the sanitizers, the fuzzer and the test tools
#   vm       that, and a virtual machine
#   browser  what building takes, and a browser that tests can drive
set -u

run_packages=(gcc libc6-dev make binutils pkgconf libyaml-dev libjansson-dev zlib1g-dev
	liblzma-dev libsqlite3-dev libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev
	nettle-dev libcap-ng-dev libncurses-dev)
check_packages=("${run_packages[@]}" clang clang-format libclang-rt-dev libcmocka-dev bats
	universal-ctags curl jq sqlite3 tmux)

case ${1:-} in
run) packages=("${run_packages[@]}") ;;
check) packages=("${check_packages[@]}") ;;
vm) packages=("${check_packages[@]}" qemu-system-x86 busybox-static cpio) ;;
browser) packages=("${run_packages[@]}" chromium) ;;
*)
	echo "Usage: tools/deps.sh run|check|vm|browser" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null; then
	echo "tools/deps.sh: this is no Debian; parc needs what these packages hold: ${packages[*]}" >&2
	exit 0
fi

missing=()
for package in "${packages[@]}"; do
	state=$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null)
	grep -qx installed <<<"$state" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "tools/deps.sh: install as root: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi

echo "Installing ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
if "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; then
	exit 0
fi
echo "tools/deps.sh: apt-get could not install ${missing[*]}" >&2
exit 1
