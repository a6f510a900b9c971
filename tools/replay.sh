#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# An excerpt of a real log replayed (examples/philly): two days of a research cluster's jobs
# on a small mixed fleet, in strict order and with backfill, side by side; the same as a page with
# charts in build/report.html.
set -eu
cd "$(dirname "$0")/.."

command=(build/parc sim --fleet examples/philly/fleet.yaml --trace examples/philly/jobs.csv
	--format philly --compare "strict,easy" --html build/report.html)
echo "\$ ${command[*]}"
"${command[@]}"
echo
echo "The charts are in build/report.html: open it in a browser; it needs no network."
