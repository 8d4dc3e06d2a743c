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

/* Tests modules/writer/chores_disk.c. */
#include "writer/chores_internal.h"

#include "core/shed.h"
#include "writer/chores_world.h"

static void give(t2m_limit_t *limit, t2m_limit_unit_e unit, apr_uint64_t value)
{
    limit->unit = (unsigned char)unit;
    limit->value = value;
}

static void space(void)
{
    apr_uint64_t size, free_bytes, before = drain.board.header->notice_count;

    t2m_chores_space(chores);
    (void)t2m_chores_exchange(chores, &drain);
    size = drain.board.header->disk_size;
    free_bytes = drain.board.header->disk_free;
    ok(size > 0 && free_bytes > 0 && free_bytes <= size, "the file system's size and what is free");
    is_number(drain.board.header->shed, 0, "no limit: nothing is shed");
    give(&settings->min_free, T2M_LIMIT_BYTES, free_bytes + free_bytes / 6);
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_space(chores);
    (void)t2m_chores_exchange(chores, &drain);
    is_number(drain.board.header->shed, 1 << T2M_STREAM_PERFORMANCE, "a little under it");
    is_number((long)(drain.board.header->notice_count - before), 1, "is told");
    ok(strstr(chores_notice(), "T2M0211") && strstr(chores_notice(), "performance"), "by name");
    give(&settings->min_free, T2M_LIMIT_PERCENT, 100);
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_space(chores);
    (void)t2m_chores_exchange(chores, &drain);
    ok(drain.board.header->shed & 1 << T2M_STREAM_PERFORMANCE, "a part of the file system");
    give(&settings->min_free, T2M_LIMIT_NONE, 0);
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_space(chores);
    (void)t2m_chores_exchange(chores, &drain);
    is_number(drain.board.header->shed, 0, "none any more");
    ok(strstr(chores_notice(), "T2M0212") != NULL, "is told too");
    before = drain.board.header->notice_count;
    t2m_chores_space(chores);
    (void)t2m_chores_exchange(chores, &drain);
    is_number((long)(drain.board.header->notice_count - before), 0, "nothing new: nothing told");
}

static void put_numbered(const char *base, int from, int to, size_t size)
{
    static char bytes[65536];
    char name[64];
    int i;

    for (i = from; i <= to; i++) {
        (void)snprintf(name, sizeof(name), "%s.%d", base, i);
        folder_put(name, bytes, size);
    }
}

static int numbered(const char *base, int to)
{
    char name[64];
    int i, found = 0;

    for (i = 1; i <= to; i++) {
        (void)snprintf(name, sizeof(name), "%s.%d", base, i);
        found += folder_has(name);
    }
    return found;
}

static void total(void)
{
    apr_int64_t clock = 1000000000;

    put_numbered("performance.log", 1, 3, 10000);
    put_numbered("access.log", 1, 3, 10000);
    put_numbered("errors.log", 1, 3, 10000);
    put_numbered("foreign.log", 1, 3, 60000);
    give(&settings->max_total, T2M_LIMIT_BYTES, 100000);
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_disk(chores, CHORES_NOW, clock);
    (void)t2m_chores_exchange(chores, &drain);
    is_number((long)drain.board.header->logs_size, 90000, "all files together; not foreign ones");
    give(&settings->max_total, T2M_LIMIT_BYTES, 45000);
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_disk(chores, CHORES_NOW, clock + 1000000);
    is_number(numbered("performance.log", 3), 3, "not looked at again so soon");
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_disk(chores, CHORES_NOW, clock + 11000000);
    (void)t2m_chores_exchange(chores, &drain);
    is_number(numbered("performance.log", 3), 0, "over the total: performance first");
    is_number(numbered("access.log", 3), 1, "then access");
    is_number(numbered("errors.log", 3), 3, "errors stay");
    is_number(numbered("foreign.log", 3), 3, "foreign files too");
    is_number((long)drain.board.header->logs_size, 40000, "the sum afterwards");
    is_number((long)drain.board.header->deleted, 5, "deletions are counted");
    ok(strstr(chores_notice(), "T2M0209") != NULL, "and told");
    give(&settings->max_total, T2M_LIMIT_NONE, 0);
}

static void keeps(void)
{
    folder_empty();
    put_numbered("access.log", 1, 6, 100);
    settings->files[T2M_STREAM_ACCESS].rotation.keep = 4;
    settings->files[T2M_STREAM_ACCESS].rotation.compression = T2M_COMPRESSION_GZIP;
    chores_publish();
    drain.board.files[T2M_STREAM_ACCESS].rotations++;
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_disk(chores, CHORES_NOW, 1012000000);
    is_number(numbered("access.log", 6) + folder_has("access.log.4.gz"), 4,
              "after a rotation at once: what is more than keep goes");
    ok(folder_has("access.log.4.gz") && chores->retain_again, "one is packed, more to be");
    t2m_chores_disk(chores, CHORES_NOW, 1012100000);
    t2m_chores_disk(chores, CHORES_NOW, 1012200000);
    ok(folder_has("access.log.1") && folder_has("access.log.2.gz") && folder_has("access.log.3.gz"),
       "one by one, without waiting; .1 stays as it is");
    (void)t2m_chores_exchange(chores, &drain);
    is_number((long)drain.board.header->compressed, 3, "which is counted");
}

static void stops(void)
{
    folder_empty();
    put_numbered("access.log", 1, 9, 100);
    chores->stop = 1;
    t2m_chores_disk(chores, CHORES_NOW, 1100000000);
    is_number(numbered("access.log", 9), 9, "told to stop: nothing more is done");
    chores->stop = 0;
}

/* While a large file is packed the others are looked after. */
static void meanwhile(void)
{
    apr_uint64_t news;

    folder_empty();
    t2m_sink_close(&drain.sinks[T2M_STREAM_APP]);
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)t2m_chores_exchange(chores, &drain);
    (void)unlinkat(folder, "talk2me.log", 0);
    put_numbered("access.log", 1, 3, 60000);
    chores->last_files = 0;
    t2m_chores_disk(chores, CHORES_NOW, 1200000000);
    news = chores->shared.moved[T2M_STREAM_APP];
    ok(news != 0, "a file that is moved while another is packed is noticed");
}

int main(void)
{
    chores_make();
    chores_idle();
    space();
    total();
    keeps();
    stops();
    meanwhile();
    folder_remove();
    return tap_done();
}
