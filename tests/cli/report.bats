#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim --html: the page is written beside the table, whole or not at all.

load common

setup() {
	log=$BATS_TEST_TMPDIR/log.csv
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	page=$BATS_TEST_TMPDIR/report.html
	parc gen fleet --mix examples/eights.yaml --nodes 1 -o "$fleet"
	{
		echo "submit_s,length_s,devices,tenant"
		for ((i = 0; i < 40; i++)); do
			echo "$((i * 40)),$((100 + i % 7 * 200)),$((i % 4 + 1)),t$((i % 3))"
		done
	} >"$log"
}

replay() {
	parc sim --fleet "$fleet" --trace "$log" --format csv "$@"
}

@test "one policy: the page has its figures and a place for each chart, and loads nothing" {
	run -0 replay --html "$page"
	[[ $output == *"where the device-hours went"* ]]
	[[ $(head -n 1 "$page") == "<!DOCTYPE html>" && $(tail -n 1 "$page") == "</html>" ]]
	[[ $(grep -c 'data-chart="' "$page") == 7 ]]
	grep -q '<bdi>log.csv</bdi>' "$page"
	run ! grep -E 'https?:|src=|href=|@import|url\(' "$page"
}

@test "several policies: each has its column, and what the table says the page says" {
	run -0 replay --compare strict,easy,shortest --html "$page"
	for policy in strict easy shortest; do
		grep -q "<th scope=\"col\">$policy</th>" "$page"
	done
	grep -q 'class="best"' "$page"
	for digest in $(sed -n 's/^ *digest \([0-9a-f]\{16\}\) .*/\1/p' <<<"$output"); do
		grep -q "<code>$digest</code>" "$page"
	done
	[[ $(grep -c '<code>' "$page") == 3 ]]
}

@test "the page comes with JSON and with digests, too" {
	run -0 replay --json --html "$page"
	[[ ${lines[0]} == "{" && -s $page ]]
	rm "$page"
	run -0 replay --digest --html "$page"
	[[ ${#lines[@]} == 1 && -s $page ]]
}

@test "equal runs give equal pages but for the speed" {
	run -0 replay --html "$page"
	run -0 replay --html "$page.again"
	diff <(grep -v 'decisions a second' "$page") <(grep -v 'decisions a second' "$page.again")
}

@test "a page that cannot be written is said and not left behind" {
	run -1 --separate-stderr replay --html /nowhere/report.html
	[[ $stderr == *"/nowhere/report.html cannot be written: No such file or directory"* ]]
	[[ $output == *"where the device-hours went"* ]]
	run -2 --separate-stderr parc sim --fleet "$fleet" --trace "$log" --saturate 1 \
		--html "$page"
	[[ $stderr == *"--html is for replays"* && ! -e $page ]]
	[[ -e /dev/full ]] || skip "there is no /dev/full"
	ln -s /dev/full "$page"
	run -1 --separate-stderr replay --html "$page"
	[[ $stderr == *"$page cannot be written: No space left on device"* ]]
	[[ -L $page && -c /dev/full ]]
}
