#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Count the test results in TAP logs and print one line: "N passed, N failed", with
# ", N skipped" after it if any were. Fails when a test failed or when none was run.
#
# Usage: tools/tally.sh LOG...
#
# Each log ends in "# exit N", the status of the program that wrote it (check.sh adds it). What a
# program promised (1..N) and did not report counts as failed; so does a log without a plan, and a
# program that fails though all its tests passed. A log may hold several plans (cmocka writes one
# a group); a plan of none with a reason ("1..0 # SKIP why") is one skipped test.
set -u

awk '
function close_log() {
	if (log_open) {
		if (plan > seen)
			bad += plan - seen
		else if (plans == 0 || plan < seen || (status != 0 && bad == 0))
			bad++
		passed += good; failed += bad; skipped += left
	}
	log_open = 1
	plan = plans = seen = good = bad = left = 0
	status = 1
}
FNR == 1 { close_log() }
/^[ \t]*1\.\.[0-9]+/ {
	split($1, range, /\.\./)
	plan += range[2]
	plans++
	if (range[2] == 0 && toupper($0) ~ /# *SKIP/)
		left++
	next
}
/^[ \t]*(not )?ok([ \t]|$)/ {
	seen++
	if (toupper($0) ~ /# *SKIP/)
		left++
	else if ($1 == "ok")
		good++
	else
		bad++
	next
}
/^Bail out!/ { bad++ }
/^# exit [0-9]+$/ { status = $3 }
END {
	close_log()
	printf "%d passed, %d failed", passed, failed
	if (skipped > 0)
		printf ", %d skipped", skipped
	printf "\n"
	exit failed > 0 || passed + skipped == 0
}
' "$@"
