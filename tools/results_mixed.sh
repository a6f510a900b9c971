#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The table "A mixed fleet" of docs/results.md: Philly's jobs on the fleet of examples/press-fleet.yaml,
# with one queue for each kind of chip, and with parc. Prints Markdown; needs ../shared/data.
#
# Usage: tools/results_mixed.sh [DATA]
#   RESULTS_SEEDS="1 2 3"        seeds of the rules that make jobs and true speeds
#   RESULTS_LOADS="0.9 1.1"      RESULTS_PORTABLE="20 50 80": which cells
#   RESULTS_HOW="parc, trials"   one of the three ways alone
#   RESULTS_SHARES=0             per cent of small jobs that ask for a share of a device
#   RESULTS_POLICY=easy:true     of parc, as --policy has it
#   PARC=build/parc              another program
#   RESULTS_OPTIONS=             further options of parc's runs
set -eu
cd "$(dirname "$0")/.."
philly=${1:-../shared/data}/philly/philly.csv
seeds=${RESULTS_SEEDS:-1 2 3}
parc=${PARC:-build/parc}
policy=${RESULTS_POLICY:-easy:true}
read -ra options <<<"${RESULTS_OPTIONS:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$parc" gen fleet --mix examples/press-fleet.yaml --format csv -o "$work/fleet.csv"
held=$(awk -F, 'NR > 1 { split($7, part, /[:\/]/); count[part[1]] += part[2] }
	END { for (chip in count) printf "%s=%d ", chip, count[chip] }' "$work/fleet.csv")

# make_jobs SEED PORTABLE BIND LOAD: jobs.csv and truth.csv.
make_jobs() {
	awk -v seed="$1" -v portable="$2" -v bind="$3" -v load="$4" -v held="$held" \
		-v shares="${RESULTS_SHARES:-0}" -v truth="$work/truth.csv" \
		-f tools/mixed_jobs.awk "$philly" >"$work/jobs.csv"
}

# replay FLEET JOBS OPTION...: one run's JSON.
replay() {
	local fleet=$1 jobs=$2
	shift 2
	"$parc" sim --fleet "$fleet" --trace "$jobs" --format csv --true-speeds "$work/truth.csv" \
		--json "$@"
}

# Every kind of chip has its own queue: a run of its own for each, on its nodes, with its jobs.
run_queues() {
	local chip
	for chip in $(tr ' ' '\n' <<<"$held" | cut -d= -f1); do
		awk -F, -v chip="$chip" 'NR == 1 || $7 ~ "^" chip ":"' "$work/fleet.csv" >"$work/part.csv"
		awk -F, -v chip="$chip" 'NR == 1 || $11 == chip' "$work/jobs.csv" >"$work/own.csv"
		[ "$(wc -l <"$work/own.csv")" -gt 1 ] || continue
		replay "$work/part.csv" "$work/own.csv" --policy easy:true
	done >"$work/run.json"
}

run_parc() {
	replay "$work/fleet.csv" "$work/jobs.csv" --policy "$policy" "${options[@]}" "$@" \
		>"$work/run.json"
}

# The figures of all runs in run.json together, those of the CPUs apart, as one line.
figures() {
	awk '
		{ key = $1; gsub(/[":]/, "", key); value = $2; gsub(/[",]/, "", value) }
		key == "tiers" || key == "chips" || key == "speeds" || key == "tenants" { part = key }
		key == "completion_s" { part = "completion" }
		part == "completion" && key == "mean" { completion += value * finished; part = "" }
		key == "finished" && part == "" { finished = value; all += value }
		key == "jobs" && part == "" { jobs += value }
		key == "makespan_s" && value > makespan { makespan = value }
		part == "tiers" && key == "tier" { tier = value }
		part == "tiers" && key == "started" { started = value; waited[tier] += value }
		part == "tiers" && key == "mean" { wait[tier] += value * started }
		part == "chips" && key == "chip" { chip = value }
		part == "chips" && chip != "cpu" && key == "arrivals_capacity_hours" { capacity += value }
		part == "chips" && chip != "cpu" && key == "arrivals_hours" { used += value }
		part == "chips" && chip != "cpu" && key == "arrivals_normalised_hours" { normal += value }
		key == "steps" { part = "" }
		END {
			printf "%.4f %.1f", 100 * used / capacity, normal
			for (t = 3; t >= 0; t--)
				printf " %.4f", wait[t] / (waited[t] ? waited[t] : 1) / 3600
			printf " %.4f %.3f %d\n", completion / all / 3600, makespan / 86400, jobs - all
		}' "$work/run.json"
}

# The mean of each column over the seeds, as a row.
row() {
	awk -v title="$1" '{ for (i = 1; i <= NF; i++) sum[i] += $i }
		END {
			printf "| %s | %.1f | %d ", title, sum[1] / NR, sum[2] / NR
			for (i = 3; i <= 7; i++)
				printf "| %.2f ", sum[i] / NR
			printf "| %.1f | %d |\n", sum[8] / NR, sum[9] / NR
		}' "$work/rows"
}

echo "| load | portable, % | how | used, % | normalised hours | wait of tier 3, h | tier 2 | tier 1 | tier 0 | completion, h | last end, days | not run |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
for load in ${RESULTS_LOADS:-0.9 1.1}; do
	for portable in ${RESULTS_PORTABLE:-20 50 80}; do
		for how in "one queue a chip" "parc" "parc, trials"; do
			[ "${RESULTS_HOW:-$how}" = "$how" ] || continue
			: >"$work/rows"
			for seed in $seeds; do
				case $how in
				"one queue a chip")
					make_jobs "$seed" "$portable" 1 "$load"
					run_queues
					;;
				parc)
					make_jobs "$seed" "$portable" 0 "$load"
					run_parc --learn-speeds
					;;
				*)
					make_jobs "$seed" "$portable" 0 "$load"
					run_parc --trials 3
					;;
				esac
				figures >>"$work/rows"
			done
			row "$load | $portable | $how"
		done
	done
done
