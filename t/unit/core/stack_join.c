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

/* Tests core/stack_join with lines of several languages: whose they are, what is kept of many. */
#include "core/stack_join.h"

#include <stdlib.h>

#include "tap.h"

#define HEADER "Traceback (most recent call last):"

static t2m_stack_join_t *join;

/* From memory of the lines' own size, so that a byte read too far is seen. */
static int feed_bytes(const char *bytes, size_t size)
{
    char *copy = malloc(size ? size : 1);
    int kept;

    memcpy(copy, bytes, size);
    kept = t2m_stack_join_line(join, t2m_text_of(copy, size));
    free(copy);
    return kept;
}

static int feed(const char *lines)
{
    return feed_bytes(lines, strlen(lines));
}

static t2m_text_t held(void)
{
    int truncated;

    return t2m_stack_join_text(join, &truncated);
}

static int is_truncated(void)
{
    int truncated;

    (void)t2m_stack_join_text(join, &truncated);
    return truncated;
}

static void is_held(const char *want, const char *name)
{
    t2m_text_t text = held();

    is_bytes(text.data, text.size, want, name);
}

/* Feeds each line by itself: Y certain, ? doubtful, N refused. */
static void are_answers(const char *lines, const char *want, const char *name)
{
    char got[64];
    size_t count = 0;

    t2m_stack_join_reset(join);
    while (*lines && count < sizeof(got)) {
        size_t size = strcspn(lines, "\n");
        int kept = feed_bytes(lines, size);

        got[count++] = !kept ? 'N' : t2m_stack_join_certain(join) ? 'Y' : '?';
        lines += size + (lines[size] != '\0');
    }
    is_bytes(got, count, want, name);
}

static void test_states(void)
{
    t2m_stack_join_reset(join);
    ok(t2m_stack_join_size() <= T2M_STACK_JOIN_MAX + 128, "it needs what it keeps, little more");
    ok(!t2m_stack_join_open(join) && !t2m_stack_join_certain(join) && held().size == 0
       && !is_truncated(), "nothing at first");
    is_number(t2m_stack_join_line(join, t2m_text(NULL)), 0, "nothing begins nothing");
    is_number(feed("an ordinary line"), 0, "nor does a line of another kind");
    is_number(t2m_stack_join_open(join), 0, "it is still empty");
    ok(feed(HEADER) && t2m_stack_join_open(join) && t2m_stack_join_certain(join), "a first line");
    is_held(HEADER, "is held");
    ok(t2m_stack_join_line(join, t2m_text(NULL)) && feed("  File \"a.py\", line 1, in f"),
       "others follow, an empty one too");
    is_number(feed("an ordinary line"), 0, "one that does not belong is refused");
    is_held(HEADER "\n\n  File \"a.py\", line 1, in f", "and leaves what is held alone");
    ok(t2m_stack_join_open(join) && feed("E: m") && !feed("more"), "it goes on up to its end");
    t2m_stack_join_reset(join);
    ok(!t2m_stack_join_open(join) && held().size == 0, "a reset empties it");
}

static void test_begins(void)
{
    is_number(t2m_stack_join_begins(t2m_text(HEADER)), T2M_STACK_YES, "surely one");
    is_number(t2m_stack_join_begins(t2m_text(HEADER "\nanything")), T2M_STACK_YES,
              "of several lines the first counts");
    is_number(t2m_stack_join_begins(t2m_text("anything\n" HEADER)), T2M_STACK_NO, "and no other");
    is_number(t2m_stack_join_begins(t2m_text("  File \"a.py\", line 1")), T2M_STACK_PERHAPS,
              "perhaps one");
    is_number(t2m_stack_join_begins(t2m_text(NULL)), T2M_STACK_NO, "nothing");
}

/* What one line leaves open another tells. */
static void test_doubt(void)
{
    are_answers("  File \"a.py\", line 1\n    x = = 1\nSyntaxError: invalid syntax\n", "?YY",
                "doubtful until the second line");
    are_answers("  File \"a.py\", line 1\nand something else\n", "?N", "refuted by the second");
    are_answers("Error: first\nsecond\nthird\n    at f (/srv/a.js:3:1)\n    at g (/srv/a.js:5:1)\n",
                "???YY", "the language shows behind lines that several may have");
    are_answers("shop.Error: first\nsecond\n\tat shop.Cart.add(Cart.java:12)\n", "??Y",
                "another language, behind the same lines");
    are_answers(HEADER "\n\t1: from /srv/a.rb:3:in `<main>'\n/srv/a.rb:1:in `f': m (E)\n", "YYY",
                "a first line that two languages have: the second tells");
    are_answers("Error: 1\n2\n3\n4\n5\n6\n7\n8\n9\n", "????????N",
                "lines without an end are held only so long");
    are_answers("Error: 1\n2\n3\n4\n5\n6\n7\n8\n    at f (/srv/a.js:3:1)\n", "????????Y",
                "the one behind them may still tell");
}

/* Several lines at once: the first decides about all. */
static void test_several(void)
{
    static const char one[] = HEADER "\n  File \"a.py\", line 1, in f\r\nE: m\nmore of it\n";

    t2m_stack_join_reset(join);
    is_number(feed("anything\n" HEADER), 0, "the first refuses all");
    ok(feed(one) && t2m_stack_join_certain(join), "or takes them all");
    is_held(HEADER "\n  File \"a.py\", line 1, in f\nE: m\nmore of it", "with LFs between them");
    is_number(feed("even more"), 0, "the last one tells what may follow");
    t2m_stack_join_reset(join);
    ok(feed("Error: m\nmore\n    at f (/srv/a.js:3:1)") && t2m_stack_join_certain(join)
       && feed("    at g (/srv/a.js:5:1)"), "a later one tells the language");
}

/* Frames of `size` bytes each, so many; returns how often what is held was wrong. */
static int feed_frames(int count, int size)
{
    char line[512];
    int broken = 0;

    t2m_stack_join_reset(join);
    (void)feed(HEADER);
    for (int i = 0; i < count; i++) {
        int used = snprintf(line, sizeof(line), "  File \"/srv/%0*d.py\", line 1, in f", size, i);
        t2m_text_t text;

        (void)feed(line);
        text = held();
        broken += text.size > T2M_STACK_JOIN_MAX || text.size < (size_t)used
               || memcmp(text.data + text.size - (size_t)used, line, (size_t)used) != 0;
        (void)feed("    return g()");
        (void)feed("           ^^^");
        broken += memcmp(held().data, HEADER, sizeof(HEADER) - 1) != 0;
    }
    return broken;
}

/* Whole lines, and of a frame no source without its first line. */
static int count_broken_lines(void)
{
    t2m_text_t rest = held(), line, before = t2m_text("");
    int broken = 0;

    while (t2m_stack_next_line(&rest, &line)) {
        int source = line.size > 4 && memcmp(line.data, "    ", 4) == 0;

        broken += line.data[0] != ' ' && line.data[0] != 'T';
        if (source && line.data[4] == ' ') {
            broken += before.size < 4 || memcmp(before.data, "    r", 5) != 0;
        }
        else if (source) {
            broken += before.size < 3 || memcmp(before.data, "  F", 3) != 0;
        }
        before = line;
    }
    return broken;
}

static void test_middle(void)
{
    int size, broken = 0, seams = 0, small = 0;

    is_number(feed_frames(100, 20), 0, "what fits is held");
    is_number(is_truncated(), 0, "all of it");
    for (size = 1; size < 200; size += 7) {
        broken += feed_frames(600, size);
        seams += count_broken_lines();
        small += held().size < T2M_STACK_JOIN_MAX * 5 / 8 || !is_truncated();
    }
    is_number(broken, 0, "the first line and the newest frame are always there");
    is_number(seams, 0, "lines are left out whole, and so are frames");
    is_number(small, 0, "as much is kept as there is room for, and that some is missing is said");
}

static void test_long_lines(void)
{
    enum { LONG = 100000 };
    char *line = malloc(LONG);
    t2m_text_t text;
    int i;

    for (i = 0; i < LONG; i++) {
        line[i] = i < 4 ? ' ' : "\xe2\x82\xac"[i % 3];
    }
    t2m_stack_join_reset(join);
    (void)feed(HEADER);
    for (i = 0; i < 20; i++) {
        (void)feed("  File \"a.py\", line 1, in f");
        (void)feed_bytes(line, LONG);
    }
    (void)feed("E: m");
    text = held();
    ok(is_truncated() && text.size < T2M_STACK_JOIN_MAX
       && memmem(text.data, text.size, "\xe2\x82\xac\n", 4) != NULL,
       "a long line is cut behind a whole character");
    ok(memcmp(text.data, HEADER, sizeof(HEADER) - 1) == 0
       && memcmp(text.data + text.size - 5, "\nE: m", 5) == 0, "the first and the last line stay");
    memset(line, 'x', LONG);
    memcpy(line, HEADER "\n", sizeof(HEADER));
    t2m_stack_join_reset(join);
    ok(feed_bytes(line, LONG) && is_truncated(), "behind a first line, in one piece");
    free(line);
}

int main(void)
{
    join = malloc(t2m_stack_join_size());
    memset(join, 0xee, t2m_stack_join_size());
    test_states();
    test_begins();
    test_doubt();
    test_several();
    test_middle();
    test_long_lines();
    free(join);
    return tap_done();
}
