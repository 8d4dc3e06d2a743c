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

/* mod_t2mlog for other modules: optional functions that log what a module knows better than httpd
 * does. A module that uses them needs neither mod_t2mlog to build nor to run:
 *
 *     #include "mod_t2mlog.h"
 *     static APR_OPTIONAL_FN_TYPE(t2mlog_log_metric) *log_metric;
 *
 *     static void retrieve(void)                      // ap_hook_optional_fn_retrieve
 *     {
 *         log_metric = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_metric);  // NULL: no mod_t2mlog
 *     }
 *
 * Requests. Each function takes the request_rec that the line belongs to: the line then has its
 * request id, path, client and context. A subrequest or an internal redirect counts as the request
 * that httpd read. NULL means no request: the line is of the main server.
 *
 * Threads. With a request: the thread that serves it, as for everything of a request_rec. With
 * NULL: any thread at any time, many at once. Nothing blocks on another process or on a disk.
 *
 * Memory. Whatever is handed over stays the caller's and may change or go once the function has
 * returned. t2mlog_context_push keeps copies in the request's pool, at most 16 fields of 1 KiB.
 *
 * Texts. Any bytes ending in NUL; they should be UTF-8, other bytes are replaced and the line says
 * so. Secrets are masked as everywhere, and a field whose name says that it is a secret
 * (`password`, `api_key`) never shows its value. A text field takes at most 1 KiB of the line.
 *
 * Answers. APR_SUCCESS: the line is on its way, or nobody wants it: T2MLog is Off for this server
 * (for metrics also: for this directory), the stream has no file, or T2MLogLevel is higher. That is
 * the administrator's choice and no trouble of the caller. APR_EINVAL: an argument breaks a rule
 * written here; nothing was logged. APR_EAGAIN: too early, the server does not run yet. Else, as
 * APR_ENOSPC: the line was dropped and counted, a line of its stream will say so.
 *
 * What is declared here stays as it is: something incompatible gets another name, so that a module
 * built with an older header finds either what it knows or NULL.
 */
#ifndef MOD_T2MLOG_H
#define MOD_T2MLOG_H

#include <httpd.h>

#include <apr_optional.h>
#include <apr_time.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Grows by one with each addition to this header. */
#define T2MLOG_API_VERSION 1

/** Fields of one call, and fields that are pushed for one request. */
#define T2MLOG_FIELDS_MAX 16

typedef enum {
    T2MLOG_DEFAULT, /* ERROR for exceptions, WARNING for security events, INFO for lines */
    T2MLOG_DEBUG,
    T2MLOG_INFO,
    T2MLOG_WARNING,
    T2MLOG_ERROR,
    T2MLOG_CRITICAL
} t2mlog_level_e;

typedef enum {
    T2MLOG_TEXT = 1,
    T2MLOG_INTEGER,
    T2MLOG_REAL,
    T2MLOG_BOOLEAN
} t2mlog_type_e;

/** One more member of a line. The functions below make one. */
typedef struct {
    const char *name;   /* [a-z0-9_]{1,64}, and none of the names that mod_t2mlog itself uses */
    t2mlog_type_e type;
    union {
        const char *text;      /* NULL or empty: the field is left out */
        apr_int64_t integer;
        double real;           /* finite */
        int boolean;
    } value;
} t2mlog_field_t;

static inline t2mlog_field_t t2mlog_text(const char *name, const char *value)
{
    t2mlog_field_t field;
    field.name = name;
    field.type = T2MLOG_TEXT;
    field.value.text = value;
    return field;
}

static inline t2mlog_field_t t2mlog_integer(const char *name, apr_int64_t value)
{
    t2mlog_field_t field;
    field.name = name;
    field.type = T2MLOG_INTEGER;
    field.value.integer = value;
    return field;
}

static inline t2mlog_field_t t2mlog_real(const char *name, double value)
{
    t2mlog_field_t field;
    field.name = name;
    field.type = T2MLOG_REAL;
    field.value.real = value;
    return field;
}

static inline t2mlog_field_t t2mlog_boolean(const char *name, int value)
{
    t2mlog_field_t field;
    field.name = name;
    field.type = T2MLOG_BOOLEAN;
    field.value.boolean = value;
    return field;
}

/**
 * The last two arguments of a call, a list of fields and their number:
 *
 *     log_line(r, T2MLOG_INFO, "shop", "cart stored",
 *              T2MLOG_FIELDS(t2mlog_integer("user_id", 42), t2mlog_text("team", team)));
 *
 * Of equal names the first counts, and what a call gives counts before the request's context.
 */
#define T2MLOG_FIELDS(...) \
    (const t2mlog_field_t[]){ __VA_ARGS__ }, \
    (int)(sizeof((const t2mlog_field_t[]){ __VA_ARGS__ }) / sizeof(t2mlog_field_t))
#define T2MLOG_NO_FIELDS ((const t2mlog_field_t *)0), 0

/**
 * A line of the stream app; at level ERROR and above one of errors, too, where equal messages are
 * one group: what varies belongs into fields. source: who says so, by convention the name of the
 * module, [A-Za-z0-9_.-]{1,64}; or NULL. message: not empty.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_log,
                        (request_rec *r, t2mlog_level_e level, const char *source,
                         const char *message, const t2mlog_field_t *fields, int count));

/* What went wrong. Members left 0 or NULL are not known. */
typedef struct {
    const char *type;          /* its class, as "ValueError"; not empty */
    const char *message;       /* what it says itself */
    const char *what;          /* what was being done: the line's message; else "type: message" */
    const char *const *traceback; /* lines, the outermost call first */
    int traceback_count;       /* 0 or more */
    t2mlog_level_e level;      /* T2MLOG_ERROR or T2MLOG_CRITICAL, or the default */
    const char *module;        /* as source of t2mlog_log */
    const char *file;          /* __FILE__ and __LINE__ */
    int line;
} t2mlog_exception_t;

/**
 * An exception: a line of errors and one of app. Exceptions of one module, file and type are one
 * group (`error_id`). A response with a status of 500 and above is explained by it.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_log_exception,
                        (request_rec *r, const t2mlog_exception_t *exception,
                         const t2mlog_field_t *fields, int count));

/* Something that whoever looks after security should know. */
typedef struct {
    const char *event;      /* [a-z0-9_]{1,64}, as "multiple_failed_attempts" */
    t2mlog_level_e severity;
    int blocked;            /* nonzero: it was prevented */
    int attempts;           /* how often; 0: mod_t2mlog counts by event and client's network */
    const char *ip;         /* an IP address; NULL: the request's client */
    const char *detail;     /* in words; NULL: none */
} t2mlog_security_t;

/** A line of the stream security. */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_log_security,
                        (request_rec *r, const t2mlog_security_t *security,
                         const t2mlog_field_t *fields, int count));

/* How long something took. */
typedef struct {
    const char *name;       /* printable ASCII, 1 to 128 bytes; a small fixed set of names: each
                             * has statistics of its own */
    apr_interval_time_t duration; /* microseconds, 0 or more */
    const char *function;   /* which function; NULL: none */
    const char *module;     /* as source of t2mlog_log */
    int failed;             /* nonzero: it counts as an error */
} t2mlog_metric_t;

/**
 * A metric: a line of the stream performance, unless T2MLogPerformance is `slow` and it was neither
 * slow (T2MLogSlow of the request's directory) nor failed; the statistics count it in any case.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_log_metric,
                        (request_rec *r, const t2mlog_metric_t *metric,
                         const t2mlog_field_t *fields, int count));

/* When something began, by a clock that nobody sets. To be copied at will, used up by nothing. */
typedef struct {
    apr_int64_t started;
} t2mlog_timer_t;

/** Notes the moment. Any thread. */
APR_DECLARE_OPTIONAL_FN(void, t2mlog_metric_begin, (t2mlog_timer_t *timer));

/** As t2mlog_log_metric; the duration is that since timer began, metric->duration is not read. */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_metric_end,
                        (request_rec *r, const t2mlog_timer_t *timer,
                         const t2mlog_metric_t *metric, const t2mlog_field_t *fields,
                         int count));

/**
 * Puts fields on every line of the request from now on, in all streams, until the matching
 * t2mlog_context_pop; without one to the request's end. Pushes nest: of equal names the last
 * pushed counts. At most T2MLOG_FIELDS_MAX fields and as many pushes: more are APR_ENOSPC, and
 * then nothing is pushed. r must not be NULL.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_context_push,
                        (request_rec *r, const t2mlog_field_t *fields, int count));

/** Takes back the last push; APR_EINVAL when there is none. */
APR_DECLARE_OPTIONAL_FN(apr_status_t, t2mlog_context_pop, (request_rec *r));

#ifdef __cplusplus
}
#endif

#endif
