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

/* The recent records on the board: the writer appends what it has written, readers take a copy. */
#ifndef T2M_SHARED_RECENT_H
#define T2M_SHARED_RECENT_H

#include "core/text.h"
#include "shared/board.h"

/* What the writer adds in one batch, gathered before anything on the board changes. */
typedef struct {
    apr_uint64_t first;   /* the oldest record that is whole */
    apr_uint64_t next;    /* where the next record goes */
    apr_uint64_t records;
    int which;            /* a stream, or T2M_RECENT_SLOW */
} t2m_recent_cursor_t;

/** The cursor behind the newest record. Writer only. */
void t2m_recent_begin(const t2m_board_t *board, int which, t2m_recent_cursor_t *cursor);

/**
 * Writes a record behind the cursor. Readers do not see it before t2m_recent_publish; what it
 * writes over they no longer see. A line over 64 KiB is left out. Writer only.
 */
void t2m_recent_add(t2m_board_t *board, t2m_recent_cursor_t *cursor,
                    const t2m_recent_record_t *record, const char *line);

/** The bytes that a record with a line of that size takes; 0 when it is left out. */
apr_uint64_t t2m_recent_size(apr_uint64_t size);

/**
 * Passes over records which take so many bytes together, for what is added after them writes over
 * all of them: as if they had been added. Writer only.
 */
void t2m_recent_skip(t2m_recent_cursor_t *cursor, apr_uint64_t bytes, apr_uint64_t records);

/** Publishes what was added, once for the batch of that number. Writer only. */
void t2m_recent_publish(t2m_board_t *board, const t2m_recent_cursor_t *cursor,
                        apr_uint64_t batch);

/* A reader's copy. */
typedef struct {
    const unsigned char *bytes;
    apr_uint64_t origin;      /* position of bytes[0] */
    apr_uint64_t first, next; /* positions of the oldest record and behind the newest */
} t2m_recent_copy_t;

/**
 * Copies the records of a ring into bytes (room for T2M_RECENT_BYTES). Returns 0 when the writer
 * changed the row all the time (copy is empty then), else nonzero. Any process, any thread.
 */
int t2m_recent_copy(const t2m_board_t *board, int which, unsigned char *bytes,
                    t2m_recent_copy_t *copy);

/**
 * The record at *position (to be set to copy->first before), which moves on to the next. line
 * borrows copy->bytes and has no end of line. Returns 0 behind the newest record.
 */
int t2m_recent_next(const t2m_recent_copy_t *copy, apr_uint64_t *position,
                    t2m_recent_record_t *record, t2m_text_t *line);

#endif
