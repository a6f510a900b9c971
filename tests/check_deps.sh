#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/deps.sh with a dpkg-query, an id, a sudo and an apt-get of our own: it installs exactly what
# is missing, as root or with sudo, and asks for nothing when all is there.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for tool in bash env grep; do
	ln -s "$(command -v $tool)" "$work/bin/$tool"
done

add_tool() { # add_tool NAME: standard input is its script
	{ echo "#!$(command -v bash)" && cat; } >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}
add_tool dpkg-query <<'END'
[[ " $MISSING " == *" ${*: -1} "* ]] && exit 1
echo installed
END
add_tool id <<'END'
echo "$USER_ID"
END
add_tool apt-get <<'END'
echo "apt-get ${*: -1}" >>"$CALLS"
echo "$*" >>"$CALLS.full"
exit "${APT_STATUS:-0}"
END

# expect TITLE STATUS CALLS: run deps.sh check with only our tools; CALLS are the last words of
# each call of apt-get, and whether sudo was used.
expect() {
	local output status calls
	export CALLS=$work/calls
	rm -f "$CALLS" "$CALLS.full"
	touch "$CALLS"
	output=$(PATH=$work/bin "$(command -v bash)" tools/deps.sh "$what" 2>&1)
	status=$?
	calls=$(paste -s -d , "$CALLS")
	if [ $status -eq "$2" ] && [ "$calls" = "$3" ]; then
		tap_report "$1" ""
	else
		tap_report "$1" "status $status, calls '$calls', output: $output"
	fi
}

what=check
export MISSING="" USER_ID=1000
expect "nothing is done when nothing is missing" 0 ""
export MISSING=bats
expect "without root or sudo it says what to install" 1 ""
add_tool sudo <<'END'
echo sudo >>"$CALLS"
exec "$@"
END
expect "with sudo it installs" 0 "sudo,apt-get update,sudo,apt-get bats"
export USER_ID=0
expect "as root it needs no sudo" 0 "apt-get update,apt-get bats"
export MISSING="libyaml-dev bats"
expect "all that is missing is installed at once" 0 "apt-get update,apt-get bats"
tap_run "and both were named" grep -q -- '--no-install-recommends libyaml-dev bats$' "$CALLS.full"
what=run
export MISSING="bats clang"
expect "running needs no test tools" 0 ""
export MISSING=gcc APT_STATUS=100
expect "a failure of apt-get is one of ours" 1 "apt-get update"
what=nonsense
expect "a wrong call is refused" 2 ""

tap_end
