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

/* Tests modules/writer/verify_numbers.c: what it says of a sequence of numbers. */
#include "writer/verify_numbers.h"

#include <stdlib.h>

#include "tap.h"

static t2m_verify_findings_t findings;

/* N: a line; x: one without a number; N-M: a gap record of these, whose own number follows. */
static void feed(t2m_verify_numbers_t *numbers, const char *text)
{
    t2m_verify_place_t place = { "f", 0, 0, "" };
    char *end;

    for (; *text; text = *end ? end + 1 : end) {
        apr_uint64_t first = strtoul(text, &end, 10);

        if (*text == 'x') {
            place.line++;
            place.seq = 0;
            (void)t2m_verify_add(&findings, T2M_VERIFY_MALFORMED, &place, NULL);
            t2m_verify_numbers_bad(numbers);
            end++;
        } else if (*end == '-') {
            apr_uint64_t last = strtoul(end + 1, &end, 10);

            place.seq = first;
            t2m_verify_numbers_gap(numbers, first, last, &place);
        } else {
            place.line++;
            place.seq = first;
            t2m_verify_numbers_line(numbers, &place);
        }
    }
}

/* `kind first-last@line[,line]` of each, in the order of their numbers. */
static const char *summary(void)
{
    static char text[4000];
    unsigned i;
    int size = 0;

    t2m_verify_sort(&findings);
    text[0] = '\0';
    for (i = 0; i < findings.count; i++) {
        const t2m_verify_finding_t *f = &findings.list[i];

        size += snprintf(text + size, sizeof(text) - (size_t)size,
                         "%s%s %d-%d@%d", i ? " " : "", t2m_verify_kind_name(f->kind),
                        (int)f->first, (int)f->last, (int)f->at.line);
        if (f->to.file) {
            size += snprintf(text + size, sizeof(text) - (size_t)size, ",%d", (int)f->to.line);
        }
    }
    return text;
}

static const struct {
    const char *numbers, *want;
} cases[] = {
    { "", "" },
    { "1", "" },
    { "1 2 3 4 5", "" },
    { "7 8 9", "" },
    /* lost */
    { "1 2 4 5", "lost 3-3@2,3" },
    { "1 2 7 8", "lost 3-6@2,3" },
    { "1 2 4", "lost 3-3@2,3" },
    { "1 3 5 7", "lost 2-2@1,2 lost 4-4@2,3 lost 6-6@3,4" },
    { "1 2 900", "lost 3-899@2,3" },
    /* named by gap records */
    { "1 2 3-5 6 7", "" },
    { "1-3 4 5", "" },
    { "1 2 4-5 6 7", "lost 3-3@2,2" },
    { "1 2 3-5 7 8", "lost 6-6@2,3" },
    { "1 2 3 4 3-4 5 6", "doubled 3-4@4" },
    { "1 2 3 4 3-6 7 8", "doubled 3-4@4" },
    { "1 2 5 6 3-4 7 8", "" },
    { "1 2 5 6 3-6 7 8", "doubled 3-6@4" },
    { "1 2 9 10 4-7 11", "lost 3-3@2,3 lost 8-8@2,3" },
    { "1 2 9 10 3-7 11", "lost 8-8@2,3" },
    { "1 2 9 10 4-8 11", "lost 3-3@2,3" },
    /* doubled */
    { "1 2 2 3", "doubled 2-2@3" },
    { "1 2 3 1 4 5", "doubled 1-1@4" },
    { "1 2 3 4 2 3 4 5 6", "doubled 2-4@5,7" },
    { "1 2 3 1 2 3 4", "doubled 1-3@4,6" },
    { "1 2 3 3", "doubled 3-3@4" },
    { "1 5 2 3 4 5 6", "doubled 5-5@2" },
    { "1 2 3 3 2 4", "doubled 2-2@5 doubled 3-3@4" },
    /* swapped */
    { "1 3 2 4", "swapped 2-3@2,3" },
    { "1 2 4 3", "swapped 3-4@3,4" },
    { "1 2 5 3 4", "misplaced 5-5@3" },
    { "1 6 3 4 5 2 7 8", "swapped 2-6@2,6" },
    { "1 6 3 4 5 2", "swapped 2-6@2,6" },
    { "3 2 1 4", "misplaced 1-1@3 swapped 2-3@1,2" },
    /* moved */
    { "1 3 4 5 2 6", "misplaced 2-2@5" },
    { "1 5 2 3 4 6 7", "misplaced 5-5@2" },
    { "1 5 6 2 3 4 7", "misplaced 2-4@4,6" },
    /* changed */
    { "1 2 99 4 5", "changed 3-3@3" },
    { "4 5 2 7 8", "changed 6-6@3" },
    { "1 2 2 4 5", "changed 3-3@3" },
    { "99 2 3 4", "changed 1-1@1" },
    { "2 1 3 4", "swapped 1-2@1,2" },
    { "6 5 7", "swapped 5-6@1,2" },
    { "1 2 3 9", "lost 4-8@3,4" },
    { "5 6 7 3 8 9", "misplaced 3-3@4" },
    /* beyond all */
    { "1 2 99 3 4", "inserted 99-99@3" },
    /* without a number */
    { "1 2 x 4 5", "malformed 3-3@3" },
    { "1 2 x x 5 6", "malformed 3-3@3 malformed 4-4@4" },
    { "1 2 x 3 4", "malformed 0-0@3" },
    { "1 2 x 5 6", "lost 3-4@2,4 malformed 0-0@3" },
    { "x 1 2", "malformed 0-0@1" },
    { "1 2 x", "malformed 0-0@3" },
    { "1 2 99 x 4", "lost 3-3@2,3 misplaced 4-4@5 lost 5-98@2,3 malformed 0-0@4" },
};

static void check(const char *sequence, const char *want)
{
    t2m_verify_numbers_t *numbers = malloc(sizeof(*numbers));

    (void)t2m_verify_findings_make(&findings);
    (void)t2m_verify_numbers_begin(numbers, &findings);
    feed(numbers, sequence);
    t2m_verify_numbers_end(numbers);
    (void)is_bytes(summary(), strlen(summary()), want, *sequence ? sequence : "nothing");
    t2m_verify_findings_free(&findings);
    free(numbers);
}

/* Each single loss, double, swap and insertion is found where it is, whatever the rest. */
static void check_all(void)
{
    enum { SIZE = 9 };
    char text[200], want[100];
    int kind, at, i, size;

    for (kind = 0; kind < 4; kind++) {
        for (at = 2; at < SIZE - 1; at++) {
            for (i = 1, size = 0; i <= SIZE; i++) {
                int number = kind == 2 && i == at ? at + 1 : kind == 2 && i == at + 1 ? at : i;

                if (kind == 0 && i == at) {
                    continue;
                }
                size += snprintf(text + size, sizeof(text) - (size_t)size,
                                 "%s%d", size ? " " : "", number);
                if (kind == 1 && i == at) {
                    size += snprintf(text + size, sizeof(text) - (size_t)size, " %d", number);
                }
                if (kind == 3 && i == at) {
                    size += snprintf(text + size, sizeof(text) - (size_t)size, " x");
                }
            }
            (void)snprintf(want, sizeof(want), kind == 0 ? "lost %d-%d@%d,%d"
                              : kind == 1 ? "doubled %d-%d@%d"
                              : kind == 2 ? "swapped %d-%d@%d,%d" : "malformed 0-0@%d",
                          kind == 3 ? at + 1 : at, kind == 2 ? at + 1 : at,
                          kind == 0 ? at - 1 : kind == 1 ? at + 1 : at,
                          kind == 2 ? at + 1 : at);
            check(text, want);
        }
    }
}

/* More than there is room for is counted, and nothing breaks. */
static void check_bounds(void)
{
    t2m_verify_numbers_t *numbers = malloc(sizeof(*numbers));
    t2m_verify_place_t place = { "f", 0, 0, "" };
    apr_uint64_t i;

    (void)t2m_verify_findings_make(&findings);
    (void)t2m_verify_numbers_begin(numbers, &findings);
    for (i = 1; i <= 5000; i++) {
        place.line = i;
        place.seq = i * 2;
        t2m_verify_numbers_line(numbers, &place);
    }
    t2m_verify_numbers_end(numbers);
    is_number(findings.count, T2M_VERIFY_FINDINGS, "as many findings as there is room for");
    is_number((long long)(findings.count + findings.more), 4999, "the others are counted");
    t2m_verify_findings_free(&findings);
    (void)t2m_verify_findings_make(&findings);
    (void)t2m_verify_numbers_begin(numbers, &findings);
    for (i = 1; i <= 300; i++) { /* strays */
        place.seq = place.line = i;
        t2m_verify_numbers_line(numbers, &place);
        place.seq = 100000 + i * 3;
        t2m_verify_numbers_line(numbers, &place);
    }
    place.seq = 301;
    t2m_verify_numbers_line(numbers, &place);
    t2m_verify_numbers_end(numbers);
    is_number(findings.count, 300, "each stray line is told");
    t2m_verify_findings_free(&findings);
    free(numbers);
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(cases[i].numbers, cases[i].want);
    }
    check_all();
    check_bounds();
    return tap_done();
}
