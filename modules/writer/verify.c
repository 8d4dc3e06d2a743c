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

/* See verify.h. */
#include "writer/verify.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/member.h"
#include "core/well_formed.h"
#include "writer/history.h"
#include "writer/last_seq.h"
#include "writer/verify_chain.h"
#include "writer/verify_numbers.h"

enum { PAUSE_MS = 20 };

static const char torn[] = "it has no end";
static const char too_long[] = "it is longer than any record";
static const char no_object[] = "it is no JSON object";
static const char no_number[] = "it does not end in a number (\"seq\":N})";

typedef struct {
    const t2m_verify_how_t *how;
    t2m_verify_result_t *result;
    t2m_verify_numbers_t numbers;
    t2m_verify_chain_t chain;
    t2m_verify_place_t place;
} verify_t;

static void begin_file(void *context, const char *path, apr_status_t status)
{
    verify_t *it = context;
    t2m_verify_result_t *result = it->result;
    char **paths;

    if (status != APR_SUCCESS) {
        result->unreadable = 1;
        it->how->trouble(it->how->context, path, status);
        return;
    }
    paths = realloc(result->paths, (result->files + 1) * sizeof(*paths));
    if (paths) {
        result->paths = paths;
        paths[result->files] = strdup(path);
    }
    it->place.file = paths && paths[result->files] ? paths[result->files++] : result->path;
    it->place.line = 0;
}

/* Every record begins with its timestamp; another line has none to tell. */
static void take_time(t2m_verify_place_t *place, const t2m_log_line_t *line)
{
    static const char start[] = "{\"timestamp\":\"";
    const apr_size_t size = sizeof(start) - 1;
    const char *end = line->size > size + T2M_VERIFY_TIME && !memcmp(line->bytes, start, size)
                          ? memchr(line->bytes + size, '"', T2M_VERIFY_TIME - 1) : NULL;
    apr_size_t length = end ? (apr_size_t)(end - line->bytes) - size : 0, i;

    for (i = 0; i < length; i++) {
        char c = line->bytes[size + i];

        place->time[i] = c >= ' ' && c < 0x7f ? c : '?';
    }
    place->time[length] = '\0';
}

static int number_of(t2m_text_t text, apr_uint64_t *number)
{
    apr_size_t i;

    *number = 0;
    for (i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        *number = *number * 10 + (apr_uint64_t)(text.data[i] - '0');
    }
    return text.size > 0 && text.size < 20 && i == text.size;
}

/* Nonzero for a gap record, which names first to last. */
static int is_gap(const t2m_log_line_t *line, apr_uint64_t *first, apr_uint64_t *last)
{
    static const char mark[] = "\"message\":\"gap\"";
    static const char *const names[] = { "message", "first_seq", "last_seq", "count" };
    t2m_text_t values[4];
    t2m_member_e kinds[4];
    apr_uint64_t count;

    if (!memmem(line->bytes, line->size, mark, sizeof(mark) - 1)) {
        return 0;
    }
    (void)t2m_member_scan(t2m_text_of(line->bytes, line->size), names, 4, values, kinds);
    return kinds[0] == T2M_MEMBER_STRING && values[0].size == 3
        && memcmp(values[0].data, "gap", 3) == 0 && kinds[1] == T2M_MEMBER_NUMBER
        && number_of(values[1], first) && number_of(values[2], last)
        && number_of(values[3], &count) && *first > 0 && *first <= *last
        && count == *last - *first + 1;
}

static void take_numbered(verify_t *it, const t2m_log_line_t *line)
{
    apr_uint64_t first, last;

    if (is_gap(line, &first, &last)) {
        it->result->gaps++;
        it->result->gap_numbers += last - first + 1;
        t2m_verify_numbers_gap(&it->numbers, first, last, &it->place);
    }
    t2m_verify_numbers_line(&it->numbers, &it->place);
    t2m_verify_chain_line(&it->chain, line->bytes, line->size, &it->place);
    it->result->last_seq = it->place.seq;
}

static void take_line(verify_t *it, const t2m_log_line_t *line)
{
    const char *wrong = line->cut ? too_long
                      : !t2m_well_formed(t2m_text_of(line->bytes, line->size)) ? no_object
                                                                               : NULL;
    apr_uint64_t seq = line->cut ? 0 : t2m_seq_of_line(line->bytes, line->size);

    it->result->lines++;
    it->result->bytes += line->size + (line->whole ? 1 : 0);
    it->place.line++;
    it->place.seq = seq;
    take_time(&it->place, line);
    wrong = !wrong && seq == 0 ? no_number : wrong;
    if (!line->whole || wrong) {
        (void)t2m_verify_add(&it->result->findings,
                             line->whole ? T2M_VERIFY_MALFORMED : T2M_VERIFY_TORN, &it->place,
                             wrong ? wrong : torn);
    }
    if (seq) {
        take_numbered(it, line);
    } else {
        t2m_verify_numbers_bad(&it->numbers);
    }
}

/* A last line without its end may be one that is being written. */
static void take_rest(verify_t *it, t2m_history_t *history)
{
    apr_time_t end = apr_time_now() + it->how->patience;
    t2m_log_line_t line;

    while (t2m_history_waits(history) && apr_time_now() < end) {
        (void)poll(NULL, 0, PAUSE_MS);
        while (t2m_history_next(history, &line) == APR_SUCCESS) {
            take_line(it, &line);
        }
    }
    if (t2m_history_rest(history, &line)) {
        take_line(it, &line);
    }
}

static void end(verify_t *it)
{
    t2m_verify_result_t *result = it->result;

    t2m_verify_numbers_end(&it->numbers);
    t2m_verify_chain_end(&it->chain);
    t2m_verify_sort(&result->findings);
    result->first_seq = it->numbers.first;
    result->chained = it->chain.lines;
    result->unchained = it->chain.begun ? it->chain.before : 0;
    result->chain_begin = it->chain.first;
    result->chain_end = it->chain.last.place;
    memcpy(result->head, it->chain.last.next, T2M_CHAIN_SIZE);
    result->anchored = it->chain.anchored;
}

apr_status_t t2m_verify(const char *path, const t2m_verify_how_t *how, t2m_verify_result_t *result)
{
    verify_t *it = calloc(1, sizeof(*it));
    t2m_history_t *history = NULL;
    t2m_log_line_t line;
    apr_status_t status = APR_ENOMEM;

    memset(result, 0, sizeof(*result));
    result->path = strdup(path);
    if (it && result->path && t2m_verify_findings_make(&result->findings)
        && t2m_verify_numbers_begin(&it->numbers, &result->findings)) {
        it->how = how;
        it->result = result;
        t2m_verify_chain_begin(&it->chain, how->chain, how->anchors, path, &result->findings);
        status = t2m_history_open(path, begin_file, it, &history);
    }
    if (status == APR_SUCCESS) {
        while (t2m_history_next(history, &line) == APR_SUCCESS) {
            take_line(it, &line);
        }
        take_rest(it, history);
        t2m_history_close(history);
    }
    if (it && it->numbers.holes) {
        end(it);
    }
    free(it);
    return status;
}

void t2m_verify_free(t2m_verify_result_t *result)
{
    while (result->files > 0) {
        free(result->paths[--result->files]);
    }
    free(result->paths);
    free(result->path);
    t2m_verify_findings_free(&result->findings);
    memset(result, 0, sizeof(*result));
}
