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

/* Tests core/fingerprint against values that another implementation of its header computed. */
#include "core/fingerprint.h"

#include <stdlib.h>

#include "tap.h"

static void test_vectors(void)
{
    static const struct {
        apr_size_t count;
        const char *parts[3];
        const char *id;
    } rows[] = {
        { 0, { NULL, NULL, NULL }, "000000000000" },
        { 1, { "", NULL, NULL }, "62c2c1c28739" },
        { 2, { "", "", NULL }, "2928dc0116aa" },
        { 1, { "a", NULL, NULL }, "19f74da4e558" },
        { 2, { "ab", "c", NULL }, "ccbb22a92149" },
        { 2, { "a", "bc", NULL }, "9bd0a2806e38" },
        { 1, { "abc", NULL, NULL }, "e5e5533a2dfd" },
        { 2, { "c", "ab", NULL }, "5b00cd66d9af" },
        { 3,
          { "mod_proxy.c", "proxy_util.c",
            "AH01114: HTTP: failed to make connection to backend: %s" },
          "54f3358f1175" },
    };
    size_t i, j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        t2m_text_t parts[3];
        char id[T2M_FINGERPRINT_SIZE];

        for (j = 0; j < 3; j++) {
            parts[j] = t2m_text(rows[i].parts[j]);
        }
        t2m_fingerprint(parts, rows[i].count, id);
        is_bytes(id, sizeof(id), rows[i].id, rows[i].id);
    }
}

static void test_bytes(void)
{
    char long_part[1000], all[256], id[T2M_FINGERPRINT_SIZE], other[T2M_FINGERPRINT_SIZE];
    t2m_text_t parts[2];
    int byte;

    memset(long_part, 'x', sizeof(long_part));
    parts[0] = t2m_text_of(long_part, sizeof(long_part));
    t2m_fingerprint(parts, 1, id);
    is_bytes(id, sizeof(id), "eb78981b7a6e", "a long part");

    for (byte = 0; byte < 256; byte++) {
        all[byte] = (char)byte;
    }
    parts[0] = t2m_text_of(all, sizeof(all));
    parts[1] = t2m_text("z");
    t2m_fingerprint(parts, 2, id);
    is_bytes(id, sizeof(id), "d689ff55cb46", "any bytes");

    parts[0] = t2m_text_of(NULL, 0);
    t2m_fingerprint(parts, 1, id);
    is_bytes(id, sizeof(id), "62c2c1c28739", "no data and an empty part are the same");

    parts[0] = t2m_text_of("a\0b", 3);
    t2m_fingerprint(parts, 1, id);
    parts[0] = t2m_text_of("a\0c", 3);
    t2m_fingerprint(parts, 1, other);
    ok(memcmp(id, other, sizeof(id)) != 0, "what stands behind a NUL counts");
}

static int compare_ids(const void *one, const void *other)
{
    return memcmp(one, other, T2M_FINGERPRINT_SIZE);
}

static void test_spread(void)
{
    enum { COUNT = 100000 };
    char *ids = malloc((size_t)COUNT * T2M_FINGERPRINT_SIZE);
    int i, equal = 0;

    for (i = 0; i < COUNT; i++) {
        char part[16];
        int size = snprintf(part, sizeof(part), "%d", i);
        t2m_text_t text = t2m_text_of(part, (apr_size_t)size);

        t2m_fingerprint(&text, 1, ids + (size_t)i * T2M_FINGERPRINT_SIZE);
    }
    qsort(ids, COUNT, T2M_FINGERPRINT_SIZE, compare_ids);
    for (i = 1; i < COUNT; i++) {
        equal += compare_ids(ids + (size_t)(i - 1) * T2M_FINGERPRINT_SIZE,
                             ids + (size_t)i * T2M_FINGERPRINT_SIZE) == 0;
    }
    is_number(equal, 0, "100000 parts have 100000 ids");
    free(ids);
}

/* What is known is what would be made, whatever takes whose place. */
static void test_known(void)
{
    static const char *const words[] = { "", "a", "ab", "b", "core", "proxy_util.c",
                                         "AH01114: HTTP: failed to make connection to %s" };
    enum { WORDS = sizeof(words) / sizeof(words[0]) };
    static t2m_fingerprints_t known;
    char id[T2M_FINGERPRINT_SIZE], want[T2M_FINGERPRINT_SIZE], long_part[300];
    t2m_text_t parts[T2M_FINGERPRINT_PARTS];
    unsigned i, wrong = 0;

    memset(long_part, 'x', sizeof(long_part));
    for (i = 0; i < 4 * WORDS * WORDS * WORDS; i++) {
        unsigned which = i / 2 % (WORDS * WORDS * WORDS); /* each twice, and all again */

        parts[0] = t2m_text(words[which % WORDS]);
        parts[1] = t2m_text(words[which / WORDS % WORDS]);
        parts[2] = i % 11 == 0 ? t2m_text_of(long_part, 150 + i % 150)
                               : t2m_text(words[which / WORDS / WORDS]);
        t2m_fingerprint(parts, T2M_FINGERPRINT_PARTS, want);
        t2m_fingerprint_known(&known, i % 3 == 0 ? i : 5, parts, id);
        wrong += memcmp(id, want, sizeof(id)) != 0;
        t2m_fingerprint_known(&known, 5, parts, id);
        wrong += memcmp(id, want, sizeof(id)) != 0;
    }
    is_number(wrong, 0, "ids that are known are those that would be made");
}

static void test_known_is_kept(void)
{
    static t2m_fingerprints_t known;
    t2m_text_t parts[T2M_FINGERPRINT_PARTS] = { t2m_text("core"), t2m_text("a.c"), t2m_text("x") };
    char id[T2M_FINGERPRINT_SIZE];

    t2m_fingerprint_known(&known, 8, parts, id);
    memcpy(known.kept[0].id, "0123456789ab", T2M_FINGERPRINT_SIZE);
    t2m_fingerprint_known(&known, 0, parts, id);
    is_bytes(id, sizeof(id), "0123456789ab", "an id that is known is not made again");
    parts[2] = t2m_text("y");
    t2m_fingerprint_known(&known, 0, parts, id);
    ok(memcmp(id, "0123456789ab", sizeof(id)) != 0, "another of the same sizes is");
}

int main(void)
{
    test_vectors();
    test_bytes();
    test_spread();
    test_known();
    test_known_is_kept();
    return tap_done();
}
