#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# TLS: the certificate out of the configuration, what is refused, and the client's side of it.

load common
load daemon

setup_file() {
	command -v openssl >/dev/null || skip "there is no openssl"
}

# certificate NAME [openssl option]...: NAME.crt and NAME.key, for 127.0.0.1, signed by itself.
certificate() {
	local name=$BATS_TEST_TMPDIR/$1
	shift
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj "/CN=parc test" -addext "subjectAltName=IP:127.0.0.1" \
		-keyout "$name.key" -out "$name.crt" "$@" 2>/dev/null
	chmod 600 "$name.key"
}

# configure CERTIFICATE KEY: the daemon's configuration names them.
configure() {
	cat >"$BATS_TEST_TMPDIR/c.yaml" <<-END
		serve:
		  tls: {certificate: "$BATS_TEST_TMPDIR/$1", key: "$BATS_TEST_TMPDIR/$2"}
	END
}

# start_tls: a daemon with the certificate `own`, on a port that was free.
start_tls() {
	certificate own
	configure own.crt own.key
	start_daemon --listen 0 --config "$BATS_TEST_TMPDIR/c.yaml"
}

# over COMMAND [OPTION]...: the command line over TLS.
over() {
	local name=$1
	shift
	parc "$name" --url "https://127.0.0.1:$port" --ca "$BATS_TEST_TMPDIR/own.crt" "$@"
}

@test "with a certificate TCP speaks TLS, and the client checks it" {
	start_tls
	grep -q "listening on https://127.0.0.1:$port" "$log"
	PARC_TOKEN=$(parc token add --user nobody)
	export PARC_TOKEN
	run -0 over submit --json --hold -- true
	[[ $output == '{"job": 1}' ]]
	run -0 over queue
	[[ $output == *nobody* ]]
	PARC_SOCKET=https://127.0.0.1:$port PARC_CA=$BATS_TEST_TMPDIR/own.crt run -0 parc queue
	[[ $output == *nobody* ]]
	run -1 parc queue --url "https://127.0.0.1:$port"
	[[ $output == *"is not trusted"*"--ca or PARC_CA"* ]]
	run -1 parc queue --url "https://127.0.0.1:$port" --ca /dev/null
	run -1 parc queue --url "http://127.0.0.1:$port"
	PARC_TOKEN=x run -1 over queue
	[[ $output == *"the token is not valid"* ]]
}

@test "a certificate for another name is not trusted" {
	start_tls
	run -1 parc queue --url "https://localhost:$port" --ca "$BATS_TEST_TMPDIR/own.crt"
	[[ $output == *"is not trusted"* ]]
}

@test "old versions of TLS are refused" {
	start_tls
	run openssl s_client -connect "127.0.0.1:$port" -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null
	[[ $output != *"Cipher is ECDHE"* ]]
	run -0 openssl s_client -connect "127.0.0.1:$port" -tls1_2 </dev/null
	[[ $output == *"Cipher is ECDHE"* ]]
	run -0 openssl s_client -connect "127.0.0.1:$port" -tls1_3 </dev/null
	[[ $output == *"Cipher is TLS_"* ]]
}

@test "a key that others may read is refused, and so is one that is not the certificate's" {
	certificate own
	certificate other
	for mode in 604 640 620 602; do
		configure own.crt own.key
		chmod $mode "$BATS_TEST_TMPDIR/own.key"
		[[ $mode == 640 ]] && continue # a group may read it, as Debian's ssl-cert does
		run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
		[[ $output == *"own.key may be read or changed by others: chmod 600 it"* ]]
	done
	configure own.crt other.key
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"other.key is not the key of the first certificate"* ]]
	configure own.key other.key
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"own.key holds no certificate"* ]]
	configure own.crt own.crt
	chmod 600 "$BATS_TEST_TMPDIR/own.crt"
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"own.crt holds no key"* ]]
	configure missing.crt own.key
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"missing.crt: No such file"* ]]
	echo "serve: {tls: {certificate: x, key: /y}}" >"$BATS_TEST_TMPDIR/c.yaml"
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"c.yaml:1:"*"certificate has to be an absolute path"* ]]
	echo "serve: {tls: {certificate: /x}}" >"$BATS_TEST_TMPDIR/c.yaml"
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $output == *"tls lacks the key key"* ]]
	[[ ! -e $data/parc.db ]]
}

# serial: that of the certificate the daemon shows.
serial() {
	openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -serial
}

@test "a renewed certificate is in force after a reload; one that is wrong changes nothing" {
	start_tls
	before=$(serial)
	certificate own
	[[ $(serial) == "$before" ]]
	parc_reload() { call POST /v1/reload; }
	run -0 parc_reload
	[[ $output == *200 ]]
	after=$(serial)
	[[ $after != "$before" && $after == serial=* ]]
	echo broken >"$BATS_TEST_TMPDIR/own.crt"
	run -0 parc_reload
	[[ $output == *"own.crt holds no certificate"*400 ]]
	[[ $(serial) == "$after" ]]
}

@test "beyond this machine it listens with TLS or when it is told so only" {
	fleet_write
	run -2 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" --listen 0.0.0.0:0
	[[ $output == *"http://0.0.0.0:"*"is beyond this machine"*"--listen-plain"* ]]
	run -2 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" --listen '[::]:0'
	[[ $output == *"beyond this machine"* ]] || [[ $output == *"Address family"* ]]
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" --listen localhost:0
	[[ $output == *"'localhost:0' is no address to listen on"* ]]
	start_daemon --listen 0.0.0.0:0 --listen-plain
	stop_daemon
	certificate own
	configure own.crt own.key
	start_daemon --listen 0.0.0.0:0 --config "$BATS_TEST_TMPDIR/c.yaml"
	grep -q "listening on https://0.0.0.0:" "$log"
}
