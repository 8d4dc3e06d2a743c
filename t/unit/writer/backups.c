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

/* Tests modules/writer/backups.c on real files; the kills are in rotate.c and compress.c.
 *
 * Shown to fail: without the times compared in find_pair two files of their own are joined.
 */
#include "writer/backups.h"

#include <errno.h>

#include "tap.h"
#include "writer/folder.h"

static t2m_listing_t listing;

static const t2m_backup_t *listed(apr_uint32_t number)
{
    apr_size_t i;

    for (i = 0; i < listing.count && listing.backups[i].number != number; i++) {
    }
    return i < listing.count ? &listing.backups[i] : NULL;
}

static void list(void)
{
    t2m_backups_free(&listing);
    is_number(t2m_backups_list(folder, "a.log", T2M_BACKUPS_MAX, &listing), APR_SUCCESS, "listed");
}

static void lists(void)
{
    folder_put("a.log", "live", 4);
    folder_put("a.log.1", "one", 3);
    folder_put("a.log.12.gz", "twelve", 6);
    folder_put("a.log.2.zst", "", 0);
    folder_put("b.log.1", "other", 5);
    folder_touch("a.log.1", APR_INT64_C(1700000000123456));
    list();
    is_number((long)listing.count, 3, "the backups and nothing else");
    ok(listing.backups[0].number == 12 && listing.backups[0].compression == T2M_COMPRESSION_GZIP
           && listing.backups[0].size == 6, "the highest number first");
    ok(listing.backups[2].mtime == APR_INT64_C(1700000000123456) && listing.backups[2].inode != 0,
       "with time and inode");
    list();
    is_number((long)listing.count, 3, "again: from the start");
    folder_empty();
}

/* What D9 names: nothing of it is ever taken for a backup. */
static void foreign(void)
{
    static const char *const names[] = {
        "a.log.1.bak", "a.log.2~", "a.log.01", "a.log.1\n", "a.log.\n1", "a.log.1000000",
        "a.log.1.gz.tmp", "A.log.1",
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        folder_put(names[i], "x", 1);
    }
    (void)mkdirat(folder, "a.log.3", 0700);
    folder_put("a.log.4", "unreadable", 10);
    (void)fchmodat(folder, "a.log.4", 0, 0);
    (void)symlinkat("a.log.1.bak", folder, "a.log.5");
    (void)mkfifoat(folder, "a.log.6", 0600);
    folder_put("a.log.7", "two names", 9);
    (void)linkat(folder, "a.log.7", folder, "second", 0);
    folder_put("a.log.8", "own", 3);
    if (geteuid() == 0) {
        folder_put("a.log.9", "foreign", 7);
        (void)fchownat(folder, "a.log.9", 12345, 12345, 0);
    }
    list();
    ok(listing.count == 1 && listing.backups[0].number == 8, "only the writer's own file");
    folder_empty();
}

static void put_number(unsigned number, const char *end)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "a.log.%u%s", number, end);
    folder_put(name, "x", 1);
}

static void very_many(void)
{
    unsigned i;

    for (i = 1; i <= 900; i++) {
        put_number(i, "");
        put_number(i, ".bak");
    }
    t2m_backups_free(&listing);
    is_number(t2m_backups_list(folder, "a.log", 100, &listing), APR_SUCCESS, "900 backups");
    is_number((long)listing.count, 100, "100 are listed");
    ok(listing.backups[0].number == 900 && listing.backups[99].number == 801, "the highest");
    ok(listing.rest_count == 800 && listing.rest_size == 800, "the others are counted");
    list();
    ok(listing.count == 900 && listing.rest_count == 0, "or all");
    t2m_backups_free(&listing);
    is_number(t2m_backups_list(folder, "a.log", 0, &listing), APR_SUCCESS, "none wanted");
    ok(listing.count == 0 && listing.rest_count == 900, "all are counted");
    folder_empty();
}

static void fails(void)
{
    t2m_backups_free(&listing);
    is_number(t2m_backups_list(-1, "a.log", 10, &listing), EBADF, "no directory");
    ok(listing.count == 0 && listing.backups == NULL, "no list");
    t2m_backups_free(&listing);
    is_number((long)t2m_backups_clean(-1, "a.log"), 0, "nothing to clean in none");
}

static void finds(void)
{
    apr_uint64_t inode;

    folder_put("a.log.3", "x", 1);
    list();
    inode = listing.backups[0].inode;
    is_number(t2m_backups_find(folder, "a.log", 3, T2M_COMPRESSION_NONE, inode), 3, "as it was");
    is_number(t2m_backups_find(folder, "a.log", 3, T2M_COMPRESSION_GZIP, inode), 0, "not packed");
    (void)renameat(folder, "a.log.3", folder, "a.log.5");
    is_number(t2m_backups_find(folder, "a.log", 3, T2M_COMPRESSION_NONE, inode), 5, "raised");
    is_number(t2m_backups_find(folder, "a.log", 6, T2M_COMPRESSION_NONE, inode), 0, "not lowered");
    is_number(t2m_backups_find(folder, "a.log", 3, T2M_COMPRESSION_NONE, inode + 1), 0, "another");
    (void)linkat(folder, "a.log.5", folder, "second", 0);
    is_number(t2m_backups_find(folder, "a.log", 3, T2M_COMPRESSION_NONE, inode), 0,
              "no longer the writer's own");
    folder_empty();
}

static void cleans(void)
{
    folder_put("a.log.1", "x", 1);
    folder_put("a.log.2.gz", "x", 1);
    folder_put("a.log.3.gz.tmp", "x", 1);
    folder_put("a.log.4.zst.tmp", "x", 1);
    folder_put("a.log.5.tmp", "x", 1);
    folder_put("b.log.3.gz.tmp", "x", 1);
    (void)symlinkat("a.log.1", folder, "a.log.6.gz.tmp");
    folder_put("a.log.7.gz", "x", 1);
    (void)linkat(folder, "a.log.7.gz", folder, "a.log.7.gz.tmp", 0);
    folder_put("elsewhere", "x", 1);
    (void)linkat(folder, "elsewhere", folder, "a.log.8.gz.tmp", 0);
    folder_put("a.log.8.gz", "x", 1);
    is_number((long)t2m_backups_clean(folder, "a.log"), 3, "three temporaries go");
    ok(!folder_has("a.log.3.gz.tmp") && !folder_has("a.log.4.zst.tmp"), "the unfinished ones");
    ok(!folder_has("a.log.7.gz.tmp") && folder_has("a.log.7.gz"), "the second name of a whole one");
    ok(folder_has("a.log.6.gz.tmp") && folder_has("a.log.8.gz.tmp"), "foreign ones stay");
    is_number(folder_count(), 9, "and all that is no temporary");
    folder_empty();
}

/* Plain and packed files as a kill between the two renames of a rotation leaves them. */
static void joins(void)
{
    static const char *const pairs[][2] = { { "a.log.3.gz", "a.log.4" },
                                            { "a.log.7.zst", "a.log.9" } };
    apr_time_t time = APR_INT64_C(1700000000123456);
    size_t i;

    for (i = 0; i < 2; i++) {
        folder_put(pairs[i][0], "x", 1);
        folder_put(pairs[i][1], "x", 1);
        folder_touch(pairs[i][0], time + (apr_time_t)i);
        folder_touch(pairs[i][1], time + (apr_time_t)i);
    }
    (void)mkdirat(folder, "a.log.8", 0700); /* is gone round */
    folder_put("a.log.11.gz", "x", 1);      /* of another time than the next one */
    folder_put("a.log.12", "x", 1);
    folder_touch("a.log.11.gz", time + 20);
    folder_touch("a.log.12", time + 21);
    is_number((long)t2m_backups_clean(folder, "a.log"), 0, "no temporary goes");
    ok(folder_has("a.log.4.gz") && folder_has("a.log.4") && !folder_has("a.log.3.gz"),
       "a pair has one number again");
    ok(folder_has("a.log.9.zst") && folder_has("a.log.9") && !folder_has("a.log.7.zst"),
       "also on both sides of something foreign");
    ok(folder_has("a.log.11.gz") && folder_has("a.log.12"), "what is no pair stays apart");
    is_number((long)t2m_backups_clean(folder, "a.log"), 0, "again");
    is_number(folder_count(), 7, "nothing went");
    folder_empty();
}

/* Pairs that cannot be joined, or are none. */
static void does_not_join(void)
{
    static const char *const names[] = { "a.log.2.gz", "a.log.3", "a.log.3.gz", "a.log.5.gz",
                                         "a.log.6", "a.log.7", "a.log.90", "a.log.20.gz" };
    apr_time_t time = APR_INT64_C(1700000000123456);
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        folder_put(names[i], "x", 1);
        folder_touch(names[i], time);
    }
    (void)linkat(folder, "a.log.5.gz", folder, "elsewhere", 0);
    (void)t2m_backups_clean(folder, "a.log");
    ok(folder_has("a.log.2.gz") && folder_has("a.log.3.gz"), "the packed name is taken");
    ok(folder_has("a.log.5.gz"), "a file with a name elsewhere");
    ok(folder_has("a.log.20.gz"), "a number far away");
    is_number(folder_count(), 9, "nothing went");
    folder_empty();
}

static void deletes(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    t2m_backup_t one, two;

    folder_put("a.log.1", "one", 3);
    folder_put("a.log.2", "two", 3);
    list();
    one = *listed(1);
    two = *listed(2);
    is_number(t2m_backups_delete(folder, "a.log", &two, &lock), APR_SUCCESS, "as listed: gone");
    ok(!folder_has("a.log.2") && folder_has("a.log.1"), "that one alone");
    is_number(t2m_backups_delete(folder, "a.log", &two, &lock), APR_ENOENT, "gone before");
    (void)renameat(folder, "a.log.1", folder, "a.log.2");
    folder_put("a.log.1", "new", 3);
    is_number(t2m_backups_delete(folder, "a.log", &one, NULL), APR_ENOENT, "rotated meanwhile");
    ok(folder_has("a.log.1") && folder_has("a.log.2"), "nothing went");
    list();
    one = *listed(1);
    folder_put("a.log.1", "longer", 6);
    is_number(t2m_backups_delete(folder, "a.log", &one, NULL), APR_ENOENT, "written to meanwhile");
    one.number = 0;
    is_number(t2m_backups_delete(folder, "a.log", &one, NULL), APR_ENOENT, "no such number");
    ok(pthread_mutex_trylock(&lock) == 0, "the lock is free");
    (void)pthread_mutex_unlock(&lock);
    folder_empty();
}

int main(void)
{
    folder_make();
    lists();
    foreign();
    very_many();
    fails();
    finds();
    cleans();
    joins();
    does_not_join();
    deletes();
    t2m_backups_free(&listing);
    folder_remove();
    return tap_done();
}
