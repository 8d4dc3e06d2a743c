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

/* Tests modules/writer/fold_samples.c. */
#include "writer/fold_group_world.h"

#define GROUP "aaaaaaaaaaaa"

static int is_kept(const char *id, int which, const char *want)
{
    const t2m_sample_t *sample = group_sample(id, which);

    return memcmp(sample->id, id, sizeof(sample->id)) == 0 && sample->size == strlen(want)
        && memcmp(sample->line, want, sample->size) == 0;
}

/* A line with so many bytes in the file, seq and all, where seq has that many digits. */
static const char *line_of(apr_size_t size, apr_size_t digits)
{
    static char line[16384];
    apr_size_t end = size - strlen(",\"seq\":}") - digits;

    memset(line, 'x', end);
    memcpy(line, "{\"a\":\"", 6);
    line[end - 1] = '"';
    line[end] = '\0';
    return line;
}

static void keeps(void)
{
    group_push(GROUP, NULL, FOLD_START);
    fold_all();
    is_number(group_sample(GROUP, T2M_SAMPLE_FIRST)->size, 0, "no line, no sample");
    group_push(GROUP, "{\"a\":1", FOLD_START);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_FIRST, "{\"a\":1,\"seq\":1}")
       && is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":1,\"seq\":1}"), "one line is first and last");
    group_push(GROUP, "{\"a\":2", FOLD_START + 1);
    group_push(GROUP, "{\"a\":3", FOLD_START + 2);
    group_push(GROUP, NULL, FOLD_START + 3);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_FIRST, "{\"a\":1,\"seq\":1}"), "the first stays");
    ok(is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":3,\"seq\":2}"), "the last is the newest line");
    is_number((long)group_sample(GROUP, T2M_SAMPLE_LAST)->row.batch, (long)number,
              "under the batch's number");
    is_number((long)group_sample(GROUP, T2M_SAMPLE_LAST)->row.sequence, 4,
              "of a batch there is one");
    (void)fold_once(1, 0);
    is_number((long)group_sample(GROUP, T2M_SAMPLE_LAST)->row.sequence, 4,
              "also when it is done again");
    group_push(GROUP, NULL, FOLD_START + 4);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":3,\"seq\":2}"), "without a line it stays too");
}

static void lengths(void)
{
    const apr_size_t most = sizeof(((t2m_sample_t *)0)->line);
    t2m_sample_t *last = group_sample(GROUP, T2M_SAMPLE_LAST);

    group_push(GROUP, line_of(most + 1, 1), FOLD_START);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":3,\"seq\":2}"), "a line too long is not kept");
    group_push(GROUP, "{\"a\":4", FOLD_START);
    group_push(GROUP, line_of(most + 1, 1), FOLD_START + 1);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":4,\"seq\":1}"), "the newest that is not is");
    group_push(GROUP, line_of(most, 1), FOLD_START);
    fold_all();
    ok(last->size == most && last->line[most - 1] == '}', "one that just fits is");
    memset(last->line + 100, '!', most - 100);
    group_push(GROUP, "{\"a\":5", FOLD_START);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_LAST, "{\"a\":5,\"seq\":1}") && last->line[100] == '!'
       && last->line[most - 1] == '!',
       "of a shorter one nothing is written behind its end");
    group_push("bbbbbbbbbbbb", line_of(most + 1, 1), FOLD_START);
    fold_all();
    ok(group_sample("bbbbbbbbbbbb", T2M_SAMPLE_FIRST)->size == 0, "none that fits: none");
    group_push("bbbbbbbbbbbb", "{\"a\":6", FOLD_START);
    fold_all();
    ok(is_kept("bbbbbbbbbbbb", T2M_SAMPLE_FIRST, "{\"a\":6,\"seq\":1}"), "the first that does");
}

/* The place was another group's. */
static void others(void)
{
    t2m_sample_t *first = group_sample(GROUP, T2M_SAMPLE_FIRST);

    memset(first->id, 'f', sizeof(first->id));
    group_push(GROUP, "{\"a\":7", FOLD_START);
    fold_all();
    ok(is_kept(GROUP, T2M_SAMPLE_FIRST, "{\"a\":7,\"seq\":1}"), "another group's gives way");
}

static void killed(void)
{
    group_push(GROUP, "{\"a\":8", FOLD_START);
    group_push("cccccccccccc", "{\"a\":9", FOLD_START);
    group_push("cccccccccccc", "{\"a\":10", FOLD_START + 1);
    group_push("dddddddddddd", NULL, FOLD_START);
    group_push("eeeeeeeeeeee", line_of(6000, 1), FOLD_START);
    group_killed_anywhere("samples");
    ok(is_kept("cccccccccccc", T2M_SAMPLE_FIRST, "{\"a\":9,\"seq\":2}")
       && is_kept("cccccccccccc", T2M_SAMPLE_LAST, "{\"a\":10,\"seq\":3}"), "as they should be");
}

int main(void)
{
    fold_make();
    keeps();
    lengths();
    others();
    killed();
    return tap_done();
}
