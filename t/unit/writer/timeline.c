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

/* Tests modules/writer/timeline.c. */
#include "writer/timeline.h"

#include "tap.h"
#include "writer/folder.h"

static t2m_history_t *histories[3];
static char text[1024];

static void open_all(void)
{
    static const char *const names[] = { "a", "b", "c" };
    char path[256];
    int i;

    for (i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder_path, names[i]);
        if (t2m_history_open(path, NULL, NULL, &histories[i]) != APR_SUCCESS) {
            abort();
        }
    }
}

static void close_all(void)
{
    int i;

    for (i = 0; i < 3; i++) {
        t2m_history_close(histories[i]);
    }
}

static int is_odd(const void *context, const t2m_timeline_line_t *line)
{
    const char *name = context;

    return memmem(line->line.bytes, line->line.size, name, strlen(name)) != NULL;
}

static void gives(t2m_timeline_filter_t *filter, const char *want, const char *what)
{
    t2m_timeline_t *timeline;
    t2m_timeline_line_t line;
    size_t at = 0;

    open_all();
    timeline = t2m_timeline_make(histories, 3, filter, "odd");
    *text = '\0';
    while (t2m_timeline_next(timeline, &line)) {
        const char *name = memchr(line.line.bytes, '#', line.line.size);

        at += (size_t)snprintf(text + at, sizeof(text) - at, "%u:%.2s@%lld ", line.file,
                               name ? name + 1 : "??", (long long)apr_time_sec(line.time));
    }
    ok(!t2m_timeline_next(timeline, &line), "the end stays the end");
    is_bytes(text, strlen(text), want, what);
    t2m_timeline_free(timeline);
    close_all();
}

static void put(const char *name, const char *content)
{
    folder_put(name, content, strlen(content));
}

/* Lines that have "odd", up to a moment; *taken: what was read for them. */
static void finds(apr_time_t until, const char *want, const char *what)
{
    t2m_timeline_t *timeline;
    t2m_timeline_line_t line;
    size_t at = 0;
    int i;

    open_all();
    for (i = 0; i < 3; i++) {
        (void)t2m_history_since(histories[i], 0);
    }
    timeline = t2m_timeline_make(histories, 3, is_odd, "#");
    t2m_timeline_search(timeline, "odd", 3);
    t2m_timeline_until(timeline, until);
    *text = '\0';
    while (t2m_timeline_next(timeline, &line)) {
        const char *name = memchr(line.line.bytes, '#', line.line.size);

        at += (size_t)snprintf(text + at, sizeof(text) - at, "%u:%.2s@%lld ", line.file, name + 1,
                               (long long)apr_time_sec(line.time));
    }
    ok(!t2m_timeline_next(timeline, &line), "the end stays the end");
    is_bytes(text, strlen(text), want, what);
    t2m_timeline_free(timeline);
    close_all();
}

static void searches(void)
{
    put("a.2", "{\"timestamp\":\"1970-01-01T00:00:01.000Z\",\"m\":\"#a1 odd\"}\n");
    put("a.1", "{\"timestamp\":\"1970-01-01T00:00:03.000Z\",\"m\":\"#a2\"}\n"
               "{\"timestamp\":\"1970-01-01T00:00:05.000Z\",\"m\":\"#a3 odd\"}\n");
    put("a", "{\"timestamp\":\"1970-01-01T00:00:09.000Z\",\"m\":\"#a4 odd\"}\n");
    put("b", "{\"timestamp\":\"1970-01-01T00:00:02.000Z\",\"m\":\"#b1 odd\"}\n"
             "{\"timestamp\":\"1970-01-01T00:00:02.000Z\",\"m\":\"b odd\"}\n"
             "{\"timestamp\":\"1970-01-01T00:00:04.000Z\",\"m\":\"#b2 odd\"}\n"
             "{\"timestamp\":\"1970-01-01T00:00:05.000Z\",\"m\":\"#b3 odd\"}\n");
    finds(APR_INT64_MAX, "0:a1@1 1:b1@2 1:b2@4 0:a3@5 1:b3@5 0:a4@9 ",
          "those that have the bytes and are wanted, in the order of time");
    finds(apr_time_from_sec(6), "0:a1@1 1:b1@2 1:b2@4 0:a3@5 1:b3@5 ", "no file that begins later");
    finds(apr_time_from_sec(2), "0:a1@1 1:b1@2 1:b2@4 ",
          "none that does, and within a file not on from there");
    folder_empty();
}

int main(void)
{
    folder_make();
    searches();
    put("a.1", "{\"timestamp\":\"1970-01-01T00:00:01.000Z\",\"m\":\"#a1 odd\"}\n");
    put("a", "{\"timestamp\":\"1970-01-01T00:00:04.000Z\",\"m\":\"#a2\"}\n"
             "{\"timestamp\":\"nonsense\",\"m\":\"#a3 odd\"}\n"
             "{\"timestamp\":\"1970-01-01T00:00:02.000Z\",\"m\":\"#a4\"}\n");
    put("b", "no JSON #b1 odd\n"
             "{\"timestamp\":\"1970-01-01T00:00:03.000Z\",\"m\":\"#b2\"}\n"
             "{\"timestamp\":\"1970-01-01T00:00:04.000Z\",\"m\":\"#b3 odd\"}\n");
    gives(NULL, "1:b1@0 0:a1@1 1:b2@3 0:a2@4 0:a3@4 0:a4@2 1:b3@4 ",
          "in the order of time, and within a file in its own");
    gives(is_odd, "1:b1@0 0:a1@1 0:a3@4 1:b3@4 ",
          "those that are wanted; the time of others counts");
    folder_empty();
    gives(NULL, "", "nothing");
    folder_remove();
    return tap_done();
}
