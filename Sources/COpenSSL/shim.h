#ifndef FEEDREC_COPENSSL_SHIM_H
#define FEEDREC_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// These are function-like macros in OpenSSL, which Swift does not import.

static inline int feedrec_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline void feedrec_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_mode(context, mode);
}

static inline void feedrec_SSL_CTX_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline void feedrec_SSL_CTX_forbid_renegotiation_and_tickets(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
}

static inline int feedrec_SSL_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// An empty memory BIO then means "come back with more bytes", not "end of stream".
static inline void feedrec_BIO_make_retrying(BIO *bio) {
    BIO_set_mem_eof_return(bio, -1);
}

#endif
