#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The HTTP interface: what it refuses, and who may do what.

load common
load daemon

job='{"command": ["true"], "directory": "/", "devices": 1, "held": true}'

# token [OPTION]...: make one for the user nobody.
token() {
	parc token add --user nobody "$@"
}

# as TOKEN METHOD PATH [curl option]...: call over TCP.
as() {
	local token=$1 method=$2 path=$3
	shift 3
	curl -sS -X "$method" -H "Authorization: Bearer $token" -w '\n%{http_code}\n' "$@" \
		"http://127.0.0.1:$port$path"
}

start_with_port() {
	start_daemon --listen 0 "$@"
}

@test "docs/api.md is what the program says (parc help --api)" {
	diff <(parc help --api) docs/api.md
}

# Prometheus' text format: each metric has its help and type before its samples, once, a counter's
# name ends with _total, and a sample is a name, labels and a number.
@test "metrics are in the text format of Prometheus" {
	start_daemon
	parc submit --devices 1 -- true
	curl -sS --unix-socket "$PARC_SOCKET" http://parc/metrics >"$BATS_TEST_TMPDIR/metrics"
	run -0 awk '
		/^# HELP / { help[$3]++; next }
		/^# TYPE / { if (!help[$3] || type[$3]++ || $4 !~ /^(counter|gauge)$/) print "type: " $0
			if (($4 == "counter") != ($3 ~ /_total$/)) print "name: " $0
			next }
		{ name = $1; sub(/[{].*/, "", name)
			if (!type[name] || $0 !~ /^[a-z_]+([{][a-z]+="[a-z._]+"[}])? -?[0-9.e+]+$/) print "sample: " $0
			samples++ }
		END { if (samples < 20) print "samples: " samples }' "$BATS_TEST_TMPDIR/metrics"
	[[ -z $output ]]
	if command -v promtool >/dev/null; then
		run -0 promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
	fi
}

@test "health, metrics and the description are there" {
	start_daemon
	run -0 call GET /healthz
	[[ $output == *'"ok"'*200 ]]
	run -0 call GET /metrics
	[[ $output == *"# TYPE parc_jobs gauge"*"parc_ledger_device_seconds_total"*200 ]]
	run -0 call GET /v1/openapi.json
	[[ $output == *'"openapi":"3.1.0"'*200 ]]
}

@test "the description says what each body holds, and other fields are refused" {
	local method path body
	start_daemon
	call GET /v1/openapi.json | head -n 1 >"$BATS_TEST_TMPDIR/openapi"
	# Every route that changes something and reads a body names its schema, which is there.
	run -0 jq -r '.components.schemas as $all | .paths | to_entries[] | .key as $path |
		.value | to_entries[] | select(.value.requestBody) |
		.value.requestBody.content["application/json"].schema["$ref"] as $ref |
		($ref | split("/") | last) as $name |
		[.key, $path, $name, ($all[$name].properties | length > 0)] | @tsv' "$BATS_TEST_TMPDIR/openapi"
	[[ $(wc -l <<<"$output") == 8 && $output != *false* ]]
	[[ $output == *$'post\t/v1/windows\tWindow\ttrue'* ]]
	[[ $(jq -c '.components.schemas.Load.required' "$BATS_TEST_TMPDIR/openapi") == '["load_milli"]' ]]
	[[ $(jq -c '.components.schemas.Tenant.properties.weight | [.type, .minimum]' "$BATS_TEST_TMPDIR/openapi") == '["integer",1]' ]]
	while read -r method path body; do
		run -0 call "$method" "$path" -d "$body"
		[[ $output == *"there is no field 'colour'"*400 ]] || { echo "$path: $output" && false; }
	done <<-'END'
		POST /v1/tenants {"tenant":"lab","colour":1}
		POST /v1/tenants/unset {"tenant":"lab","colour":1}
		POST /v1/windows {"end_us":1,"colour":1}
		POST /v1/tokens {"role":"viewer","colour":1}
	END
}

@test "what is wrong is refused with a sentence that names it" {
	start_daemon
	while IFS='|' read -r body words; do
		run -0 call POST /v1/jobs -d "$body"
		[[ $output == *"$words"*400 ]] || { echo "$body: $output" && false; }
	done <<-'END'
		|the body is no JSON
		[]|a job is a JSON object
		{|the body is no JSON
		{"command": ["true"]}|directory is missing
		{"directory": "/"}|command is missing
		{"command": [], "directory": "/"}|command has to be a list
		{"command": [""], "directory": "/"}|command is missing
		{"command": [1], "directory": "/"}|command has to be a text
		{"command": ["a\u0000b"], "directory": "/"}|
		{"command": ["true"], "directory": "tmp"}|directory has to be an absolute path
		{"command": ["true"], "directory": "/", "output": "../x"}|output has to be an absolute path
		{"command": ["true"], "directory": "/", "colour": 1}|there is no field 'colour'
		{"command": ["true"], "directory": "/", "devices": -1}|devices has to be a whole number from 0 to 32
		{"command": ["true"], "directory": "/", "devices": 1.5}|devices has to be a whole number
		{"command": ["true"], "directory": "/", "devices": 1, "devices": 2}|duplicate
		{"command": ["true"], "directory": "/", "share_milli": 500}|ask for devices
		{"command": ["true"], "directory": "/", "chips": ["Z9"]}|there is no chip 'Z9'
		{"command": ["true"], "directory": "/", "class": "foo"}|class has to be one of train, infer, interactive, batch
		{"command": ["true"], "directory": "/", "tenant": "no/such"}|tenant has to be a name
		{"command": ["true"], "directory": "/", "environment": {"A=B": "c"}}|is no name of a variable
		{"command": ["true"], "directory": "/", "after": ["x"]}|after has to name jobs
		{"command": ["true"], "directory": "/", "array": {"count": 99999}}|array: count has to be
		{"command": ["true"], "directory": "/", "groups": []}|groups has to be a list
		{"command": ["true"], "directory": "/", "tasks": 2, "groups": [{}]}|belongs into each of the groups
		{"command": ["true"], "directory": "/", "time_limit_s": -1}|time_limit_s has to be seconds
		{"command": ["true"], "directory": "/", "class": "fast"}|class has to be one of
	END
	run -0 call GET "/v1/jobs?limit=0"
	[[ $output == *"limit has to be"*400 ]]
	run -0 parc queue
	[[ ${#lines[@]} -eq 1 ]]
}

@test "paths and methods that are not there" {
	start_daemon
	for path in / /v1 /v1/jobs/ /v1/jobs/0 /v1/jobs/x /v1/jobs/1x /v1/jobs/-1 /v1/jobs/99999999999999999999 \
		/v1/jobs/../jobs/1 /v1/jobs/1/output/../../x /metrics/; do
		run -0 call GET "$path" --path-as-is
		[[ $output == *404 ]] || { echo "$path: $output" && false; }
	done
	run -0 call DELETE /v1/jobs
	[[ $output == *405 ]]
	run -0 call GET /v1/jobs/7
	[[ $output == *"there is no job 7"*404 ]]
}

@test "a body that is too large is refused" {
	start_daemon
	head -c 300000 /dev/zero | tr '\0' 'x' >"$BATS_TEST_TMPDIR/large"
	run -0 call POST /v1/jobs --data-binary @"$BATS_TEST_TMPDIR/large"
	[[ $output == *413 ]]
	run -0 call GET /healthz -H "X-Large: $(head -c 20000 /dev/zero | tr '\0' 'x')"
	[[ $output == *4[0-9][0-9] ]]
	run -0 call GET /healthz
	[[ $output == *200 ]]
}

@test "over TCP nothing goes without a valid token" {
	start_with_port
	for secret in "" x parc_00 "$(printf 'a%.0s' {1..300})"; do
		run -0 as "$secret" GET /v1/jobs
		[[ $output == *401 ]]
	done
	run -0 curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/v1/jobs"
	[[ $output == 401 ]]
	secret=$(token)
	run -0 as "$secret" GET /v1/whoami
	[[ $output == *'"user":"nobody"'*'"role":"tenant"'*200 ]]
	run -0 as "$secret" GET /healthz
	[[ $output == *200 ]]
}

@test "a token is kept as a hash, and a revoked or expired one is refused" {
	start_with_port
	secret=$(token)
	run -0 as "$secret" GET /v1/jobs
	[[ $output == *200 ]]
	run -1 grep -rq "$secret" "$data"
	run -0 parc token
	[[ $output == *nobody* && $output != *"$secret"* ]]
	parc token revoke 1
	run -0 as "$secret" GET /v1/jobs
	[[ $output == *"unknown, expired or revoked"*401 ]]
	run -1 parc token revoke 1
	run -1 parc token add --user root
	[[ $output == *"other than root"* ]]
	run -1 parc token add --user no-such-user
	run -1 parc token add --user nobody --days 100000
	run -1 parc token add --user nobody --role king
}

@test "a viewer reads all and changes nothing" {
	start_with_port
	run -0 call POST /v1/jobs -d "$job"
	secret=$(token --role viewer)
	run -0 as "$secret" GET /v1/jobs/1
	[[ $output == *200 ]]
	run -0 as "$secret" GET /metrics
	[[ $output == *200 ]]
	for path in /v1/jobs /v1/jobs/1/cancel /v1/nodes/1/drain /v1/tokens /v1/reload \
		/v1/tenants /v1/tenants/unset; do
		run -0 as "$secret" POST $path -d "$job"
		[[ $output == *403 ]]
	done
	run -0 as "$secret" DELETE /v1/tokens/1
	[[ $output == *403 ]]
}

@test "a tenant sees and touches its own jobs only" {
	start_with_port
	run -0 call POST /v1/jobs -d "$job"
	[[ $output == *'"job":1'*201 ]]
	secret=$(token)
	run -0 as "$secret" POST /v1/jobs -d "$job"
	[[ $output == *'"job":2'*201 ]]
	run -0 as "$secret" GET /v1/jobs
	[[ $output == *'"job":2'* && $output != *'"job":1'* ]]
	for path in /v1/jobs/1 /v1/jobs/1/why /v1/jobs/1/output "/v1/events?job=1"; do
		run -0 as "$secret" GET "$path"
		[[ $output == *"there is no job 1"*404 ]]
	done
	for verb in cancel hold release; do
		run -0 as "$secret" POST /v1/jobs/1/$verb
		[[ $output == *404 ]]
	done
	for path in /v1/tokens /v1/tenants /v1/report /metrics; do
		run -0 as "$secret" GET $path
		[[ $output == *403 ]]
	done
	run -0 as "$secret" GET "/v1/jobs?tenant=default"
	[[ $output == *404 ]]
	run -0 as "$secret" POST /v1/jobs/2/release
	[[ $output == *200 ]]
}

@test "members of a tenant see each other's jobs and do not touch them" {
	cat >"$BATS_TEST_TMPDIR/c.yaml" <<-'END'
		serve:
		  tenants: [{name: vision, users: [nobody]}, {name: speech}]
	END
	start_with_port --config "$BATS_TEST_TMPDIR/c.yaml"
	run -0 call POST /v1/jobs -d "${job/held/tenant\": \"vision\", \"held}"
	[[ $output == *201 ]]
	secret=$(token)
	run -0 as "$secret" GET /v1/jobs/1
	[[ $output == *200 ]]
	run -0 as "$secret" POST /v1/jobs/1/cancel
	[[ $output == *"is of root"*409 ]]
	run -0 as "$secret" POST /v1/jobs -d "${job/held/tenant\": \"speech\", \"held}"
	[[ $output == *"in no tenant 'speech'"*404 ]]
	run -0 as "$secret" POST /v1/jobs -d "${job/held/tier\": 9, \"held}"
	[[ $output == *"for operators"*400 ]]
}

@test "a key is of its caller" {
	start_with_port
	secret=$(token)
	run -0 call POST /v1/jobs -d "$job" -H "Idempotency-Key: k"
	[[ $output == *'"job":1'* ]]
	run -0 as "$secret" POST /v1/jobs -d "$job" -H "Idempotency-Key: k"
	[[ $output == *'"job":2'* ]]
	run -0 call POST /v1/jobs -d "$job" -H "Idempotency-Key: k"
	[[ $output == *'"job":1'* ]]
	run -0 call POST /v1/jobs -d "$job" -H "Idempotency-Key: $(printf 'k%.0s' {1..200})"
	[[ $output == *400 ]]
}

@test "who asks too often is told to wait" {
	echo "serve: {requests_per_second: 2}" >"$BATS_TEST_TMPDIR/c.yaml"
	start_with_port --config "$BATS_TEST_TMPDIR/c.yaml"
	secret=$(token)
	run -0 as "$secret" GET "/v1/whoami?[1-100]"
	[[ $output == *"too many requests"*429 ]]
	run -0 call GET /v1/whoami
	[[ $output == *200 ]]
}

# follow FILE [curl option]...: events into the file until the daemon ends.
follow() {
	local file=$1
	shift
	curl -sSN --unix-socket "$PARC_SOCKET" "http://parc/v1/events?after=0" "$@" >"$file" 3>&- &
	follower=$!
}

# seen FILE TEXT: wait until it is there, as long as the daemon may take.
seen() {
	local end=$((SECONDS + 30))
	until grep -qF "$2" "$1"; do
		[[ $SECONDS -lt $end ]] || return 1
		read -r -t 0.02 <> <(:) || true
	done
}

@test "events follow a job, and go on behind the last one that was seen" {
	local first=$BATS_TEST_TMPDIR/first second=$BATS_TEST_TMPDIR/second
	start_daemon
	run -0 call POST /v1/jobs -d "$job"
	follow "$first"
	seen "$first" '"state": "pending"'
	parc release 1
	seen "$first" '"state": "ended", "result": "ok"'
	last=$(sed -n 's/^id: //p' "$first" | sed -n 2p)
	follow "$second" -H "Last-Event-ID: $last"
	seen "$second" '"state": "ended", "result": "ok"'
	stop_daemon
	wait $follower || true
	[[ $(sed -n 's/^id: //p' "$second" | head -n 1) -gt $last ]]
	diff <(sed -n 's/^id: //p' "$first" | awk -v l="$last" '$1 > l') <(sed -n 's/^id: //p' "$second")
}

@test "slow clients and many connections do not keep others waiting" {
	start_daemon
	command -v python3 >/dev/null || skip "there is no python3"
	python3 - "$PARC_SOCKET" <<-'END'
		import socket, sys
		slow = []
		for i in range(500):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.send(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
		    slow.append(s)
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		assert b"200 OK" in s.recv(4096)
	END
}
