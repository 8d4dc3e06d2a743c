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

/* Tests core/backup_name: what is a backup's name, what is not, and that writing and reading are
 * each other's reverse for every number at the edges and many others. */
#include "core/backup_name.h"

#include <stdlib.h>

#include "tap.h"

static void parses(const char *entry, unsigned number, t2m_compression_e compression)
{
    apr_uint32_t got = 0;
    t2m_compression_e how = T2M_COMPRESSION_NONE;

    ok(t2m_backup_name_parse("access.log", entry, &got, &how) && got == number
           && how == compression, "%s", entry);
}

static void refuses(const char *base, const char *entry)
{
    apr_uint32_t number = 77;
    t2m_compression_e how = T2M_COMPRESSION_ZSTD;
    int found = t2m_backup_name_parse(base, entry, &number, &how)
             || t2m_backup_name_parse_temporary(base, entry, &number, &how);

    ok(!found && number == 77 && how == T2M_COMPRESSION_ZSTD, "not a backup: %.*s",
       (int)strcspn(entry, "\n"), entry);
}

static void known(void)
{
    apr_uint32_t number = 0;
    t2m_compression_e how = T2M_COMPRESSION_NONE;

    parses("access.log.1", 1, T2M_COMPRESSION_NONE);
    parses("access.log.10", 10, T2M_COMPRESSION_NONE);
    parses("access.log.999999", 999999, T2M_COMPRESSION_NONE);
    parses("access.log.2.gz", 2, T2M_COMPRESSION_GZIP);
    parses("access.log.999999.zst", 999999, T2M_COMPRESSION_ZSTD);
    ok(t2m_backup_name_parse_temporary("a", "a.12.gz.tmp", &number, &how) && number == 12
           && how == T2M_COMPRESSION_GZIP, "a temporary of gzip");
    ok(t2m_backup_name_parse_temporary("a", "a.3.zst.tmp", &number, &how) && number == 3
           && how == T2M_COMPRESSION_ZSTD, "a temporary of zstd");
    ok(!t2m_backup_name_parse("a", "a.12.gz.tmp", &number, &how), "is no backup");
    ok(!t2m_backup_name_parse_temporary("a", "a.12.gz", &number, &how), "and the reverse");
}

static void foreign(void)
{
    static const char *const entries[] = {
        "", ".", "access.log", "access.log.", "access.log.0", "access.log.01", "access.log.-1",
        "access.log.+1", "access.log. 1", "access.log.1 ", "access.log.1\n", "access.log.\n1",
        "access.log.1000000", "access.log.4294967297", "access.log.18446744073709551617",
        "access.log.1.bak", "access.log.2~", "access.log.1.gz.bak", "access.log.1.gz~",
        "access.log.1.GZ", "access.log.1gz", "access.log.1.", "access.log.1..gz",
        "access.log.1.gz.gz", "access.log.1.tmp", "access.log.1.zst.tmp.tmp", "access.log.1tmp",
        "access.log.1.bz2", "access.log.1.zstd", "access.log.1.gz.tmp~", "access_log.1",
        "xaccess.log.1", "ACCESS.log.1", "access.log1", "access.log.x", "access.log.1x",
        "access.log.2026-01-01", "access.log.0.gz.tmp", "access.log.1.xz.tmp", "access",
    };
    size_t i;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        refuses("access.log", entries[i]);
    }
    refuses("", ".1");
    refuses("access.log.1", "access.log.1");
}

/* Writing, then reading gives back the same, and no other base claims the name. */
static int round_trip(apr_uint32_t number, t2m_compression_e compression)
{
    char name[T2M_BACKUP_NAME_MAX], other[T2M_BACKUP_NAME_MAX];
    apr_uint32_t got = 0;
    t2m_compression_e how = T2M_COMPRESSION_NONE;
    size_t size = t2m_backup_name_write(name, sizeof(name), "b.log", number, compression);
    int right = size == strlen(name) && size > 0
             && t2m_backup_name_parse("b.log", name, &got, &how) && got == number
             && how == compression && !t2m_backup_name_parse("b", name, &got, &how)
             && !t2m_backup_name_parse_temporary("b.log", name, &got, &how);

    size = t2m_backup_name_write_temporary(other, sizeof(other), "b.log", number, compression);
    if (compression == T2M_COMPRESSION_NONE) {
        return right && size == 0 && !*other;
    }
    return right && size == strlen(other) && strncmp(other, name, strlen(name)) == 0
        && strcmp(other + strlen(name), ".tmp") == 0
        && t2m_backup_name_parse_temporary("b.log", other, &got, &how) && got == number
        && how == compression && !t2m_backup_name_parse("b.log", other, &got, &how);
}

static void properties(void)
{
    apr_uint32_t number;
    unsigned how, wrong = 0;

    for (number = 1; number <= T2M_BACKUP_NUMBER_MAX; number += number < 1200 ? 1 : 997) {
        for (how = T2M_COMPRESSION_NONE; how <= T2M_COMPRESSION_ZSTD; how++) {
            wrong += !round_trip(number, (t2m_compression_e)how);
        }
    }
    is_number(wrong, 0, "what is written is read back");
}

/* One byte of a good name changed: a backup only when writing what was read gives it again. */
static void mutations(void)
{
    static const char good[] = "b.log.120.gz";
    unsigned wrong = 0, byte;
    size_t i;

    for (i = 0; i < sizeof(good) - 1; i++) {
        for (byte = 1; byte < 256; byte++) {
            char entry[sizeof(good)], name[32];
            apr_uint32_t number;
            t2m_compression_e how;

            memcpy(entry, good, sizeof(good));
            entry[i] = (char)byte;
            if (t2m_backup_name_parse("b.log", entry, &number, &how)) {
                (void)t2m_backup_name_write(name, sizeof(name), "b.log", number, how);
                wrong += strcmp(name, entry) != 0;
            }
        }
    }
    is_number(wrong, 0, "a name that is read is the one that would be written");
}

static void too_long(void)
{
    char name[12];

    is_number((long)t2m_backup_name_write(name, 12, "a.log", 1234, T2M_COMPRESSION_NONE), 10,
              "a name that fits");
    is_number((long)t2m_backup_name_write(name, 11, "a.log", 1234, T2M_COMPRESSION_NONE), 10,
              "with its NUL");
    is_number((long)t2m_backup_name_write(name, 10, "a.log", 1234, T2M_COMPRESSION_NONE), 0,
              "one that does not");
    ok(!*name, "leaves no half");
    is_number((long)t2m_backup_name_write(name, 0, "a", 1, T2M_COMPRESSION_NONE), 0, "no room");
    is_number((long)t2m_backup_name_write(name, 12, "a", 0, T2M_COMPRESSION_NONE), 0, "number 0");
    is_number((long)t2m_backup_name_write(name, 12, "a", 1000000, T2M_COMPRESSION_NONE), 0,
              "number 1000000");
    is_number((long)t2m_backup_name_write(name, 12, "", 1, T2M_COMPRESSION_NONE), 0, "no base");
    is_number((long)t2m_backup_name_write(name, 12, "a", 1, (t2m_compression_e)3), 0,
              "no such compression");
}

int main(void)
{
    known();
    foreign();
    properties();
    mutations();
    too_long();
    return tap_done();
}
