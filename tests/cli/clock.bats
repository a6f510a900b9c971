#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The system's clock is set while jobs run: nobody is ended or billed by that.
load common
load daemon

start_clocked() {
	STANDIN_CLOCK=$BATS_TEST_TMPDIR/offset LD_PRELOAD=$(dirname "$PARC")/standin/clock.so \
		ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 start_engine "$@"
}

set_clock() {
	echo "$1" >"$BATS_TEST_TMPDIR/offset.new"
	mv "$BATS_TEST_TMPDIR/offset.new" "$BATS_TEST_TMPDIR/offset"
}

# Seconds that a job is billed for, of a core.
billed() { parc show "$1" --json | jq '(.promised.milli_us | tonumber) / 1e6 / 100'; }

@test "jobs neither end nor are billed by a clock that is set, nor is what they say lost" {
	set_clock 0
	start_clocked
	parc submit --cpu 0.1 --time 1h --expected 1h -- sh -c "echo 'progress 1/100' >&3
		until [ -e $BATS_TEST_TMPDIR/go ]; do sleep 0.02; done
		echo 'checkpoint 50/100' >&3; exec sleep 1000"
	until_is running field state 1
	amount() { parc show 1 --json | jq "(.$1.done // 0) | floor"; }
	until_is 1 amount progress
	for offset in 86400 -86400 0; do
		set_clock $offset
		parc submit --cpu 0.1 -- true # the daemon looks at its clock
		until_is ended field state $(($(parc queue --all --json | jq '.jobs[0].job')))
		[[ $(field state 1) == running ]]
		(($(billed 1 | cut -d. -f1) < 600))
	done

	# Ahead by a day, and the daemon is started anew: it goes on with its own time, and says so.
	set_clock 86400
	stop_daemon KILL
	start_clocked
	grep -q "the system's clock is 86[34].. s ahead of the daemon's" "$log"
	[[ $(field state 1) == running ]]
	(($(billed 1 | cut -d. -f1) < 600))

	# Behind by a day: what the job says now is not older than what it said before.
	set_clock -86400
	touch "$BATS_TEST_TMPDIR/go"
	until_is 50 amount checkpoint
	stop_daemon KILL
	start_clocked
	[[ $(field state 1) == running && $(amount checkpoint) == 50 ]]
	parc cancel 1
	until_is ended field state 1
	(($(billed 1 | cut -d. -f1) < 600))

	# Nothing runs: a start takes the clock as it is.
	set_clock 86400
	stop_daemon
	before=$(wc -l <"$log")
	start_clocked
	! tail -n +"$((before + 1))" "$log" | grep "the system's clock"
	stop_daemon
	parc audit "$data"
}
