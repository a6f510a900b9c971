#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What root's daemon keeps of root's rights, and what jobs get of them (docs/engine.md, "Rights").

load common
load daemon

# Capabilities by their numbers (linux/capability.h).
has() { # has MASK NUMBER
	(((16#$1 >> $2) & 1))
}

status_of() { # status_of PID FIELD
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

setup() {
	[[ $(id -u) == 0 ]] || skip "only root's daemon has something to give up"
	# Not in TMPDIR: another user has to get through to the socket.
	open=$(mktemp -d /tmp/parc-rights.XXXXXX)
	chmod 711 "$open"
	export PARC_SOCKET=$open/s
}

teardown() {
	[[ -z ${daemon:-} ]] || stop_daemon KILL
	[[ -z ${open:-} ]] || rm -rf "$open"
}

@test "the daemon keeps what other users' jobs need, and nothing else" {
	start_engine
	held=$(status_of "$daemon" CapPrm)
	has "$held" 6 && has "$held" 7 && has "$held" 5	# SETGID, SETUID, KILL
	run ! has "$held" 22				# SYS_BOOT
	run ! has "$held" 16				# SYS_MODULE
	run ! has "$held" 17				# SYS_RAWIO
	run ! has "$held" 0				# CHOWN
	[[ $(status_of "$daemon" CapBnd) == "$held" ]]
	[[ $(status_of "$daemon" NoNewPrivs) == 1 ]]
}

@test "another user's job has no capability and gains none by a set-user-id program" {
	start_engine
	job='grep -E "CapPrm|CapEff|NoNewPrivs" /proc/self/status; id -u'
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups \
		curl -sS --unix-socket "$PARC_SOCKET" -X POST http://parc/v1/jobs \
		-d "$(jq -n --arg job "$job" '{command: ["sh", "-c", $job], directory: "/"}')"
	[[ $output == *'"job"'* ]]
	parc logs -f 1 >"$BATS_TEST_TMPDIR/out"
	[[ $(awk '/Cap/ { print $2 }' "$BATS_TEST_TMPDIR/out" | sort -u) == 0000000000000000 ]]
	[[ $(awk '/NoNewPrivs/ { print $2 }' "$BATS_TEST_TMPDIR/out") == 1 ]]
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == 65534 ]]
}

@test "an operator may let jobs run programs that gain rights" {
	start_engine --allow-set-uid
	[[ $(status_of "$daemon" NoNewPrivs) == 0 ]]
	run ! has "$(status_of "$daemon" CapPrm)" 16
}
