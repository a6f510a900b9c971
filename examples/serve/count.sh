#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A stand-in for a training run: counts to $1 with a second's work a step, keeps each step in the
# file $2 and says so to parc. When it is started again it goes on from there.
steps=$1 file=$2 done=0
[ ! -e "$file" ] || done=$(cat "$file")
echo "attempt $PARC_ATTEMPT begins at step $done of $steps"
trap 'echo "told to stop after step $done: $(cat <&"$PARC_NOTICE_FD")"; exit 1' TERM
while [ "$done" -lt "$steps" ]; do
	end=$(($(date +%s) + 1))
	while [ "$(date +%s)" -le "$end" ]; do :; done
	done=$((done + 1))
	echo "$done" >"$file.new" && mv "$file.new" "$file"
	echo "checkpoint $done" >&"$PARC_REPORT_FD"
done
echo "all $steps steps are done"
rm -f "$file"
