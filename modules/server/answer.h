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

/* The answers of the admin endpoints, made out of the board. Each is a JSON object of the caller
 * (json_decref), or NULL when memory is short. They read what the board shows and nothing else; the
 * request was authenticated and audited before. */
#ifndef T2M_SERVER_ANSWER_H
#define T2M_SERVER_ANSWER_H

#include <httpd.h>

#include <jansson.h>

#include "core/query.h"
#include "shared/board.h"
#include "shared/recent.h"

/* What is asked. */
typedef struct {
    request_rec *request;      /* for its pool and its address alone */
    const t2m_board_t *board;  /* read-only */
    const t2m_query_t *query;
    const char *id;            /* of `requests/ID`; else NULL */
    apr_time_t now;
} t2m_question_t;

/* The parameters that each endpoint takes, for t2m_query_parse; the others take none. */
enum {
    T2M_ANSWER_LIST_PARAMETERS = T2M_QUERY_LIMIT | T2M_QUERY_SINCE | T2M_QUERY_UNTIL
                                 | T2M_QUERY_ENDPOINT | T2M_QUERY_REQUEST_ID | T2M_QUERY_Q
                                 | T2M_QUERY_AFTER,
    T2M_ANSWER_GROUP_PARAMETERS = T2M_ANSWER_LIST_PARAMETERS | T2M_QUERY_LEVEL,
    T2M_ANSWER_ERRORS_PARAMETERS = T2M_ANSWER_GROUP_PARAMETERS | T2M_QUERY_ID | T2M_QUERY_SORT
                                   | T2M_QUERY_STATE,
    T2M_ANSWER_PERFORMANCE_PARAMETERS = T2M_ANSWER_LIST_PARAMETERS,
    T2M_ANSWER_SECURITY_PARAMETERS = T2M_ANSWER_LIST_PARAMETERS | T2M_QUERY_LEVEL
                                     | T2M_QUERY_EVENT,
    T2M_ANSWER_REQUEST_PARAMETERS = T2M_QUERY_LIMIT | T2M_QUERY_LEVEL | T2M_QUERY_Q
};

/* Makes an answer: an object of the caller, or NULL when memory is short. */
typedef json_t *t2m_answer_f(const t2m_question_t *question);

/**
 * The answers of the endpoints of those names; t2m_answer_request that of `requests/ID`,
 * t2m_answer_group that of `errors/ID`, whose id stands in the query.
 */
t2m_answer_f t2m_answer_errors, t2m_answer_group, t2m_answer_performance, t2m_answer_security,
    t2m_answer_request, t2m_answer_health, t2m_answer_index;

/** The Prometheus text 0.0.4, in request's pool; never NULL. */
const char *t2m_answer_metrics(const t2m_question_t *question, apr_size_t *size);

/**
 * An answer as compact JSON with an LF at its end, in pool; NULL when memory is short. All of it is
 * ASCII: whatever is not is escaped, and so is DEL. To be used instead of json_dumps, which leaves
 * DEL as it is and writes 12.345 with 17 digits.
 */
const char *t2m_answer_json(apr_pool_t *pool, const json_t *answer, apr_size_t *size);

/**
 * An answer as aligned tables for people at a terminal, in pool: a heading and a table for each
 * member of answer. No control byte and no bidi control of a value comes through as it is. Never
 * NULL.
 */
const char *t2m_answer_text(apr_pool_t *pool, const json_t *answer, apr_size_t *size);

#endif
