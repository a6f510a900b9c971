# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For shell scripts that report in TAP (tools/check_*.sh, tests/check_*.sh): source this file, call
# tap_report, tap_run and tap_skip once a test, and end with tap_end. The plan comes last, so a
# script that dies on its way counts as failed.

tap_number=0
tap_failed=0

# tap_report TITLE OFFENDERS: passes if OFFENDERS is empty, else shows them.
tap_report() {
	tap_number=$((tap_number + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_number - $1"
		return
	fi
	echo "not ok $tap_number - $1"
	while IFS= read -r line; do
		echo "# $line"
	done <<<"$2"
	tap_failed=1
}

# tap_run TITLE COMMAND...: passes if the command succeeds, else shows its output.
tap_run() {
	local title=$1 output
	shift
	if output=$("$@" 2>&1); then
		tap_report "$title" ""
	else
		tap_report "$title" "'$*' failed${output:+: $output}"
	fi
}

# tap_skip TITLE WHY
tap_skip() {
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1 # SKIP $2"
}

tap_end() {
	echo "1..$tap_number"
	exit $tap_failed
}
