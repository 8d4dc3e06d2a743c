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

/* What this process has: its slot, its id generator, the keys it was born with.
 *
 * A worker claims its slot in child_init; the parent has slot 0; any other process that httpd's
 * modules fork (mod_cgid's and mod_wsgi's daemons) claims one at its first line. A forked child
 * never uses what its parent had: a handler run by fork() resets it. Any thread may call the
 * functions below unless said otherwise; none of them blocks on another process.
 */
#ifndef T2M_SERVER_PROCESS_H
#define T2M_SERVER_PROCESS_H

#include <httpd.h>

#include "core/id.h"
#include "shared/board.h"
#include "shared/slot.h"
#include "shared/suppressed.h"

enum { T2M_PROCESS_PRIVATE_FDS = 12 };

/* The memories and pipes as the parent made them; inherited by fork. -1 where there is none. */
typedef struct {
    t2m_geometry_t geometry;
    int slots_fd;        /* writable */
    int board_fd;        /* read-only */
    int wake_fd;         /* write end, non-blocking */
    int block;           /* T2MLogOnFull block: a full ring is waited for */
    int private_fds[T2M_PROCESS_PRIVATE_FDS]; /* the parent's: whoever has a slot closes them */
    unsigned char address_key[32]; /* for T2MLogClientIP hmac; the same in all processes */
} t2m_process_memory_t;

/**
 * Tells the process which memories there are. Called by the parent in post_config, before anything
 * is forked, and again after each restart (the module is loaded anew). pconf: a cleanup forgets
 * all.
 */
void t2m_process_inherit(apr_pool_t *pconf, const t2m_process_memory_t *memory);

/** Claims the parent's slot, 0. Returns the error of mapping. */
apr_status_t t2m_process_claim_parent(void);

/**
 * Hook child_init: claims a worker's slot, closes the descriptors that it needs no more and notes
 * the process's orderly end in a cleanup of pool. Under httpd -X the process keeps slot 0.
 */
void t2m_process_child_init(apr_pool_t *pool, server_rec *server);

/** Nonzero when records can be pushed or will be after a claim; zero before post_config. */
int t2m_process_ready(void);

/**
 * Pushes a record (see t2m_slot_push) and wakes the writer when it sleeps. Claims a slot first when
 * the process has none. Returns APR_EINVAL when there is no memory or no slot to be had.
 *
 * A line that finds no room waits for some, but never in the parent and never in a signal handler
 * that interrupted a push. T2MLogOnFull drop: at most 5 ms, a line of errors and security at most
 * 50 ms, and all waits of the process together take a twentieth of its time at most: while it rests
 * from one, what finds no room is dropped and counted at once. T2MLogOnFull block: until there is
 * room; given up, the line dropped and counted, when no writer has made a pass for 30 seconds.
 */
apr_status_t t2m_process_push(const t2m_ring_record_t *record, const char *line,
                              t2m_inflight_t *entry);

/**
 * Pushes an exchange, see t2m_slot_push_exchange, and wakes the writer. Returns 0, and nothing has
 * happened, when it must be two records: also for a line of a signal handler.
 */
int t2m_process_push_exchange(const t2m_slot_exchange_t *exchange, t2m_inflight_t *entry);

/** Pushes two lines of one error, see t2m_slot_push_twin; else as t2m_process_push_exchange. */
int t2m_process_push_twin(const t2m_ring_record_t *record, const char *lines);

/** Counts an error that is not pushed, see t2m_suppressed_count, and wakes the writer. */
int t2m_process_suppress(const t2m_suppression_t *suppression);

/**
 * Pushes records that belong together, in their order, each as t2m_process_push does, mostly under
 * one lock. What becomes of each is counted in the slot. Returns the first one's error.
 */
apr_status_t t2m_process_push_all(const t2m_slot_item_t *items, apr_size_t count);

/** t2m_slot_begin and t2m_slot_end on the process's slot; begin claims one first. */
t2m_inflight_t *t2m_process_begin(const t2m_slot_request_t *request);
void t2m_process_end(t2m_inflight_t *entry);

/**
 * Where this process leaves its last word when a signal ends it; NULL without a slot. Claims none:
 * may be called in a signal handler.
 */
t2m_crash_t *t2m_process_crash(void);

/** The number of an in-flight entry, from 1; 0 for NULL and for a request that has none. */
apr_uint32_t t2m_process_entry_number(const t2m_inflight_t *entry);

/** The board, read-only; NULL while the process has no slot. */
const t2m_board_t *t2m_process_board(void);

/**
 * Waits until the writer has begun and ended a pass after the call (at most 250 ms), and, when it
 * was asked by a record with T2M_FACT_ASK, until no request whose response has just ended lacks its
 * line (at most 50 ms more). Returns nonzero when the pass came. Sleeps: never in the request path
 * of a site.
 */
int t2m_process_catch_up(void);

/**
 * Notes that the response of an in-flight request is handed on to its end. entry: may be NULL. now:
 * of t2m_process_monotonic.
 */
void t2m_process_ending(t2m_inflight_t *entry, apr_int64_t now);

/** The process's generator of ids, seeded on first use in each process. Never NULL. */
t2m_id_generator_t *t2m_process_ids(void);

/** T2M_ADDRESS_KEY_SIZE bytes. Never NULL. */
const unsigned char *t2m_process_address_key(void);

/** The host's name (no domain cut off), found once in the parent. Never NULL. */
const char *t2m_process_hostname(void);

/** Microseconds of CLOCK_MONOTONIC. */
apr_int64_t t2m_process_monotonic(void);

#endif
