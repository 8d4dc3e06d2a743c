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

/* A board and a request in miniature, for the unit tests of the answers. httpd's and the
 * configuration's few functions are stood in for below. */
#ifndef T2M_UNIT_ANSWER_WORLD_H
#define T2M_UNIT_ANSWER_WORLD_H

#include <apr_general.h>
#include <apr_strings.h>
#include <http_main.h>

#include "shared/world.h"
#include "server/answer_records.h"
#include "server/config.h"
#include "shared/recent.h"
#include "tap.h"

enum { NOW_SECONDS = 1705320000 }; /* 2024-01-15T12:00:00Z */

#define NOW apr_time_from_sec(NOW_SECONDS)

server_rec *ap_server_conf;

/* One server with all streams but the last, and a virtual host that shares its files and has an
 * access log of its own. */
static server_rec site_servers[2];
static t2m_server_config_t site_configs[2];

t2m_server_config_t *t2m_config_server(const server_rec *server)
{
    return &site_configs[server - site_servers];
}

int t2m_config_enabled(const server_rec *server)
{
    return site_configs[server - site_servers].enabled;
}

typedef struct {
    world_t memory;
    t2m_board_t board;
    apr_pool_t *pool;
    request_rec request;
    t2m_query_t query;
    t2m_question_t question;
    apr_uint64_t batch;
} site_t;

__attribute__((unused)) static void site_configure(void)
{
    int stream, i;

    for (i = 0; i < 2; i++) {
        site_configs[i].enabled = 1;
        for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
            site_configs[i].file_id[stream] = (apr_uint16_t)stream;
            site_configs[i].path[stream] = t2m_stream_file((t2m_stream_e)stream);
        }
        site_configs[i].path[T2M_STREAM_PERFORMANCE] = NULL;
        site_configs[i].file_id[T2M_STREAM_PERFORMANCE] = T2M_FILE_NONE;
    }
    site_configs[1].file_id[T2M_STREAM_ACCESS] = 7;
    site_configs[1].path[T2M_STREAM_ACCESS] = "shop\"\x1b.log";
    site_servers[0].next = &site_servers[1];
    ap_server_conf = site_servers;
}

__attribute__((unused)) static void site_make(site_t *site)
{
    memset(site, 0, sizeof(*site));
    world_make(&site->memory, 2);
    if (apr_pool_create(&site->pool, NULL) != APR_SUCCESS
        || t2m_board_attach(&site->board, site->memory.board_fd, &site->memory.geometry, 1, 1)
               != APR_SUCCESS) {
        abort();
    }
    site->request.pool = site->pool;
    site->request.uri = apr_pstrdup(site->pool, "/admin/logs/");
    site->question.request = &site->request;
    site->question.board = &site->board;
    site->question.query = &site->query;
    site->question.now = NOW;
    site_configure();
}

__attribute__((unused)) static void site_end(site_t *site)
{
    t2m_board_detach(&site->board);
    apr_pool_destroy(site->pool);
    t2m_memory_unmap(site->memory.board_memory, site->board.map.size);
}

/* Takes a query that may have any parameter; aborts when it is refused. */
__attribute__((unused)) static void site_query(site_t *site, const char *text)
{
    t2m_query_error_t error;

    if (!t2m_query_parse(t2m_text(text), ~0U, NOW, &site->query, &error)) {
        abort();
    }
}

__attribute__((unused)) static json_t *site_ask(site_t *site, t2m_answer_f *answer,
                                                const char *query)
{
    site_query(site, query);
    return answer(&site->question);
}

/* Puts a line into a ring, seconds before now. */
__attribute__((unused)) static void site_line(site_t *site, int which, t2m_level_e level,
                                              int seconds, const char *line)
{
    t2m_recent_record_t record = { (apr_uint32_t)strlen(line), (unsigned char)which,
                                   (unsigned char)level, 0, NOW - apr_time_from_sec(seconds) };
    t2m_recent_cursor_t cursor;

    t2m_recent_begin(&site->board, which, &cursor);
    t2m_recent_add(&site->board, &cursor, &record, line);
    t2m_recent_publish(&site->board, &cursor, ++site->batch);
}

/* Puts a metric into a row, with durations of from, from + step ... microseconds. */
__attribute__((unused)) static t2m_metric_t *site_metric(site_t *site, int row, const char *name,
                                                         unsigned count, unsigned from,
                                                         unsigned step)
{
    t2m_metric_t *metric = &site->board.tables->metrics[row];
    unsigned i;

    metric->name_size = (apr_uint32_t)strlen(name);
    memcpy(metric->name, name, strlen(name));
    metric->last = NOW;
    metric->min = from;
    metric->max = from + (count - 1) * (apr_uint64_t)step;
    metric->sums.count = count;
    metric->sums.status[2] = count;
    for (i = 0; i < count; i++) {
        metric->sums.sum += from + i * step;
        metric->sums.classic[t2m_classic_index(from + i * step)]++;
        t2m_histogram_add(&metric->histogram, from + i * step);
    }
    return metric;
}

/* Puts a group of errors into a row: so many now, and as many two hours ago. */
__attribute__((unused)) static t2m_group_t *site_group(site_t *site, int row, const char *id,
                                                       const char *message, unsigned count)
{
    t2m_group_t *group = &site->board.tables->groups[row];

    group->used = 1;
    memcpy(group->id, id, sizeof(group->id));
    group->level = T2M_LEVEL_ERROR;
    group->first = NOW - apr_time_from_sec(7200);
    group->last = NOW - apr_time_from_sec(row);
    group->total = 2 * (apr_uint64_t)count;
    t2m_minutes_add(&group->minutes, NOW_SECONDS / 60 - 120, count);
    t2m_minutes_add(&group->minutes, NOW_SECONDS / 60, count);
    group->logger_size = 7;
    memcpy(group->logger, "talk2me", 7);
    group->type_size = 7;
    memcpy(group->type, "AH01215", 7);
    group->message_size = (apr_uint16_t)strlen(message);
    memcpy(group->message, message, strlen(message));
    group->endpoint_size = 7;
    memcpy(group->endpoint, "GET /:n", 7);
    group->request_id_size = 9;
    memcpy(group->request_id, "request-1", 9);
    return group;
}

__attribute__((unused)) static void site_event(site_t *site, int row, const char *name,
                                               unsigned count)
{
    t2m_event_t *event = &site->board.tables->events[row];

    event->name_size = (apr_uint32_t)strlen(name);
    memcpy(event->name, name, strlen(name));
    event->count = count;
}

/* A row as it is while the writer changes it. */
__attribute__((unused)) static void site_busy(void *row)
{
    ((t2m_row_t *)row)->sequence |= 1;
}

/* The value at a path such as `a.b.0.c`; NULL when there is none. */
__attribute__((unused)) static const json_t *at(const json_t *value, const char *path)
{
    char name[80];

    while (value && *path) {
        apr_size_t size = strcspn(path, ".");

        apr_cpystrn(name, path, size + 1);
        value = json_is_array(value) ? json_array_get(value, (apr_size_t)atoi(name))
                                     : json_object_get(value, name);
        path += path[size] ? size + 1 : size;
    }
    return value;
}

__attribute__((unused)) static int is_at(const json_t *value, const char *path,
                                         const char *want, const char *name)
{
    char *dumped = json_dumps(at(value, path), JSON_ENCODE_ANY | JSON_COMPACT
                                                   | JSON_REAL_PRECISION(15));
    const char *got = dumped ? dumped : "(none)";
    int same = is_bytes(got, strlen(got), want, name);

    free(dumped);
    return same;
}

/* The members of an object or the values of a member in an array of objects, joined by blanks. */
__attribute__((unused)) static const char *names(site_t *site, const json_t *value,
                                                 const char *member)
{
    const char *joined = "", *name;
    json_t *list = (json_t *)(apr_uintptr_t)value, *item;
    apr_size_t i;

    json_array_foreach(list, i, item) {
        name = json_string_value(json_object_get(item, member));
        joined = apr_pstrcat(site->pool, joined, i ? " " : "", name ? name : "?", NULL);
    }
    json_object_foreach(list, name, item) {
        joined = apr_pstrcat(site->pool, joined, *joined ? " " : "", name, NULL);
    }
    return joined;
}

__attribute__((unused)) static int is_names(site_t *site, const json_t *value,
                                            const char *member, const char *want,
                                            const char *name)
{
    const char *got = names(site, value, member);

    return is_bytes(got, strlen(got), want, name);
}

#endif
