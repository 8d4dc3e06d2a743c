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

/* Any bytes as a query; the first two choose which parameters are known. What is taken is within
 * its limits, reads the same when written anew, and is refused when any of it comes twice; what is
 * refused is refused with words of our own. */
#include "core/query.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BITS = 12, REWRITTEN_MAX = 3 * T2M_QUERY_SIZE_MAX };

static const apr_time_t now = APR_INT64_C(1705314645123456);
static const apr_time_t end_of_time = APR_INT64_C(253402300799999999);

typedef struct {
    char bytes[REWRITTEN_MAX];
    size_t size;
} buffer_t;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_error(const t2m_query_error_t *error, unsigned allowed)
{
    static const char *const names[] = { "limit",      "since", "until", "level", "endpoint", "id",
                                         "request_id", "event", "q",     "after", "sort",
                                         "state" };
    int own = !error->parameter;
    size_t i;

    for (i = 0; i < BITS; i++) {
        own |= (allowed & 1U << i) && error->parameter && !strcmp(error->parameter, names[i]);
    }
    require(own && error->allowed && strlen(error->allowed) < T2M_QUERY_NAMES_SIZE);
    require(error->parameter || error->allowed == error->names || strchr("an", *error->allowed));
}

static void check_text(const t2m_query_t *query, t2m_text_t text, unsigned bit)
{
    size_t i;

    if (!(query->given & bit)) {
        require(text.size == 0);
        return;
    }
    require(text.size >= 1 && text.size <= T2M_QUERY_VALUE_MAX);
    require(text.data >= (const char *)query);
    require(text.data + text.size <= (const char *)query + sizeof(*query));
    require(t2m_utf8_is_valid(text.data, text.size));
    for (i = 0; i < text.size; i++) {
        require((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
}

static void check_moment(const t2m_query_t *query, apr_time_t moment, unsigned bit)
{
    require(moment >= 0 && moment <= end_of_time);
    require((moment > 0) == !!(query->given & bit));
}

static void check_query(const t2m_query_t *query, unsigned allowed)
{
    require((query->given & ~allowed) == 0);
    require(query->limit >= 1 && query->limit <= T2M_QUERY_LIMIT_MAX);
    require((query->given & T2M_QUERY_LIMIT) || query->limit == T2M_QUERY_LIMIT_DEFAULT);
    require((query->level < T2M_LEVEL_COUNT) == !!(query->given & T2M_QUERY_LEVEL));
    require(query->after <= APR_INT64_MAX);
    require((query->given & T2M_QUERY_AFTER) || query->after == 0);
    require((query->sort != T2M_QUERY_SORT_LATEST) == !!(query->given & T2M_QUERY_SORT));
    require((query->states != 0) == !!(query->given & T2M_QUERY_STATE));
    require((query->states & ~(unsigned)T2M_QUERY_STATES_ALL) == 0);
    check_moment(query, query->since, T2M_QUERY_SINCE);
    check_moment(query, query->until, T2M_QUERY_UNTIL);
    require(!query->until || query->since <= query->until);
    check_text(query, query->endpoint, T2M_QUERY_ENDPOINT);
    check_text(query, query->id, T2M_QUERY_ID);
    check_text(query, query->request_id, T2M_QUERY_REQUEST_ID);
    check_text(query, query->event, T2M_QUERY_EVENT);
    check_text(query, query->q, T2M_QUERY_Q);
    require(!query->id.size || query->id.size == T2M_QUERY_ID_SIZE);
}

static void write_text(buffer_t *buffer, const char *name, t2m_text_t text)
{
    size_t i;

    if (text.size == 0) {
        return;
    }
    buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 32, "&%s=", name);
    for (i = 0; i < text.size; i++) {
        buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 4, "%%%02X",
                                         (unsigned char)text.data[i]);
    }
}

static void write_moment(buffer_t *buffer, const char *name, apr_time_t moment)
{
    if (moment > 0) {
        buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 64, "&%s=%lld.%06lld", name,
                                         (long long)moment / 1000000, (long long)moment % 1000000);
    }
}

static void write_states(buffer_t *buffer, unsigned states)
{
    const char *before = "&state=";
    int state;

    for (state = 0; state <= T2M_GROUP_NEW; state++) {
        if (states & 1U << state) {
            buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 32, "%s%s", before,
                                             t2m_group_state_name((t2m_group_state_e)state));
            before = "%2C";
        }
    }
}

/* In another order, in full, each byte encoded. */
static void rewrite(const t2m_query_t *query, buffer_t *buffer)
{
    static const char *const sorts[] = { "", "new", "rising", "frequent" };

    buffer->size = (size_t)snprintf(buffer->bytes, 64, "after=%llu&limit=%u",
                                    (unsigned long long)query->after, query->limit);
    if (query->given & T2M_QUERY_LEVEL) {
        write_text(buffer, "level", t2m_text(t2m_level_name(query->level)));
    }
    write_moment(buffer, "until", query->until);
    write_moment(buffer, "since", query->since);
    write_text(buffer, "q", query->q);
    write_text(buffer, "event", query->event);
    write_text(buffer, "request_id", query->request_id);
    write_text(buffer, "id", query->id);
    write_text(buffer, "endpoint", query->endpoint);
    if (query->given & T2M_QUERY_SORT) {
        write_text(buffer, "sort", t2m_text(sorts[query->sort]));
    }
    write_states(buffer, query->states);
}

static int same(t2m_text_t left, t2m_text_t right)
{
    return left.size == right.size && (!left.size || !memcmp(left.data, right.data, left.size));
}

static void check_again(const t2m_query_t *query)
{
    static buffer_t buffer;
    static t2m_query_t again;
    t2m_query_error_t error;

    rewrite(query, &buffer);
    if (buffer.size > T2M_QUERY_SIZE_MAX) {
        return;
    }
    require(t2m_query_parse(t2m_text_of(buffer.bytes, buffer.size), ~0U, now, &again, &error));
    require(again.given == (query->given | T2M_QUERY_AFTER | T2M_QUERY_LIMIT));
    require(again.limit == query->limit && again.level == query->level);
    require(again.since == query->since && again.until == query->until);
    require(again.after == query->after && same(again.id, query->id) && same(again.q, query->q));
    require(same(again.endpoint, query->endpoint) && same(again.event, query->event));
    require(same(again.request_id, query->request_id));
    require(again.sort == query->sort && again.states == query->states);
}

/* The same query twice in one. */
static void check_twice(t2m_text_t text, unsigned allowed)
{
    char *twice = malloc(2 * text.size + 1);
    t2m_query_t query;
    t2m_query_error_t error;

    require(twice != NULL);
    memcpy(twice, text.data, text.size);
    twice[text.size] = '&';
    memcpy(twice + text.size + 1, text.data, text.size);
    require(!t2m_query_parse(t2m_text_of(twice, 2 * text.size + 1), allowed, now, &query, &error));
    check_error(&error, allowed);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static t2m_query_t query;
    t2m_query_error_t error;
    unsigned allowed;
    t2m_text_t text;

    if (size < 2) {
        return 0;
    }
    allowed = (data[0] | (unsigned)data[1] << 8) ^ 0xffff; /* zeros know them all */
    text = t2m_text_of((const char *)data + 2, size - 2);
    if (!t2m_query_parse(text, allowed, now, &query, &error)) {
        check_error(&error, allowed);
        return 0;
    }
    require(text.size <= T2M_QUERY_SIZE_MAX);
    check_query(&query, allowed);
    check_again(&query);
    if (text.size > 0) {
        check_twice(text, allowed);
    }
    return 0;
}
