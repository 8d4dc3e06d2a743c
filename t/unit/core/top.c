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
/* Tests modules/core/top.c. */
#include "core/top.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void count(t2m_top_t *top, const char *text, apr_uint64_t n)
{
    t2m_top_add(top, t2m_text(text), n);
}

static void is_listed(const t2m_top_t *top, const char *want, const char *name)
{
    const t2m_top_counter_t *list[T2M_TOP_SHOWN];
    unsigned found = t2m_top_list(top, list), i;
    char text[1024] = "", *at = text;

    for (i = 0; i < found; i++) {
        at += snprintf(at, 200, "%.*s=%d-%d ", (int)list[i]->size, list[i]->text,
                       (int)list[i]->count, (int)list[i]->error);
    }
    is_bytes(text, strlen(text), want, name);
}

static void few(void)
{
    static const t2m_top_t none;
    t2m_top_t top;

    memset(&top, 0, sizeof(top));
    is_listed(&top, "", "nothing");
    count(&top, "", 5);
    count(&top, "x", 0);
    ok(memcmp(&top, &none, sizeof(top)) == 0, "an empty text and none are nothing");
    count(&top, "b", 2);
    count(&top, "a", 2);
    count(&top, "c", 1);
    count(&top, "c", 4);
    is_listed(&top, "c=5-0 a=2-0 b=2-0 ", "the most frequent first, ties by their texts");
    count(&top, "d", 1);
    count(&top, "e", 1);
    count(&top, "f", 1);
    is_listed(&top, "c=5-0 a=2-0 b=2-0 d=1-0 e=1-0 ", "five of them");
}

static void many(void)
{
    t2m_top_t top;
    char text[16];
    int i;

    memset(&top, 0, sizeof(top));
    for (i = 0; i < 8; i++) {
        snprintf(text, sizeof(text), "t%d", i);
        count(&top, text, 10 + (apr_uint64_t)i);
    }
    count(&top, "new", 3);
    is_listed(&top, "t7=17-0 t6=16-0 t5=15-0 t4=14-0 new=13-10 ",
              "a new one has the place and the count of the least");
    memset(&top, 0, sizeof(top));
    for (i = 0; i < 8; i++) {
        snprintf(text, sizeof(text), "b%czzz", i ? '0' + i : 'z');
        count(&top, text, i ? 9 : 1);
    }
    count(&top, "b", 8);
    is_listed(&top, "b=9-1 b1zzz=9-0 b2zzz=9-0 b3zzz=9-0 b4zzz=9-0 ", "and nothing of its text");
}

/* Skewed: the first few of a thousand texts are most of the stream. */
static unsigned pick(apr_uint64_t *random)
{
    unsigned heavy;

    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    heavy = (unsigned)(*random >> 62);
    return heavy ? heavy : 4 + (unsigned)(*random >> 33) % 996;
}

/* What Space-Saving promises of n occurrences: no count is too low, none too high by more than its
 * error, all counts are n, no error is over n / counters, and whatever is more than that is there.
 */
static int is_kept(const t2m_top_t *top, const unsigned *truth, apr_uint64_t n)
{
    apr_uint64_t sum = 0;
    unsigned i, wrong = 0, heavy = 0, found = 0;

    for (i = 0; i < T2M_TOP_COUNTERS; i++) {
        const t2m_top_counter_t *counter = &top->counters[i];
        char text[8] = "";
        unsigned which;

        memcpy(text, counter->text, counter->size);
        which = (unsigned)strtoul(text, NULL, 10);
        wrong += truth[which] > counter->count || counter->count - counter->error > truth[which]
                 || counter->error > n / T2M_TOP_COUNTERS;
        found += truth[which] > n / T2M_TOP_COUNTERS;
        sum += counter->count;
    }
    for (i = 0; i < 1000; i++) {
        heavy += truth[i] > n / T2M_TOP_COUNTERS;
    }
    return wrong == 0 && sum == n && found == heavy;
}

static void guarantees(void)
{
    static unsigned truth[1000];
    const t2m_top_counter_t *list[T2M_TOP_SHOWN];
    t2m_top_t top;
    apr_uint64_t random = 99, n = 0;
    unsigned i, wrong = 0;

    memset(&top, 0, sizeof(top));
    for (i = 0; i < 20000; i++) {
        unsigned which = pick(&random), times = 1 + i % 3;
        char text[8];

        snprintf(text, sizeof(text), "%u", which);
        count(&top, text, times);
        truth[which] += times;
        n += times;
        wrong += i >= T2M_TOP_COUNTERS && !is_kept(&top, truth, n);
    }
    is_number(wrong, 0, "at every time counts are within bounds and none heavy is missing");
    is_number(t2m_top_list(&top, list), T2M_TOP_SHOWN, "five are listed");
    ok(list[0]->text[0] < '4' && list[1]->text[0] < '4' && list[2]->text[0] < '4'
       && list[0]->size == 1 && list[1]->size == 1 && list[2]->size == 1,
       "the three heavy ones before all others");
}

static void edges(void)
{
    const t2m_top_counter_t *list[T2M_TOP_SHOWN];
    char text[200];
    t2m_top_t top;

    memset(&top, 0, sizeof(top));
    memset(text, 'x', sizeof(text));
    memcpy(text + T2M_TOP_TEXT - 1, "\xc3\xa9", 2);
    t2m_top_add(&top, t2m_text_of(text, sizeof(text)), 1);
    t2m_top_add(&top, t2m_text_of(text, T2M_TOP_TEXT - 1), 1);
    is_number(t2m_top_list(&top, list), 1, "a long one is cut");
    is_number(list[0]->size, T2M_TOP_TEXT - 1, "at a character");
    top.counters[0].size = 60000;
    is_number(t2m_top_list(&top, list), 0, "a size that is none is not believed");
    top.counters[0].size = 0;
    is_number(t2m_top_list(&top, list), 0, "nor one of nothing");
    top.counters[0].size = 1;
    top.counters[0].count = 0;
    is_number(t2m_top_list(&top, list), 0, "nor what was never counted");
}

int main(void)
{
    few();
    many();
    guarantees();
    edges();
    return tap_done();
}
