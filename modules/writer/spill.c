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

/* See spill.h. */
#include "writer/spill.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "shared/atomic.h"
#include "shared/step.h"

static t2m_spill_t *spill_of(t2m_board_t *board, apr_uint32_t spill)
{
    return &board->header->spills[spill - 1];
}

static unsigned char *bytes_of(t2m_board_t *board, apr_uint32_t spill)
{
    return board->spills + (apr_size_t)(spill - 1) * T2M_SPILL_SIZE;
}

apr_uint32_t t2m_spill_take(t2m_board_t *board, apr_uint32_t file)
{
    apr_uint32_t i, found = 0;

    for (i = T2M_SPILLS; i > 0; i--) {
        const t2m_spill_t *spill = spill_of(board, i);

        if (spill->used == file + 1) {
            return i; /* taken by a writer that was killed before it could say so */
        }
        found = spill->used == 0 ? i : found;
    }
    if (found) {
        memset(spill_of(board, found), 0, sizeof(t2m_spill_t));
        t2m_store(&spill_of(board, found)->used, file + 1);
    }
    return found;
}

static void note_place(t2m_spill_t *spill, const t2m_sink_t *sink, apr_uint64_t offset)
{
    spill->device = sink->device;
    spill->inode = sink->inode;
    t2m_store(&spill->begun, offset + 1);
}

void t2m_spill_note(t2m_board_t *board, apr_uint32_t spill, const t2m_intent_step_t *step)
{
    t2m_spill_t *of = spill_of(board, spill);

    of->device = step->device;
    of->inode = step->inode;
    of->begun = step->inode ? step->offset + 1 : 0;
    of->taken = step->taken;
}

void t2m_spill_put(t2m_board_t *board, apr_uint32_t spill, apr_uint64_t offset, const char *bytes,
                   apr_size_t size)
{
    memcpy(bytes_of(board, spill) + offset, bytes, size);
    T2M_STEP("spilled");
}

/* What an earlier try has left goes first. APR_EEXIST: it has left all. */
static apr_status_t take_back(const t2m_spill_t *spill, t2m_sink_t *sink)
{
    if (!spill->begun || spill->device != sink->device || spill->inode != sink->inode) {
        return APR_SUCCESS; /* not begun, or in a file that is not here any more */
    }
    return t2m_sink_rewind(sink, spill->begun - 1, spill->size);
}

static apr_status_t append(t2m_board_t *board, apr_uint32_t number, t2m_sink_t *sink)
{
    t2m_spill_t *spill = spill_of(board, number);
    apr_status_t status = take_back(spill, sink);

    if (status == APR_SUCCESS) {
        status = t2m_sink_mend(sink);
    }
    if (status != APR_SUCCESS) {
        return status == APR_EEXIST ? APR_SUCCESS : status;
    }
    note_place(spill, sink, sink->size);
    T2M_STEP("spill begun");
    return t2m_sink_write(sink, (const char *)bytes_of(board, number), spill->size);
}

/* A pipe or terminal keeps what it took. */
static apr_status_t hand_on(t2m_board_t *board, apr_uint32_t number, t2m_sink_t *sink)
{
    t2m_spill_t *spill = spill_of(board, number);

    return t2m_sink_hand_on(sink, (const char *)bytes_of(board, number), (apr_size_t)spill->size,
                            &spill->taken);
}

apr_status_t t2m_spill_return(t2m_board_t *board, apr_uint32_t spill, t2m_sink_t *sink)
{
    return sink->regular ? append(board, spill, sink) : hand_on(board, spill, sink);
}

void t2m_spill_free(t2m_board_t *board, apr_uint32_t spill)
{
    t2m_store(&spill_of(board, spill)->used, 0);
#ifdef MADV_REMOVE
    (void)madvise(bytes_of(board, spill), T2M_SPILL_SIZE, MADV_REMOVE); /* else it stays used */
#endif
}
