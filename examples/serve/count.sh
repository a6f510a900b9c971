#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A stand-in for a training run: counts to $1 with about a second's work a step, and says after each how
# far it has come, and that this is kept. When it is started again it goes on from there.
steps=$1 done=${PARC_DONE:-0}
echo "attempt $PARC_ATTEMPT begins at step $done of $steps"
trap 'echo "told to stop after step $done: $(cat <&"$PARC_NOTICE_FD")"; exit 1' TERM
while [ "$done" -lt "$steps" ]; do
	work=500000
	while [ "$work" -gt 0 ]; do work=$((work - 1)); done
	done=$((done + 1))
	parc progress "$done/$steps" && parc checkpoint
done
echo "all $steps steps are done"
