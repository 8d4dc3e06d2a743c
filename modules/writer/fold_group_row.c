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

/* The row of one error group: what the entries of a batch say of it. */
#include "writer/fold_internal.h"

#include "core/json.h"
#include "core/member.h"
#include "core/message_pattern.h"
#include "core/utf8.h"

enum {
    MESSAGE = 4096, /* bytes of a message of which the template is made */
    ENDPOINT = 160  /* more than counts of an endpoint */
};

_Static_assert((int)ENDPOINT > (int)T2M_TOP_TEXT, "an endpoint is cut where others are");

/* A run that is being counted. What follows each other and is equal is counted at once. */
typedef struct {
    t2m_group_t *row;
    const t2m_repeat_rule_t *rule;
    apr_int64_t minute;
    apr_uint64_t in_minute;
    t2m_text_t vhost;
    apr_uint64_t of_vhost;
    t2m_text_t endpoint; /* as it stands in the line */
    apr_uint64_t of_endpoint;
    t2m_text_t first, newest; /* lines */
} tally_t;

/* ---- counts ---------------------------------------------------------------------------------- */

static void flush_minute(tally_t *tally)
{
    if (tally->in_minute) {
        t2m_minutes_add(&tally->row->minutes, tally->minute, tally->in_minute);
        t2m_hours_add(&tally->row->hours, tally->minute / 60, tally->in_minute);
    }
    tally->in_minute = 0;
}

static void count_time(tally_t *tally, apr_time_t time, apr_uint64_t n)
{
    t2m_group_t *row = tally->row;
    apr_int64_t minute = apr_time_sec(time) / 60;

    if (minute != tally->minute) {
        flush_minute(tally);
    }
    tally->minute = minute;
    tally->in_minute += n;
    row->first = row->total == 0 || time < row->first ? time : row->first;
    row->last = row->total == 0 || time > row->last ? time : row->last;
    row->total += n;
}

static int same(t2m_text_t a, t2m_text_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ---- where it happened ----------------------------------------------------------------------- */

/* A process that was taken over may give its server any name. */
static int is_text(t2m_text_t text)
{
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return 0;
        }
    }
    return text.size > 0 && t2m_utf8_is_valid(text.data, text.size);
}

static void flush_vhost(tally_t *tally)
{
    if (tally->of_vhost && is_text(tally->vhost)) {
        t2m_top_add(&tally->row->vhosts, tally->vhost, tally->of_vhost);
    }
    tally->of_vhost = 0;
}

static void count_vhost(tally_t *tally, t2m_text_t vhost, apr_uint64_t n)
{
    if (!same(vhost, tally->vhost)) {
        flush_vhost(tally);
    }
    tally->vhost = vhost;
    tally->of_vhost += n;
}

static void flush_endpoint(tally_t *tally)
{
    char text[ENDPOINT];

    if (tally->of_endpoint) {
        t2m_top_add(&tally->row->endpoints,
                    t2m_text_of(text, t2m_member_unescape(tally->endpoint, text, sizeof(text))),
                    tally->of_endpoint);
    }
    tally->of_endpoint = 0;
}

static void count_endpoint(tally_t *tally, t2m_text_t line)
{
    t2m_text_t raw;

    if (t2m_member_find(line, "endpoint", &raw) != T2M_MEMBER_STRING) {
        return;
    }
    if (!same(raw, tally->endpoint)) {
        flush_endpoint(tally);
    }
    tally->endpoint = raw;
    tally->of_endpoint++;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* A command for a group that has just got its row says nothing of it. */
static void set_state(tally_t *tally, const t2m_batch_entry_t *entry)
{
    t2m_group_state_t state;

    if (tally->row->total == 0 || entry->name.size != T2M_FINGERPRINT_SIZE + sizeof(state)) {
        return;
    }
    memcpy(&state, entry->name.data + T2M_FINGERPRINT_SIZE, sizeof(state));
    if (state.state >= T2M_GROUP_STATES) {
        return;
    }
    state.since = state.since ? state.since : entry->record.time;
    tally->row->state = state;
}

static void count_repeats(tally_t *tally, const t2m_suppressed_t *suppressed, apr_uint64_t n)
{
    t2m_group_t *row = tally->row;

    t2m_repeat_add(&row->repeat, n, suppressed->last);
    t2m_distinct_merge(&row->clients, &suppressed->clients);
    count_vhost(tally, t2m_text_of(suppressed->vhost, suppressed->vhost_size), n);
    t2m_top_add(&row->endpoints,
                t2m_text_of(suppressed->endpoint, suppressed->endpoint_size), n);
}

static void count_record(tally_t *tally, const t2m_batch_entry_t *entry)
{
    t2m_group_t *row = tally->row;

    (void)t2m_repeat_count(&row->repeat, tally->rule, entry->kind != T2M_BATCH_HELD,
                           entry->record.time);
    if (entry->record.value) {
        t2m_distinct_add(&row->clients, entry->record.value);
    }
    count_vhost(tally, t2m_text_of(entry->name.data + T2M_FINGERPRINT_SIZE,
                                   entry->name.size - T2M_FINGERPRINT_SIZE), 1);
    count_endpoint(tally, entry->line.size ? entry->line : entry->held);
    if (entry->line.size) {
        tally->first = tally->first.size ? tally->first : entry->line;
        tally->newest = entry->line;
    }
}

static void add_entry(tally_t *tally, const t2m_batch_entry_t *entry)
{
    apr_uint64_t n = t2m_fold_occurrences(entry);
    t2m_group_t *row = tally->row;

    if (n == 0) {
        set_state(tally, entry);
        return;
    }
    t2m_group_state_occur(&row->state, n, entry->record.time);
    count_time(tally, entry->record.time, n);
    row->level = entry->record.level;
    row->weight += n;
    if (entry->kind == T2M_BATCH_REPEATS) {
        count_repeats(tally, entry->suppressed, n);
    } else {
        count_record(tally, entry);
    }
}

/* ---- texts ----------------------------------------------------------------------------------- */

static apr_uint16_t keep(char *out, apr_size_t room, t2m_text_t raw)
{
    return (apr_uint16_t)t2m_member_unescape(raw, out, room);
}

/* Without an exception in the line the last one's type stays. */
static void keep_texts(t2m_group_t *row, t2m_text_t line)
{
    static const char *const names[] = { "logger", "message", "endpoint", "request_id",
                                         "exception" };
    t2m_text_t values[5], type;

    (void)t2m_member_scan(line, names, 5, values, NULL);
    row->logger_size = keep(row->logger, sizeof(row->logger), values[0]);
    row->message_size = keep(row->message, sizeof(row->message), values[1]);
    row->endpoint_size = keep(row->endpoint, sizeof(row->endpoint), values[2]);
    row->request_id_size = keep(row->request_id, sizeof(row->request_id), values[3]);
    if (t2m_member_find(values[4], "type", &type) == T2M_MEMBER_STRING) {
        row->type_size = keep(row->type, sizeof(row->type), type);
    }
}

/* What stays of a pattern that is too long ends with a whole character. */
static void keep_template(t2m_group_t *row, t2m_text_t raw)
{
    char message[MESSAGE], pattern[T2M_MESSAGE_PATTERN_MAX];
    apr_size_t size = t2m_member_unescape(raw, message, sizeof(message));

    size = t2m_message_pattern(t2m_text_of(message, size), pattern);
    if (size > sizeof(row->template)) {
        size = t2m_utf8_boundary(pattern, size, sizeof(row->template));
    }
    memcpy(row->template, pattern, size);
    row->template_size = (apr_uint16_t)size;
}

/* What is made of the first line alone: no line has been here as long as there is no template. */
static void keep_origin(t2m_group_t *row, t2m_text_t line)
{
    static const char *const names[] = { "message", "release" };
    t2m_text_t values[2];

    if (row->template_size) {
        return;
    }
    (void)t2m_member_scan(line, names, 2, values, NULL);
    keep_template(row, values[0]);
    if (row->release_size == 0) {
        row->release_size = keep(row->release, sizeof(row->release), values[1]);
    }
}

/* ---------------------------------------------------------------------------------------------- */

void t2m_fold_group_add(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                        t2m_group_t *row)
{
    tally_t tally = { .row = row, .rule = groups->rule };
    t2m_batch_entry_t entry;

    for (; first < end; first++) {
        if (t2m_batch_entry(groups->batch, groups->fold->items[first].entry, &entry)) {
            add_entry(&tally, &entry);
        }
    }
    flush_minute(&tally);
    flush_vhost(&tally);
    flush_endpoint(&tally);
    if (tally.newest.size) {
        keep_origin(row, tally.first);
        keep_texts(row, tally.newest);
    }
}

void t2m_fold_group_rest(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                         t2m_group_t *rest)
{
    tally_t tally = { .row = rest };
    t2m_batch_entry_t entry;

    for (; first < end; first++) {
        if (t2m_batch_entry(groups->batch, groups->fold->items[first].entry, &entry)
            && t2m_fold_occurrences(&entry)) {
            count_time(&tally, entry.record.time, t2m_fold_occurrences(&entry));
            rest->level = entry.record.level;
        }
    }
    flush_minute(&tally);
}
