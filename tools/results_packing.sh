#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The table "Packing by measured use" of docs/results.md: the 143 pods of Alibaba's GenAI trace of
# 2026, each of which holds a device, packed by the first half of their samples and judged by the
# second. Prints Markdown; needs ../shared/data.
#
# Usage: tools/results_packing.sh [DATA]
set -eu
cd "$(dirname "$0")/.."
data=${1:-../shared/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Devices of 80 GiB that are shared in per cent, more than enough of them.
cat >"$work/fleet.yaml" <<END
fleet:
  chips:
    - {name: A, memory_gib: 80, rule: scalar, step_milli: 10}
  nodes:
    - {name: n, count: 20, cores: 64, memory_gib: 512, pools: [{chip: A, devices: 8}]}
END

row() { # MEMORY_GIB PERCENTILE MARGIN
	build/parc sim --fleet "$work/fleet.yaml" --use "$data/genai/duty_cycle.csv" --json --verify \
		--memory $(($1 * 1024)) --percentile "$2" --margin "$3" --place best-fit |
		jq -r --arg memory "$1" --arg percentile "$2" --arg margin "$3" '
			def three: . * 1000 | round / 1000;
			"| \($memory) | \($percentile) | \($margin) | \(.devices) | \(.holders_most) | \(.use_before_pct | three) | \(.use_pct | three) | \(.minutes_over) | \(.minutes_over_pct | three) | \(.work_over_pct | three) | \(.worst_pct) |"'
}

echo "| memory of a pod, GiB | percentile | margin, % | devices | pods on one at most | busy before, % | busy packed, % | device-minutes over | the same, % | work that found its device full, % | highest sum, % |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for memory in 5 10 20 40; do
	row $memory 95 5
done
for percentile in 50 75 90 99; do
	row 10 $percentile 5
done
for margin in 1 2 10; do
	row 10 95 $margin
done
