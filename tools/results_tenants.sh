#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tables of docs/results.md on tenants and preemption, from the traces in ../shared/data:
#
#   tools/results_tenants.sh lend [SEED]...   ITP 03, jobs dealt to four tenants, three of them with
#                                             guarantees, at its three loads; means of the seeds
#                                             (1 2 3)
#   tools/results_tenants.sh preempt          Philly on 42 nodes, tiers by size, by whom gives way
#
# Both print Markdown. The rule by which jobs are dealt: x begins with the seed and becomes (1103515245 x + 12345) mod
# 2^31 for each job in the order of the file; of x / 2^31 the first four tenths go to alpha, three
# to beta, two to gamma and the last to delta.
set -eu
cd "$(dirname "$0")/.."
data=../shared/data
[ -d "$data" ] || { echo "skipped: no $data" && exit 0; }
parc=${PARC:-build/parc}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fleet() { # NODES
	"$parc" gen fleet --mix examples/eights.yaml --nodes "$1" -o "$dir/fleet.yaml"
}

deal() { # SEED
	awk -F, -v x="$1" 'BEGIN { print "submit_s,length_s,tenant,tasks,devices" }
	NR > 1 && $3 > 0 && $4 > 0 {
		x = (1103515245 * x + 12345) % 2147483648
		t = x / 2147483648
		name = t < 0.4 ? "alpha" : t < 0.7 ? "beta" : t < 0.9 ? "gamma" : "delta"
		whole = int($4 / 8)
		rest = $4 % 8
		if (whole == 0 || rest == 0)
			printf "%s,%s,%s,%d,%d\n", $2, $3, name, whole == 0 ? 1 : whole,
				whole == 0 ? rest : 8
		else
			printf "%s,%s,%s,%d;1,8;%d\n", $2, $3, name, whole, rest
	}' "$data/itp/cluster03.csv" >"$dir/jobs$1.csv"
}

tenants() { # DEVICES
	printf 'tenants:\n'
	for one in alpha:4 beta:3 gamma:2; do
		printf '  - {name: %s, guarantee_devices: %d}\n' "${one%:*}" \
			$(($1 * ${one#*:} / 10))
	done
	printf '  - {name: delta}\n'
}

sim() {
	"$parc" sim --fleet "$dir/fleet.yaml" --json --abrupt --checkpoint 3600 "$@"
}

# lend_run SEED POLICY: one run's figures, in hours and per cent.
lend_run() {
	local options=(--trace "$dir/jobs$1.csv" --format csv --policy "$2")
	[ "$2" = easy ] || options+=(--tenants "$dir/tenants.yaml")
	sim "${options[@]}" | jq -r '
		. as $r |
		def wait(n): ($r.tenants[] | select(.tenant == n) | .wait_mean_s / 3600);
		($r.tenants | map(select(.tenant != "delta")) |
			(map(.wait_mean_s * .started) | add) / (map(.started) | add) / 3600) as $h |
		[wait("alpha"), wait("beta"), wait("gamma"), wait("delta"), $h, $r.use_arrivals_pct,
		 $r.guarantees.lent_hours, $r.preempted] | @tsv'
}

lend() { # SEED...
	local seed nodes policy
	for seed in "$@"; do
		deal "$seed"
	done
	echo "| nodes (load) | policy | alpha | beta | gamma | delta | holders | use | lent | preempted |"
	echo "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
	for nodes in "25 (0.70)" "19 (0.92)" "16 (1.09)"; do
		fleet "${nodes% *}"
		tenants $((${nodes% *} * 8)) >"$dir/tenants.yaml"
		for policy in easy easy:nobody easy:reclaim:preemptible easy:fair:reclaim:preemptible; do
			for seed in "$@"; do
				lend_run "$seed" "$policy"
			done | awk -v nodes="$nodes" -v policy="$policy" '
				{ for (i = 1; i <= NF; i++) sum[i] += $i }
				END {
					printf "| %s | %s ", nodes, policy
					for (i = 1; i <= 6; i++)
						printf "| %.1f ", sum[i] / NR
					printf "| %.0f | %.0f |\n", sum[7] / NR, sum[8] / NR
				}'
		done
	done
}

preempt() {
	local policy
	fleet 42
	echo "| policy | mean wait, h | p99, h | preempted | work lost, device-hours | use, % |"
	echo "|---|---:|---:|---:|---:|---:|"
	for policy in tiers tiers:preempt:lost tiers:preempt:youngest tiers:preempt:lowest \
		attained attained:preempt:lost attained:preempt:youngest attained:preempt:lowest; do
		sim --trace "$data/philly/philly.csv" --format philly --policy "$policy" |
			jq -r '[.wait_s.mean / 3600, .wait_s.p99 / 3600, .preempted,
				(.waterfall.allocated.lost | tonumber) / 3.6e12, .use_arrivals_pct] | @tsv' |
			awk -v policy="$policy" '{ printf "| %s | %.2f | %.2f | %d | %.0f | %.1f |\n", policy,
				$1, $2, $3, $4, $5 }'
	done
}

case ${1:-} in
lend)
	shift
	[ $# -gt 0 ] || set -- 1 2 3
	lend "$@"
	;;
preempt)
	preempt
	;;
*)
	sed -n '5,10s/^# *//p' "$0"
	exit 2
	;;
esac
