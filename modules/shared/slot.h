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

/* The producer's side of the slots memory: a process claims one slot and pushes its records there.
 *
 * The handle is private memory of the process. t2m_slot_claim and t2m_slot_push may be called
 * by any thread of it; the handle's lock orders them. No call waits for another process, and none
 * makes a system call once the slot is claimed. A killed process leaves its slot whole at any
 * instruction.
 */
#ifndef T2M_SHARED_SLOT_H
#define T2M_SHARED_SLOT_H

#include <pthread.h>

#include <apr_errno.h>

#include "core/packed_exchange.h"
#include "core/text.h"
#include "shared/board.h"

/* A process's own slot. All fields are private to slot.c and
 * suppressed.c but `index` and `view`. */
typedef struct {
    t2m_geometry_t geometry;
    apr_uint32_t index;               /* which slot; T2M_SLOTS_MAX while there is none */
    t2m_slot_header_t *header;
    t2m_inflight_t *inflight;
    t2m_suppressed_t *suppressed;     /* suppressed.c's */
    unsigned char *ring;
    const apr_uint64_t *head;         /* on the board, read-only */
    const apr_uint64_t *folded;       /* likewise, what the groups have of `suppressed` */
    const t2m_board_header_t *board;  /* read-only */
    t2m_board_t view;                 /* of the board; read-only, valid while there is a slot */
    apr_uint64_t tail;                /* our own copy: the memory's is not believed */
    apr_uint64_t easy;                /* up to so many used bytes every record is taken */
    int marks;                        /* whether room is kept for what matters more: room.h */
    apr_uint32_t inflight_next;       /* where the search for a free entry starts */
    pthread_mutex_t lock;
    t2m_inflight_t untracked;         /* stands for all requests that found no free entry */
} t2m_slot_t;

/** An empty handle. Also to be called in a forked child, whose copy of the lock may be held. */
void t2m_slot_reset(t2m_slot_t *slot);

/**
 * Claims a free slot for the calling process (index T2M_SLOTS_MAX) or takes over the one that is
 * its own by right (the parent: 0; what it pushed before and is not written yet stays), and maps it
 * and the board. slots_fd must be writable, board_fd
 * may be read-only; both stay the caller's and may be closed afterwards. inherit: as in
 * t2m_memory_map. Returns APR_EAGAIN when no slot is free, which is counted in the directory;
 * another error when mapping fails.
 */
apr_status_t t2m_slot_claim(t2m_slot_t *slot, int slots_fd, int board_fd,
                            const t2m_geometry_t *geometry, apr_uint32_t index, int inherit);

/** Ends the mappings; the slot stays the process's until it dies. */
void t2m_slot_release(t2m_slot_t *slot);

/**
 * Whether a filling ring keeps room for what matters more (see room.h), as it does after a claim,
 * or takes every record as long as there is room at all.
 */
void t2m_slot_marks(t2m_slot_t *slot, int marks);

/* How long push may wait for the handle's lock, and what it does when there is no room. */
typedef enum {
    T2M_SLOT_WAIT, /* for ever; the record is dropped and counted */
    T2M_SLOT_TRY,  /* not at all (signal context); the record is dropped and counted */
    T2M_SLOT_ASK   /* for ever; nothing has happened yet, and the caller may push again */
} t2m_slot_wait_e;

/**
 * Pushes one record. line: record->size bytes as t2m_encode leaves them (at most T2M_LINE_MAX),
 * then record->name_size bytes of its name; one of them may be missing. A line of the stream access
 * ends a request: entry is what t2m_slot_begin returned for it and is given back; NULL when it was
 * not called, and then the request counts as begun now. For all other records entry is NULL.
 * Returns APR_SUCCESS; APR_ENOSPC when the ring has no room for the record and APR_EBUSY when the
 * lock was not to be had (both counted as drops of the stream, of both streams of a twin; the
 * request has ended all the same); APR_EAGAIN when T2M_SLOT_ASK found no room; APR_EINVAL when the
 * handle has no slot or the record cannot be one.
 */
apr_status_t t2m_slot_push(t2m_slot_t *slot, t2m_slot_wait_e wait, const t2m_ring_record_t *record,
                           const char *line, t2m_inflight_t *entry);

/* A record as t2m_slot_push takes it. */
typedef struct {
    t2m_ring_record_t record;
    const char *line;
    t2m_inflight_t *entry;
} t2m_slot_item_t;

/**
 * Pushes records in their order, as t2m_slot_push does with T2M_SLOT_ASK, under one lock. Returns
 * how many were pushed: fewer than count when one found no room or cannot be a record; then nothing
 * has happened to it and to those behind it.
 */
apr_size_t t2m_slot_push_all(t2m_slot_t *slot, const t2m_slot_item_t *items, apr_size_t count);

/**
 * Pushes the two lines of one error, see T2M_FACT_TWIN: record->split bytes of the app line, those
 * of the errors line, then the name. Counts as a line of each stream. Returns 0, and nothing has
 * happened, as t2m_slot_push_exchange does: then t2m_slot_push takes them, as one record.
 */
int t2m_slot_push_twin(t2m_slot_t *slot, const t2m_ring_record_t *record, const char *lines);

/* An exchange as it stands in the ring. */
typedef struct {
    t2m_ring_record_t record; /* with T2M_FACT_EXCHANGE */
    char packed[T2M_PACKED_EXCHANGE_MAX + T2M_NAME_MAX]; /* record.size bytes, then its name */
} t2m_slot_exchange_t;

/**
 * Pushes an exchange, of which no more is read than its record says. It ends a request and counts
 * as one access line and, with a name and a file for it, one performance line. Returns 0, and
 * nothing has happened, where the ring is so full that not every record is taken, where the handle
 * has no slot and where that cannot be a record: then the lines are to be pushed one by one. Waits
 * for the handle's lock.
 */
int t2m_slot_push_exchange(t2m_slot_t *slot, const t2m_slot_exchange_t *exchange,
                           t2m_inflight_t *entry);

/* What t2m_slot_begin keeps of a request. Texts are masked already; they are cut to the entry. */
typedef struct {
    apr_int64_t started, started_monotonic; /* microseconds */
    apr_uint16_t file;                      /* of the access stream; T2M_FILE_NONE: not written */
    apr_uint16_t errors_file;               /* of the stream errors; T2M_FILE_NONE: not written */
    t2m_text_t id, method, path, ip, vhost, user_agent;
    apr_uint64_t client;  /* a number of its own for each ip, vhost and user_agent; 0: none */
    t2m_inflight_t *entry; /* to be had again if it is free, for it may hold these; or NULL */
} t2m_slot_request_t;

/*
 * The ledger of requests, in the slot's header. Once nothing happens
 *
 *   begun = access lines accepted + access lines dropped + silenced + entries in flight
 *         + (begun_untracked - ended_untracked)
 *
 * as long as each request that t2m_slot_begin was called for ends in one access line pushed or one
 * t2m_slot_end, and each other request in one of these alone. What is in flight in a slot whose
 * owner was killed gets its access line from the writer.
 */

/**
 * Notes that a request has begun. Returns its entry, to be handed to whatever ends the request; one
 * that stands for all requests without an entry when the table is full (counted), which is never
 * NULL; or NULL, when the handle has no slot and nothing was counted.
 */
t2m_inflight_t *t2m_slot_begin(t2m_slot_t *slot, const t2m_slot_request_t *request);

/**
 * A request has ended without an access line, as the configuration wants: counted as silenced, and
 * its entry given back. entry: as for t2m_slot_push.
 */
void t2m_slot_end(t2m_slot_t *slot, t2m_inflight_t *entry);

/** Counts a push that waited for room. */
void t2m_slot_waited(t2m_slot_t *slot);

/** Marks that the process ends by itself; records may still be pushed after it. */
void t2m_slot_close(t2m_slot_t *slot);

/**
 * For the parent: notes in the directory that it has ended the process pid at a stop or restart, so
 * that the requests it was serving are not taken for those of a crash. Harmless when that process
 * has no slot. To be called soon after it was reaped. Returns the error of mapping.
 */
apr_status_t t2m_slot_note_stopped(int slots_fd, const t2m_geometry_t *geometry, int pid);

/**
 * For the parent: notes how the process pid ended, by a signal or (0) by itself, for whoever logs
 * what it was serving. Otherwise as t2m_slot_note_stopped.
 */
apr_status_t t2m_slot_note_end(int slots_fd, const t2m_geometry_t *geometry, int pid, int signal);

/** Where the process's own signal handler leaves its last word; NULL when there is no slot. */
t2m_crash_t *t2m_slot_crash(t2m_slot_t *slot);

/** The number of an entry of the slot, from 1; 0 for NULL and for what is none. */
static inline apr_uint32_t t2m_slot_entry_number(const t2m_slot_t *slot,
                                                 const t2m_inflight_t *entry)
{
    apr_uintptr_t offset = (apr_uintptr_t)entry - (apr_uintptr_t)slot->inflight;

    /* One of another process's memory, which had a place nearby, is none of it either. */
    return entry >= slot->inflight && entry < slot->inflight + slot->geometry.inflight_count
                   && offset % sizeof(*entry) == 0
               ? (apr_uint32_t)(offset / sizeof(*entry)) + 1 : 0;
}

/**
 * Nonzero when the writer said that it sleeps: whoever pushed must wake it. To be asked after the
 * push.
 */
int t2m_slot_writer_asleep(const t2m_slot_t *slot);

#endif
