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

/* The stream security: what happened, from where, how often. */
#ifndef T2M_SERVER_SECURITY_H
#define T2M_SERVER_SECURITY_H

#include <httpd.h>

#include "core/level.h"
#include "core/record.h"
#include "server/request.h"

enum {
    T2M_SECURITY_MORE_MAX = 8,
    T2M_SECURITY_EVENT_MAX = 64,
    T2M_SECURITY_CAUSE_MAX = 256 /* bytes kept of an error line, with its NUL */
};

/* A member behind the others: who, what was asked, with which result. */
typedef struct {
    const char *name;    /* a constant or a name that t2m_context_name_valid accepts */
    t2m_content_e content;
    t2m_text_t text;     /* empty: it is the number */
    apr_int64_t number;
} t2m_security_more_t;

typedef struct {
    const char *event;   /* [a-z0-9_]{1,64} */
    t2m_level_e level;   /* `severity` is its name in lower case */
    const request_rec *request; /* NULL: none */
    const char *ip;      /* NULL: the request's client */
    const char *detail;  /* NULL: none; masked as a message */
    apr_uint64_t attempts; /* 0: counted by the board from the event and the client's network */
    apr_uint64_t key;    /* under which the board counts; 0: t2m_security_key of the event */
    int blocked;
    int audit;           /* written whatever T2MLogLevel says */
    unsigned char flags; /* T2M_FACT_ASK, T2M_FACT_POLL; T2M_FACT_ATTEMPT: count it whatever
                          * attempts says */
    int more_count;
    t2m_security_more_t more[T2M_SECURITY_MORE_MAX];
    int field_count;
    const t2m_field_t *fields; /* more, of the C API */
} t2m_security_event_t;

/**
 * Writes the event. server: of the request, or of the caller. Returns APR_SUCCESS also when the
 * stream is off or its level higher (the event is only counted then); else as t2m_process_push:
 * the record is not queued. Any thread.
 */
apr_status_t t2m_security_write(const server_rec *server, const t2m_security_event_t *event);

/** Counts the event and writes no line. Returns as t2m_process_push. Any thread. */
apr_status_t t2m_security_count(const server_rec *server, const t2m_security_event_t *event);

/** Adds a member to event; an empty text or NULL, and one too many, is left out. */
void t2m_security_add(t2m_security_event_t *event, const char *name, t2m_content_e content,
                      const char *string);

/** As t2m_security_add, for a number. */
void t2m_security_add_number(t2m_security_event_t *event, const char *name, apr_int64_t number);

/**
 * The key of the client's network (IPv4: /24, IPv6: /64) and of what it tried; never 0. For the
 * attempts on the board.
 */
apr_uint64_t t2m_security_key(const request_rec *request, const char *what);

/** The key of size bytes, NULs too; never 0. Nobody outside can find two that share one. */
apr_uint64_t t2m_security_key_of(const char *bytes, apr_size_t size);

/**
 * For the error_log hook: keeps message, the last line at level WARNING or above that was logged
 * for a request, as the cause of what comes of it. code may be empty.
 */
void t2m_security_note_cause(t2m_request_t *state, const request_rec *origin, const char *code,
                             t2m_text_t message);

/** Registers the hooks that see refused, malformed and broken off requests. */
void t2m_security_register(apr_pool_t *pool);

#endif
