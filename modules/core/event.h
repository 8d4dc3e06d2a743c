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

/* What an application says of itself in the protocols of others (Sentry's envelope, OTLP logs,
 * NDJSON), as values. Texts borrow the body or the JSON values parsed of it, and live as long as
 * these. No httpd, no clock; jansson parses.
 */
#ifndef T2M_CORE_EVENT_H
#define T2M_CORE_EVENT_H

#include <apr_time.h>
#include <jansson.h>

#include "core/level.h"
#include "core/record.h"
#include "core/stack.h"

enum {
    T2M_EVENT_FIELDS_MAX = 32,
    T2M_EVENT_BREADCRUMBS_MAX = 20,
    T2M_EVENT_DEPTH_MAX = 32,        /* of nested JSON */
    T2M_EVENT_VALUES_MAX = 131072,   /* of one JSON text: jansson takes up to 250 bytes for each */
    T2M_EVENT_ITEM_MAX = 1048576,    /* bytes of an item of Sentry's, as its own servers have it */
    T2M_EVENT_LINE_MAX = 65536,      /* bytes of a line of NDJSON */
    T2M_EVENT_SCRATCH = 16384        /* bytes for texts that the event does not find ready made */
};

typedef enum {
    T2M_EVENT_LINE,        /* app: message, logger; from ERROR on also errors */
    T2M_EVENT_EXCEPTION,   /* errors and app: stack */
    T2M_EVENT_SECURITY,    /* name is the event */
    T2M_EVENT_PERFORMANCE  /* name is the metric, duration */
} t2m_event_kind_e;

typedef struct {
    t2m_event_kind_e kind;
    t2m_level_e level;
    apr_time_t time;            /* 0: not said */
    t2m_text_t name;            /* event or metric */
    t2m_text_t message, logger;
    t2m_text_t function, module; /* of a metric */
    t2m_text_t release, environment, hostname;
    t2m_text_t request_id;      /* [A-Za-z0-9._~@:-]{8,128}; empty: none */
    t2m_text_t trace_id, span_id; /* lower hex digits, 32 and 16; empty: none */
    t2m_text_t method, path, ip; /* of the request it speaks of */
    t2m_text_t event_id;        /* the sender's own */
    apr_int64_t duration;       /* microseconds; of a metric */
    int status;                 /* of a metric's response; 0: none */
    int truncated;              /* something was left out */
    t2m_stack_t stack;          /* of an EXCEPTION */
    int field_count;
    t2m_field_t fields[T2M_EVENT_FIELDS_MAX]; /* tags, user, contexts, attributes: names as
                                               * [a-z0-9_]{1,64}, made so where they are not; they
                                               * go into a sub-object and never to the top */
    int breadcrumb_count;
    struct {
        apr_time_t time;        /* 0: not said */
        t2m_level_e level;
        t2m_text_t category, message;
    } breadcrumbs[T2M_EVENT_BREADCRUMBS_MAX]; /* the newest, oldest first */
    apr_size_t scratch_size;
    char scratch[T2M_EVENT_SCRATCH];
} t2m_event_t;

/* Why something was not taken; counted and told by these names. */
typedef enum {
    T2M_EVENT_OK,
    T2M_EVENT_NOT_JSON,      /* "not_json" */
    T2M_EVENT_TOO_DEEP,      /* "too_deep" */
    T2M_EVENT_DUPLICATE_KEY, /* "duplicate_key" */
    T2M_EVENT_TOO_LARGE,     /* "too_large" */
    T2M_EVENT_INVALID,       /* "invalid": JSON, but not what the protocol says */
    T2M_EVENT_UNSUPPORTED,   /* "unsupported": attachments, sessions, replays: not kept, no error */
    T2M_EVENT_REASONS
} t2m_event_reason_e;

/** The name of a reason. */
const char *t2m_event_reason_name(t2m_event_reason_e reason);

/** Called for each event, which is valid until it returns; reason OK. Or for one that was not
 * taken: event is NULL, detail says what is wrong and where, in words for a log. Returns nonzero
 * when the event could not be kept. */
typedef int (*t2m_event_take_t)(void *data, const t2m_event_t *event, t2m_event_reason_e reason,
                                const char *detail);

/** What came of a body. */
typedef struct {
    unsigned taken, refused;        /* events; refused: each was told to take */
    unsigned lost;                  /* take could not keep them */
    unsigned unsupported;           /* told to take as well; no error, and not among the refused */
    t2m_event_reason_e first;       /* why the first one was refused; OK: none was */
    char detail[160];               /* of the first one */
    char event_id[33];              /* Sentry: of the envelope or event; empty: none */
} t2m_event_result_t;

/** Empties event but for scratch's bytes. */
void t2m_event_clear(t2m_event_t *event);

/**
 * Parses text as one JSON value, which may be of any kind: duplicate keys refused, at most
 * T2M_EVENT_DEPTH_MAX deep and of T2M_EVENT_VALUES_MAX values (found out before jansson recurses or
 * allocates). Whole numbers beyond 64 bits become real ones. Half surrogates, escaped or not, and
 * other bytes that are no UTF-8 become U+FFFD; strings may hold NULs, names may not. Returns NULL
 * with *reason and detail (room bytes) set; detail has no byte of text in it.
 */
json_t *t2m_event_json(t2m_text_t text, t2m_event_reason_e *reason, char *detail, apr_size_t room);

/**
 * Adds a field from any JSON value: text, number, boolean as they are, null and empty texts not at
 * all, an array or object as its compact text, of which no item is cut. The name is prefix (NULL or
 * empty: none), `_` and name, made [a-z0-9_]{1,64}: camelCase becomes camel_case, so that it still
 * tells when it names a secret; other characters become `_`. Of equal names the first counts. What
 * is left out, for its name's length, a name that is there or want of room, sets truncated.
 */
void t2m_event_add_field(t2m_event_t *event, const char *prefix, const char *name,
                         const json_t *value);

/** Copies text into the scratch and returns it there; what does not fit is left out, at the border
 * of a character, and truncated set. */
t2m_text_t t2m_event_keep(t2m_event_t *event, t2m_text_t text);

/** Reads whole bodies. event is the caller's memory for one event at a time (it is large). A bad
 * line, item or record costs itself only. */
void t2m_event_sentry_envelope(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                               void *data, t2m_event_result_t *result);
void t2m_event_sentry_store(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                            void *data, t2m_event_result_t *result);
void t2m_event_otlp_logs(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                         void *data, t2m_event_result_t *result);
void t2m_event_ndjson(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                      void *data, t2m_event_result_t *result);

#endif
