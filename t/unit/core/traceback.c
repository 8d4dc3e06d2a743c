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

/* Tests core/traceback with the samples of traceback_samples.h and at its limits. */
#include "core/traceback.h"

#include <stdlib.h>

#include "core/record.h"
#include "tap.h"
#include "traceback_samples.h"

/* Lines that may or may not end a traceback as its `Type: message`. */
static const struct {
    const char *line;
    int type_size; /* 0: refused */
} endings[] = {
    { "E", 1 }, { "E:", 1 }, { "E: ", 1 }, { "E:  x", 1 }, { "a.b.C: x", 5 }, { "_x9: y", 3 },
    { "f.<locals>.E", 12 }, { "Gr\xc3\xb6\xc3\x9f" "e: x", 7 }, { "ExceptionGroup: x: y", 14 },
    { "E:x", 0 }, { "http://x/", 0 }, { "9E: x", 0 }, { "a.9: x", 0 }, { "a.: x", 0 },
    { ".a: x", 0 }, { "a..b: x", 0 }, { "a.", 0 }, { ": x", 0 }, { "two words", 0 },
    { "two words: x", 0 }, { "E(x)", 0 }, { "[pid 7] E: x", 0 }, { "died at x line 3.", 0 },
    { "f.<local>.E: x", 0 }, { "PHP Warning:  x", 0 }, { "12:30:01 x", 0 }, { "E\t", 0 },
};

static t2m_traceback_t *new_traceback(void)
{
    t2m_traceback_t *traceback = malloc(t2m_traceback_size());

    memset(traceback, 0xee, t2m_traceback_size());
    t2m_traceback_reset(traceback);
    return traceback;
}

/* Feeds a line from memory of its own size, so that a byte read too far is seen. */
static int feed(t2m_traceback_t *traceback, const char *line, size_t size)
{
    char *copy = malloc(size ? size : 1);
    int kept;

    memcpy(copy, line, size);
    kept = t2m_traceback_line(traceback, t2m_text_of(copy, size));
    free(copy);
    return kept;
}

static int feed_string(t2m_traceback_t *traceback, const char *line)
{
    return feed(traceback, line, strlen(line));
}

static void print_result(const t2m_traceback_t *traceback, FILE *out)
{
    t2m_traceback_result_t result;
    size_t i;

    t2m_traceback_result(traceback, &result);
    for (i = 0; i < result.frames.size; i++) {
        if (i == 0 || result.frames.data[i] == T2M_LINE_SEPARATOR) {
            fputs(i ? "\n* " : "* ", out);
        }
        if (result.frames.data[i] != T2M_LINE_SEPARATOR) {
            fputc(result.frames.data[i], out);
        }
    }
    fprintf(out, "%s= %.*s | %.*s\n", i ? "\n" : "", (int)result.type.size, result.type.data,
            (int)result.message.size, result.message.data);
}

/* Does what a caller does: a line that is refused ends what is open and is offered again. */
static void print_line(t2m_traceback_t *traceback, const char *line, size_t size, FILE *out)
{
    if (feed(traceback, line, size)) {
        return;
    }
    if (t2m_traceback_open(traceback)) {
        print_result(traceback, out);
        t2m_traceback_reset(traceback);
        if (feed(traceback, line, size)) {
            return;
        }
    }
    fprintf(out, "> %.*s\n", (int)size, line);
}

static void test_samples(void)
{
    size_t i;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        t2m_traceback_t *traceback = new_traceback();
        const char *line = samples[i].lines;
        char *got = NULL;
        size_t got_size = 0;
        FILE *out = open_memstream(&got, &got_size);

        while (*line) {
            size_t size = strcspn(line, "\n");

            print_line(traceback, line, size, out);
            line += size + 1;
        }
        if (t2m_traceback_open(traceback)) {
            print_result(traceback, out);
        }
        fclose(out);
        is_bytes(got, got_size, samples[i].want, samples[i].name);
        free(got);
        free(traceback);
    }
}

static void test_endings(void)
{
    size_t i;

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        t2m_traceback_t *traceback = new_traceback();
        t2m_traceback_result_t result;
        int kept;

        feed_string(traceback, "Traceback (most recent call last):");
        kept = feed_string(traceback, endings[i].line);
        t2m_traceback_result(traceback, &result);
        ok(kept == (endings[i].type_size != 0)
           && result.type.size == (size_t)endings[i].type_size
           && memcmp(result.type.data, endings[i].line, result.type.size) == 0,
           "type of: %s", endings[i].line);
        free(traceback);
    }
}

static int contains(t2m_text_t text, const char *string)
{
    return memmem(text.data, text.size, string, strlen(string)) != NULL;
}

static int ends_with(t2m_text_t text, const char *string)
{
    size_t size = strlen(string);

    return text.size >= size && memcmp(text.data + text.size - size, string, size) == 0;
}

/* Many frames: the first and the last ones stay, whole, and the middle is named as left out. */
static void test_middle(void)
{
    t2m_traceback_t *traceback = new_traceback();
    t2m_traceback_result_t result;
    char line[80], last[120];
    int i, broken = 0, early = 0;

    feed_string(traceback, "Traceback (most recent call last):");
    for (i = 1; i <= 200000; i++) {
        snprintf(line, sizeof(line), "  File \"/srv/%d.py\", line %d, in f", i, i);
        snprintf(last, sizeof(last), "\x1e%s\nreturn %d", line + 2, i);
        feed_string(traceback, line);
        snprintf(line, sizeof(line), "    return %d", i);
        feed_string(traceback, line);
        t2m_traceback_result(traceback, &result);
        broken += result.frames.size > T2M_TRACEBACK_MAX
               || (i > 1 && !ends_with(result.frames, last));
        early += result.truncated && i < 200;
    }
    feed_string(traceback, "E: x");
    t2m_traceback_result(traceback, &result);
    is_number(broken, 0, "however many frames: the newest is there, the size is kept");
    is_number(early, 0, "what fits is not cut");
    ok(result.truncated && contains(result.frames, "\x1e[frames left out]\x1e" "File \"/srv/"),
       "what is left out is said, and goes on with a whole frame");
    ok(contains(result.frames, "File \"/srv/1.py\", line 1, in f\nreturn 1\x1e"),
       "the first frame is there");
    ok(result.frames.size > T2M_TRACEBACK_MAX / 2, "as much is kept as reasonable");
    is_bytes(result.type.data, result.type.size, "E", "the type comes through");
    free(traceback);
}

/* Frames of each size, so that the memory is filled to its last byte in all ways. */
static void test_sizes(void)
{
    t2m_traceback_t *traceback = new_traceback();
    char line[220], want[900];
    int size, i, j, broken = 0;

    memset(line, 'x', sizeof(line));
    memset(line, ' ', 4);
    for (size = 1; size <= 200; size++) {
        int item = snprintf(want, sizeof(want), "\x1e%.*s\n%.*s\n%.*s\n%.*s", size, line + 4, size,
                            line + 4, size, line + 4, size, line + 4);

        t2m_traceback_reset(traceback);
        feed_string(traceback, "Traceback (most recent call last):");
        for (i = 0; i < 40000 / item; i++) {
            t2m_traceback_result_t result;

            feed(traceback, line + 2, (size_t)size + 2);
            for (j = 0; j < 3; j++) {
                feed(traceback, line, (size_t)size + 4);
            }
            t2m_traceback_result(traceback, &result);
            broken += result.frames.data + result.frames.size
                    > (const char *)traceback + t2m_traceback_size();
            broken += i > 0 && !ends_with(result.frames, want);
        }
    }
    is_number(broken, 0, "frames of each size: the newest is always there, whole");
    free(traceback);
}

/* One endless frame, line or message must not push the others out. */
static void test_long(void)
{
    enum { LONG = 100000 };
    t2m_traceback_t *traceback = new_traceback();
    t2m_traceback_result_t result;
    char *line = malloc(LONG);
    int i;

    for (i = 0; i < LONG; i++) {
        line[i] = i < 4 ? ' ' : "\xe2\x82\xac"[i % 3];
    }
    feed_string(traceback, "Traceback (most recent call last):");
    feed_string(traceback, "  File \"a\"");
    feed(traceback, line, LONG);
    feed_string(traceback, "  File \"b\"");
    for (i = 0; i < 10000; i++) {
        feed_string(traceback, "    source");
    }
    feed(traceback, line + 2, LONG - 2);
    feed(traceback, line + 2, LONG - 2);
    feed_string(traceback, "  File \"c\"");
    t2m_traceback_result(traceback, &result);
    ok(contains(result.frames, "File \"a\"\n")
       && contains(result.frames, "\x1e" "File \"b\"\nsource")
       && ends_with(result.frames, "\x1e" "File \"c\""), "each frame has its share");
    ok(result.truncated && contains(result.frames, "\xe2\x82\xac\x1e"),
       "a long line is cut behind a whole character");

    memcpy(line, "E: x", 4);
    feed(traceback, line, LONG);
    t2m_traceback_result(traceback, &result);
    ok(result.message.size > 4000 && result.message.size < 4100
       && ends_with(result.message, "\xe2\x82\xac"), "a long message is cut likewise");
    is_number(feed_string(traceback, "  more"), 1, "its next line is kept off");
    feed_string(traceback, "During handling of the above exception, another exception occurred:");
    feed_string(traceback, "Traceback (most recent call last):");
    memset(line, 'T', 300);
    line[255] = ':';
    line[256] = ' ';
    is_number(feed(traceback, line, 300), 1, "a type of 255 bytes is one");
    t2m_traceback_reset(traceback);
    feed_string(traceback, "Traceback (most recent call last):");
    line[255] = 'T';
    is_number(feed(traceback, line, 256), 0, "a longer one is not");
    free(line);
    free(traceback);
}

static void test_open(void)
{
    t2m_traceback_t *traceback = new_traceback();
    t2m_traceback_result_t result;

    ok(t2m_traceback_size() <= T2M_TRACEBACK_MAX + 128, "it needs what it keeps, and little more");
    is_number(t2m_traceback_open(traceback), 0, "closed at first");
    is_number(t2m_traceback_line(traceback, t2m_text(NULL)), 0, "nothing does not open it");
    feed_string(traceback, "Traceback (most recent call last):");
    ok(t2m_traceback_open(traceback), "a header opens it");
    is_number(t2m_traceback_line(traceback, t2m_text(NULL)) != 0, 1, "an empty line belongs");
    t2m_traceback_result(traceback, &result);
    ok(!result.type.size && !result.message.size && !result.frames.size && !result.truncated,
       "it has nothing to tell yet");
    t2m_traceback_reset(traceback);
    is_number(t2m_traceback_open(traceback), 0, "closed by a reset");
    free(traceback);
}

int main(void)
{
    test_samples();
    test_endings();
    test_middle();
    test_sizes();
    test_long();
    test_open();
    return tap_done();
}
