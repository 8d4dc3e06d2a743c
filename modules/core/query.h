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

/* The query of an admin endpoint. Strict: what is not understood is refused, nothing is guessed. */
#ifndef T2M_CORE_QUERY_H
#define T2M_CORE_QUERY_H

#include <apr_time.h>

#include "core/group_state.h"
#include "core/level.h"
#include "core/text.h"

enum {
    T2M_QUERY_SIZE_MAX = 4096,     /* bytes of a query */
    T2M_QUERY_PARAMETERS_MAX = 32,
    T2M_QUERY_VALUE_MAX = 256,     /* bytes of a decoded value */
    T2M_QUERY_LIMIT_MAX = 1000,
    T2M_QUERY_LIMIT_DEFAULT = 100,
    T2M_QUERY_ID_SIZE = 12,        /* hex digits of an error group */
    T2M_QUERY_TEXTS = 5,
    T2M_QUERY_NAMES_SIZE = 96
};

/* Bits: one for each parameter. */
enum {
    T2M_QUERY_LIMIT = 1 << 0,
    T2M_QUERY_SINCE = 1 << 1,
    T2M_QUERY_UNTIL = 1 << 2,
    T2M_QUERY_LEVEL = 1 << 3,
    T2M_QUERY_ENDPOINT = 1 << 4,
    T2M_QUERY_ID = 1 << 5,
    T2M_QUERY_REQUEST_ID = 1 << 6,
    T2M_QUERY_EVENT = 1 << 7,
    T2M_QUERY_Q = 1 << 8,
    T2M_QUERY_AFTER = 1 << 9,
    T2M_QUERY_SORT = 1 << 10,
    T2M_QUERY_STATE = 1 << 11
};

/* In which order groups of errors are wanted. */
typedef enum {
    T2M_QUERY_SORT_LATEST, /* not given */
    T2M_QUERY_SORT_NEW,
    T2M_QUERY_SORT_RISING,
    T2M_QUERY_SORT_FREQUENT
} t2m_query_sort_e;

enum { T2M_QUERY_STATES_ALL = (1 << (T2M_GROUP_NEW + 1)) - (1 << T2M_GROUP_ONGOING) };

/* A query. Its texts point into itself: it must not be copied. */
typedef struct {
    unsigned given;       /* the bits of the parameters that were there */
    unsigned limit;       /* 1 to T2M_QUERY_LIMIT_MAX */
    apr_time_t since;     /* microseconds since 1970; 0: none */
    apr_time_t until;
    t2m_level_e level;    /* the lowest; T2M_LEVEL_COUNT: none */
    apr_uint64_t after;   /* a sequence number up to 2^63-1; 0 when not given */
    t2m_query_sort_e sort;
    unsigned states;      /* bits 1 << t2m_group_state_e, as they are shown; 0 when not given */
    t2m_text_t endpoint;  /* texts: valid UTF-8 without control bytes; empty when not given */
    t2m_text_t id;        /* T2M_QUERY_ID_SIZE hex digits in lower case */
    t2m_text_t request_id;
    t2m_text_t event;
    t2m_text_t q;
    char texts[T2M_QUERY_TEXTS][T2M_QUERY_VALUE_MAX];
} t2m_query_t;

/* Why a query was refused: own words only, no byte of the query. */
typedef struct {
    const char *parameter; /* its name; NULL when the query as a whole is meant */
    const char *allowed;   /* what would have been taken; may point to names */
    char names[T2M_QUERY_NAMES_SIZE];
} t2m_query_error_t;

/**
 * Reads text, a query as it was sent without its `?`; empty gives the defaults. allowed are the
 * bits of the parameters that the endpoint knows, now is in microseconds since 1970, what spans
 * count back from. Values are percent-decoded once, `+` is a blank; names are not decoded.
 *
 * Refused are: an unknown parameter or one twice, an empty value, a `%` without two hex digits,
 * control bytes, ill-formed UTF-8, a value that is not what its parameter takes, since after until,
 * and what is over a limit above. Returns nonzero when taken; else query must not be used and error
 * says why. error is only written then. Linear time, allocates nothing; any thread.
 */
int t2m_query_parse(t2m_text_t text, unsigned allowed, apr_time_t now, t2m_query_t *query,
                    t2m_query_error_t *error);

#endif
