#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The table "Traces in time" of docs/results.md: each public log on three fleets of nodes with 8
# devices, under each policy. Prints Markdown; needs ../shared/data.
#
# Usage: tools/results_time.sh [DATA]        RESULTS_SECONDS=120: give up on one run after so long
set -eu
cd "$(dirname "$0")/.."
data=${1:-../shared/data}
limit=${RESULTS_SECONDS:-120}
policies=(strict:true easy:true conservative:true shortest:true shortest:learnt tiers:true
	attained:true attained:true:preempt tiers:true:preempt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# value KEY [GROUP]: a number of the run's JSON, within an object or at its top.
value() {
	awk -v key="\"$1\":" -v group="\"${2:-}\":" '
		group == "\"\":" || $1 == group { inside = 1 }
		inside && $1 == key { gsub(/[",]/, "", $2); print $2; exit }' "$work/run.json"
}

# run_fleet TITLE FORMAT FILE NODES...: the rows of one log.
run_fleet() {
	local title=$1 format=$2 file=$3 nodes policy
	shift 3
	for nodes in "$@"; do
		build/parc gen fleet --mix examples/eights.yaml --nodes "$nodes" -o "$work/fleet.yaml"
		for policy in "${policies[@]}"; do
			if ! timeout "$limit" build/parc sim --fleet "$work/fleet.yaml" --trace "$file" \
				--format "$format" --policy "$policy" --json >"$work/run.json"; then
				echo "| $title | $nodes | $policy | not within $limit s | | | | | | | |"
				continue
			fi
			printf '| %s | %d | %s | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f | %.1f | %d |\n' \
				"$title" "$nodes" "$policy" \
				"$(hours mean wait_s)" "$(hours p50 wait_s)" "$(hours p99 wait_s)" \
				"$(hours mean completion_s)" "$(value mean slowdown)" \
				"$(value use_arrivals_pct)" "$(value use_pct)" "$(value elapsed_ms)"
		done
	done
}

hours() {
	awk -v s="$(value "$1" "$2")" 'BEGIN { printf "%.4f", s / 3600 }'
}

echo "| log | nodes | policy | wait mean, h | median | 99 % | completion mean, h | slowdown mean | allocated, % until last arrival | until last end | ms |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
run_fleet philly philly "$data/philly/philly.csv" 68 52 42
run_fleet "itp 03" itp "$data/itp/cluster03.csv" 25 19 16
run_fleet "itp 06" itp "$data/itp/cluster06.csv" 15 12 10
run_fleet "itp 08" itp "$data/itp/cluster08.csv" 12 9 8
