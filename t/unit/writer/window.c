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

/* Tests modules/writer/window.c. */
#include "writer/window.h"

#include <stdlib.h>

#include "tap.h"

static char text[1024];
static unsigned long given, out_of_order;
static long last;

static void collect(void *context, const char *bytes, apr_size_t size)
{
    size_t at = strlen(text);

    (void)context;
    (void)snprintf(text + at, sizeof(text) - at, "%.*s,", (int)size, bytes);
}

static void check(void *context, const char *bytes, apr_size_t size)
{
    long number = atol(bytes);

    (void)context;
    (void)size;
    out_of_order += number < last;
    last = number;
    given++;
}

static void count(void *context, const char *bytes, apr_size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    given++;
}

static void small(void)
{
    static const struct {
        apr_time_t time;
        const char *line;
    } lines[] = { { 5, "e" }, { 3, "c" }, { 4, "d1" }, { 1, "a" }, { 4, "d2" }, { 2, "b" },
                  { 4, "d3" }, { 9, "" } };
    t2m_window_t *window = t2m_window_make(collect, NULL);
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void)t2m_window_put(window, lines[i].time, lines[i].line, strlen(lines[i].line));
    }
    ok(*text == '\0', "what fits is kept");
    t2m_window_end(window);
    is_bytes(text, strlen(text), "a,b,c,d1,d2,d3,e,,",
             "and given in order, equal ones as they came");
    t2m_window_end(t2m_window_make(collect, NULL));
    t2m_window_end(NULL);
    ok(1, "an empty one");
}

/* Lines that come at most 1000 places too late are put in order, however many they are. */
static void large(void)
{
    t2m_window_t *window = t2m_window_make(check, NULL);
    char line[32];
    long i;

    given = out_of_order = 0;
    for (i = 0; i < 20000; i++) {
        long place = i / 1000 * 1000 + (i % 1000 * 7 + 3) % 1000;

        (void)snprintf(line, sizeof(line), "%ld", place);
        (void)t2m_window_put(window, place, line, strlen(line) + 1);
    }
    is_number((long long)given, 20000 - T2M_WINDOW_LINES, "no more is kept than there is room for");
    t2m_window_end(window);
    is_number((long long)given, 20000, "none is lost");
    is_number((long long)out_of_order, 0, "all are in order");
}

static void bytes(void)
{
    t2m_window_t *window = t2m_window_make(count, NULL);
    char *line = calloc(1, T2M_WINDOW_BYTES);

    given = 0;
    (void)t2m_window_put(window, 1, line, T2M_WINDOW_BYTES / 2);
    (void)t2m_window_put(window, 2, line, T2M_WINDOW_BYTES / 2);
    is_number((long long)given, 0, "as many bytes as there is room for");
    (void)t2m_window_put(window, 3, line, 1);
    is_number((long long)given, 1, "one more gives the first");
    (void)t2m_window_put(window, 4, line, T2M_WINDOW_BYTES);
    is_number((long long)given, 3, "a large one gives all");
    t2m_window_end(window);
    is_number((long long)given, 4, "none is lost");
    free(line);
}

int main(void)
{
    small();
    large();
    bytes();
    return tap_done();
}
