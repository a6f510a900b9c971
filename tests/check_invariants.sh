#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The numbered invariants in ARCHITECTURE.md are those that the checker of the core can name (TAP).
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

in_code=$(grep -hoE '"[A-Z][0-9]: ' src/core/*.c | tr -d '": ' | sort -u)
in_table=$(sed -n 's/^| \([A-Z][0-9]\) | .*/\1/p' ARCHITECTURE.md)

tap_report "there are invariants in the code" "$([ -n "$in_code" ] || echo none)"
tap_report "each invariant of the code is in the table, and none that is not" \
	"$(diff <(echo "$in_code") <(sort <<<"$in_table"))"
for file in $(sed -n 's/^| [A-Z][0-9] | .* | \([a-z_]*\.c\).*|$/\1/p' ARCHITECTURE.md | sort -u); do
	wrong=
	for number in $(sed -n "s/^| \([A-Z][0-9]\) | .* | $file.*|\$/\1/p" ARCHITECTURE.md); do
		grep -q "\"$number: " "src/core/$file" || wrong+="$number is not checked there"$'\n'
	done
	tap_report "what the table says about src/core/$file" "$wrong"
done
tap_end
