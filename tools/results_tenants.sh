#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tables of docs/results.md on tenants and preemption, from the traces in ../shared/data:
#
#   tools/results_tenants.sh lend [SEED]    ITP 03, jobs dealt to four tenants, three of them with
#                                           guarantees, at its three loads
#   tools/results_tenants.sh preempt        Philly on 42 nodes, tiers by size, by whom gives way
#
# The rule by which jobs are dealt: x begins with the seed and becomes (1103515245 x + 12345) mod
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
	}' "$data/itp/cluster03.csv" >"$dir/jobs.csv"
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

case ${1:-} in
lend)
	deal "${2:-1}"
	printf '%-6s %-30s %8s %8s %8s %8s %8s %8s %8s %9s\n' nodes policy alpha beta gamma delta \
		holders use lent preempted
	for nodes in 25 19 16; do
		fleet "$nodes"
		tenants $((nodes * 8)) >"$dir/tenants.yaml"
		for policy in easy easy:nobody easy:reclaim:preemptible easy:fair:reclaim:preemptible; do
			set -- --trace "$dir/jobs.csv" --format csv --policy "$policy"
			[ "$policy" = easy ] || set -- "$@" --tenants "$dir/tenants.yaml"
			sim "$@" | jq -r --arg nodes "$nodes" --arg policy "$policy" '
				(if type == "array" then .[0] else . end) as $r |
				def wait(n): ($r.tenants[] | select(.tenant == n) | .wait_mean_s / 3600);
				($r.tenants | map(select(.tenant != "delta")) |
					(map(.wait_mean_s * .started) | add) / (map(.started) | add) / 3600) as $h |
				[$nodes, $policy, wait("alpha"), wait("beta"), wait("gamma"), wait("delta"),
				 $h, $r.use_arrivals_pct, $r.guarantees.lent_hours, $r.preempted] | @tsv' |
				awk -F'\t' '{ printf "%-6s %-30s %8.2f %8.2f %8.2f %8.2f %8.2f %8.1f %8.0f %9d\n",
					$1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }'
		done
	done
	;;
preempt)
	fleet 42
	printf '%-28s %10s %10s %10s %10s %10s\n' policy wait_mean_h wait_p99_h preempted lost_h use
	for policy in tiers tiers:preempt:lost tiers:preempt:youngest tiers:preempt:lowest \
		attained attained:preempt:lost attained:preempt:youngest attained:preempt:lowest; do
		sim --trace "$data/philly/philly.csv" --format philly --policy "$policy" |
			jq -r --arg policy "$policy" '(if type == "array" then .[0] else . end) |
				[$policy, .wait_s.mean / 3600, .wait_s.p99 / 3600, .preempted,
				 (.waterfall.allocated.lost | tonumber ) / 3.6e12, .use_arrivals_pct] | @tsv' |
			awk -F'\t' '{ printf "%-28s %10.2f %10.2f %10d %10.0f %10.1f\n",
				$1, $2, $3, $4, $5, $6 }'
	done
	;;
*)
	sed -n '5,8s/^# *//p' "$0"
	exit 2
	;;
esac
