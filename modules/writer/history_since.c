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

/* Where the lines of a moment begin. Files are told by their first lines, which each of them is
 * opened for; a packed one is unpacked no further. Of the plain file with which reading begins the
 * time is asked at places at the same distance from each other. Looking at all of them instead of
 * halving again and again costs little more, and shows a clock that was set back: then the first
 * part that can hold the moment counts. A step back that is shorter than the time between two
 * places shows nowhere; therefore reading begins one place earlier. */
#include "writer/history_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "writer/compressed.h"
#include "writer/line_time.h"

enum { PIECE = 4096, PLACES = 64, DISTANCE_MIN = 65536 };

/* Lines that stand no more than this before others that are later: no step of the clock. */
static const apr_time_t disorder = APR_TIME_C(5000000);

typedef struct {
    off_t at; /* where a line begins */
    apr_time_t time;
} place_t;

/* The time of the first line in bytes that has one; *at becomes where it begins. 0: there is none.
 * cut: they may begin within a line. */
static apr_time_t first_of(const char *bytes, apr_size_t size, int cut, apr_size_t *at)
{
    apr_size_t start = 0;
    apr_time_t time;
    const char *end;

    for (;; start = (apr_size_t)(end - bytes) + 1) {
        end = memchr(bytes + start, '\n', size - start);
        if ((!cut || start > 0)
            && t2m_line_time(bytes + start, end ? (apr_size_t)(end - bytes) - start : size - start,
                             &time)) {
            *at = start;
            return time;
        }
        if (!end) {
            return 0;
        }
    }
}

static void read_first(t2m_history_file_t *file)
{
    char bytes[PIECE];
    apr_size_t size = sizeof(bytes), at;
    apr_uint64_t taken = 0;

    file->first = 0;
    if (file->fd >= 0 && t2m_compressed_peek(file->fd, bytes, &size, &taken) == APR_SUCCESS) {
        file->first = size > 0 ? first_of(bytes, size, 0, &at) : APR_INT64_MAX; /* no line at all */
    }
    file->taken += taken;
}

static void read_firsts(t2m_history_t *history)
{
    apr_time_t earliest = APR_INT64_MAX;
    apr_size_t i;

    for (i = history->count; i > 0; i--) {
        t2m_history_file_t *file = &history->files[i - 1];

        read_first(file);
        earliest = file->first < earliest ? file->first : earliest;
        file->earliest = earliest;
    }
}

/* Reads a piece of a plain file; returns 0 when no line with a time begins there. */
static int look(t2m_history_file_t *file, apr_uint64_t offset, place_t *place)
{
    char bytes[PIECE];
    apr_size_t at = 0;
    ssize_t got = pread(file->fd, bytes, sizeof(bytes), (off_t)offset);

    if (got <= 0) {
        return 0;
    }
    file->taken += (apr_uint64_t)got;
    place->time = first_of(bytes, (apr_size_t)got, offset > 0, &at);
    place->at = (off_t)(offset + at);
    return place->time != 0;
}

/* The time of about the last line of a plain file; 0: not known. */
static apr_time_t last_of(t2m_history_file_t *file)
{
    place_t place;

    return look(file, file->size > PIECE ? file->size - PIECE : 0, &place) ? place.time : 0;
}

/* The first line of the next file bounds it, unless the clock was set back in between: then the
 * time at which it was last written does, or its own last line. */
static int can_hold(const t2m_history_t *history, apr_size_t i, apr_time_t since)
{
    t2m_history_file_t *file = &history->files[i];
    apr_time_t next = i + 1 < history->count ? history->files[i + 1].first : 0;

    return file->first == 0 || next == 0 || next >= since
        || (file->first > next && file->modified >= since)
        || (file->compression == T2M_COMPRESSION_NONE && file->fd >= 0 && last_of(file) >= since);
}

/* The places of a plain file, the first line being one; returns how many. */
static unsigned find_places(t2m_history_file_t *file, place_t places[PLACES])
{
    apr_uint64_t parts = file->size / DISTANCE_MIN < PLACES ? file->size / DISTANCE_MIN : PLACES;
    unsigned count = 1;
    apr_uint64_t i;

    places[0].at = 0;
    places[0].time = file->first;
    for (i = 1; i < parts; i++) {
        count += (unsigned)look(file, file->size / parts * i, &places[count]);
    }
    return count;
}

/* One place before the first part that can hold the moment: one that ends later, or in which the
 * clock was set back. */
static off_t find_start(t2m_history_file_t *file, apr_time_t since)
{
    place_t places[PLACES];
    unsigned i = 0, count = find_places(file, places);

    while (i + 1 < count && places[i + 1].time < since
           && places[i].time - disorder <= places[i + 1].time) {
        i++;
    }
    return places[i > 0 ? i - 1 : 0].at;
}

int t2m_history_since(t2m_history_t *history, apr_time_t since)
{
    t2m_history_file_t *file;
    off_t start = 0;

    history->watches = 1;
    read_firsts(history);
    while (history->at < history->count && !can_hold(history, history->at, since)) {
        history->at++;
    }
    file = history->at < history->count ? &history->files[history->at] : NULL;
    if (file && file->compression == T2M_COMPRESSION_NONE && file->first > 0
        && file->first < since) {
        start = find_start(file, since);
        (void)lseek(file->fd, start, SEEK_SET);
    }
    return history->at > 0 || start > 0;
}

int t2m_history_is_behind(const t2m_history_t *history, apr_time_t time, apr_time_t until)
{
    apr_size_t next = history->at + (history->reader != NULL);

    return (!history->reader || time > until)
        && (next >= history->count || history->files[next].earliest > until);
}
