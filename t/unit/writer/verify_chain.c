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

/* Tests modules/writer/verify_chain.c, together with what the numbers show: a chain of lines is
 * made and then tampered with in each way, at each place. */
#include "writer/verify_chain.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "tap.h"
#include "writer/last_seq.h"
#include "writer/verify_numbers.h"

enum { LINES = 12, ROOM = 40, TEXT = 400 };

static t2m_chain_t *chain, *other_chain;
static t2m_verify_anchors_t anchors;
static t2m_verify_findings_t findings;
static t2m_verify_chain_t it;
static char lines[ROOM][TEXT];
static int count;

static void hash(const char *line, unsigned char *out)
{
    (void)t2m_chain_next(chain, line, strlen(line), out);
}

/* The next line of the chain, behind `before` (NULL: it begins). */
static void write_line(char *out, const char *before, const char *what, int seq)
{
    unsigned char prev[T2M_CHAIN_SIZE];
    int size = snprintf(out, TEXT, "{\"event\":\"%s\",\"n\":%d", what, seq);

    hash(before ? before : "", prev);
    size += (int)t2m_chain_member(prev, out + size);
    (void)snprintf(out + size, TEXT - (size_t)size, ",\"seq\":%d}", seq);
}

static void fresh(void)
{
    for (count = 0; count < LINES; count++) {
        write_line(lines[count], count ? lines[count - 1] : NULL, "e", count + 1);
    }
}

static void drop(int at, int number)
{
    memmove(lines[at], lines[at + number], sizeof(lines[0]) * (size_t)(count - at - number));
    count -= number;
}

static void insert(int at, const char *line)
{
    char copy[TEXT];

    (void)apr_cpystrn(copy, line, sizeof(copy));
    memmove(lines[at + 1], lines[at], sizeof(lines[0]) * (size_t)(count - at));
    (void)apr_cpystrn(lines[at], copy, sizeof(lines[at]));
    count++;
}

static void swap(int one, int other)
{
    char copy[TEXT];

    memcpy(copy, lines[one], TEXT);
    memmove(lines[one], lines[other], TEXT);
    memcpy(lines[other], copy, TEXT);
}

static void set(int at, const char *from, char to)
{
    char *found = strstr(lines[at], from);

    found[strlen(from)] = to;
}

static const char *verify_with(const t2m_chain_t *key)
{
    static char text[4000];
    t2m_verify_numbers_t *numbers = malloc(sizeof(*numbers));
    int i, size = 0;

    t2m_verify_findings_free(&findings);
    (void)t2m_verify_findings_make(&findings);
    (void)t2m_verify_numbers_begin(numbers, &findings);
    t2m_verify_chain_begin(&it, key, &anchors, "/log/security.log", &findings);
    for (i = 0; i < count; i++) {
        t2m_verify_place_t place = { "f", (apr_uint64_t)i + 1, 0, "" };

        place.seq = t2m_seq_of_line(lines[i], strlen(lines[i]));
        if (place.seq) {
            t2m_verify_numbers_line(numbers, &place);
            t2m_verify_chain_line(&it, lines[i], strlen(lines[i]), &place);
        } else {
            (void)t2m_verify_add(&findings, T2M_VERIFY_MALFORMED, &place, NULL);
            t2m_verify_numbers_bad(numbers);
        }
    }
    t2m_verify_numbers_end(numbers);
    t2m_verify_chain_end(&it);
    t2m_verify_sort(&findings);
    text[0] = '\0';
    for (i = 0; i < (int)findings.count; i++) {
        const t2m_verify_finding_t *f = &findings.list[i];

        size += snprintf(text + size, sizeof(text) - (size_t)size,
                         "%s%s@%d", i ? " " : "", t2m_verify_kind_name(f->kind),
                        (int)f->at.line);
    }
    free(numbers);
    return text;
}

static void says(const char *want, const char *what, int at)
{
    const char *got = verify_with(chain);

    if (strcmp(got, want) != 0) {
        printf("#  got: %s\n# want: %s\n", got, want);
    }
    ok(strcmp(got, want) == 0, "%s, line %d", what, at + 1);
}

static const char *expect(const char *kind, int line)
{
    static char text[100];

    (void)snprintf(text, sizeof(text), "%s@%d", kind, line);
    return text;
}

/* One line, at each place; the last line is the one that the file cannot prove. */
static void check_one(int at)
{
    int last = at == LINES - 1;

    fresh();
    set(at, "event\":\"", 'x');
    says(last ? "" : expect("changed", at + 1), "changed", at);
    fresh();
    set(at, "prev\":\"", strstr(lines[at], "prev\":\"f") ? 'e' : 'f');
    says(last ? "changed@11" : expect("changed", at + 1), "its prev changed", at);
    if (at > 0 && !last) {
        fresh();
        drop(at, 1);
        says(expect("dropped", at), "dropped", at);
        fresh();
        insert(at + 1, lines[at]);
        says(expect("inserted", at + 2), "a copy behind", at);
        fresh();
        insert(at, lines[at]);
        set(at, "event\":\"", 'x');
        says(expect("inserted", at + 1), "a forged one before", at);
        fresh();
        insert(at + 1, lines[at]);
        set(at + 1, "event\":\"", 'x');
        says(expect("inserted", at + 2), "a forged one behind", at);
        fresh();
        (void)apr_cpystrn(lines[at], "garbage", sizeof(lines[at]));
        says(expect("malformed", at + 1), "made unreadable", at);
        fresh();
        set(at, "\"seq\":", at == 8 ? '8' : '9');
        says(expect("changed", at + 1), "another number", at);
    }
}

static void check_two(int one, int other)
{
    char want[100];

    fresh();
    swap(one, other);
    (void)snprintf(want, sizeof(want), "swapped@%d", one + 1);
    if (one == 0 && other == 2) { /* 3 2 1 may as well be this */
        (void)apr_cpystrn(want, "misplaced@3 swapped@1", sizeof(want));
    }
    says(want, "swapped", one);
    if (one > 0 && other < LINES - 2 && other > one + 1) {
        fresh();
        insert(other, lines[one]);
        (void)snprintf(want, sizeof(want), "inserted@%d", other + 1);
        says(want, "a copy later", one);
        fresh();
        insert(one, lines[other]);
        (void)snprintf(want, sizeof(want), "inserted@%d", one + 1);
        says(want, "a copy earlier", other);
        fresh();
        set(one, "event\":\"", 'x');
        set(other, "event\":\"", 'x');
        (void)snprintf(want, sizeof(want), "changed@%d changed@%d", one + 1, other + 1);
        says(want, "two changed", one);
        fresh();
        set(one, "event\":\"", 'x');
        drop(other, 1);
        (void)snprintf(want, sizeof(want), "changed@%d dropped@%d", one + 1, other);
        if (other > one + 1) {
            says(want, "one changed, one dropped", one);
        }
    }
}

/* Three lines, from at on, are moved behind the next two. */
static void check_block(int at)
{
    char block[3][TEXT], want[100];

    fresh();
    memcpy(block, lines[at], sizeof(block));
    memmove(lines[at], lines[at + 3], 2 * sizeof(lines[0]));
    memcpy(lines[at + 2], block, sizeof(block));
    (void)snprintf(want, sizeof(want), "misplaced@%d", at + 3);
    says(want, "a block moved", at);
}

static void check_ends(void)
{
    fresh();
    drop(0, 4);
    says("", "the oldest are gone", 4);
    is_number((long long)it.first.seq, 5, "and it begins there");
    fresh();
    drop(9, 3);
    says("", "the newest are gone, which it cannot show", 9);
    is_number((long long)it.last.place.seq, 9, "but says where it ends");
    fresh();
    drop(1, LINES - 1);
    says("", "a single line", 0);
    set(0, "prev\":\"", 'q');
    says("", "without a prev", 0);
    is_number(it.begun, 0, "there is no chain");
    count = 0;
    says("", "no line at all", 0);
    fresh();
    (void)apr_cpystrn(lines[5], "{\"event\":\"e\",\"n\":6,\"seq\":6}", sizeof(lines[5]));
    says("changed@6 unchained@6", "a line without its prev", 5);
    fresh();
    write_line(lines[6], NULL, "e", 7);
    write_line(lines[7], lines[6], "e", 8);
    drop(8, LINES - 8);
    says("unchained@7", "a chain that begins anew", 6);
}

/* Lines from before there was a key: the first with a prev has that of the last of them. */
static void check_before(void)
{
    int i;

    for (i = 0; i < 3; i++) {
        (void)snprintf(lines[i], sizeof(lines[i]), "{\"event\":\"e\",\"seq\":%d}", i + 1);
    }
    for (i = 3; i < 8; i++) {
        write_line(lines[i], lines[i - 1], "e", i + 1);
    }
    count = 8;
    says("", "a chain that began later", 3);
    is_number((long long)it.before, 3, "three lines have none");
    set(2, "event\":\"", 'x');
    says("changed@3", "the last of them is proven", 2);
    set(1, "event\":\"", 'x');
    set(2, "event\":\"", 'e');
    says("", "the others are not", 1);
}

/* Other streams in the same file have no part in the chain. */
static void check_shared(void)
{
    const char *before = NULL;
    int i;

    for (i = 0; i < 12; i++) {
        if (i % 3 == 1) {
            write_line(lines[i], before, "\",\"stream\":\"security\",\"x\":\"", i + 1);
            before = lines[i];
        } else {
            (void)snprintf(lines[i], sizeof(lines[i]),
                           "{\"event\":\"e\",\"stream\":\"app\",\"seq\":%d}", i + 1);
        }
    }
    count = 12;
    says("", "a file that streams share", 0);
    is_number((long long)it.lines, 4, "four are chained");
    set(5, "event\":\"", 'x');
    says("", "a change of another stream is not seen", 5);
    set(4, "event\":\"", 'x');
    says("changed@5", "one of ours is", 4);
}

static void check_keys(void)
{
    fresh();
    (void)verify_with(other_chain);
    ok(findings.count > 0, "nothing is proven with another key");
    (void)verify_with(NULL);
    is_number(findings.count, 0, "without one nothing is said");
    is_number((long long)it.lines, LINES, "but that there is a chain");
}

/* More breaks than there is room for. */
static void check_bounds(void)
{
    t2m_verify_place_t place = { "f", 0, 0, "" };
    char line[TEXT];
    int i;

    t2m_verify_findings_free(&findings);
    (void)t2m_verify_findings_make(&findings);
    t2m_verify_chain_begin(&it, chain, &anchors, "/f", &findings);
    for (i = 1; i <= 1000; i++) {
        place.line = place.seq = (apr_uint64_t)i;
        write_line(line, "other", "e", i);
        t2m_verify_chain_line(&it, line, strlen(line), &place);
    }
    t2m_verify_chain_end(&it);
    is_number((long long)(findings.count + findings.more), 999, "each break is counted");
}

int main(void)
{
    static const unsigned char key[T2M_CHAIN_KEY_SIZE] = { 1 }, other[T2M_CHAIN_KEY_SIZE] = { 2 };
    int i, j;

    (void)t2m_chain_make(key, &chain);
    (void)t2m_chain_make(other, &other_chain);
    fresh();
    says("", "a whole chain", 0);
    for (i = 0; i < LINES; i++) {
        check_one(i);
    }
    for (i = 0; i < LINES; i++) {
        for (j = i + 1; j < LINES; j++) {
            check_two(i, j);
        }
    }
    for (i = 1; i < LINES - 5; i++) {
        check_block(i);
    }
    check_ends();
    check_before();
    check_shared();
    check_keys();
    check_bounds();
    t2m_verify_findings_free(&findings);
    t2m_chain_free(chain);
    t2m_chain_free(other_chain);
    return tap_done();
}
