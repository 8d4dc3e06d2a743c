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

/* The board: what the writer knows and everyone may read. The writer alone, in one thread, calls
 * what changes it; a writer killed in any instruction leaves a board that the next one mends. */
#ifndef T2M_SHARED_BOARD_H
#define T2M_SHARED_BOARD_H

#include <apr_errno.h>

#include "shared/layout.h"
#include "shared/tables.h"

/* Pointers into the mapping; on a read-only one they must not be written through. */
typedef struct {
    t2m_geometry_t geometry;
    t2m_board_map_t map;
    unsigned char *memory;
    t2m_board_header_t *header;
    apr_uint64_t *heads;
    apr_uint64_t *targets;
    apr_uint64_t *drops;        /* T2M_DROPS a slot */
    apr_uint64_t *drop_targets;
    apr_uint64_t *suppressed;   /* T2M_SUPPRESSED + 1 a slot, as are its targets */
    apr_uint64_t *suppressed_targets;
    apr_uint64_t *verdicts;     /* T2M_VERDICTS */
    t2m_intent_step_t *steps;
    t2m_board_file_t *files;
    apr_uint64_t *quarantine;   /* one word a slot */
    t2m_totals_t *totals; /* one row a stream */
    t2m_tables_t *tables;
    t2m_undo_t *undo;
    unsigned char *spills;      /* T2M_SPILL_SIZE bytes each */
} t2m_board_t;

/** Writes the header of a new, zeroed memory. */
void t2m_board_format(void *memory, const t2m_geometry_t *geometry);

/**
 * Maps the board. Returns APR_EINVAL when it was made by another version or for another geometry.
 * inherit: as in t2m_memory_map.
 */
apr_status_t t2m_board_attach(t2m_board_t *board, int fd, const t2m_geometry_t *geometry,
                              int writable, int inherit);

/** A view of a board that is mapped already at memory, and stays so. */
void t2m_board_view(t2m_board_t *board, void *memory, const t2m_geometry_t *geometry);

/** Ends the mapping. */
void t2m_board_detach(t2m_board_t *board);

/**
 * Puts contents (size bytes, at most T2M_UNDO_MAX, beginning with a t2m_row_t whose batch is set)
 * in the place of row. When the writer is killed meanwhile, t2m_board_undo brings the old row
 * back.
 */
void t2m_board_replace(t2m_board_t *board, void *row, const void *contents, apr_size_t size);

/** Mends what a killed writer left half changed. To be called first by a new writer. */
void t2m_board_undo(t2m_board_t *board);

/**
 * Copies a row that is not changing. Returns nonzero when that worked, 0 after 100 tries. Any
 * thread, any process.
 */
int t2m_board_read(const void *row, void *copy, apr_size_t size);

/** Leaves a notice for the administrator: text is cut to T2M_NOTICE_SIZE - 1 bytes. */
void t2m_board_notice(t2m_board_t *board, t2m_level_e level, const char *text);

#endif
