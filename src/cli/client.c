/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#define SYSTEM_PATH  "/run/parc/parc.sock"
#define CALL_SECONDS 60L

const char *client_default_path(void)
{
	static char path[256];
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || access(SYSTEM_PATH, F_OK) == 0 || folder == NULL)
		return SYSTEM_PATH;
	snprintf(path, sizeof(path), "%s/parc.sock", folder);
	return path;
}

static const char *address_of(const struct client_call *call)
{
	const char *named = call->socket != NULL ? call->socket : getenv("PARC_SOCKET");

	return named != NULL && *named != '\0' ? named : client_default_path();
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct client_answer *answer = context;
	size_t more = size * count;
	char *grown;

	if (answer->size + more > CLIENT_ANSWER_MAX)
		return 0;
	grown = realloc(answer->bytes, answer->size + more + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + answer->size, bytes, more);
	answer->bytes = grown;
	answer->size += more;
	grown[answer->size] = '\0';
	return more;
}

static struct curl_slist *headers_make(const struct client_call *call, int is_server)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	const char *token = getenv("PARC_TOKEN");
	char line[512];

	if (call->body != NULL)
		headers = curl_slist_append(headers, "Content-Type: application/json");
	if (call->key != NULL) {
		snprintf(line, sizeof(line), "Idempotency-Key: %s", call->key);
		headers = curl_slist_append(headers, line);
	}
	if (is_server && token != NULL) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
		headers = curl_slist_append(headers, line);
	}
	return headers;
}

/* What a server's certificate has to be signed by; nothing is sent to one that is not. */
static void server_set(CURL *curl, const struct client_call *call)
{
	const char *ca = call->ca != NULL ? call->ca : getenv("PARC_CA");

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	if (ca != NULL && *ca != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

static int unreachable(const char *address, CURLcode code, struct parc_err *err)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return parc_err_set(err, PARC_ERR_IO,
				    "the certificate of %s is not trusted (%s); name the file of "
				    "the authority that signed it with --ca or PARC_CA",
				    address, curl_easy_strerror(code));
	if (code == CURLE_SSL_CACERT_BADFILE)
		return parc_err_set(err, PARC_ERR_IO,
				    "the file of --ca or PARC_CA holds no certificate in PEM");
	return parc_err_set(err, PARC_ERR_IO,
			    "no daemon answers at %s (%s); start one with 'parc serve', or name "
			    "its socket with --socket or PARC_SOCKET",
			    address, curl_easy_strerror(code));
}

/* What the daemon refused, in its own words. */
static int refusal(const struct client_answer *answer, struct parc_err *err)
{
	const char *message = json_string_value(
		json_object_get(json_object_get(answer->json, "error"), "message"));

	if (message == NULL)
		return parc_err_set(err, PARC_ERR_STATE, "the daemon answered with status %ld",
				    answer->status);
	return parc_err_set(err, PARC_ERR_STATE, "%s", message);
}

int client_do(const struct client_call *call, struct client_answer *answer, struct parc_err *err)
{
	const char *address = address_of(call);
	int is_server = strncmp(address, "http://", 7) == 0 || strncmp(address, "https://", 8) == 0;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = headers_make(call, is_server);
	char *body = call->body == NULL ? NULL : json_dumps(call->body, JSON_COMPACT);
	char url[2048];
	CURLcode code;

	memset(answer, 0, sizeof(*answer));
	if (curl == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a request");
	snprintf(url, sizeof(url), "%s%s", is_server ? address : "http://parc", call->path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (!is_server)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, address);
	else
		server_set(curl, call);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, call->seconds > 0 ? call->seconds : CALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (strcmp(call->method, "GET") != 0)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body == NULL ? "" : body);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	free(body);
	if (code != CURLE_OK)
		return unreachable(address, code, err);
	answer->json =
		json_loadb(answer->bytes == NULL ? "" : answer->bytes, answer->size, 0, NULL);
	return answer->status >= 200 && answer->status < 300 ? 0 : refusal(answer, err);
}

void client_answer_deinit(struct client_answer *answer)
{
	json_decref(answer->json);
	free(answer->bytes);
	memset(answer, 0, sizeof(*answer));
}
