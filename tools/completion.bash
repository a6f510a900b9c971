# SPDX-License-Identifier: Apache-2.0
#
# Completion of bash for parc. It asks the program itself for its commands and their options, so
# it is right for whichever version is called. `make install` puts it in place; without that:
# source tools/completion.bash

_parc() {
	local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} choices=""
	if [ "$COMP_CWORD" -eq 1 ]; then
		choices="$("$program" help --names 2>/dev/null) --help --version"
	elif [[ $word == -* ]]; then
		choices=$({
			"$program" help "${COMP_WORDS[1]}" 2>/dev/null
			echo --help
		} | grep -oE -- '--[a-z][a-z-]*' | sort -u)
	elif [ "${COMP_WORDS[1]}" = help ]; then
		choices=$("$program" help --names 2>/dev/null)
	elif [ "$COMP_CWORD" -eq 2 ]; then
		# What its usage has right behind the command: gen fleet, chips check, tenant set.
		choices=$("$program" help "${COMP_WORDS[1]}" 2>/dev/null |
			sed -nE "s/^(Usage:|      ) parc ${COMP_WORDS[1]} \\[?([a-z]+)\\]?( .*)?\$/\\2/p")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -o default -F _parc parc
