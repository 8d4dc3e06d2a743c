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

/* Tests modules/writer/log_reader.c. */
#include "writer/log_reader.h"

#include <errno.h>

#include <zlib.h>

#include "tap.h"
#include "writer/folder.h"

static char large[3 * T2M_LOG_LINE_MAX];
static t2m_log_line_t line;

static t2m_log_reader_t *opened(const char *name)
{
    t2m_log_reader_t *reader;

    if (t2m_log_reader_open(folder, name, &reader) != APR_SUCCESS) {
        abort();
    }
    return reader;
}

static void next_is(t2m_log_reader_t *reader, const char *want, const char *what)
{
    is_number(t2m_log_reader_next(reader, &line), APR_SUCCESS, what);
    is_bytes(line.bytes, line.size, want, what);
    ok(!line.cut && line.whole, "whole");
    ok(!t2m_log_reader_waits(reader), "none is begun");
}

static void lines(void)
{
    t2m_log_reader_t *reader;

    folder_put("a", "one\n\nthree\nfo", 13);
    reader = opened("a");
    next_is(reader, "one", "a line");
    next_is(reader, "", "an empty one");
    next_is(reader, "three", "the last whole one");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "the end");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "still");
    ok(t2m_log_reader_waits(reader), "another line is begun");
    folder_put("a", "one\n\nthree\nfour\nfi", 18);
    next_is(reader, "four", "a line that has become whole");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "the end again");
    ok(t2m_log_reader_rest(reader, &line) && line.size == 2 && memcmp(line.bytes, "fi", 2) == 0
       && !line.whole && !t2m_log_reader_waits(reader), "what has no end");
    ok(!t2m_log_reader_rest(reader, &line), "once");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "and it is given up");
    t2m_log_reader_close(reader);
    t2m_log_reader_close(NULL);
}

/* A line of size bytes and a short one behind it. */
static void long_line(size_t size, int cut)
{
    t2m_log_reader_t *reader;

    memset(large, 'x', size);
    memcpy(large + size, "\nnext\n", 6);
    folder_put("long", large, size + 6);
    reader = opened("long");
    is_number(t2m_log_reader_next(reader, &line), APR_SUCCESS, "a long line");
    ok(line.size == (cut ? T2M_LOG_LINE_MAX : size) && line.cut == cut
           && memcmp(line.bytes, large, line.size) == 0, "of %d bytes", (int)size);
    next_is(reader, "next", "and the next");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "no more");
    t2m_log_reader_close(reader);
}

static void packed(void)
{
    t2m_log_reader_t *reader;
    char path[128], bytes[4096];
    gzFile file;
    int i;

    (void)snprintf(path, sizeof(path), "%s/a.gz", folder_path);
    file = gzopen(path, "w");
    for (i = 0; i < 20000; i++) {
        (void)gzprintf(file, "line %d\n", i);
    }
    (void)gzclose(file);
    reader = opened("a.gz");
    for (i = 0; t2m_log_reader_next(reader, &line) == APR_SUCCESS; i++) {
        int size = snprintf(path, sizeof(path), "line %d", i);

        if (line.size != (size_t)size || memcmp(line.bytes, path, line.size) != 0) {
            break;
        }
    }
    is_number(i, 20000, "the lines of a packed file");
    is_number(t2m_log_reader_next(reader, &line), APR_EOF, "and no more");
    t2m_log_reader_close(reader);
    folder_put("cut.gz", bytes, (size_t)folder_get("a.gz", bytes, sizeof(bytes)));
    reader = opened("cut.gz");
    for (i = 0; t2m_log_reader_next(reader, &line) == APR_SUCCESS; i++) {
    }
    ok(i > 100 && t2m_log_reader_next(reader, &line) == APR_INCOMPLETE,
       "of one that ends too early, what there is");
    t2m_log_reader_close(reader);
}

enum { MANY = 6000 };

/* A line with a time; every 1000th has a mark; lengths differ. */
static int write_line(char *out, size_t room, int i)
{
    static const char filling[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    return snprintf(out, room,
                    "{\"timestamp\":\"2024-01-15T10:%02d:%02d.000Z\",\"n\":\"%d%s\",%.*s}",
                    i == 3333 ? 59 : i / 600 % 60, i / 10 % 60, i, i % 1000 == 999 ? "mark" : "",
                    i % 60, filling);
}

/* Every line with the mark, in its place; how many pieces have none. */
static int finds_marks(t2m_log_reader_t *reader, int *pieces)
{
    char want[512];
    apr_status_t status;
    int found = 0;

    *pieces = 0;
    while ((status = t2m_log_reader_find(reader, "mark", 4, &line)) != APR_EOF) {
        if (status == APR_EAGAIN) {
            *pieces += line.size > 0 && !memmem(line.bytes, line.size, "mark", 4);
        } else if (status != APR_SUCCESS) {
            return -1;
        } else {
            int size = write_line(want, sizeof(want), 1000 * found + 999);

            found += line.size == (size_t)size && memcmp(line.bytes, want, line.size) == 0
                  && line.whole && !line.cut;
        }
    }
    return found;
}

static void finds(void)
{
    size_t at = 0;
    int i, pieces;
    t2m_log_reader_t *reader;
    char *all = malloc(MANY * 200);

    for (i = 0; i < MANY; i++) {
        at += (size_t)write_line(all + at, 200, i);
        all[at++] = '\n';
    }
    folder_put("many", all, at);
    reader = opened("many");
    is_number((long long)t2m_log_reader_latest(reader), 0, "nothing is remembered");
    is_number(finds_marks(reader, &pieces), MANY / 1000, "every line that has it");
    ok(pieces > 5, "and pieces without it (%d)", pieces);
    is_number((long long)t2m_log_reader_taken(reader), (long long)at, "all was read");
    is_number((long long)t2m_log_reader_latest(reader), 0, "nothing is remembered unless asked");
    t2m_log_reader_close(reader);
    reader = opened("many");
    t2m_log_reader_watch(reader);
    (void)finds_marks(reader, &pieces);
    is_number(apr_time_sec(t2m_log_reader_latest(reader)), 1705316373, "the latest of all lines");
    t2m_log_reader_close(reader);
    free(all);
}

/* Where a chunk ends, in each place of a line that has it. */
static void finds_over_edges(void)
{
    t2m_log_reader_t *reader;
    int before, missed = 0;

    for (before = 65536 - 20; before < 65536 + 5; before++) {
        int found = 0;
        apr_status_t status;

        memset(large, 'x', (size_t)before);
        large[before / 2] = large[before - 1] = '\n';
        memcpy(large + before, "a mark b\nmark", 13);
        folder_put("edge", large, (size_t)before + 13);
        reader = opened("edge");
        while ((status = t2m_log_reader_find(reader, "mark", 4, &line)) != APR_EOF) {
            found += status == APR_SUCCESS && line.size == 8
                  && memcmp(line.bytes, "a mark b", 8) == 0;
        }
        missed += found != 1 || !t2m_log_reader_waits(reader);
        t2m_log_reader_close(reader);
    }
    is_number(missed, 0, "wherever a chunk ends; what has no end is no line");
}

static void openings(void)
{
    t2m_log_reader_t *reader;

    is_number(t2m_log_reader_open(folder, "missing", &reader), ENOENT, "a missing file");
    ok(reader == NULL, "nothing is open");
    is_number(t2m_log_reader_of(openat(folder, "a", O_RDONLY), &reader), APR_SUCCESS,
              "a descriptor");
    next_is(reader, "one", "is read");
    t2m_log_reader_close(reader);
}

int main(void)
{
    folder_make();
    lines();
    long_line(65536, 0);
    long_line(T2M_LOG_LINE_MAX, 0);
    long_line(T2M_LOG_LINE_MAX + 1, 1);
    long_line(2 * T2M_LOG_LINE_MAX + 5, 1);
    packed();
    finds();
    finds_over_edges();
    openings();
    folder_remove();
    return tap_done();
}
