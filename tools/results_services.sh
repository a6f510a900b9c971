#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The table "Services beside jobs" of docs/results.md: a week of two services, with a day pattern
# and the hours of two public logs of requests, beside a week of Philly jobs. First services and
# jobs each have a fleet of their own, that of the services for their peaks; then they share one.
# Prints Markdown; needs ../shared/data.
#
# Usage: tools/results_services.sh [DATA]     SEEDS="1 2 3" NODES="60 56 52 50 48" FIXED=60
set -eu
cd "$(dirname "$0")/.."
data=${1:-../shared/data}
policy=attained+easy:true:preempt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shape FILE SEPARATOR: requests in each ten seconds of the first hour, over their mean.
shape() {
	awk -F, -v kind="$2" '
		NR == 1 { next }
		kind == "azure" { split(substr($1, 12), t, ":"); at = t[1] * 3600 + t[2] * 60 + t[3] }
		kind == "mooncake" { at = $1 / 1000 }
		NR == 2 { first = at }
		{ bin = int((at - first) / 10); if (bin >= 0 && bin < 360) { count[bin]++; all++ } }
		END { for (i = 0; i < 360; i++) print count[i] / (all / 360) }' "$1"
}

# week SHAPE SEED MEAN: the load of a week, every ten seconds. The day has its peak at three in the
# afternoon at 1.6 times its mean, the weekend 0.7 of a weekday; within each hour the load follows
# the log, begun at a place drawn for that hour.
week() {
	awk -v seed="$2" -v mean="$3" '
		BEGIN { srand(seed) }
		{ shape[NR - 1] = $1 }
		END {
			print "time_s,load_milli"
			for (t = 0; t <= 604800; t += 10) {
				if (t % 3600 == 0)
					begin = int(rand() * 360)
				day = 1 + 0.6 * cos((t / 3600 - 15) * 3.14159265358979 / 12)
				if (t >= 432000)
					day *= 0.7
				printf "%d,%d\n", t, 1000 * mean * day * shape[(begin + t / 10) % 360]
			}
		}' "$1"
}

# One replica of `chat` is a device that serves 2 requests a second, one of `long` four devices that
# serve one; both are ready a minute after their start.
services() { # SEED
	shape "$data/llm/azure_2023_conv.csv" azure >"$work/azure"
	shape "$data/llm/mooncake_conversation.csv" mooncake >"$work/mooncake"
	week "$work/azure" "$1" 60 >"$work/chat.csv"
	week "$work/mooncake" "$(($1 + 1000))" 5 >"$work/long.csv"
	cat >"$work/services.yaml" <<-END
		services:
		  - {name: chat, load: chat.csv, replicas_min: 4, replicas_max: 400, capacity_milli: 2000,
		     target_milli: 950, tier: 3, ready_s: 60, deadline_s: 10, devices: 1, cpu_milli: 4000}
		  - {name: long, load: long.csv, replicas_min: 1, replicas_max: 100, capacity_milli: 1000,
		     target_milli: 950, tier: 3, ready_s: 60, deadline_s: 10, devices: 4, cpu_milli: 16000}
	END
}

# A week of the log from a Monday on: 270 devices on average.
jobs() {
	{
		echo "timestamp,duration,num_gpus,gpu_time,cluster"
		grep -E "^2017-11-1[3-9]" "$data/philly/philly.csv" | sort
	} >"$work/jobs.csv"
}

sim() { # NODES [OPTION]...
	build/parc gen fleet --mix examples/eights.yaml --nodes "$1" -o "$work/fleet.yaml"
	shift
	build/parc sim --fleet "$work/fleet.yaml" --trace "$work/jobs.csv" --format philly \
		--policy "$policy" --stop-time 30 --json "$@" >"$work/run.json"
}

row() { # TITLE NODES
	jq -r --arg title "$1" --arg nodes "$2" '
		def two: . * 100 | round / 100;
		"| \($title) | \($nodes) | \(.wait_s.mean / 3600 | two) | \(.completion_s.mean / 3600 | two) | \(.use_arrivals_pct | two) | \(.requeues) | \((.services // []) | map("\(.in_time_pct | two)") | join(", ")) | \((.services // []) | map("\(.replicas_mean | two) / \(.replicas_most)") | join(", ")) | \((.spared_hours // 0) | round) | \((.lent_hours // 0) | round) |"' \
		"$work/run.json"
}

jobs
echo "| seed | fleet | nodes | wait mean, h | completion mean, h | allocated, % | preempted | served in time, % (chat, long) | replicas, mean / most | hours left | hours lent |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for seed in ${SEEDS:-1 2 3}; do
	services "$seed"
	sim "${FIXED:-60}" --services "$work/services.yaml"
	fixed=$(jq '.fixed_devices / 8 | ceil' "$work/run.json")
	sim "$((${FIXED:-60} - fixed))"
	row "$seed | jobs alone, beside $fixed nodes for the services' peaks" "$((${FIXED:-60} - fixed))"
	for nodes in ${NODES:-60 56 52 50 48}; do
		sim "$nodes" --services "$work/services.yaml"
		row "$seed | shared" "$nodes"
	done
done
