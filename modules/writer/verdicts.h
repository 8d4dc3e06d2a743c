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

/* Which errors records of a batch are written and which are only counted: the rule of
 * core/repeat.h over all processes, on private copies of what the board knows of their groups.
 * A batch that is made again takes the decisions that stand on the board. One thread.
 *
 * What processes have counted themselves waits until a record of its group would not be written
 * without it, else until the batch's end: the first lines of an error that breaks out are written,
 * although the writer sees them together with what followed them.
 */
#ifndef T2M_WRITER_VERDICTS_H
#define T2M_WRITER_VERDICTS_H

#include <apr_time.h>

#include "writer/group_index.h"

enum { T2M_VERDICTS_WAITING = 1024 };

/* Flipped in a verdict on the board when what waited of the group comes before the record. */
#define T2M_VERDICT_AFTER ((apr_uint64_t)1 << 62)

typedef struct t2m_verdicts_t t2m_verdicts_t;

/** NULL when there is no memory. To be freed with free(). */
t2m_verdicts_t *t2m_verdicts_create(void);

/** Where the groups stand on the board; NULL, as after create: all groups count as new. */
void t2m_verdicts_use(t2m_verdicts_t *verdicts, const t2m_group_index_t *groups);

/**
 * Forgets all, for the next batch. board and rule are looked at until then. again: NULL, or the
 * intent of the batch, whose verdicts are those of the board.
 */
void t2m_verdicts_begin(t2m_verdicts_t *verdicts, const t2m_board_t *board,
                        const t2m_repeat_rule_t *rule, const t2m_intent_t *again);

/**
 * n errors of the group with that id (T2M_FINGERPRINT_SIZE bytes), the newest at time, that a
 * process counted itself: they wait. At most T2M_VERDICTS_WAITING times in a batch, which are
 * numbered from 1.
 */
void t2m_verdicts_wait(t2m_verdicts_t *verdicts, const char *id, apr_uint64_t n, apr_time_t time);

/**
 * The verdict of one more record of a group, in the order in which records are folded. With the two
 * below at most T2M_VERDICTS times in a batch. Returns its number, from 1. *first: the number of
 * the first of those that waited and come before the record, to be folded now; 0: none.
 */
apr_uint16_t t2m_verdicts_decide(t2m_verdicts_t *verdicts, const char *id, apr_time_t time,
                                 apr_uint32_t *first);

/** The number of the next that waited in the same group; 0: none. */
apr_uint32_t t2m_verdicts_next(const t2m_verdicts_t *verdicts, apr_uint32_t waiting);

/** A record that is counted as written whatever the rule says. */
void t2m_verdicts_count(t2m_verdicts_t *verdicts, const char *id, apr_time_t time);

/** The verdict of that number: T2M_VERDICT_HELD, or what the line says as `repeated`; 0 for 0. */
apr_uint64_t t2m_verdicts_get(const t2m_verdicts_t *verdicts, apr_uint16_t number);

/** All verdicts in their order, as they stand on the board, and how many there are. */
apr_uint32_t t2m_verdicts_list(const t2m_verdicts_t *verdicts, const apr_uint64_t **list);

#endif
