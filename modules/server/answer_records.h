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

/* What the answers of the admin endpoints have in common: reading the board's rows and its recent
 * records, and building JSON without asking after each member whether memory was short. */
#ifndef T2M_SERVER_ANSWER_RECORDS_H
#define T2M_SERVER_ANSWER_RECORDS_H

#include "server/answer.h"

/* An answer in the making. Of one thread. */
typedef struct {
    const t2m_question_t *question;
    apr_pool_t *pool;
    json_t *json;            /* the answer's object */
    t2m_text_t escaped;      /* the query's q as it stands in JSON; empty: none */
    unsigned char *bytes;    /* the copy of a ring, overwritten by the next one's */
    apr_uint64_t matched;    /* records in memory that were asked for, beyond the limit too */
    apr_uint64_t unreadable; /* of these, lines that are not JSON */
    apr_uint64_t skipped_rows;
    int failed;              /* memory was short */
} t2m_answer_t;

/* A recent record that was asked for. */
typedef struct {
    apr_time_t time;
    int stream;
    json_t *record; /* an object of whoever asked */
} t2m_answer_record_t;

/** Begins an answer: an empty object. */
void t2m_answer_begin(t2m_answer_t *answer, const t2m_question_t *question);

/**
 * Ends it: adds `unreadable` and `skipped_rows` when they are above 0. Returns the object, which is
 * then the caller's, or NULL when memory was short.
 */
json_t *t2m_answer_end(t2m_answer_t *answer);

/** Sets a member of object. Takes value over; a NULL there makes the answer fail. */
void t2m_answer_set(t2m_answer_t *answer, json_t *object, const char *name, json_t *value);

/** Sets a member to a count or to a moment in whole seconds since 1970. */
void t2m_answer_set_count(t2m_answer_t *answer, json_t *object, const char *name,
                          apr_uint64_t count);
void t2m_answer_set_moment(t2m_answer_t *answer, json_t *object, const char *name,
                           apr_time_t time);

/** Sets a member to a duration in milliseconds, exact to the microsecond. */
void t2m_answer_set_duration(t2m_answer_t *answer, json_t *object, const char *name,
                             double microseconds);

/**
 * Sets a member to a text. An empty one is left out; one that is no UTF-8 is told as
 * t2m_answer_shown does.
 */
void t2m_answer_set_text(t2m_answer_t *answer, json_t *object, const char *name, t2m_text_t text);

/** Appends to array. Takes value over as t2m_answer_set does. */
void t2m_answer_append(t2m_answer_t *answer, json_t *array, json_t *value);

/**
 * Copies a row of the board. Returns 0, and counts it as skipped, when the writer did not end its
 * change of it within 10 ms.
 */
int t2m_answer_row(t2m_answer_t *answer, const void *row, void *copy, apr_size_t size);

/** As t2m_answer_row, of a ring: copy borrows the answer's bytes until the next ring is copied. */
int t2m_answer_copy(t2m_answer_t *answer, int which, t2m_recent_copy_t *copy);

/**
 * Finds the records of a ring that the query asks for, newest first, at most query->limit of them.
 * found has room for as many. Returns their number; the records are the caller's.
 */
unsigned t2m_answer_find(t2m_answer_t *answer, int which, t2m_answer_record_t *found);

/** As t2m_answer_find, as an array of the records; NULL when memory is short. */
json_t *t2m_answer_recent(t2m_answer_t *answer, int which);

/** A line as an object of the caller; NULL when it is none, or memory is short. */
json_t *t2m_answer_parse(t2m_text_t line);

/** The member of a record at the top or, by T2MLogLayout, under `extra_fields`; borrowed. */
json_t *t2m_answer_member(const json_t *record, const char *name);

/** Nonzero when raw, escaped as in JSON, is that text. */
int t2m_answer_is(t2m_text_t raw, t2m_text_t text);

/** Nonzero when the query has no q, or raw (a line, or a text escaped as in JSON) has it in it. */
int t2m_answer_has_q(const t2m_answer_t *answer, t2m_text_t raw);

/**
 * The name of a row as a C string in pool; NULL when it is empty or no clean UTF-8: only a process
 * that was taken over can have sent such a one, it is counted among the others.
 */
const char *t2m_answer_name(apr_pool_t *pool, const char *name, apr_size_t size);

/**
 * A text as it may be shown anywhere, in pool: control bytes, bidi controls and the like become
 * escapes as in JSON, `\u202e`, and a backslash two; different texts stay different.
 */
const char *t2m_answer_shown(apr_pool_t *pool, t2m_text_t text);

#endif
