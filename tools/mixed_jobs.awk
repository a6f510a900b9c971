# SPDX-License-Identifier: Apache-2.0
#
# The Philly log as the load of a mixed fleet: gives each job a class, a tier, a kind and the runtimes
# that it is built for, by draws that depend on the seed and the row alone, so that every comparison has
# the same jobs. docs/results.md says the rules in words. Prints parc's table of jobs.
#
#   awk -v seed=1 -v portable=50 -v bind=0 -v load=0.9 -v held="H100=64 A800=48 ..." \
#       -v truth=FILE -f tools/mixed_jobs.awk philly.csv
#
# portable  per cent of the jobs that are built for every accelerator, the rest are for CUDA alone
# shares    per cent of the inference and interactive jobs that ask for a quarter or half of a device
# bind      1: each job is bound to one chip, as where every kind of chip has a queue of its own
# load      offered to the accelerators: arrivals are scaled to it
# held      devices of the fleet by chip
# truth     where the true speeds of all kinds go

BEGIN {
	FS = ","
	# CUDA first; true speed before a kind's own factor, in thousandths of the A100
	all = split("H100 H800 A800 RTX5090 910B 910C P800 810E", chips, " ")
	split("2280 2280 1000 770 700 1140 650 500", base, " ")
	cuda = 4
	parts = split(held, part, " ")
	for (i = 1; i <= parts; i++) {
		split(part[i], pair, "=")
		devices_of[pair[1]] = pair[2]
	}
	for (i = 1; i <= all; i++)
		capacity += devices_of[chips[i]] * base[i] / 1000
}

# A number from 0 to 1 for a job and a purpose. Squares keep draws for one job apart.
function draw(row, purpose,    x, i) {
	x = (row * 7919 + purpose * 104729 + seed * 15485863 + 1) % 2147483647
	for (i = 0; i < 3; i++) {
		x = x * 16807 % 2147483647
		x = (x * (x % 46337 + 1) + purpose) % 2147483647
	}
	return x / 2147483647
}

function days(y, m, d) { # since 1970
	y -= m <= 2
	m = m > 2 ? m - 3 : m + 9
	return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m + 2) / 5) + d - 719469
}

function seconds(stamp,    p) {
	split(stamp, p, /[- :]/)
	return days(p[1] + 0, p[2] + 0, p[3] + 0) * 86400 + p[4] * 3600 + p[5] * 60 + p[6]
}

# Can this queue be given a gang of so many? The largest go where at least they fit.
function holds(i, size) {
	return devices_of[chips[i]] >= (size > 16 ? size : 2 * size)
}

# The chip of the queue that a job is given to: drawn by what a chip can do, among those that hold it.
function queue_of(row, size, count,    i, sum, at) {
	for (i = 1; i <= count; i++)
		sum += holds(i, size) ? devices_of[chips[i]] * base[i] : 0
	at = draw(row, 5) * sum
	for (i = 1; i <= count; i++)
		if (holds(i, size) && (at -= devices_of[chips[i]] * base[i]) < 0)
			return chips[i]
	return chips[1]
}

# The part of a device that a small job asks for, with a like part of 48 GiB.
function share_of(row) {
	if (draw(row, 6) * 100 >= shares)
		return 1
	return draw(row, 7) < 0.5 ? 0.25 : 0.5
}

FNR == 1 { next }
$3 + 0 == 0 || $2 + 0 == 0 { next }
{
	row = FNR
	size = $3 + 0
	run_s = $2 + 0
	if (size > 64) { # three jobs: no kind of chip has so many devices
		run_s *= size / 64
		size = 64
	}
	class = "train"
	tier = 1
	d = draw(row, 1)
	if (size == 1 && run_s < 3600 && d < 0.4) {
		class = "interactive"
		tier = 3
	} else if (size == 1 && d < 0.6) {
		class = "infer"
		tier = 2
	} else if (size == 1 && d < 0.8) {
		class = "batch"
		tier = 0
	}
	if (class == "train" && draw(row, 2) < 0.1)
		tier = 2
	kind = $5 "-" class "-" (size == 1 ? "one" : size <= 8 ? "node" : "gang")
	tasks = 1
	devices = size
	if (size > 8) {
		tasks = int(size / 8) (size % 8 ? ";1" : "")
		devices = "8" (size % 8 ? ";" size % 8 : "")
	}
	is_portable = draw(row, 3) * 100 < portable
	share = class == "infer" || class == "interactive" ? share_of(row) : 1
	runtime = is_portable ? "cuda|cann|xre|ppu" : "cuda"
	chip = ""
	if (class == "batch" && draw(row, 4) < 0.1) { # work for CPUs: it rents cores
		runtime = "cpu"
		devices = 16
		kind = $5 "-cpu"
		chip = bind ? "cpu" : ""
	} else {
		work += size * share * run_s
		if (bind)
			chip = queue_of(row, size, is_portable ? all : cuda)
	}
	kinds[kind] = 1
	at = seconds($1)
	first = first == "" || at < first ? at : first
	last = at > last ? at : last
	submit[++count] = at
	text[count] = sprintf("%.6f,%s,%s,%d,%s,%s,%s,%s,%s,%s", run_s, $5, kind, tier, class, runtime,
		tasks, devices, chip, share < 1 ? share * 1000 "," share * 49152 : ",")
}

# A kind is up to a fifth faster or slower on a chip than others are, and a run of it up to a twentieth.
function write_truth(    kind, number, i, speed) {
	print "kind,chip,speed_milli,spread_milli" >truth
	for (kind in kinds) {
		number = 0
		for (i = 1; i <= length(kind); i++)
			number = (number * 31 + index("0123456789abcdefghijklmnopqrstuvwxyz-",
				substr(kind, i, 1))) % 1000003
		for (i = 1; i <= all; i++) {
			speed = int(base[i] * (0.8 + 0.4 * draw(number, 10 + i)))
			if (chips[i] == "A800")
				speed = 1000 # the reference chip's silicon
			printf "%s,%s,%d,%d\n", kind, chips[i], speed, int(speed / 20) >truth
		}
		printf "%s,cpu,1000,0\n", kind >truth
	}
}

END {
	factor = work / (load * capacity) / (last - first)
	print "id,submit_s,length_s,tenant,kind,tier,class,runtime,tasks,devices,chips,share_milli,device_memory_mib"
	for (i = 1; i <= count; i++)
		printf "%d,%.3f,%s\n", i, (submit[i] - first) * factor, text[i]
	if (truth != "")
		write_truth()
}
