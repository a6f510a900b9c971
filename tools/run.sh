#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job: the daemon on this machine's own devices, with a small mixed load of three tenants
# (examples/serve): shares of a core, a gang, tiers, a job that fails, one that checkpoints. Shows
# the queue, a reason, a receipt and where the hours went, and leaves the daemon on until ctrl-C.
#
# Usage: tools/run.sh [--once]   --once ends it when the load is done
set -eu
cd "$(dirname "$0")/.."
once=${1:-}
work=build/run
parc=$PWD/build/parc
export PATH=$PWD/build:$PATH # jobs call parc, too
export PARC_SOCKET=$work/socket
cores=$(nproc)

rm -rf $work
mkdir -p $work
mkfifo $work/log.pipe

# Show a command as one types it, and run it.
show() {
	echo
	echo "\$ parc $*"
	"$parc" "$@"
}

submit() { # submit ARGUMENTS...: prints the job's number alone
	echo "\$ parc submit $*" >&2
	"$parc" submit "$@" | tee /dev/stderr | sed -n 's/^jobs\{0,1\} \([0-9]*\).*/\1/p'
}

echo "\$ parc serve --data $work/data --config examples/serve/config.yaml --socket $PARC_SOCKET"
"$parc" serve --data $work/data --config examples/serve/config.yaml --socket $PARC_SOCKET 2>$work/log.pipe &
daemon=$!
trap 'kill $daemon 2>/dev/null; wait $daemon 2>/dev/null' EXIT
exec 4<$work/log.pipe
while read -r -u 4 line; do
	echo "$line"
	case $line in *"listening on"*) break ;; esac
done
cat <&4 >$work/log &
exec 4<&-
kill -0 $daemon 2>/dev/null || exit 1

show fleet
echo
train=$(submit --tenant vision --name train --cpu "$cores" --requeue --preemptible --checkpoint 1s \
	--expected 9s -- "$PWD/examples/serve/count.sh" 4)
half=$(submit --tenant speech --name half --cpu 0.5 --expected 4s -- "$PWD/examples/serve/burn.sh" 4)
third=$(submit --tenant speech --name third --cpu 0.3 --expected 4s -- "$PWD/examples/serve/burn.sh" 4)
fifth=$(submit --tenant speech --name fifth --cpu 0.2 --expected 4s -- "$PWD/examples/serve/burn.sh" 4)
# shellcheck disable=SC2016  # the job's shell expands it
gang=$(submit --tenant web --name gang --tasks 2 --cpu 0.25 --expected 1s -- \
	sh -c 'echo "task $PARC_TASK of $PARC_TASKS"; sleep 1')
broken=$(submit --tenant web --name broken --cpu 0.1 --expected 1s -- \
	sh -c 'echo "no such data set"; exit 3')
# Once the first step is kept, somebody comes whose tier has a right over it.
for _ in $(seq 100); do
	"$parc" show "$train" | grep -q ^checkpoint && break
	sleep 0.1
done
urgent=$(submit --tenant web --name urgent --tier 5 --cpu "$cores" --expected 1s -- sleep 1)

show queue
show why "$half"
echo
echo "\$ parc logs -f $train"
"$parc" logs -f "$train"
show logs --attempt 1 "$train"
for job in $urgent $half $third $fifth $gang $broken; do
	"$parc" logs -f "$job" >/dev/null
done
show queue --all
show show "$train"
show logs "$gang"
show show "$broken"
show show "$third"
show usage
show report
show audit $work/data

[ "$once" != --once ] || exit 0
echo
echo "The daemon is on; in another terminal, here:  export PARC_SOCKET=$work/socket"
echo "    build/parc run --cpu 0.5 -- sh -c 'echo hello'       build/parc queue      build/parc help"
echo "Ctrl-C ends it."
wait $daemon
