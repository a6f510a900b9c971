/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "base/hash.h"

#define FILE_MAX 65536 /* bytes of either file */
#define ID_MAX	 64    /* of a public key */

struct pem {
	const char *path;
	uint8_t bytes[FILE_MAX];
	size_t size;
};

/* Who may read a key can be the daemon to others. */
static int key_check(const char *path, const struct stat *status, struct parc_err *err)
{
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s belongs to another user: give the key to root or to the "
				    "daemon's user",
				    path);
	if ((status->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s may be read or changed by others: chmod 600 it", path);
	return 0;
}

static int pem_read(struct pem *pem, int is_key, struct parc_err *err)
{
	int file = open(pem->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code = 0;
	struct stat status;
	ssize_t got = 0;

	if (file < 0 || fstat(file, &status) != 0)
		code = parc_err_set(err, PARC_ERR_IO, "%s: %s", pem->path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		code = parc_err_set(err, PARC_ERR_INVALID, "%s is no regular file", pem->path);
	else if (is_key)
		code = key_check(pem->path, &status, err);
	for (pem->size = 0; code == 0 && pem->size < FILE_MAX; pem->size += (size_t)got) {
		got = read(file, pem->bytes + pem->size, FILE_MAX - pem->size);
		if (got < 0)
			code = parc_err_set(err, PARC_ERR_IO, "%s: %s", pem->path, strerror(errno));
		if (got <= 0)
			break;
	}
	if (code == 0 && pem->size == FILE_MAX)
		code = parc_err_set(err, PARC_ERR_INVALID, "%s has more than %d bytes", pem->path,
				    FILE_MAX - 1);
	if (file >= 0)
		close(file);
	return code;
}

static int chain_read(struct tls *tls, const struct pem *pem, struct parc_err *err)
{
	gnutls_datum_t datum = {(unsigned char *)pem->bytes, (unsigned int)pem->size};
	unsigned int count = TLS_CHAIN_MAX;
	gnutls_x509_crt_t first;
	int code = gnutls_pcert_list_import_x509_raw(tls->chain, &count, &datum,
						     GNUTLS_X509_FMT_PEM, 0);

	if (code < 0)
		return parc_err_set(err, PARC_ERR_INVALID, "%s holds no certificate in PEM: %s",
				    pem->path, gnutls_strerror(code));
	tls->chain_count = count;
	if (gnutls_pcert_export_x509(&tls->chain[0], &first) < 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a certificate");
	tls->expires_s = (int64_t)gnutls_x509_crt_get_expiration_time(first);
	gnutls_x509_crt_deinit(first);
	return 0;
}

static int key_read(struct tls *tls, const struct pem *pem, struct parc_err *err)
{
	gnutls_datum_t datum = {(unsigned char *)pem->bytes, (unsigned int)pem->size};
	int code = gnutls_privkey_init(&tls->key);

	if (code == 0)
		code = gnutls_privkey_import_x509_raw(tls->key, &datum, GNUTLS_X509_FMT_PEM, NULL,
						      0);
	if (code < 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s holds no key in PEM without a password: %s", pem->path,
				    gnutls_strerror(code));
	return 0;
}

/* Is the key that of the first certificate? */
static int pair_check(const struct tls *tls, const struct pem *key, struct parc_err *err)
{
	unsigned char own[ID_MAX], theirs[ID_MAX];
	size_t own_size = ID_MAX, their_size = ID_MAX;
	gnutls_pubkey_t public;
	int code = gnutls_pubkey_init(&public);

	if (code < 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a key");
	code = gnutls_pubkey_import_privkey(public, tls->key, 0, 0);
	if (code == 0)
		code = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, own, &own_size);
	if (code == 0)
		code = gnutls_pubkey_get_key_id(tls->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256,
						theirs, &their_size);
	gnutls_pubkey_deinit(public);
	if (code == 0 && own_size == their_size && memcmp(own, theirs, own_size) == 0)
		return 0;
	return parc_err_set(err, PARC_ERR_INVALID,
			    "%s is not the key of the first certificate in the other file",
			    key->path);
}

static int pair_load(struct tls **tls, struct pem *chain, struct pem *key, struct parc_err *err)
{
	struct tls *made;
	uint64_t hash;
	int code = pem_read(chain, 0, err);

	if (code == 0)
		code = pem_read(key, 1, err);
	if (code != 0)
		return code;
	hash = hash_bytes(HASH_START, chain->bytes, chain->size);
	hash = hash_bytes(hash_word(hash, chain->size), key->bytes, key->size);
	if (*tls != NULL && (*tls)->hash == hash)
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a certificate");
	made->hash = hash;
	code = chain_read(made, chain, err);
	if (code == 0)
		code = key_read(made, key, err);
	if (code == 0)
		code = pair_check(made, key, err);
	if (code != 0) {
		tls_destroy(made);
		return code;
	}
	made->older = *tls;
	*tls = made;
	return 0;
}

int tls_load(struct tls **tls, const char *certificate, const char *key, struct parc_err *err)
{
	struct pem *pems = calloc(2, sizeof(*pems));
	int code;

	if (pems == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a certificate");
	pems[0].path = certificate;
	pems[1].path = key;
	code = pair_load(tls, &pems[0], &pems[1], err);
	explicit_bzero(pems, 2 * sizeof(*pems));
	free(pems);
	return code;
}

void tls_destroy(struct tls *tls)
{
	struct tls *older;

	for (; tls != NULL; tls = older) {
		older = tls->older;
		for (unsigned int i = 0; i < tls->chain_count; i++)
			gnutls_pcert_deinit(&tls->chain[i]);
		if (tls->key != NULL)
			gnutls_privkey_deinit(tls->key);
		free(tls);
	}
}
