#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job on the excerpt of a real fleet in examples/openb: tasks arrive until what was asked
# for is 1.3 times what the fleet has, under three placements; shows what each could place, and
# where the rest is stranded.
set -eu
cd "$(dirname "$0")/.."

command=(build/parc sim --fleet examples/openb/nodes.csv --trace examples/openb/tasks.csv
	--format openb --saturate 1.3 --seeds 2 --compare "best-fit,fgd,parc")
echo "\$ ${command[*]}"
exec "${command[@]}"
