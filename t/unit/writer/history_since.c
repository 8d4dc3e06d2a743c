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

/* Tests modules/writer/history_since.c: where reading begins, and where all is behind a moment. */
#include "writer/history.h"

#include <zlib.h>

#include "tap.h"
#include "writer/folder.h"

enum { SIZE_MAX_OF_FILE = 4 << 20 };

static char *bytes;
static size_t size;
static long serial; /* of the line, over all files of the folder */
static char path[256], searched[512];
static apr_uint64_t taken;
static t2m_log_line_t line;

static void begin_file(void)
{
    size = 0;
}

/* A day later than 1970: 0 is no time. */
static apr_time_t moment(long second)
{
    return apr_time_from_sec(86400 + second);
}

/* A line of that second, as long as wanted. */
static void add(long second, size_t length)
{
    int head = snprintf(bytes + size, SIZE_MAX_OF_FILE - size,
                        "{\"timestamp\":\"1970-01-%02ldT%02ld:%02ld:%02ld.000Z\",\"s\":\"%ld\",\"",
                        second / 86400 + 2, second / 3600 % 24, second / 60 % 60, second % 60,
                        serial++);

    memset(bytes + size + head, 'x', length);
    memcpy(bytes + size + (size_t)head + length, "\":1}\n", 6);
    size += (size_t)head + length + 5;
}

static void add_span(long from, long to, long step)
{
    for (; from < to; from += step) {
        add(from, 40);
    }
}

static void end_file(const char *name)
{
    if (strstr(name, ".gz")) {
        gzFile out;

        (void)snprintf(path, sizeof(path), "%s/%s", folder_path, name);
        out = gzopen(path, "w");
        (void)gzwrite(out, bytes, (unsigned)size);
        (void)gzclose(out);
    } else {
        folder_put(name, bytes, size);
    }
}

static void put_span(const char *name, long from, long to, long step)
{
    begin_file();
    add_span(from, to, step);
    end_file(name);
}

static void report(void *context, const char *file, apr_status_t status)
{
    (void)context;
    (void)status;
    (void)snprintf(searched + strlen(searched), sizeof(searched) - strlen(searched), "%s ",
                   strrchr(file, '/') + 1);
}

static void cost(void *context, const char *file, apr_uint64_t took, apr_uint64_t all, int was)
{
    (void)context;
    (void)file;
    (void)all;
    (void)was;
    taken += took;
}

static t2m_history_t *opened(void)
{
    t2m_history_t *history;

    (void)snprintf(path, sizeof(path), "%s/a", folder_path);
    *searched = '\0';
    if (t2m_history_open(path, report, NULL, &history) != APR_SUCCESS) {
        abort();
    }
    return history;
}

/* The serial of the line with which it begins; -1: no line. */
static long begins(t2m_history_t *history)
{
    const char *second = t2m_history_next(history, &line) == APR_SUCCESS
                             ? memmem(line.bytes, line.size, "\"s\":\"", 5) : NULL;

    return second ? atol(second + 5) : -1;
}

/* In that file, at a line between these, which are one where nothing is left out. */
static void starts(long since, const char *file, long least, long most, const char *what)
{
    t2m_history_t *history = opened();
    int left_out = t2m_history_since(history, moment(since));
    long first = begins(history);

    taken = 0;
    t2m_history_costs(history, cost, NULL);
    ok(strncmp(searched, file, strlen(file)) == 0 && first >= least && first <= most,
       "%s: in %s at %ld (%d bytes)", what, searched, first, (int)taken);
    is_number(left_out, least != most, "and says whether anything is left out");
    t2m_history_close(history);
}

static void anew(void)
{
    folder_empty();
    serial = 0;
}

/* Four files of 10000 s each, about a megabyte. */
static void in_order(const char *third)
{
    anew();
    put_span("a.3", 0, 10000, 1);
    put_span("a.2", 10000, 20000, 1);
    put_span(third, 20000, 30000, 1);
    put_span("a", 30000, 40000, 1);
    starts(0, "a.3 ", 0, 0, "from the first line");
    starts(5000, "a.3 ", 3000, 4999, "within a file");
    starts(9990, "a.3 ", 8000, 9989, "at its end");
    starts(15000, "a.2 ", 13000, 14999, "in another");
    ok(taken < 300000, "which costs little");
    starts(25000, third, strstr(third, "gz") ? 20000 : 23000, 24999, third);
    starts(39999, "a ", 38000, 39998, "at the newest line");
    starts(99999, "a ", 38000, 39999, "later than all");
}

/* The clock was set back within a file: by much, as its places show, and by less than lies between
 * two of them. */
static void set_back(void)
{
    long step;

    anew();
    begin_file();
    add_span(0, 6000, 1);
    add_span(2000, 8000, 1);
    end_file("a.1");
    put_span("a", 8000, 9000, 1);
    starts(3000, "a.1 ", 1000, 2999, "the first of two times");
    starts(5900, "a.1 ", 3000, 5899, "at its peak");
    starts(5999, "a.1 ", 3000, 5998, "at the very peak");
    starts(7900, "a.1 ", 3000, 6000, "behind it, where the times come again");
    for (step = 100; step < 1000; step += 100) {
        anew();
        begin_file();
        add_span(0, 6000, 1);
        add_span(6000 - step, 12000, 1);
        end_file("a");
        starts(5999, "a ", 3000, 5998, "a short step");
    }
}

static void set_back_between_files(void)
{
    anew();
    put_span("a.2", 0, 10000, 1);
    put_span("a.1", 7000, 9500, 1);
    put_span("a", 9500, 12000, 1);
    starts(9800, "a.2 ", 7000, 9799, "between files, as the last line tells");
    anew();
    put_span("a.2.gz", 5000, 10000, 1);
    put_span("a.1", 4000, 9500, 1);
    put_span("a", 9500, 12000, 1);
    folder_touch("a.2.gz", moment(10000));
    starts(9800, "a.2.gz ", 0, 0, "as the time of the last write tells");
    folder_touch("a.2.gz", moment(9700));
    starts(9800, "a ", 10500, 10799, "or that it holds nothing of it");
}

/* What has no time is read rather than left out; what is not there is no trouble. */
static void unknown(void)
{
    t2m_history_t *history;

    anew();
    folder_put("a.2", "no time\nnone\n", 13);
    put_span("a.1", 0, 10, 1);
    put_span("a", 10, 20, 1);
    history = opened();
    ok(!t2m_history_since(history, moment(15)) && begins(history) == -1
           && strcmp(searched, "a.2 ") == 0, "a file without times is read");
    t2m_history_close(history);
    folder_empty();
    begin_file();
    memcpy(bytes, "no time\n", 8);
    size = 8;
    add_span(5, 10, 1);
    end_file("a.1");
    folder_put("a", "", 0);
    history = opened();
    ok(!t2m_history_since(history, moment(15))
           && t2m_history_is_behind(history, 0, moment(4))
           && !t2m_history_is_behind(history, 0, moment(5)),
       "the first line that has a time counts, an empty file does not");
    t2m_history_close(history);
    anew();
    begin_file();
    add_span(0, 2000, 1);
    add(2000, 70000);
    add_span(2001, 3000, 1);
    end_file("a");
    starts(2990, "a ", 0, 2989, "a line that is longer than what is looked at");
    folder_empty();
    history = opened();
    ok(!t2m_history_since(history, 0) && t2m_history_is_behind(history, 0, 0), "no file at all");
    t2m_history_close(history);
}

/* A place that is within a line, just where something begins that looks like one. */
static void looks_like_one(void)
{
    static const char fake[] = "{\"timestamp\":\"2024-01-15T10:30:00.000Z\"},";

    anew();
    begin_file();
    while (size < 65000) {
        add(1, 40);
    }
    add(1, 2000);
    memcpy(bytes + 65536, fake, sizeof(fake) - 1);
    while (size < 196608 - 400) {
        add(2, 40);
    }
    add(3, 196608 + 2 - size - 59);
    folder_put("a", bytes, size);
    ok(size >= 196608 && size < 196608 + 3, "a place each 65536 bytes (%d)", (int)size);
    starts(3, "a ", 600, 1500, "the line's own time counts");
}

static void ends(void)
{
    t2m_history_t *history;
    const apr_time_t until = moment(9999);

    anew();
    put_span("a.2", 0, 10000, 100);
    put_span("a.1", 10000, 20000, 100);
    put_span("a", 20000, 30000, 100);
    history = opened();
    (void)t2m_history_since(history, moment(500));
    ok(!t2m_history_is_behind(history, 0, until), "nothing was read");
    (void)begins(history);
    ok(!t2m_history_is_behind(history, until, until), "not in the file that may have it");
    ok(t2m_history_is_behind(history, until + 1, until), "unless it has passed it");
    ok(!t2m_history_is_behind(history, until + 2, until + 1000000), "nor when the next has it");
    while (t2m_history_find(history, "\"s\":\"99\"", 8, &line) == APR_EAGAIN) {
    }
    ok(t2m_history_latest(history) == moment(9900), "the latest time is remembered");
    while (t2m_history_find(history, "nowhere", 7, &line) == APR_EAGAIN && line.size > 0) {
    }
    ok(t2m_history_is_behind(history, 0, until), "between files the next one's first line counts");
    ok(t2m_history_latest(history) == moment(9900), "also of a file that was ended");
    t2m_history_close(history);
    put_span("a", 9000, 30000, 100);
    history = opened();
    (void)t2m_history_since(history, 0);
    (void)begins(history);
    ok(!t2m_history_is_behind(history, until + 1, until), "nor when a later file began before it");
    t2m_history_close(history);
}

int main(void)
{
    bytes = malloc(SIZE_MAX_OF_FILE);
    folder_make();
    in_order("a.1");
    in_order("a.1.gz");
    set_back();
    set_back_between_files();
    looks_like_one();
    unknown();
    ends();
    folder_remove();
    free(bytes);
    return tap_done();
}
