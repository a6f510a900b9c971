#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tables of docs/results.md on Gavel's loads; about half an hour on one core.
#
# Usage: tools/results_gavel.sh [FOLDER]   (default: ../shared/data/gavel)
set -eu
cd "$(dirname "$0")/.."
data=${1:-../shared/data/gavel}
[ -d "$data" ] || { echo "skipped: no $data"; exit 0; }

# Usage: row LIST OPTION...
row() {
	local list=$1
	shift
	build/parc sim --format gavel --trace "$data/jobs_$list.csv" --json \
		--speeds "$data/throughputs.json" "$@" |
		python3 -c '
import json, sys
run = json.load(sys.stdin)
done = run["completion_s"]
hours = ["%.2f" % (done[key] / 3600) for key in ("mean", "p99", "max")]
print("|", " ".join(sys.argv[1:]), "|", " | ".join(hours), "|", run["fairness"]["mean"],
      "| %.1f | %d |" % (run["makespan_s"] / 3600, run["requeues"]))' "$list" "$@"
}

echo "| list and options | mean h | p99 h | worst h | fairness | makespan h | requeues |"
echo "|---|---|---|---|---|---|---|"
for policy in attained+deal:none shortest+deal:true; do
	for rate in 2.0 4.0 4.8 5.2 5.6; do
		row seed0_single --measure 4000:4999 --policy $policy --rate $rate --round 360
	done
	row seed0_single --measure 4000:4999 --policy $policy --rate 5.6
	row seed0_single --measure 4000:4999 --policy $policy --rate 5.6 --round 360 --move-cost 60
	row seed0_single --measure 4000:4999 --policy $policy --rate 5.6 --move-cost 60
done
for rate in 2.0 4.0 4.8 5.2 5.6; do
	row seed0_single --measure 4000:4999 --policy attained+deal:none --rate $rate --round 360 --pairs
done
row seed0_single --measure 4000:4999 --policy shortest+deal:true --rate 5.6 --round 360 --pairs
row seed0_single --measure 4000:4999 --policy attained+deal:none --rate 5.6 --round 360 --pairs --move-cost 60
for rate in 1.0 2.0 2.6; do
	row seed0_multi --measure 4000:4999 --policy attained+deal:none --rate $rate --round 360 --pairs
done
for seed in 0 1 2; do
	for rate in 1.0 2.0 2.6; do
		row seed${seed}_multi --measure 4000:4999 --policy attained+deal:none --rate $rate --round 360
	done
done
for jobs in 100 300 500 700; do
	for seed in 0 1 2; do
		row seed${seed}_multi --policy longest+deal:true --static $jobs --round 360
	done
done
