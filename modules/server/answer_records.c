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

/* See answer_records.h. */
#include "server/answer_records.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/json.h"
#include "core/member.h"
#include "core/utf8.h"

enum { TRIES = 10, PAUSE_US = 1000 };

/* The members of a line that a query asks for; by T2MLogLayout they stand at the top or within the
 * last one. */
enum { ENDPOINT, METRIC, ERROR_ID, REQUEST_ID, EVENT, SEQ, EXTRA, MEMBERS };

/* A line that was asked for; it borrows the copy of the ring. */
typedef struct {
    t2m_recent_record_t record;
    apr_uint64_t position;
    t2m_text_t line;
} line_t;

/* A text as t2m_json_string writes it, without the quotes. */
static t2m_text_t escape(apr_pool_t *pool, t2m_text_t text)
{
    apr_size_t room = text.size * 6 + 2;
    char *buffer = apr_palloc(pool, room);
    t2m_json_t json;

    t2m_json_begin(&json, buffer, room);
    t2m_json_string(&json, text.data, text.size);
    return t2m_text_of(buffer + 1, t2m_json_size(&json) - 2);
}

void t2m_answer_begin(t2m_answer_t *answer, const t2m_question_t *question)
{
    memset(answer, 0, sizeof(*answer));
    answer->question = question;
    answer->pool = question->request->pool;
    if (question->query->q.size > 0) {
        answer->escaped = escape(answer->pool, question->query->q);
    }
    answer->json = json_object();
    answer->failed = !answer->json;
}

json_t *t2m_answer_end(t2m_answer_t *answer)
{
    if (answer->unreadable) {
        t2m_answer_set_count(answer, answer->json, "unreadable", answer->unreadable);
    }
    if (answer->skipped_rows) {
        t2m_answer_set_count(answer, answer->json, "skipped_rows", answer->skipped_rows);
    }
    if (answer->failed) {
        json_decref(answer->json);
        answer->json = NULL;
    }
    return answer->json;
}

void t2m_answer_set(t2m_answer_t *answer, json_t *object, const char *name, json_t *value)
{
    answer->failed |= json_object_set_new(object, name, value) != 0;
}

void t2m_answer_append(t2m_answer_t *answer, json_t *array, json_t *value)
{
    answer->failed |= json_array_append_new(array, value) != 0;
}

void t2m_answer_set_count(t2m_answer_t *answer, json_t *object, const char *name,
                          apr_uint64_t count)
{
    t2m_answer_set(answer, object, name,
                   json_integer((json_int_t)(count > APR_INT64_MAX ? APR_INT64_MAX : count)));
}

void t2m_answer_set_moment(t2m_answer_t *answer, json_t *object, const char *name, apr_time_t time)
{
    t2m_answer_set(answer, object, name, json_integer(apr_time_sec(time)));
}

void t2m_answer_set_duration(t2m_answer_t *answer, json_t *object, const char *name,
                             double microseconds)
{
    double whole = (double)(apr_int64_t)(microseconds + 0.5);

    t2m_answer_set(answer, object, name, json_real(whole / 1000));
}

void t2m_answer_set_text(t2m_answer_t *answer, json_t *object, const char *name, t2m_text_t text)
{
    if (text.size > 0) {
        json_t *value = json_stringn(text.data, text.size);

        t2m_answer_set(answer, object, name,
                       value ? value : json_string(t2m_answer_shown(answer->pool, text)));
    }
}

json_t *t2m_answer_member(const json_t *record, const char *name)
{
    json_t *member = json_object_get(record, name);

    return member ? member : json_object_get(json_object_get(record, "extra_fields"), name);
}

int t2m_answer_row(t2m_answer_t *answer, const void *row, void *copy, apr_size_t size)
{
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        if (t2m_board_read(row, copy, size)) {
            return 1;
        }
        apr_sleep(PAUSE_US); /* the writer may have lost the processor in the middle of it */
    }
    answer->skipped_rows++;
    return 0;
}

int t2m_answer_copy(t2m_answer_t *answer, int which, t2m_recent_copy_t *copy)
{
    int tries;

    if (!answer->bytes) {
        answer->bytes = apr_palloc(answer->pool, T2M_RECENT_BYTES);
    }
    for (tries = 0; tries < TRIES; tries++) {
        if (t2m_recent_copy(answer->question->board, which, answer->bytes, copy)) {
            return 1;
        }
        apr_sleep(PAUSE_US);
    }
    answer->skipped_rows++;
    return 0;
}

int t2m_answer_is(t2m_text_t raw, t2m_text_t text)
{
    char plain[T2M_QUERY_VALUE_MAX + T2M_UTF8_MAX]; /* one more character, and it is longer */

    return text.size <= T2M_QUERY_VALUE_MAX
           && t2m_member_unescape(raw, plain, sizeof(plain)) == text.size
           && memcmp(plain, text.data, text.size) == 0;
}

static int contains(t2m_text_t text, t2m_text_t part)
{
    return text.size > 0 && memmem(text.data, text.size, part.data, part.size) != NULL;
}

int t2m_answer_has_q(const t2m_answer_t *answer, t2m_text_t raw)
{
    return answer->escaped.size == 0 || contains(raw, answer->escaped)
           || contains(raw, answer->question->query->q);
}

const char *t2m_answer_name(apr_pool_t *pool, const char *name, apr_size_t size)
{
    apr_size_t i;

    if (size == 0 || size > T2M_NAME_MAX || !t2m_utf8_is_valid(name, size)) {
        return NULL;
    }
    for (i = 0; i < size; i++) {
        if ((unsigned char)name[i] < 0x20) {
            return NULL;
        }
    }
    return apr_pstrmemdup(pool, name, size);
}

const char *t2m_answer_shown(apr_pool_t *pool, t2m_text_t text)
{
    t2m_text_t escaped = escape(pool, text);
    char *shown = apr_palloc(pool, escaped.size + 1);
    apr_size_t from, to = 0;

    for (from = 0; from < escaped.size; from++) {
        if (escaped.data[from] == '\\' && escaped.data[from + 1] == '\\') {
            shown[to++] = escaped.data[from++];
        }
        else if (escaped.data[from] == '\\' && escaped.data[from + 1] == '"') {
            from++;
        }
        shown[to++] = escaped.data[from];
    }
    shown[to] = '\0';
    return shown;
}

/* Whether a member, when it is asked for, is what the query wants. */
static int fits(t2m_text_t wanted, t2m_text_t raw)
{
    return wanted.size == 0 || (raw.data && t2m_answer_is(raw, wanted));
}

static int is_after(t2m_text_t raw, apr_uint64_t after)
{
    apr_uint64_t seq = 0;
    apr_size_t i;

    for (i = 0; i < raw.size && i < 19 && raw.data[i] >= '0' && raw.data[i] <= '9'; i++) {
        seq = seq * 10 + (apr_uint64_t)(raw.data[i] - '0');
    }
    return raw.data && seq > after;
}

static void scan(t2m_text_t line, t2m_text_t values[MEMBERS])
{
    static const char *const names[MEMBERS] = { "endpoint", "metric", "error_id", "request_id",
                                                "event", "seq", "extra_fields" };
    t2m_text_t extra[MEMBERS];
    int i;

    (void)t2m_member_scan(line, names, MEMBERS, values, NULL);
    if (values[EXTRA].data) {
        (void)t2m_member_scan(values[EXTRA], names, MEMBERS, extra, NULL);
        for (i = 0; i < MEMBERS; i++) {
            values[i] = values[i].data ? values[i] : extra[i];
        }
    }
}

static int members_fit(const t2m_question_t *question, t2m_text_t line)
{
    const t2m_query_t *query = question->query;
    t2m_text_t values[MEMBERS];

    if (!question->id && !(query->given & (T2M_QUERY_ENDPOINT | T2M_QUERY_ID | T2M_QUERY_REQUEST_ID
                                           | T2M_QUERY_EVENT | T2M_QUERY_AFTER))) {
        return 1;
    }
    scan(line, values);
    return (fits(query->endpoint, values[ENDPOINT])
            || (values[METRIC].data && fits(query->endpoint, values[METRIC])))
           && fits(query->id, values[ERROR_ID]) && fits(query->request_id, values[REQUEST_ID])
           && fits(query->event, values[EVENT])
           && (!question->id || fits(t2m_text(question->id), values[REQUEST_ID]))
           && (!(query->given & T2M_QUERY_AFTER) || is_after(values[SEQ], query->after));
}

static int is_wanted(const t2m_answer_t *answer, const t2m_recent_record_t *record,
                     t2m_text_t line)
{
    const t2m_query_t *query = answer->question->query;

    return (!query->since || record->time >= query->since)
           && (!query->until || record->time <= query->until)
           && (query->level >= T2M_LEVEL_COUNT || record->level >= query->level)
           && t2m_answer_has_q(answer, line) && members_fit(answer->question, line);
}

static int newest_first(const void *left, const void *right)
{
    const line_t *a = left, *b = right;

    if (a->record.time != b->record.time) {
        return a->record.time > b->record.time ? -1 : 1;
    }
    return a->position > b->position ? -1 : 1;
}

static unsigned count_records(const t2m_recent_copy_t *copy)
{
    t2m_recent_record_t record;
    t2m_text_t line;
    apr_uint64_t position = copy->first;
    unsigned count = 0;

    while (t2m_recent_next(copy, &position, &record, &line)) {
        count++;
    }
    return count;
}

/* The lines of a ring that are asked for, newest first; they borrow the answer's copy of it. */
static unsigned find_lines(t2m_answer_t *answer, int which, line_t **lines)
{
    t2m_recent_copy_t copy;
    unsigned count = 0;
    line_t line;

    if (!t2m_answer_copy(answer, which, &copy)) {
        return 0;
    }
    *lines = apr_palloc(answer->pool, (count_records(&copy) + 1) * sizeof(line_t));
    line.position = copy.first;
    while (t2m_recent_next(&copy, &line.position, &line.record, &line.line)) {
        if (is_wanted(answer, &line.record, line.line)) {
            (*lines)[count++] = line;
        }
    }
    qsort(*lines, count, sizeof(line_t), newest_first);
    answer->matched += count;
    return count;
}

/* Where memory is short, the rest fails too. */
json_t *t2m_answer_parse(t2m_text_t line)
{
    json_t *record = json_loadb(line.data, line.size, JSON_ALLOW_NUL, NULL);

    if (record && !json_is_object(record)) {
        json_decref(record);
        return NULL;
    }
    return record;
}

unsigned t2m_answer_find(t2m_answer_t *answer, int which, t2m_answer_record_t *found)
{
    line_t *lines = NULL;
    unsigned count = find_lines(answer, which, &lines), taken = 0, i;

    for (i = 0; i < count && taken < answer->question->query->limit; i++) {
        json_t *record = t2m_answer_parse(lines[i].line);

        if (!record) {
            answer->unreadable++;
            answer->matched--;
            continue;
        }
        found[taken].time = lines[i].record.time;
        found[taken].stream = which;
        found[taken++].record = record;
    }
    return taken;
}

json_t *t2m_answer_recent(t2m_answer_t *answer, int which)
{
    unsigned limit = answer->question->query->limit;
    t2m_answer_record_t *found = apr_palloc(answer->pool, limit * sizeof(*found));
    unsigned count = t2m_answer_find(answer, which, found), i;
    json_t *array = json_array();

    for (i = 0; i < count; i++) {
        t2m_answer_append(answer, array, found[i].record);
    }
    return array;
}
