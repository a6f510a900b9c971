#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The saturation experiment against the published numbers (TAP): on every workload, fgd and
# best-fit must meet the published allocation of each seed at 10, 20, ..., 130 within 0.05, and
# random in the mean over the seeds within 0.3. Without the data, which is not in this repository,
# it is skipped. PARC names another program than build/parc.

cd "$(dirname "$0")/.." || exit 1
data=../shared/data/openb
parc=${PARC:-build/parc}

if [ ! -d "$data" ]; then
	echo "1..1"
	echo "ok 1 # SKIP skipped: no ../shared/data"
	exit 0
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Lines "seed level value" from the JSON of parc sim, one pair a line.
flatten() {
	awk -F '[":, ]+' '
		$2 == "seed" { seed = $3 }
		$2 == "mean" { seed = "mean" }
		/"allocated_pct": \{/ { inside = 1; next }
		/}/ { inside = 0 }
		inside { print seed, $2, $3 }'
}

# Lines "seed level value" of one policy from the published table, with the mean as a seed.
published() { # workload policy
	awk -F , -v workload="openb_pod_list_$1" -v policy="$2" '
		NR == 1 { for (i = 6; i <= NF; i++) level[i] = $i; next }
		$1 == workload && $2 == policy && $3 == "1.3" {
			seeds++
			for (i = 6; i <= NF; i++) {
				print $4, level[i], $i
				sum[i] += $i
			}
		}
		END { for (i in sum) print "mean", level[i], sum[i] / seeds }
	' "$data/published_allocation.csv"
}

# Compare two such lists at 10, 20, ..., 130; only_mean: the seeds are not compared.
compare() { # published found tolerance only_mean
	awk -v tolerance="$3" -v only_mean="$4" '
		$2 == 0 || $2 % 10 != 0 || (only_mean && $1 != "mean") { next }
		NR == FNR { wanted[$1 " " $2] = $3; left++; next }
		($1 " " $2) in wanted {
			left--
			difference = $3 - wanted[$1 " " $2]
			if (difference < 0) difference = -difference
			if (difference > worst) { worst = difference; where = $1 " at " $2 }
		}
		END {
			printf "largest difference %.3f (seed %s)", worst, where
			exit left != 0 || worst > tolerance
		}' "$1" "$2"
}

echo "1..15"
number=0
failed=0
for workload in default cpu100 gpushare40 multigpu20 gpuspec20; do
	for pair in fgd:06-FGD:0.05: best-fit:05-BestFit:0.05: random:01-Random:0.3:1; do
		IFS=: read -r place policy tolerance only_mean <<-END
			$pair
		END
		number=$((number + 1))
		"$parc" sim --fleet "$data/nodes.csv" --trace "$data/$workload.csv" \
			--order-file "$data/$workload.order.txt" --saturate 1.3 \
			--place "$place" --json >"$work/json" && flatten <"$work/json" >"$work/found"
		published "$workload" "$policy" >"$work/wanted"
		if text=$(compare "$work/wanted" "$work/found" "$tolerance" "$only_mean"); then
			echo "ok $number - $workload, $place: $text, at most $tolerance"
		else
			failed=1
			echo "not ok $number - $workload, $place: $text, at most $tolerance"
		fi
	done
done
exit $failed
