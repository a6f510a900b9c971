#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run every benchmark several times and write what was measured, with the machine and the commit,
# to bench/results/DATE-COMMIT.md.
#
# A benchmark is a program build/bench/bench_NAME. For each figure it prints one line with three
# fields between tabs: what was measured, the unit, the value (a number). A line that begins with
# "# " is copied into the report as a remark. Other lines are for the terminal only.
#
# Environment: REPEATS=n   runs of each program, default 5
#              ONLY=text   programs whose name contains it
set -u
cd "$(dirname "$0")/.." || exit 1

repeats=${REPEATS:-5}
commit=$(git rev-parse --short HEAD 2>/dev/null || echo none)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit+=-changed
report=bench/results/$(date +%F)-$commit.md

lscpu_field() { lscpu | sed -n "s/^$1: *//p" | head -n 1; }

print_head() {
	echo "# Benchmarks, $(date +%F), commit $commit"
	echo
	echo "- Machine: $(lscpu_field 'Model name'), $(nproc) cores," \
		"$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo) of memory"
	echo "- System: $(uname -sr), $(build/parc version)"
	echo "- Command: \`make bench REPEATS=$repeats\`; the program runs alone, on one core unless it" \
		"says otherwise"
	echo "- Each figure is the median of $repeats runs, with the smallest and the largest beside it"
}

# Lines "name TAB unit TAB value" of all runs, to a table in the order of first appearance.
print_table() {
	echo "| what | unit | median | min | max |"
	echo "|---|---|---:|---:|---:|"
	awk -F '\t' '!(($1, $2) in order) { order[$1, $2] = ++count }
		{ printf "%d\t%s\n", order[$1, $2], $0 }' "$1" | sort -t $'\t' -k 1,1n -k 4,4g |
		awk -F '\t' '
		function close_row() {
			if (n == 0)
				return
			middle = n % 2 ? value[(n + 1) / 2] : (value[n / 2] + value[n / 2 + 1]) / 2
			printf "| %s | %s | %s | %s | %s |\n", what, unit, middle, value[1], value[n]
			n = 0
		}
		$1 != row { close_row(); row = $1; what = $2; unit = $3 }
		{ value[++n] = $4 }
		END { close_row() }'
}

run_program() {
	local program=$1 run output=$work/output
	: >"$work/figures"
	for ((run = 1; run <= repeats; run++)); do
		echo "== $program, run $run of $repeats"
		if ! "$program" >"$output"; then
			echo "tools/bench.sh: $program failed" >&2
			return 1
		fi
		cat "$output"
		awk -F '\t' 'NF == 3 && $3 ~ /^-?[0-9.]+([eE][-+]?[0-9]+)?$/' "$output" >>"$work/figures"
	done
	{
		printf '\n## %s\n\n' "$(basename "$program")"
		print_table "$work/figures"
		grep '^# ' "$output" | sed -e '1s/^# /\n/' -e 's/^# //'
	} >>"$work/report"
}

shopt -s nullglob
programs=()
for source in bench/bench_*.c; do
	name=$(basename "$source" .c)
	[[ $name == *"${ONLY:-}"* ]] && programs+=("build/bench/$name")
done
if [ ${#programs[@]} -eq 0 ]; then
	echo "There is no benchmark to run (bench/bench_NAME.c)."
	exit 0
fi
mkdir -p bench/results
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
print_head >"$work/report"
for program in "${programs[@]}"; do
	run_program "$program" || exit 1
done
cp "$work/report" "$report"
echo "== written to $report"
