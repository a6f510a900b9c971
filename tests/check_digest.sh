#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The same events give the same decisions, bit for bit (TAP): the digest of the state after a run
# is equal for gcc -O2, clang -O2 and gcc -O0, and for a run that is stopped half way, encoded,
# decoded and continued. A recorded run is decided again and meets what was recorded.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

parc=${PARC:-build/parc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
input=(--fleet examples/openb/nodes.csv --trace examples/openb/tasks.csv --format openb --seeds 1)
places=parc,worst-fit,random,fgd

# same TITLE WANTED FOUND: two files with the same lines, of which there are some.
same() {
	local lines
	lines=$(grep -c '[0-9a-f]\{16\}' "$work/$2")
	if [ "$lines" -eq 0 ]; then
		tap_report "$1" "there are no digests"
	else
		tap_report "$1, $lines digests" "$(diff "$work/$2" "$work/$3")"
	fi
}

digests() { # digests NAME PROGRAM OPTION...
	local name=$1
	shift
	"$@" --digest >"$work/$name" 2>&1 || echo "failed: $*" >>"$work/$name"
}

saturate=(sim "${input[@]}" --saturate 1.3 --compare "$places")
churn=(sim "${input[@]}" --churn --load 95 --arrivals 600 --compare parc,fgd)
digests saturate "$parc" "${saturate[@]}"
digests churn "$parc" "${churn[@]}"
for build in clang O0; do
	digests "saturate.$build" "build/$build/parc" "${saturate[@]}"
	digests "churn.$build" "build/$build/parc" "${churn[@]}"
	same "saturation with gcc -O2 and $build" saturate "saturate.$build"
	same "churn with gcc -O2 and $build" churn "churn.$build"
done
digests saturate.half "$parc" "${saturate[@]}" --halfway
digests churn.half "$parc" "${churn[@]}" --halfway
same "saturation stopped half way and continued" saturate saturate.half
same "churn stopped half way and continued" churn churn.half

# Other seeds must give other digests, else the comparison says nothing.
digests other "$parc" "${churn[@]}" --seed 77
tap_report "another seed has other digests" \
	"$(awk '{ print $NF }' "$work/churn" "$work/other" | sort | uniq -d)"

tap_run "a churn run is recorded" "$parc" sim "${input[@]}" --churn --load 105 --arrivals 1200 \
	--place parc --dump "$work/record" --digest
tap_run "the recorded run is decided again alike" "$parc" sim --audit "$work/record"
tap_run "what gcc recorded, clang decides alike" build/clang/parc sim --audit "$work/record"
tap_end
