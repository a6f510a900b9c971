#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One test a rule of docs/serve.md, "Who may do what": identity, roles, time, replay, paths.
# Bounds of connections and of time are tests/unit/test_api.c; TLS is tls.bats.

load common
load daemon

job='{"command": ["true"], "directory": "/", "devices": 1, "held": true}'

as() { # as TOKEN METHOD PATH [curl option]...: over TCP
	local token=$1 method=$2 path=$3
	shift 3
	curl -sS -X "$method" -H "Authorization: Bearer $token" -w '\n%{http_code}\n' "$@" \
		"http://127.0.0.1:$port$path"
}

by() { # by USER COMMAND...: as that user of this machine
	local user=$1
	shift
	[[ $(id -u) -eq 0 ]] || skip "only root can be somebody else"
	command -v setpriv >/dev/null || skip "there is no setpriv"
	local folder=$BATS_TEST_TMPDIR
	until [[ $folder == / || $folder == /tmp ]]; do # he has to get to the socket
		chmod o+x "$folder"
		folder=$(dirname "$folder")
	done
	setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
}

call_by() { # call_by USER METHOD PATH [curl option]...: on the Unix socket
	local user=$1 method=$2 path=$3
	shift 3
	by "$user" curl -sS --unix-socket "$PARC_SOCKET" -X "$method" -w '\n%{http_code}\n' "$@" "http://parc$path"
}

@test "on TCP who is no caller gets nothing but health and the description" {
	start_daemon --listen 0
	for path in $(parc help --api | sed -n 's/^| `[A-Z]* \([^`]*\)` .*/\1/p' | sed 's/{id}/1/' | sort -u); do
		for method in GET POST DELETE; do
			run -0 as "" $method "$path" -d "$job"
			case $path in
			/healthz | /v1/openapi.json) [[ $output == *200 || $output == *405 ]] ;;
			*) [[ $output == *401 || $output == *405 ]] ;;
			esac || { echo "$method $path: $output" && false; }
		done
	done
	run -0 parc queue
	[[ ${#lines[@]} -eq 1 ]]
}

@test "the user of the socket is who he is, whatever he says" {
	start_daemon
	run -0 call_by nobody GET /v1/whoami -H "Authorization: Bearer root" -H "X-Forwarded-User: root"
	[[ $output == *'"user":"nobody"'*'"role":"tenant"'*200 ]]
	run -0 call_by nobody POST /v1/jobs -d "${job/held/user\": \"root\", \"held}"
	[[ $output == *"no field 'user'"*400 ]]
	run -0 call_by nobody POST /v1/jobs -d "$job"
	[[ $output == *201 ]]
	[[ $(field user 1) == nobody ]]
}

@test "another user sees and touches nothing of root's on the socket" {
	start_daemon
	run -0 call POST /v1/jobs -d "$job"
	for path in /v1/jobs/1 /v1/jobs/1/why /v1/jobs/1/output "/v1/events?job=1"; do
		run -0 call_by nobody GET "$path"
		[[ $output == *404 ]]
	done
	for verb in cancel hold release; do
		run -0 call_by nobody POST /v1/jobs/1/$verb
		[[ $output == *404 ]]
	done
	for path in /v1/reload /v1/tokens /v1/nodes/1/drain; do
		run -0 call_by nobody POST $path -d '{}'
		[[ $output == *403 ]]
	done
	run -0 call_by nobody GET /v1/jobs
	[[ $output != *'"job":1'* ]]
	run -0 call_by nobody GET "/v1/jobs?user=root"
	[[ $output != *'"job":1'* ]]
	run -0 call_by nobody GET "/v1/jobs?user=0"
	[[ $output != *'"job":1'* ]]
}

# age SQL: change the tokens in the folder of a daemon that is stopped.
age() {
	command -v sqlite3 >/dev/null || skip "there is no sqlite3"
	stop_daemon
	sqlite3 "$data/parc.db" "$1"
	start_daemon --listen 0
}

@test "a token ends when its days are over" {
	start_daemon --listen 0
	secret=$(parc token add --user nobody --days 1)
	run -0 as "$secret" GET /v1/whoami
	[[ $output == *200 ]]
	age "UPDATE tokens SET expires_us = $(date +%s)000000 - 1000000"
	run -0 as "$secret" GET /v1/whoami
	[[ $output == *"expired"*401 ]]
	run -0 parc token
	[[ $output == *expired* ]]
}

@test "a token is never root's, even when somebody wrote so into the folder" {
	start_daemon --listen 0
	secret=$(parc token add --user nobody --role operator)
	for user in '"root"' '"0"' '""' 0 null '"no-such-user"'; do
		run -0 call POST /v1/tokens -d "{\"user\": $user, \"role\": \"tenant\", \"days\": 1}"
		[[ $output == *"other than root"*400 ]]
	done
	age "UPDATE tokens SET uid = 0"
	run -0 as "$secret" GET /v1/whoami
	[[ $output == *401 ]]
}

@test "what was sent once and is sent again makes nothing twice" {
	start_daemon --listen 0
	secret=$(parc token add --user nobody)
	for _ in 1 2 3; do
		run -0 as "$secret" POST /v1/jobs -d "$job" -H "Idempotency-Key: once"
		[[ $output == *'"job":1,'*201 ]]
	done
	run -0 as "$secret" POST /v1/jobs -d "${job/1/2}" -H "Idempotency-Key: once"
	[[ $output == *409 ]]
	stop_daemon KILL
	start_daemon --listen 0
	run -0 as "$secret" POST /v1/jobs -d "$job" -H "Idempotency-Key: once"
	[[ $output == *'"job":1,'*201 ]]
	parc token revoke 1
	run -0 as "$secret" POST /v1/jobs -d "$job" -H "Idempotency-Key: once"
	[[ $output == *401 ]]
	run -0 parc queue
	[[ ${#lines[@]} -eq 2 ]]
}

@test "an operator's token does all but give itself root" {
	start_daemon --listen 0
	secret=$(parc token add --user nobody --role operator)
	run -0 as "$secret" GET /v1/tokens
	[[ $output == *200 ]]
	run -0 as "$secret" POST /v1/tokens -d '{"user": "root", "role": "tenant", "days": 1}'
	[[ $output == *"other than root"*400 ]]
	run -0 as "$secret" POST /v1/jobs -d "$job"
	[[ $output == *201 ]]
	[[ $(field user 1) == nobody ]]
}

@test "names that are paths lead nowhere" {
	start_daemon
	for name in ../x /etc/passwd . .. "a/b" $'a\nb' "a b" ""; do
		body=$(jq -cn --arg n "$name" '{command: ["true"], directory: "/", held: true, tenant: $n}')
		run -0 call POST /v1/jobs -d "$body"
		[[ $output == *40[04] ]]
	done
	for path in %2e%2e/x ..%2f..%2fetc%2fpasswd 1%00 1%2f..%2f2 "1;x" 1%20; do
		run -0 call GET "/v1/jobs/$path" --path-as-is
		[[ $output == *40[04] ]] || { echo "$path: $output" && false; }
	done
	run -0 call GET "/v1/jobs?user=../../etc/passwd"
	[[ $output == *'"jobs":[]'*200 ]]
}

@test "a job's output shows no file of another, by link, name or kind" {
	start_daemon
	dir=$BATS_TEST_TMPDIR/theirs
	mkdir "$dir"
	chmod 755 "$dir"
	echo secret >"$dir/secret"
	ln -s "$dir/secret" "$dir/link"
	ln "$dir/secret" "$dir/hard"
	mkfifo "$dir/fifo"
	count=0
	for name in secret link hard fifo . ../theirs/secret; do
		body=$(jq -cn --arg o "$dir/$name" '{command: ["true"], directory: "/", output: $o}')
		run -0 call_by nobody POST /v1/jobs -d "$body"
		[[ $output == *201 ]] || continue
		count=$((count + 1))
		run -0 call_by nobody GET "/v1/jobs/$count/output"
		[[ $output != *secret* && $output != *200 ]] || { echo "$name: $output" && false; }
	done
	[[ $count -ge 5 ]]
	chown nobody "$dir/secret"
	run -0 call_by nobody GET "/v1/jobs/1/output"
	[[ $output == *secret*200 ]]
}
