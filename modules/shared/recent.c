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

/* See recent.h. */
#include "shared/recent.h"

#include <string.h>

#include "core/encode.h"
#include "shared/atomic.h"
#include "shared/step.h"

static apr_uint64_t padded(apr_uint64_t size)
{
    return (sizeof(t2m_recent_record_t) + size + T2M_RECORD_ALIGN - 1)
         / T2M_RECORD_ALIGN * T2M_RECORD_ALIGN;
}

void t2m_recent_begin(const t2m_board_t *board, int which, t2m_recent_cursor_t *cursor)
{
    const t2m_recent_t *row = &board->tables->recents[which];

    cursor->first = row->first;
    cursor->next = row->next;
    cursor->records = row->records;
    cursor->which = which;
}

static void copy_in(unsigned char *bytes, apr_uint64_t position, const void *from,
                    apr_size_t size)
{
    apr_size_t at = (apr_size_t)(position % T2M_RECENT_BYTES);
    apr_size_t until_wrap = T2M_RECENT_BYTES - at;
    apr_size_t first = size < until_wrap ? size : until_wrap;

    memcpy(bytes + at, from, first);
    memcpy(bytes, (const char *)from + first, size - first);
}

static void copy_out(const unsigned char *bytes, apr_uint64_t position, void *to, apr_size_t size)
{
    apr_size_t at = (apr_size_t)(position % T2M_RECENT_BYTES);
    apr_size_t until_wrap = T2M_RECENT_BYTES - at;
    apr_size_t first = size < until_wrap ? size : until_wrap;

    memcpy(to, bytes + at, first);
    memcpy((char *)to + first, bytes, size - first);
}

/* Takes the oldest records out of sight until end fits; the batch's own may be among them. */
static void make_room(t2m_board_t *board, t2m_recent_cursor_t *cursor, apr_uint64_t end)
{
    t2m_recent_t *row = &board->tables->recents[cursor->which];

    if (cursor->next - cursor->first > T2M_RECENT_BYTES) {
        cursor->first = cursor->next; /* what no writer leaves: nothing of it is believed */
    }
    while (end - cursor->first > T2M_RECENT_BYTES) {
        apr_uint64_t left = cursor->next - cursor->first;
        t2m_recent_record_t record;

        copy_out(board->tables->recent_bytes[cursor->which], cursor->first, &record,
                 sizeof(record));
        cursor->first += padded(record.size) > left ? left : padded(record.size); /* likewise */
    }
    if (cursor->first > row->first) {
        t2m_store(&row->first, cursor->first < row->next ? cursor->first : row->next);
        __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before what is written over it */
        T2M_STEP("recent moved on");
    }
}

void t2m_recent_add(t2m_board_t *board, t2m_recent_cursor_t *cursor,
                    const t2m_recent_record_t *record, const char *line)
{
    unsigned char *bytes = board->tables->recent_bytes[cursor->which];
    apr_uint64_t end = cursor->next + padded(record->size);

    if (record->size > T2M_LINE_MAX) {
        return;
    }
    make_room(board, cursor, end);
    copy_in(bytes, cursor->next, record, sizeof(*record));
    copy_in(bytes, cursor->next + sizeof(*record), line, record->size);
    cursor->next = end;
    cursor->records++;
}

apr_uint64_t t2m_recent_size(apr_uint64_t size)
{
    return size > T2M_LINE_MAX ? 0 : padded(size);
}

void t2m_recent_skip(t2m_recent_cursor_t *cursor, apr_uint64_t bytes, apr_uint64_t records)
{
    if (records) {
        cursor->next += bytes;
        cursor->first = cursor->next;
        cursor->records += records;
    }
}

void t2m_recent_publish(t2m_board_t *board, const t2m_recent_cursor_t *cursor, apr_uint64_t batch)
{
    t2m_recent_t *row = &board->tables->recents[cursor->which];
    t2m_recent_t after = *row;

    if (row->row.batch == batch || cursor->next == row->next) {
        return;
    }
    after.row.batch = batch;
    after.first = cursor->first;
    after.next = cursor->next;
    after.records = cursor->records;
    t2m_board_replace(board, row, &after, sizeof(after));
}

int t2m_recent_copy(const t2m_board_t *board, int which, unsigned char *bytes,
                    t2m_recent_copy_t *copy)
{
    const t2m_recent_t *row = &board->tables->recents[which];
    t2m_recent_t seen;
    apr_uint64_t first;

    memset(copy, 0, sizeof(*copy));
    if (!t2m_board_read(row, &seen, sizeof(seen))
        || seen.next - seen.first > T2M_RECENT_BYTES) {
        return 0;
    }
    copy_out(board->tables->recent_bytes[which], seen.first, bytes,
             (apr_size_t)(seen.next - seen.first));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    first = t2m_load(&row->first); /* what the writer went over meanwhile is not whole */
    copy->bytes = bytes;
    copy->origin = seen.first;
    copy->first = first > seen.next ? seen.next : first < seen.first ? seen.first : first;
    copy->next = seen.next;
    return 1;
}

/* A record that cannot be one ends the walk. */
int t2m_recent_next(const t2m_recent_copy_t *copy, apr_uint64_t *position,
                    t2m_recent_record_t *record, t2m_text_t *line)
{
    apr_uint64_t left = copy->next - *position;
    const unsigned char *at = copy->bytes + (*position - copy->origin);

    if (*position >= copy->next || left < sizeof(*record)) {
        return 0;
    }
    memcpy(record, at, sizeof(*record));
    if (record->size > T2M_LINE_MAX || padded(record->size) > left) {
        return 0;
    }
    *line = t2m_text_of((const char *)at + sizeof(*record), record->size);
    *position += padded(record->size);
    return 1;
}
