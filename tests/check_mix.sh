#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Placement parc against best-fit on the benchmark's mix under churn (TAP): of the devices asked
# for, in the mean of three seeds on 1,000 and on 2,000 nodes, parc may refuse no more than
# `times_most` times what best-fit does. Counts of a simulation, no times: the same on every
# machine. A change that packs openb better and spreads this work over too many nodes fails here.
# BENCH names another program than build/bench/bench_churn.
set -u
cd "$(dirname "$0")/.." || exit 1
bench=${BENCH:-build/bench/bench_churn}
times_most=1.05

# refused_sum NODES PLACE: per cent of the devices refused, the sum over the seeds.
refused_sum() {
	local seed
	for seed in 42 43 44; do
		"$bench" "$1" "$2" "$seed" 30000 || echo failed
	done | awk -F '\t' '
		/devices refused under churn/ { sum += $3; seeds++ }
		END { if (seeds == 3) print sum; else exit 1 }'
}

echo "1..1"
parc=0
best=0
for nodes in 1000 2000; do
	one=$(refused_sum "$nodes" parc) && two=$(refused_sum "$nodes" best-fit) || {
		echo "not ok 1 - $bench gives no figures for $nodes nodes"
		exit 1
	}
	parc=$(awk "BEGIN { print $parc + $one / 6 }")
	best=$(awk "BEGIN { print $best + $two / 6 }")
done
times=$(awk "BEGIN { printf \"%.3f\", $parc / $best }")
verdict="ok"
awk "BEGIN { exit !($times <= $times_most) }" || verdict="not ok"
echo "$verdict 1 - parc refuses $parc % of the devices, best-fit $best: $times times as much," \
	"at most $times_most"
[ "$verdict" = ok ]
