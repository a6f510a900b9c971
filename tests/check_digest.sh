#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The same events give the same decisions, bit for bit (TAP): the digest of the state after a run
# is equal for gcc and clang, -O2 and -O0, of placing alone and of whole replays, and for a run that is stopped half way, encoded,
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

# The rest of what is decided: turns, reservations, tiers, preemption, tenants with guarantees and fair
# share, speeds that are learnt, and a fleet that is dealt in rounds, with pairs.
cat >"$work/tenants.yaml" <<'END'
tenants:
  - {name: 11cb48, guarantee_devices: 24, weight: 2}
  - {name: "6214e9", limit_devices: 40}
END
philly=(sim --fleet examples/philly/fleet.yaml --trace examples/philly/jobs.csv --format philly --load 1.2)
gavel=(sim --format gavel --trace examples/gavel/jobs.csv --speeds examples/gavel/throughputs.json --rate 20)

# replays NAME PROGRAM
replays() {
	local name=$1 program=$2
	digests "$name.turns" "$program" "${philly[@]}" --mtbf 200 --checkpoint 3600 \
		--compare shortest+conservative:learnt,tiers:preempt,attained+easy:none:preempt
	digests "$name.tenants" "$program" "${philly[@]}" --tenants "$work/tenants.yaml" \
		--policy easy:fair:reclaim
	digests "$name.deal" "$program" "${gavel[@]}" --round 360 --pairs --learn-speeds \
		--policy attained+deal:none
	cat "$work/$name".{turns,tenants,deal} >"$work/$name"
}

saturate=(sim "${input[@]}" --saturate 1.3 --compare "$places")
churn=(sim "${input[@]}" --churn --load 95 --arrivals 600 --compare parc,fgd)
digests saturate "$parc" "${saturate[@]}"
digests churn "$parc" "${churn[@]}"
replays replays "$parc"
for build in clang O0 clangO0; do
	digests "saturate.$build" "build/$build/parc" "${saturate[@]}"
	digests "churn.$build" "build/$build/parc" "${churn[@]}"
	same "saturation with gcc -O2 and $build" saturate "saturate.$build"
	same "churn with gcc -O2 and $build" churn "churn.$build"
	replays "replays.$build" "build/$build/parc"
	same "replays with gcc -O2 and $build" replays "replays.$build"
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
