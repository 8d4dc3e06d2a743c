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

/* See log_reader.h. */
#include "writer/log_reader.h"

#include <stdlib.h>
#include <string.h>

#include "core/moment.h"
#include "writer/compressed.h"

enum { CHUNK = 65536, STAMP = 24 };

static const char stamp_head[] = "{\"timestamp\":\""; /* what every line begins with */

struct t2m_log_reader_t {
    t2m_compressed_t *file;
    apr_size_t at, size; /* of chunk: what is not yet used */
    apr_size_t used;     /* of line */
    int given;           /* line was handed out: the next byte begins a new one */
    int cut;
    int watches;
    char latest[STAMP]; /* as it stands in the line; zeros: none */
    char chunk[CHUNK];
    char line[T2M_LOG_LINE_MAX];
};

static apr_status_t wrap(apr_status_t status, t2m_compressed_t *file, t2m_log_reader_t **reader)
{
    *reader = status == APR_SUCCESS ? calloc(1, sizeof(**reader)) : NULL;
    if (*reader) {
        (*reader)->file = file;
        return APR_SUCCESS;
    }
    t2m_compressed_close(file);
    return status == APR_SUCCESS ? APR_ENOMEM : status;
}

apr_status_t t2m_log_reader_open(int directory, const char *name, t2m_log_reader_t **reader)
{
    t2m_compressed_t *file;
    apr_status_t status = t2m_compressed_open(directory, name, &file);

    return wrap(status, file, reader);
}

apr_status_t t2m_log_reader_of(int fd, t2m_log_reader_t **reader)
{
    t2m_compressed_t *file;
    apr_status_t status = t2m_compressed_of(fd, &file);

    return wrap(status, file, reader);
}

static void give(t2m_log_reader_t *reader, t2m_log_line_t *line, int whole)
{
    line->whole = whole;
    line->bytes = reader->line;
    line->size = reader->used;
    line->cut = reader->cut;
    reader->given = 1;
}

static void begin_line(t2m_log_reader_t *reader)
{
    if (reader->given) {
        reader->used = 0;
        reader->cut = reader->given = 0;
    }
}

/* Takes the chunk's bytes up to the line's end. Returns nonzero when it was there. */
static int take(t2m_log_reader_t *reader)
{
    const char *start = reader->chunk + reader->at;
    apr_size_t left = reader->size - reader->at, room = T2M_LOG_LINE_MAX - reader->used;
    const char *end = left ? memchr(start, '\n', left) : NULL;
    apr_size_t size = end ? (apr_size_t)(end - start) : left;

    reader->at += size + (end != NULL);
    if (size > room) {
        reader->cut = 1;
        size = room;
    }
    memcpy(reader->line + reader->used, start, size);
    reader->used += size;
    return end != NULL;
}

apr_status_t t2m_log_reader_next(t2m_log_reader_t *reader, t2m_log_line_t *line)
{
    begin_line(reader);
    while (!take(reader)) {
        apr_size_t size = CHUNK;
        apr_status_t status = t2m_compressed_read(reader->file, reader->chunk, &size);

        reader->at = 0;
        reader->size = size;
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    give(reader, line, 1);
    return APR_SUCCESS;
}

void t2m_log_reader_watch(t2m_log_reader_t *reader)
{
    reader->watches = 1;
}

apr_time_t t2m_log_reader_latest(const t2m_log_reader_t *reader)
{
    apr_time_t time = 0;

    (void)t2m_moment_parse(t2m_text_of(reader->latest, STAMP), 0, &time);
    return time;
}

/* Times of the form that the module writes are in the order of their bytes. */
static void watch_lines(t2m_log_reader_t *reader, const char *at, const char *end)
{
    const size_t head = sizeof(stamp_head) - 1;

    while (reader->watches && at && (size_t)(end - at) > head + STAMP) {
        if (memcmp(at, stamp_head, head) == 0 && at[head + STAMP] == '"'
            && memcmp(at + head, reader->latest, STAMP) > 0) {
            memcpy(reader->latest, at + head, STAMP);
        }
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
}

/* Hands out the line that ends at that LF; whole lines begin where the chunk is not yet used. */
static void give_in_place(t2m_log_reader_t *reader, const char *end, t2m_log_line_t *line)
{
    const char *start = reader->chunk + reader->at;
    const char *before = memrchr(start, '\n', (apr_size_t)(end - start));

    line->bytes = before ? before + 1 : start;
    line->size = (apr_size_t)(end - line->bytes);
    line->whole = 1;
    line->cut = 0;
    reader->given = 1;
    reader->at = (apr_size_t)(end + 1 - reader->chunk);
}

apr_status_t t2m_log_reader_find(t2m_log_reader_t *reader, const char *bytes, apr_size_t size,
                                 t2m_log_line_t *line)
{
    const char *start, *last, *found;
    apr_status_t status;

    begin_line(reader);
    start = reader->chunk + reader->at;
    last = memrchr(start, '\n', reader->size - reader->at); /* none while a line is begun */
    if (last) {
        found = memmem(start, (apr_size_t)(last - start), bytes, size);
        last = found ? memchr(found, '\n', (apr_size_t)(last + 1 - found)) : last;
        watch_lines(reader, start, last);
        give_in_place(reader, last, line);
        return found ? APR_SUCCESS : APR_EAGAIN;
    }
    status = t2m_log_reader_next(reader, line); /* the one that goes over the chunk's end */
    if (status == APR_SUCCESS) {
        watch_lines(reader, line->bytes, line->bytes + line->size);
    }
    return status == APR_SUCCESS && !memmem(line->bytes, line->size, bytes, size) ? APR_EAGAIN
                                                                                  : status;
}

apr_uint64_t t2m_log_reader_taken(const t2m_log_reader_t *reader)
{
    return t2m_compressed_taken(reader->file);
}

int t2m_log_reader_rest(t2m_log_reader_t *reader, t2m_log_line_t *line)
{
    begin_line(reader);
    if (reader->used == 0) {
        return 0;
    }
    give(reader, line, 0);
    return 1;
}

int t2m_log_reader_waits(const t2m_log_reader_t *reader)
{
    return !reader->given && reader->used > 0;
}

void t2m_log_reader_close(t2m_log_reader_t *reader)
{
    if (reader) {
        t2m_compressed_close(reader->file);
        free(reader);
    }
}
