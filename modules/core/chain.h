/* Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file
 * except in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the
 * License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND,
 * either express or implied. See the License for the specific language governing permissions
 * and limitations under the License.
 */

/* Tamper evidence: each line of the stream security carries `prev`, an HMAC-SHA-256 of the line
 * before it, with a key that only the writer can read. Whoever changes, drops, inserts or swaps
 * lines cannot make the values that would then be right.
 *
 * The text of a line is all of it but its LF, thus with its own prev and seq. The first line of a
 * chain has the HMAC of the empty text. libcrypto does the work; it allocates a little for each
 * line. Any thread; one t2m_chain_t may be used by several at once. */
#ifndef T2M_CORE_CHAIN_H
#define T2M_CORE_CHAIN_H

#include <apr_errno.h>

#include "core/text.h"

enum {
    T2M_CHAIN_SIZE = 32,     /* bytes of an HMAC-SHA-256 */
    T2M_CHAIN_KEY_SIZE = 32, /* bytes of a key */
    T2M_CHAIN_DIGITS = 2 * T2M_CHAIN_SIZE,
    T2M_CHAIN_MEMBER = 10 + T2M_CHAIN_DIGITS, /* bytes of `,"prev":"..."` */
    T2M_CHAIN_HEAD_MAX = 240 /* of a head's text, with its NUL */
};

/* A key, made ready. */
typedef struct t2m_chain_t t2m_chain_t;

/**
 * Makes the key ready: what libcrypto has to look up, it looks up here, and not for each line.
 * Returns APR_ENOMEM or, when libcrypto refuses (a FIPS provider that is not loaded),
 * APR_EGENERAL; *chain is NULL then. Give it back with t2m_chain_free.
 */
apr_status_t t2m_chain_make(const unsigned char key[T2M_CHAIN_KEY_SIZE], t2m_chain_t **chain);

/** Wipes and frees it; harmless with NULL. */
void t2m_chain_free(t2m_chain_t *chain);

/**
 * Writes what the line behind this one has to carry; size 0: what the first one has. On failure of
 * libcrypto returns APR_EGENERAL and out is all zeros: a line of the same size can be written all
 * the same, and is seen to be wrong.
 */
apr_status_t t2m_chain_next(const t2m_chain_t *chain, const char *line, apr_size_t size,
                            unsigned char out[T2M_CHAIN_SIZE]);

/** Writes `,"prev":"<64 hex digits>"`; out has room for T2M_CHAIN_MEMBER bytes. Returns those. */
apr_size_t t2m_chain_member(const unsigned char chain[T2M_CHAIN_SIZE], char *out);

/**
 * The prev of a line (without its LF), which stands before `,"seq":N}` at its end. Returns 0, and
 * leaves prev alone, when there is none. at, if not NULL, becomes where its digits begin.
 */
int t2m_chain_of_line(const char *line, apr_size_t size, unsigned char prev[T2M_CHAIN_SIZE],
                      apr_size_t *at);

/** Writes 64 hex digits, no NUL. */
void t2m_chain_hex(const unsigned char chain[T2M_CHAIN_SIZE], char out[T2M_CHAIN_DIGITS]);

/** Reads 64 lower-case hex digits. Returns 0, with chain undefined, when they are none. */
int t2m_chain_parse(const char digits[T2M_CHAIN_DIGITS], unsigned char chain[T2M_CHAIN_SIZE]);

/* The end of a chain, as the classic error log tells it: without it nobody could say of the last
 * lines that they were cut off. */
typedef struct {
    t2m_text_t path;   /* of the file; a long one begins with `...` and has its end */
    apr_uint64_t seq;  /* of the last line */
    unsigned char chain[T2M_CHAIN_SIZE]; /* the HMAC of it: what the next line will carry */
} t2m_chain_head_t;

/** Writes the message with a NUL into out, T2M_CHAIN_HEAD_MAX bytes at most. Returns its length. */
apr_size_t t2m_chain_head_write(const t2m_chain_head_t *head, char *out);

/**
 * Reads the message out of a line of the classic error log (without its LF). What stands before it
 * must be the groups in brackets that httpd puts there, that of the module t2mlog among them, or
 * nothing: a client can have other messages hold any text. path borrows from line. Returns 0 when
 * the line is no such message.
 */
int t2m_chain_head_parse(const char *line, apr_size_t size, t2m_chain_head_t *head);

/** Nonzero when the head is of the file of that path. */
int t2m_chain_head_is_of(const t2m_chain_head_t *head, const char *path);

#endif
