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

/* core/line.c: the quick way against t2m_encode, field by field and with fields made up at random;
 * what it must refuse. Seen to fail: with t2m_line_value not searching QUERY, with `lossy` left out
 * of t2m_line_end, with a member's comma left to the JSON writer, without SPANS_MAX, with a
 * byte more than the room, with the second of a start not looked at. */
#include "core/line.h"

#include <stdlib.h>

#include <apr_general.h>

#include "core/encode.h"

#include "tap.h"

#define TIME APR_INT64_C(1705314645123456)

enum { ROOM = 16384, ROUNDS = 20000, FIELDS = 12 };

/* A field to put: what kind, and with which value. */
typedef struct {
    int kind;
    t2m_content_e content;
    t2m_text_t text;
    apr_int64_t number;
} wanted_t;

typedef struct {
    t2m_level_e level;
    int count;
    wanted_t fields[FIELDS];
} sample_t;

static t2m_mask_t *policy, *no_policy;
static t2m_record_t record;
static char by_line[ROOM], by_record[T2M_LINE_MAX];
static int unchanged; /* what the last text said */

enum { TEXT, PLAIN, INTEGER, MILLISECONDS, BOOLEAN, KINDS };

static void put(t2m_line_t *line, const wanted_t *wanted)
{
    switch (wanted->kind) {
    case TEXT:
        unchanged = t2m_line_text(line, "text", wanted->content, wanted->text);
        break;
    case PLAIN:
        t2m_line_plain(line, "plain_text", wanted->text);
        break;
    case INTEGER:
        t2m_line_integer(line, "n", wanted->number);
        break;
    case MILLISECONDS:
        t2m_line_milliseconds(line, "duration_ms", wanted->number);
        break;
    default:
        t2m_line_boolean(line, "is_true", wanted->number & 1);
        break;
    }
}

static void gather(t2m_line_t *line, const sample_t *sample)
{
    int i;

    for (i = 0; i < sample->count; i++) {
        put(line, &sample->fields[i]);
    }
}

static apr_size_t quickly(const sample_t *sample, const t2m_mask_t *mask, apr_size_t room)
{
    t2m_line_start_t start = { .second = -1 };
    t2m_line_t line;

    memset(by_line, '#', sizeof(by_line));
    t2m_line_start(&start, TIME);
    t2m_line_begin(&line, &start, sample->level, mask, by_line, room);
    gather(&line, sample);
    return t2m_line_end(&line);
}

static apr_size_t by_the_record(const sample_t *sample, const t2m_mask_t *mask, apr_size_t room)
{
    t2m_line_t line;

    t2m_record_begin(&record, T2M_STREAM_ACCESS, sample->level, TIME);
    t2m_line_gather(&line, &record);
    gather(&line, sample);
    t2m_record_mask(&record, mask);
    return t2m_encode(&record, by_record, room + T2M_LINE_TAIL);
}

static int ends_truncated(apr_size_t size)
{
    static const char mark[] = ",\"truncated\":true";

    return size > sizeof(mark) && !memcmp(by_record + size - (sizeof(mark) - 1), mark,
                                          sizeof(mark) - 1);
}

/* The same bytes, or a refusal where the record had to cut; never a byte beyond the room. */
static int agree(const sample_t *sample, const t2m_mask_t *mask, apr_size_t room)
{
    apr_size_t quick = quickly(sample, mask, room);
    apr_size_t slow = by_the_record(sample, mask, room), at;

    for (at = room; at < sizeof(by_line); at++) {
        if (by_line[at] != '#') {
            return 0;
        }
    }
    if (quick == 0) {
        return ends_truncated(slow) || record.span_count > T2M_RECORD_SPANS_MAX / 2;
    }
    return quick == slow && !memcmp(by_line, by_record, slow);
}

static wanted_t text_field(t2m_content_e content, const char *text)
{
    wanted_t wanted = { TEXT, content, t2m_text(text), 0 };

    return wanted;
}

static void test_fields(void)
{
    static const wanted_t numbers[] = {
        { INTEGER, T2M_CONTENT_SAFE, { NULL, 0 }, 0 },
        { INTEGER, T2M_CONTENT_SAFE, { NULL, 0 }, APR_INT64_MAX },
        { INTEGER, T2M_CONTENT_SAFE, { NULL, 0 }, APR_INT64_MIN },
        { MILLISECONDS, T2M_CONTENT_SAFE, { NULL, 0 }, 12345 },
        { MILLISECONDS, T2M_CONTENT_SAFE, { NULL, 0 }, -1 },
        { BOOLEAN, T2M_CONTENT_SAFE, { NULL, 0 }, 0 },
        { BOOLEAN, T2M_CONTENT_SAFE, { NULL, 0 }, 1 },
    };
    sample_t sample = { T2M_LEVEL_INFO, 0, { { 0, T2M_CONTENT_SAFE, { NULL, 0 }, 0 } } };
    unsigned i;

    sample.count = 0;
    is_bytes(by_line, quickly(&sample, policy, 1024),
             "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"INFO\"", "no fields");
    for (i = 0; i < T2M_LEVEL_COUNT; i++) {
        sample.level = (t2m_level_e)i;
        ok(agree(&sample, policy, 1024), "level %s", t2m_level_name((t2m_level_e)i));
    }
    sample.count = 1;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sample.fields[0] = numbers[i];
        ok(agree(&sample, policy, 1024), "number %u", i);
    }
    sample.fields[0] = numbers[0];
    sample.fields[1] = text_field(T2M_CONTENT_QUERY, "a=1&token=abcdef&b=2");
    sample.fields[2] = numbers[3];
    sample.count = 3;
    is_bytes(by_line, quickly(&sample, policy, 1024),
             "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"CRITICAL\",\"n\":0,"
             "\"text\":\"a=1&token=[REDACTED]&b=2\",\"duration_ms\":12.345",
             "fields with a secret among them");
    ok(agree(&sample, policy, 1024), "as the record has it");
    sample.level = T2M_LEVEL_INFO;
}

/* From one moment to the next: each start is that of a line whose time is rendered anew. */
static void test_start(void)
{
    static const apr_time_t times[] = {
        0, 999999, 1000000, 1999, -1, -5000000, 0, TIME, TIME + 1000, TIME + 876544, TIME + 876543,
        TIME - 123456, APR_INT64_C(253402300799999999), APR_INT64_C(253402300800000000),
        APR_INT64_MAX, APR_INT64_MIN, TIME, TIME
    };
    t2m_line_start_t kept = { .second = -1 };
    int different = 0;
    unsigned i, j;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        for (j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
            t2m_line_start_t fresh = { .second = -1 };

            t2m_line_start(&kept, times[i]);
            t2m_line_start(&kept, times[j]);
            t2m_line_start(&fresh, times[j]);
            different += kept.time != times[j]
                         || memcmp(kept.bytes, fresh.bytes, sizeof(kept.bytes));
        }
    }
    is_number(different, 0, "a start that is kept is as one that is rendered anew");
}

static void is_unchanged(const char *text, t2m_content_e content, int want)
{
    sample_t sample = { T2M_LEVEL_INFO, 1, { text_field(content, text) } };

    (void)quickly(&sample, policy, 1024);
    ok(unchanged == want, "'%s' is %s", text, want ? "unchanged" : "changed or absent");
    ok(agree(&sample, policy, 1024), "and the same in a record");
}

static void test_unchanged(void)
{
    is_unchanged("Mozilla/5.0 (X11; Linux x86_64)", T2M_CONTENT_NAME, 1);
    is_unchanged("/a/b.html", T2M_CONTENT_PATH, 1);
    is_unchanged("with \"quotes\"", T2M_CONTENT_NAME, 0);
    is_unchanged("ill \xff formed", T2M_CONTENT_NAME, 0);
    is_unchanged("Bearer abcdefghijklmnop.qrstuvwxyz", T2M_CONTENT_NAME, 0);
    is_unchanged("gr\xc3\xbc\xc3\x9f", T2M_CONTENT_NAME, 1);
    is_unchanged("", T2M_CONTENT_NAME, 0);
}

static void test_refusals(void)
{
    t2m_field_t foreign = t2m_field_integer("answer", 42);
    static char flood[4096];
    sample_t sample = { T2M_LEVEL_INFO, 1, { text_field(T2M_CONTENT_SAFE, "x") } };
    t2m_line_start_t start = { .second = -1 };
    t2m_line_t line;
    int i;

    t2m_line_start(&start, TIME);
    t2m_line_begin(&line, &start, T2M_LEVEL_INFO, policy, by_line, 1024);
    t2m_line_foreign(&line, &foreign);
    t2m_line_integer(&line, "more", 1);
    is_number((long long)t2m_line_end(&line), 0, "a field of others makes it fail");
    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, TIME);
    t2m_line_gather(&line, &record);
    t2m_line_foreign(&line, &foreign);
    is_number(record.field_count, 3, "a record takes it");
    ok(t2m_line_record(&line) == &record, "and is to be had");

    for (i = 0; i < 60; i++) {
        memcpy(flood + strlen(flood), "token=abcdef123 ", 16);
    }
    sample.count = FIELDS;
    for (i = 0; i < FIELDS; i++) {
        sample.fields[i] = text_field(T2M_CONTENT_MESSAGE, flood);
    }
    is_number((long long)quickly(&sample, policy, ROOM), 0, "a flood of secrets makes it fail");
    ok(agree(&sample, policy, ROOM), "and the record has more than half of its spans");
    sample.count = 2;
    ok(quickly(&sample, policy, ROOM) > 0, "two such texts do not");
    ok(agree(&sample, policy, ROOM), "and are the same in a record");
}

/* Every size of room around that of the line. */
static void test_room(void)
{
    sample_t sample = { T2M_LEVEL_WARNING, 5, {
        text_field(T2M_CONTENT_PATH, "/reset/abcdefghijklmnop/x"),
        { INTEGER, T2M_CONTENT_SAFE, { NULL, 0 }, 123456789 },
        text_field(T2M_CONTENT_NAME, "quo\"te \xf0\x9f\x98\x80 and a rather long text that goes on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on and on"
                   " and on and on and on and on and on and on and on and on and on and on \xff"),
        { PLAIN, T2M_CONTENT_SAFE, { "plain", 5 }, 0 },
        { MILLISECONDS, T2M_CONTENT_SAFE, { NULL, 0 }, 1 },
    } };
    apr_size_t whole = quickly(&sample, policy, ROOM), room;
    int all = 1, refused = 0;

    ok(whole > T2M_LINE_MIN - T2M_LINE_TAIL, "the line is %lu bytes", (unsigned long)whole);
    for (room = T2M_LINE_MIN - T2M_LINE_TAIL; room < whole + 64; room++) {
        all &= agree(&sample, policy, room);
        refused += quickly(&sample, policy, room) == 0;
        all &= (quickly(&sample, policy, room) == 0) == (room < whole);
    }
    ok(all, "as the record for every room, and refused %d times: where it does not fit", refused);
}

static const char *const pieces[] = {
    "/index.html", "a=1", "&", "?", "password=hunter2", " ", "Bearer abcdefghijklmnop",
    "4111 1111 1111 1111", "\"", "\\", "\x01", "\n", "\xff", "\xc3\xa4", "\xe2\x80\xae",
    "https://user:secret@host/", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def", "/reset/",
    "someone@example.org", "Mozilla/5.0", "%70assword=x", "key", "=", ";", "-", "123-45-6789",
};

static t2m_text_t random_text(char *out)
{
    unsigned parts = (unsigned)rand() % 9;
    apr_size_t size = 0;

    while (parts-- > 0) {
        const char *piece = pieces[(unsigned)rand() % (sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(out + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return t2m_text_of(out, size);
}

static void make_up(sample_t *sample, char texts[FIELDS][1024])
{
    static const t2m_content_e contents[] = {
        T2M_CONTENT_SAFE, T2M_CONTENT_NAME, T2M_CONTENT_MESSAGE, T2M_CONTENT_PATH,
        T2M_CONTENT_QUERY, T2M_CONTENT_URL
    };
    int i;

    sample->level = (t2m_level_e)((unsigned)rand() % T2M_LEVEL_COUNT);
    sample->count = rand() % (FIELDS + 1);
    for (i = 0; i < sample->count; i++) {
        wanted_t *wanted = &sample->fields[i];

        wanted->kind = rand() % KINDS;
        wanted->content = contents[rand() % 6];
        wanted->number = (apr_int64_t)rand() << (rand() % 32);
        wanted->text = wanted->kind == PLAIN ? t2m_text("[a-z]") : random_text(texts[i]);
    }
}

static void test_random(void)
{
    static char texts[FIELDS][1024];
    sample_t sample;
    int round, different = 0;

    for (round = 0; round < ROUNDS; round++) {
        apr_size_t room = round % 3 ? ROOM : T2M_LINE_MIN - T2M_LINE_TAIL + (apr_size_t)round % 999;

        srand((unsigned)round);
        make_up(&sample, texts);
        if (!agree(&sample, round % 7 ? policy : no_policy, room) && different++ < 3) {
            printf("# seed %d\n", round);
        }
    }
    is_number(different, 0, "made up at random, both ways agree");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    policy = t2m_mask_create(pool);
    no_policy = t2m_mask_create_off(pool);
    test_start();
    test_fields();
    test_unchanged();
    test_refusals();
    test_room();
    test_random();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
