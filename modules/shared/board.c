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

/* Rows under a sequence number, an undo copy for the one that changes. */
#include "shared/board.h"

#include <string.h>
#include <sys/stat.h>

#include <apr_time.h>

#include "shared/atomic.h"
#include "shared/memory.h"
#include "shared/step.h"
#include "shared/words.h"

void t2m_board_format(void *memory, const t2m_geometry_t *geometry)
{
    t2m_board_header_t *header = memory;

    header->version = T2M_LAYOUT_VERSION;
    header->geometry = *geometry;
    header->made = apr_time_now();
    t2m_store(&header->magic, T2M_BOARD_MAGIC);
}

static void locate(t2m_board_t *board, void *memory)
{
    board->memory = memory;
    board->header = memory;
    board->heads = (apr_uint64_t *)(board->memory + board->map.heads);
    board->targets = (apr_uint64_t *)(board->memory + board->map.targets);
    board->drops = (apr_uint64_t *)(board->memory + board->map.drops);
    board->drop_targets = (apr_uint64_t *)(board->memory + board->map.drop_targets);
    board->suppressed = (apr_uint64_t *)(board->memory + board->map.suppressed);
    board->suppressed_targets
        = (apr_uint64_t *)(board->memory + board->map.suppressed_targets);
    board->verdicts = (apr_uint64_t *)(board->memory + board->map.verdicts);
    board->steps = (t2m_intent_step_t *)(board->memory + board->map.steps);
    board->files = (t2m_board_file_t *)(board->memory + board->map.files);
    board->totals = (t2m_totals_t *)(board->memory + board->map.totals);
    board->tables = (t2m_tables_t *)(board->memory + board->map.tables);
    board->undo = (t2m_undo_t *)(board->memory + board->map.undo);
    board->quarantine = (apr_uint64_t *)(board->memory + board->map.quarantine);
    board->spills = board->memory + board->map.spills;
}

void t2m_board_view(t2m_board_t *board, void *memory, const t2m_geometry_t *geometry)
{
    board->geometry = *geometry;
    t2m_board_map(geometry, &board->map);
    locate(board, memory);
}

apr_status_t t2m_board_attach(t2m_board_t *board, int fd, const t2m_geometry_t *geometry,
                              int writable, int inherit)
{
    void *memory;
    struct stat information;
    apr_status_t status;

    board->geometry = *geometry;
    t2m_board_map(geometry, &board->map);
    if (fstat(fd, &information) != 0 || (apr_uint64_t)information.st_size != board->map.size) {
        return APR_EINVAL;
    }
    status = t2m_memory_map(fd, 0, board->map.size, writable, inherit, &memory);
    if (status != APR_SUCCESS) {
        return status;
    }
    locate(board, memory);
    if (board->header->magic != T2M_BOARD_MAGIC || board->header->version != T2M_LAYOUT_VERSION
        || memcmp(&board->header->geometry, geometry, sizeof(*geometry)) != 0) {
        t2m_board_detach(board);
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

void t2m_board_detach(t2m_board_t *board)
{
    t2m_memory_unmap(board->memory, board->map.size);
    memset(board, 0, sizeof(*board));
}

static void keep_old(t2m_board_t *board, const void *row, apr_size_t size)
{
    memcpy(board->undo->bytes, row, size);
    board->undo->offset = (apr_uint64_t)((const unsigned char *)row - board->memory);
    t2m_store(&board->undo->size, size);
}

void t2m_board_replace(t2m_board_t *board, void *row, const void *contents, apr_size_t size)
{
    t2m_row_t *head = row;
    const t2m_row_t *new_head = contents;
    apr_size_t half = (size - sizeof(*head)) / 2 / sizeof(apr_uint64_t) * sizeof(apr_uint64_t);

    keep_old(board, row, size);
    T2M_STEP("undo kept");
    t2m_store(&head->sequence, head->sequence + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    T2M_STEP("row odd");
    t2m_words_write(head + 1, new_head + 1, half);
    T2M_STEP("row half copied");
    t2m_words_write((char *)(head + 1) + half, (const char *)(new_head + 1) + half,
                    size - sizeof(*head) - half);
    t2m_store(&head->batch, new_head->batch);
    T2M_STEP("row copied");
    t2m_store(&head->sequence, head->sequence + 1);
    t2m_store(&board->undo->size, 0);
    T2M_STEP("undo cleared");
}

void t2m_board_undo(t2m_board_t *board)
{
    apr_uint64_t size = t2m_load(&board->undo->size);
    t2m_row_t *head = (t2m_row_t *)(board->memory + board->undo->offset);
    apr_uint64_t sequence;

    if (size == 0) {
        return;
    }
    sequence = head->sequence | 1;
    t2m_store(&head->sequence, sequence);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    t2m_words_write((char *)head + sizeof(head->sequence),
                    board->undo->bytes + sizeof(head->sequence),
                    (size_t)size - sizeof(head->sequence));
    t2m_store(&head->sequence, sequence + 1);
    t2m_store(&board->undo->size, 0);
}

int t2m_board_read(const void *row, void *copy, apr_size_t size)
{
    const t2m_row_t *head = row;
    int tries;

    for (tries = 0; tries < 100; tries++) {
        apr_uint64_t before = t2m_load(&head->sequence);

        if (before % 2 == 0) {
            t2m_words_read(copy, row, size);
            __atomic_thread_fence(__ATOMIC_ACQUIRE);
            if (t2m_load(&head->sequence) == before) {
                return 1;
            }
        }
    }
    return 0;
}

void t2m_board_notice(t2m_board_t *board, t2m_level_e level, const char *text)
{
    apr_uint64_t count = board->header->notice_count;
    t2m_notice_t *notice = &board->header->notices[count % T2M_NOTICES];
    apr_size_t size = strlen(text);

    if (size > T2M_NOTICE_SIZE - 1) {
        size = T2M_NOTICE_SIZE - 1;
    }
    notice->level = (apr_uint32_t)level;
    memcpy(notice->text, text, size);
    notice->text[size] = '\0';
    t2m_store(&board->header->notice_count, count + 1);
}
