#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Write the table of commands, as the program has it, into docs/parc.1 between its two marks.
set -eu
cd "$(dirname "$0")/.."

table=$(build/parc help --man)
page=$(table=$table awk '
	/^\.\\" commands: end/ { inside = 0 }
	!inside
	/^\.\\" commands: begin/ { print ENVIRON["table"]; inside = 1 }
' docs/parc.1)
printf '%s\n' "$page" >docs/parc.1
