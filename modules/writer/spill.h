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

/* A spill: memory on the board that holds the lines of a file which refuses to be written, as they
 * shall stand in it, until it takes them. There are T2M_SPILLS of them, and a file has one at most.
 *
 * A spill is its own intent: it says before the first byte goes into the file how large that was,
 * so that a writer killed in between leaves it to the next one to see what is there already. The
 * thread that writes alone calls all of this.
 */
#ifndef T2M_WRITER_SPILL_H
#define T2M_WRITER_SPILL_H

#include "shared/board.h"
#include "writer/sink.h"

/** The file's spill, a free one where it has none: its number + 1, or 0 when all are taken. */
apr_uint32_t t2m_spill_take(t2m_board_t *board, apr_uint32_t file);

/**
 * Notes what a refused write, or that of a killed writer, may have left in the step's file, be it
 * open now or not: bytes behind its offset, or, where it has no size, that it has taken so many
 * bytes already. For a spill that is still empty.
 */
void t2m_spill_note(t2m_board_t *board, apr_uint32_t spill, const t2m_intent_step_t *step);

/** Copies bytes to offset; offset + size is at most T2M_SPILL_SIZE. Doing it twice is the same. */
void t2m_spill_put(t2m_board_t *board, apr_uint32_t spill, apr_uint64_t offset, const char *bytes,
                   apr_size_t size);

/**
 * Writes what the spill holds to the end of its file, which is open. Returns APR_SUCCESS when all
 * of it is there, then the spill is to be freed; else the system's error, and nothing of it is
 * there, or the spill knows how much.
 */
apr_status_t t2m_spill_return(t2m_board_t *board, apr_uint32_t spill, t2m_sink_t *sink);

/** Frees a spill and gives its memory back to the system. */
void t2m_spill_free(t2m_board_t *board, apr_uint32_t spill);

#endif
