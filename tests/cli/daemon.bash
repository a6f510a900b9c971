# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For tests that need a daemon, on a folder and a socket of the test's own: start_daemon [OPTION]...
# runs one on a fleet of two nodes with four devices each that runs nothing (--dry), start_engine
# one that runs jobs on this machine. Each returns when it listens: its log is a pipe until then, so
# nothing is polled. With `--listen 0` the port is in $port.

export PARC_SOCKET=$BATS_TEST_TMPDIR/s
data=$BATS_TEST_TMPDIR/data
log=$BATS_TEST_TMPDIR/log

fleet_write() {
	cat >"$BATS_TEST_TMPDIR/fleet.yaml" <<-'END'
		fleet:
		  chips:
		    - {name: A100, memory_gib: 80, step_milli: 10}
		  nodes:
		    - {name: gpu, count: 2, cores: 16, memory_gib: 64, pools: [{chip: A100, devices: 4}]}
	END
}

start_daemon() {
	fleet_write
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" "$@"
}

start_engine() {
	local line pipe=$BATS_TEST_TMPDIR/pipe
	rm -f "$pipe"
	mkfifo "$pipe"
	"$PARC" serve --data "$data" --socket "$PARC_SOCKET" "$@" 2>"$pipe" 3>&- &
	daemon=$!
	exec 4<"$pipe"
	while read -r -u 4 line; do
		echo "$line" >>"$log"
		[[ $line == *"listening on http"* ]] && port=${line##*:}
		[[ $line == *"listening on $PARC_SOCKET" ]] && break
	done
	cat <&4 >>"$log" 3>&- &
	exec 4<&-
	[[ $line == *"listening on $PARC_SOCKET" ]]
}

stop_daemon() { # stop_daemon [SIGNAL]
	kill -"${1:-TERM}" "$daemon"
	wait "$daemon" || [[ ${1:-TERM} == KILL ]]
	daemon=
}

teardown() {
	[[ -z ${daemon:-} ]] || stop_daemon KILL
}

# call METHOD PATH [curl option]...: the answer's body, then its status on a line of its own.
call() {
	local method=$1 path=$2
	shift 2
	curl -sS --unix-socket "$PARC_SOCKET" -X "$method" -w '\n%{http_code}\n' "$@" "http://parc$path"
}

# field NAME JOB: one field of `parc show --json`.
field() {
	parc show "$2" --json | sed -n "s/^  \"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" | head -n 1
}

# long JOB OPTIONS: options of a job that stays until it is stopped.
stay=(--env PARC_DRY_S=100000)
