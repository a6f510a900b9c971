#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The HTML report of a run on the example files in a real browser: the script runs under the page's
# security policy without a word on the console, and every chart has its marks. `make browser`
# installs chromium first; without it these tests are skipped.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
	tap_skip "the report in a browser" "no chromium; make browser installs it"
	tap_end
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page=$work/report.html
PARC=${PARC:-build/parc}

# A log whose name tries to become markup.
log="$work/\"><img src=x onerror=alert(1)>'.csv"
{
	echo "id,submit_s,length_s,tenant,devices"
	for i in $(seq 200); do
		echo "$i,$((i * 60)),$((i % 17 * 400 + 30)),team-$((i % 5)),$((1 << i % 4))"
	done
} >"$log"

# render PAGE: its elements after the script has run; what the console said goes to $work/console.
render() {
	HOME=$work "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$work/profile" --no-first-run --disable-background-networking \
		--host-resolver-rules='MAP * ~NOTFOUND' --window-size=1200,900 --timeout=20000 \
		--enable-logging=stderr --dump-dom "file://$1" 2>"$work/log" >"$work/dom"
	local status=$?
	grep -E 'CONSOLE' "$work/log" >"$work/console"
	return $status
}

# marks CHART CLASS: how many elements of the class the chart has.
marks() {
	awk -v chart="$1" -v class="$2" '
		{ page = page $0 "\n" }
		END {
			start = index(page, "data-chart=\"" chart "\"")
			part = substr(page, start)
			part = substr(part, 1, index(part, "<details"))
			print start ? gsub("class=\"" class "[ \"]", "", part) : 0
		}' "$work/dom"
}

check_page() { # check_page WHAT POLICIES RUNS
	tap_run "$1: parc sim writes the page" "$PARC" sim --fleet examples/mixed.yaml \
		--trace "$log" --format csv --compare "$2" --html "$page"
	tap_run "$1: the browser shows it" render "$page"
	tap_report "$1: nothing on the console" "$(cat "$work/console")"
	tap_report "$1: no name became markup" "$(grep -oE '<img' "$work/dom")"
	local chart class least count
	while read -r chart class least; do
		count=$(marks "$chart" "$class")
		tap_report "$1: $chart has at least $((least * $3)) of $class" \
			"$([ "$count" -ge $((least * $3)) ] || echo "it has $count")"
	done <<-END
		waterfall bar 3
		time band 2
		queue area 2
		wait line 1
		completion line 1
		free bar 11
		tenants mark 5
	END
}

check_page "one policy" fifo+easy 1
check_page "three policies" fifo+none,fifo+easy,shortest+easy:true 3
tap_end
