#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `parc top`, on paper and on a terminal: tmux is one, and says what stands on it.
load common
load daemon

terminal() {
	tmux -S "$BATS_TEST_TMPDIR/t" -f /dev/null "$@" 3>&- 4>&-
}

# open COLUMNS LINES OPTION...
open() {
	local columns=$1 lines=$2
	shift 2
	LC_ALL=C.UTF-8 terminal new-session -d -x "$columns" -y "$lines" "'$PARC' top --interval 0.1 $*"
}

# Wait until the screen has this text; and with a second one, until that is gone from it.
shows() {
	local i
	for ((i = 0; i < 400; i++)); do
		screen=$(terminal capture-pane -p 2>/dev/null) || true
		[[ $screen == *"$1"* && ($# == 1 || $screen != *"$2"*) ]] && return
		sleep 0.02
	done
	printf 'no "%s"%s on\n%s\n' "$1" "${2:+ without \"$2\"}" "$screen"
	return 1
}

teardown() {
	terminal kill-server 2>/dev/null || true
	[[ -z ${daemon:-} ]] || stop_daemon KILL
}

@test "top on paper: devices, the queue, the latest events" {
	start_daemon
	parc submit "${stay[@]}" --devices 1 --share 0.5 --name $'half\e[2J' -- true
	parc submit --hold --name later -- true
	until_is running field state 1
	for words in "--once" ""; do
		# shellcheck disable=SC2086  # words are a command line
		run -0 parc top $words
		[[ ${lines[0]} == "parc "*"  0.5 of 8.0 devices held (6 %), 1 job waits" ]]
		[[ $output == *"0 A100    [#####.....]  50% busy    -"* ]]
		[[ $output == *"1 half?[2J "*"running"* ]]
		[[ $output == *"2 later "*"pending"*"held"* ]]
		[[ $output == *"LATEST EVENTS"*"job 1 half?[2J"*"running"* ]]
	done
	run -0 parc top --json
	[[ $(jq -c '[.jobs[].job, .fleet.nodes[0].devices[0].free_milli, .events[-1].job]' <<<"$output") == "[1,2,500,2]" ]]
	run -0 parc top --once --sort name
	[[ $output == *"half"*"later"* ]]
}

@test "top on a terminal: sizes and keys" {
	start_daemon
	parc submit "${stay[@]}" --array 40 --hold -- true
	open 80 24
	shows "q end  up/down move  s sort:age  r reverse  t tenant:all  p pause  h help"
	[[ $(wc -l <<<"$screen") == 24 && $screen == *" 1 true "*" held"*"LATEST EVENTS"* ]]
	terminal send-keys Down Down
	shows $'\n       3 true' $'\n       2 true'
	terminal send-keys End
	shows $'\n      40 true'
	terminal send-keys r
	shows $'\n       1 true'
	terminal send-keys Right
	shows "sort:since"
	terminal send-keys Left
	shows "sort:age"
	terminal send-keys p
	shows "PAUSED"
	terminal send-keys p h
	shows "page up, page down"
	terminal send-keys h t default Enter
	shows "tenant:default"
	terminal resize-window -x 140 -y 45
	shows "40 jobs, oldest first, reversed"
	[[ $(wc -l <<<"$screen") == 45 ]]
	terminal resize-window -x 30 -y 6
	shows $'JOB NAME'
	terminal send-keys q
	until_is "" terminal list-sessions
}

@test "top waits for a daemon that is away" {
	start_daemon
	open 100 20
	shows "q end"
	stop_daemon
	shows "no daemon answers"
	start_daemon
	shows "q end"
}

@test "top refuses what it does not take" {
	for words in "--interval 0" "--interval x" "--sort size" "--tenant a&b" "7" "--wide"; do
		# shellcheck disable=SC2086  # words are a command line
		run -2 parc top $words
		[[ $output == *"parc help top"* ]]
	done
	run -1 parc top --once
	[[ $output == *"no daemon answers at"* ]]
}
