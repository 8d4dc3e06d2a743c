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


/* core/packed_exchange.c: an exchange that is packed and read gives the lines that a record of its
 * raw texts gives; what it must refuse, and what is no exchange. Where lines are cut, both ways may
 * differ in where: in a record a replacement is whole or gone, here it is text as any other, and
 * the one or the other may make the difference for a further halving. What holds then is checked:
 * valid, within the limit, `truncated`, nothing of a secret, each text the beginning of the whole
 * one. Seen to fail: without SPANS_MAX, without `failed`, with spans of common texts let pass, with
 * a bit of clean taken for another's, with common's sizes put in another's place, with the size of
 * a text believed, with bytes left behind the texts, without either end of the limit's range. */
#include "core/packed_exchange.h"

#include <stdlib.h>

#include <apr_general.h>
#include <jansson.h>

#include "core/encode.h"

#include "tap.h"

#define TIME APR_INT64_C(1705314645123456)
#define SECRET "S3cr3t" /* stands in secrets alone */

enum { ROUNDS = 6000, TEXT_ROOM = 9000, STREAMS = 2 };

static const t2m_stream_e streams[STREAMS] = { T2M_STREAM_ACCESS, T2M_STREAM_PERFORMANCE };

static t2m_mask_t *policy, *no_policy;

/* An exchange and all that its texts need. */
typedef struct {
    t2m_exchange_t exchange;
    char texts[T2M_EXCHANGE_TEXTS][TEXT_ROOM];
} sample_t;

static sample_t sample;

/* A line in memory of its limit's size. */
typedef struct {
    char *bytes;
    apr_size_t size;
} line_t;

static void set(t2m_exchange_text_e which, const char *text)
{
    sample.exchange.texts[which] = t2m_text(text);
}

/* Repeats a text to the size. */
static void set_long(t2m_exchange_text_e which, const char *text, apr_size_t size)
{
    apr_size_t period = strlen(text), i;

    for (i = 0; i < size; i++) {
        sample.texts[which][i] = text[i % period];
    }
    sample.exchange.texts[which] = t2m_text_of(sample.texts[which], size);
}

/* An exchange as most are. */
static void make(void)
{
    t2m_exchange_t *exchange = &sample.exchange;

    memset(exchange, 0, sizeof(*exchange));
    exchange->time = TIME;
    exchange->duration = 12345;
    exchange->first_byte = 2500;
    exchange->content_length = 45;
    exchange->bytes_in = 111;
    exchange->bytes_out = 222;
    exchange->connection = 7;
    exchange->status = 200;
    exchange->endpoint = t2m_text("GET /a/:n");
    set(T2M_EXCHANGE_ID, "0190a0b0-7c1d-7abc-8def-0123456789ab");
    set(T2M_EXCHANGE_TRACE_ID, "4bf92f3577b34da6a3ce929d0e0e4736");
    set(T2M_EXCHANGE_METHOD, "GET");
    set(T2M_EXCHANGE_PATH, "/a/17");
    set(T2M_EXCHANGE_QUERY, "a=1&b=2");
    set(T2M_EXCHANGE_REFERER, "https://example.org/from?x=1");
    set(T2M_EXCHANGE_USER, "someone");
    set(T2M_EXCHANGE_FUNCTION, "default-handler");
    set(T2M_EXCHANGE_ADDRESS, "192.0.2.7");
    set(T2M_EXCHANGE_USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64)");
    set(T2M_EXCHANGE_VHOST, "www.example.org");
    set(T2M_EXCHANGE_HOST, "example.org:8080");
    set(T2M_EXCHANGE_PROTOCOL, "HTTP/1.1");
}

/* ---- both ways ------------------------------------------------------------------------------- */

static line_t by_the_record(t2m_stream_e stream, const t2m_mask_t *mask, apr_size_t limit)
{
    static t2m_record_t record;
    line_t made = { malloc(limit), 0 };
    t2m_measurement_t measurement;
    t2m_line_t line;

    t2m_record_begin(&record, stream, stream == T2M_STREAM_ACCESS
                                          ? t2m_exchange_level(sample.exchange.status)
                                          : T2M_LEVEL_INFO, TIME);
    t2m_line_gather(&line, &record);
    if (stream == T2M_STREAM_ACCESS) {
        t2m_exchange_access(&line, &sample.exchange);
    } else {
        t2m_exchange_measurement(&sample.exchange, &measurement);
        t2m_measurement_add(&line, &measurement);
    }
    t2m_record_mask(&record, mask);
    made.size = t2m_encode(&record, made.bytes, limit);
    return made;
}

/* As the writer does with what it reads. */
static line_t by_the_exchange(t2m_stream_e stream, const t2m_exchange_t *exchange,
                              apr_size_t limit)
{
    t2m_line_start_t start = { .second = -1 };
    line_t made = { malloc(limit), 0 };

    t2m_line_start(&start, exchange->time);
    made.size = (stream == T2M_STREAM_ACCESS ? t2m_exchange_access_line
                                             : t2m_exchange_performance_line)(
        exchange, &start, limit, made.bytes);
    return made;
}

/* Packs and reads, each in memory of just the size; what a record of the ring has comes from
 * there. The block is the caller's to free; NULL when it was refused, either way. */
static char *carry(const t2m_mask_t *mask, unsigned clean, const t2m_packed_common_t *common,
                   apr_size_t limit, t2m_exchange_t *out)
{
    char *room = malloc(T2M_PACKED_EXCHANGE_MAX), *block;
    apr_size_t size = t2m_packed_exchange_write(&sample.exchange, mask, clean, common, limit, room);
    apr_size_t read_limit = 0;

    block = size ? realloc(room, size) : NULL;
    memset(out, 0xa5, sizeof(*out));
    if (!block || !t2m_packed_exchange_read(block, size, out, &read_limit)
        || read_limit != limit) {
        free(block ? block : room);
        return NULL;
    }
    out->time = sample.exchange.time;
    out->duration = sample.exchange.duration;
    out->status = sample.exchange.status;
    out->slow = sample.exchange.slow;
    out->endpoint = sample.exchange.endpoint;
    return block;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static json_t *parse(const line_t *line)
{
    char *text = malloc(line->size + 1);
    json_t *object;

    memcpy(text, line->bytes, line->size);
    text[line->size] = '}';
    object = json_loadb(text, line->size + 1, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    return object;
}

static int has(const line_t *line, const char *bytes)
{
    return memmem(line->bytes, line->size, bytes, strlen(bytes)) != NULL;
}

static int is_cut(const line_t *line)
{
    static const char mark[] = ",\"truncated\":true";
    apr_size_t size = sizeof(mark) - 1;

    return line->size > size && memcmp(line->bytes + line->size - size, mark, size) == 0;
}

/* Each member is that of the whole line or, a text, its beginning. */
static int is_beginning(json_t *part, json_t *whole)
{
    const char *name;
    json_t *value;

    json_object_foreach(part, name, value) {
        json_t *from = json_object_get(whole, name);

        if (strcmp(name, "truncated") == 0 || strcmp(name, "lossy") == 0) {
            continue;
        }
        if (!from || (!json_is_string(value) && !json_equal(value, from))
            || (json_is_string(value)
                && strncmp(json_string_value(value), json_string_value(from),
                           json_string_length(value)) != 0)) {
            return 0;
        }
    }
    return 1;
}

static int holds_when_cut(const line_t *line, const line_t *whole, apr_size_t limit)
{
    json_t *part = parse(line), *all = parse(whole);
    int holds = part && all && is_cut(line) && line->size <= limit - T2M_LINE_TAIL
             && json_object_get(part, "message") && json_object_get(part, "level")
             && is_beginning(part, all);

    json_decref(part);
    json_decref(all);
    return holds;
}

static long cut_lines, cut_otherwise; /* how many were cut, and not as the record was */

/* One line, both ways. */
static int same_line(t2m_stream_e stream, const t2m_exchange_t *exchange, const t2m_mask_t *mask,
                     apr_size_t limit)
{
    line_t mine = by_the_exchange(stream, exchange, limit);
    line_t again = by_the_exchange(stream, exchange, limit);
    line_t records = by_the_record(stream, mask, limit);
    line_t whole = by_the_record(stream, mask, T2M_LINE_MAX);
    int equal = mine.size == records.size && memcmp(mine.bytes, records.bytes, mine.size) == 0;
    int holds = mine.size > 0 && mine.size <= limit - T2M_LINE_TAIL && mine.size == again.size
             && memcmp(mine.bytes, again.bytes, mine.size) == 0
             && (has(&whole, SECRET) || !has(&mine, SECRET));

    if (is_cut(&records)) {
        cut_lines++;
        cut_otherwise += !equal;
        holds &= holds_when_cut(&mine, &whole, limit) && (equal || has(&whole, "[REDACTED"));
    } else {
        holds &= equal;
    }
    if (!holds) {
        printf("# record: %.*s\n# packed: %.*s\n", (int)records.size, records.bytes,
               (int)mine.size, mine.bytes);
    }
    free(mine.bytes);
    free(again.bytes);
    free(records.bytes);
    free(whole.bytes);
    return holds;
}

/* 1: both lines are those of the record; 0: not; -1: it was refused. */
static int agree(const t2m_mask_t *mask, unsigned clean, const t2m_packed_common_t *common,
                 apr_size_t limit)
{
    t2m_exchange_t got;
    char *block = carry(mask, clean, common, limit, &got);
    int i, all = 1;

    if (!block) {
        return -1;
    }
    for (i = 0; i < STREAMS; i++) {
        all &= same_line(streams[i], &got, mask, limit);
    }
    free(block);
    return all;
}

/* Also what the writer is to read, by hand. */
static int agrees(apr_size_t limit)
{
    return agree(policy, 0, NULL, limit) == 1;
}

static int shows_secret(apr_size_t limit)
{
    t2m_exchange_t got;
    char *block = carry(policy, 0, NULL, limit, &got);
    int i, shown = block == NULL;

    for (i = 0; block && i < STREAMS; i++) {
        line_t line = by_the_exchange(streams[i], &got, limit);

        shown |= has(&line, SECRET) || !has(&line, i ? "duration_ms" : "request_id");
        free(line.bytes);
    }
    free(block);
    return shown;
}

/* ---- chosen exchanges ------------------------------------------------------------------------ */

static const apr_size_t limits[] = { 1024, 1025, 1500, 4096, 8192, 32768, 65536 };

enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static int agrees_at_all_limits(void)
{
    int i, all = 1;

    for (i = 0; i < LIMITS; i++) {
        sample.exchange.slow = i % 2 == 0;
        all &= agrees(limits[i]);
    }
    return all;
}

static void test_texts(void)
{
    static const char *const texts[] = {
        "", "x", "\"", "\\\"\\", "\x01\x1f\x7f\n\r\t", "\xff\xfe", "\xc3", "\xc3\xa4",
        "\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf", "\xf0\x9f\x98\x80", "\xf0\x9f\x98", "/", "/\xff/",
        "\xed\xa0\x80", "</script>", "a b", "%00%0a", "\xc2\x80\xc2\x9f", "?", "[REDACTED]"
    };
    unsigned i, which, wrong = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        make();
        for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
            t2m_text_t before = sample.exchange.texts[which];

            set((t2m_exchange_text_e)which, texts[i]);
            wrong += !agrees_at_all_limits();
            sample.exchange.texts[which] = before;
        }
        for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
            set((t2m_exchange_text_e)which, texts[i]);
        }
        wrong += !agrees_at_all_limits();
    }
    is_number(wrong, 0, "odd texts in each place and in all of them give the record's lines");
    make();
    memset(sample.exchange.texts, 0, sizeof(sample.exchange.texts));
    sample.exchange.endpoint = t2m_text("");
    ok(agrees_at_all_limits(), "so does an exchange without a text");
}

static void test_numbers(void)
{
    static const apr_int64_t numbers[] = { 0, 1, -1, 999, 1000, APR_INT64_MAX, APR_INT64_MIN,
                                           APR_INT64_MIN + 1 };
    static const apr_uint16_t statuses[] = { 0, 100, 200, 399, 400, 499, 500, 599, 65535 };
    unsigned i, j, wrong = 0;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        apr_int64_t *const all[] = { &sample.exchange.duration, &sample.exchange.first_byte,
                                     &sample.exchange.content_length, &sample.exchange.bytes_in,
                                     &sample.exchange.bytes_out, &sample.exchange.connection };

        for (j = 0; j <= 6; j++) { /* each, then all at once */
            unsigned k;

            make();
            for (k = 0; k < 6; k++) {
                *all[k] = j == k || j == 6 ? numbers[i] : *all[k];
            }
            sample.exchange.aborted = j & 1;
            wrong += !agrees_at_all_limits();
        }
    }
    is_number(wrong, 0, "numbers at their ends come through");
    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        make();
        sample.exchange.status = statuses[i];
        wrong += !agrees_at_all_limits();
    }
    is_number(wrong, 0, "and every kind of status");
}

/* Secrets that are found in a text of that place. */
static const struct {
    t2m_exchange_text_e which;
    const char *text;
} secrets[] = {
    { T2M_EXCHANGE_QUERY, "a=1&token=" SECRET "abc&b=2" },
    { T2M_EXCHANGE_QUERY, "password=" SECRET },
    { T2M_EXCHANGE_QUERY, "\xc3\xa4&token=" SECRET "\xc3\xa4&\xe2\x80\xae=\xf0\x9f\x98\x80" },
    { T2M_EXCHANGE_QUERY, "\xe2\x80&token=" SECRET "\xff&x=\xf0\x9f" },
    { T2M_EXCHANGE_PATH, "/reset/" SECRET "abcdefghij/x" },
    { T2M_EXCHANGE_PATH, "/\xc3\xa4/reset/" SECRET "abcdefghij/\xc3\xa4" },
    { T2M_EXCHANGE_PATH, "https://me:" SECRET "@host/a" },
    { T2M_EXCHANGE_REFERER, "https://me:" SECRET "@host/a?token=" SECRET "&x=1" },
    { T2M_EXCHANGE_REFERER, "https://h/\xf0\x9f\x98\x80?token=" SECRET "&x=\xc3\xa4#\xff" },
    { T2M_EXCHANGE_USER_AGENT, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_USER_AGENT, "x\xc3\xa4 Bearer " SECRET "abcdefghijkl \xf0\x9f\x98\x80" },
    { T2M_EXCHANGE_HOST, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_VHOST, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_PROTOCOL, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_USER, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_METHOD, "Bearer " SECRET "abcdefghijkl" },
    { T2M_EXCHANGE_FUNCTION, "Bearer " SECRET "abcdefghijkl" },
};

enum { SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

static void test_secrets(void)
{
    int i, j, wrong = 0, shown = 0;

    for (i = 0; i < SECRETS; i++) {
        make();
        set(secrets[i].which, secrets[i].text);
        wrong += !agrees_at_all_limits();
        sample.exchange.slow = 1;
        for (j = 0; j < LIMITS; j++) {
            shown += shows_secret(limits[j]);
        }
    }
    is_number(wrong, 0, "a secret in each text that is searched gives the record's lines");
    is_number(shown, 0, "which do not show it");
    make();
    for (i = 0; i < SECRETS; i++) {
        set(secrets[i].which, secrets[i].text);
    }
    ok(agrees_at_all_limits(), "nor do those with secrets in all of them at once");
    sample.exchange.slow = 1;
    ok(!shows_secret(8192) && !shows_secret(1024), "whether cut or not");
    make();
    set(T2M_EXCHANGE_QUERY, "token=" SECRET);
    ok(agree(no_policy, 0, NULL, 8192) == 1, "a policy without rules leaves them as they are");
}

/* Whatever a text is known for, it alone is not searched. */
static void test_clean(void)
{
    int i, wrong = 0;

    for (i = 0; i < SECRETS; i++) {
        t2m_exchange_text_e which = secrets[i].which;
        t2m_exchange_t got;
        unsigned clean;

        for (clean = 0; clean < T2M_EXCHANGE_TEXTS; clean++) {
            char *block;

            make();
            set(which, secrets[i].text);
            block = carry(policy, 1U << clean, NULL, 8192, &got);
            wrong += !block || (memmem(got.texts[which].data, got.texts[which].size, SECRET,
                                       strlen(SECRET)) != NULL) != (clean == (unsigned)which);
            free(block);
        }
    }
    is_number(wrong, 0, "what is said to be clean is not searched, and nothing else");
    make();
    ok(agree(policy, ~0U, NULL, 8192) == 1, "of texts that are clean the lines are the same");
}

/* Each text long, and long ones with secrets all over: most are cut. */
static void test_long(void)
{
    static const char *const texts[] = {
        "long text ", "\"", "\x01", "\xff", "\xc3\xa4", "\xf0\x9f\x98\x80", "a=1&token=" SECRET
        "abcdefghijklmnop&text=", "Bearer " SECRET "abcdefghijkl and some text after that "
    };
    static const apr_size_t sizes[] = { 100, 511, 600, 1200, 3000 };
    unsigned i, j, which;
    int wrong = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
                make();
                set_long((t2m_exchange_text_e)which, texts[i], sizes[j]);
                wrong += !agrees_at_all_limits();
            }
        }
        make();
        for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
            set_long((t2m_exchange_text_e)which, texts[i], 250);
        }
        wrong += !agrees_at_all_limits();
    }
    is_number(wrong, 0, "long texts in each place and in all of them");
    ok(cut_lines > 100, "%ld lines were cut", cut_lines);
    ok(cut_otherwise > 0 && cut_otherwise < cut_lines,
       "%ld of them not as the record's were: those with a secret", cut_otherwise);
}

/* ---- made up at random ----------------------------------------------------------------------- */

static const char *const pieces[] = {
    "/index.html", "a=1", "&", "?", "password=hunter2", " ", "Bearer abcdefghijklmnop",
    "4111 1111 1111 1111", "\"", "\\", "\x01", "\n", "\xff", "\xc3\xa4", "\xe2\x80\xae",
    "https://user:secret@host/", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def", "/reset/",
    "someone@example.org", "Mozilla/5.0", "%70assword=x", "key", "=", ";", "-", "123-45-6789",
    "\xf0\x9f", "\xc3", "&token=t", "\xe2\x80", "/", "abcdefghijklmnopqrstuvwxyz",
};

static void random_text(t2m_exchange_text_e which)
{
    unsigned parts = rand() % 3 ? (unsigned)rand() % 6 : (unsigned)rand() % (rand() % 4 ? 12 : 90);
    apr_size_t size = 0;

    while (parts-- > 0) {
        const char *piece = pieces[(unsigned)rand() % (sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(sample.texts[which] + size, piece, strlen(piece));
        size += strlen(piece);
    }
    sample.exchange.texts[which] = t2m_text_of(sample.texts[which], size);
}

static apr_int64_t random_number(void)
{
    apr_uint64_t number = (apr_uint64_t)rand() << 33 ^ (apr_uint64_t)rand() << 11;

    return (apr_int64_t)(rand() % 4 ? number >> (rand() % 64) : ~(number >> (rand() % 64)));
}

static void make_up(void)
{
    unsigned which;

    make();
    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        random_text((t2m_exchange_text_e)which);
    }
    sample.exchange.endpoint = t2m_text(rand() % 5 ? "POST /a/:n/b" : "\xff \"\x02\" \xe2\x80");
    sample.exchange.duration = random_number();
    sample.exchange.first_byte = random_number();
    sample.exchange.content_length = random_number();
    sample.exchange.bytes_in = random_number();
    sample.exchange.bytes_out = random_number();
    sample.exchange.connection = random_number();
    sample.exchange.status = (apr_uint16_t)(rand() % 700);
    sample.exchange.slow = rand() % 2;
    sample.exchange.aborted = rand() % 2;
}

static void test_random(void)
{
    int round, wrong = 0, refused = 0;

    for (round = 0; round < ROUNDS; round++) {
        apr_size_t limit = round % 3 ? 8192 : T2M_LINE_MIN + (apr_size_t)(round * 7 % 9000);
        int is;

        srand((unsigned)round);
        make_up();
        is = agree(round % 7 ? policy : no_policy, 0, NULL, limit);
        refused += is < 0;
        if (is == 0 && wrong++ < 3) {
            printf("# seed %d\n", round);
        }
    }
    is_number(wrong, 0, "made up at random, both lines are the record's");
    ok(refused < ROUNDS / 10, "%d were refused", refused);
}

/* ---- the common texts ------------------------------------------------------------------------ */

/* The very same bytes with common texts that were packed before. */
static int is_as_without(const t2m_packed_common_t *common)
{
    static char with[T2M_PACKED_EXCHANGE_MAX], without[T2M_PACKED_EXCHANGE_MAX];
    apr_size_t size = t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, 8192, without);

    return t2m_packed_exchange_write(&sample.exchange, policy, 0, common, 8192, with) == size
           && memcmp(with, without, size) == 0;
}

static void test_common(void)
{
    t2m_packed_common_t *common = malloc(sizeof(*common));
    int i, wrong = 0, used = 0;

    make();
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0), "common texts are packed");
    ok(is_as_without(common), "and give the same bytes");
    set(T2M_EXCHANGE_QUERY, "token=" SECRET);
    ok(is_as_without(common), "beside other texts too");
    ok(agree(policy, 0, common, 8192) == 1, "and the record's lines");
    for (i = T2M_EXCHANGE_COMMON; i < T2M_EXCHANGE_COMMON_END; i++) {
        sample.exchange.texts[i] = t2m_text("");
    }
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0) && common->size == 0
       && is_as_without(common), "none at all are common texts as well");
    set_long(T2M_EXCHANGE_USER_AGENT, "x", T2M_PACKED_COMMON_MAX - 8);
    set(T2M_EXCHANGE_PROTOCOL, "HTTP/1.1");
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0) && is_as_without(common),
       "as many as there is room for");
    set(T2M_EXCHANGE_PROTOCOL, "HTTP/1.10");
    ok(!t2m_packed_common_write(common, &sample.exchange, policy, 0), "not one byte more");
    for (i = 0; i < SECRETS; i++) {
        make();
        set(secrets[i].which, secrets[i].text);
        wrong += !t2m_packed_common_write(common, &sample.exchange, policy, 0)
                 != (secrets[i].which >= T2M_EXCHANGE_COMMON);
        wrong += !t2m_packed_common_write(common, &sample.exchange, policy,
                                          1U << secrets[i].which);
    }
    is_number(wrong, 0, "those with a secret are not kept, unless they are said to have none");
    for (i = 0; i < 1000; i++) {
        srand((unsigned)i);
        make_up();
        if (t2m_packed_common_write(common, &sample.exchange, policy, 0)) {
            wrong += !is_as_without(common);
            used++;
        }
    }
    ok(wrong == 0 && used > 50, "made up at random, %d of 1000 could be kept", used);
    free(common);
}

/* ---- what must be a record ------------------------------------------------------------------- */

static apr_size_t packed_size(void)
{
    static char out[T2M_PACKED_EXCHANGE_MAX];

    return t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, 8192, out);
}

static void test_size(void)
{
    unsigned which;
    int wrong = 0;

    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        memset(&sample.exchange, 0, sizeof(sample.exchange));
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX);
        wrong += packed_size() != T2M_PACKED_EXCHANGE_MAX;
        wrong += agree(policy, 0, NULL, T2M_LINE_MAX) != 1;
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX + 1);
        wrong += packed_size() != 0;
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX);
        set(which == T2M_EXCHANGE_ID ? T2M_EXCHANGE_PROTOCOL : T2M_EXCHANGE_ID, "y");
        wrong += packed_size() != 0;
    }
    is_number(wrong, 0, "texts of just the room are packed, a byte more is not");
    memset(&sample.exchange, 0, sizeof(sample.exchange));
    set_long(T2M_EXCHANGE_USER_AGENT, "x ", T2M_PACKED_TEXTS_MAX - 10);
    set(T2M_EXCHANGE_QUERY, "key=&t=&token=12345678901234567890");
    ok(packed_size() == T2M_PACKED_EXCHANGE_MAX - 10 + 24, "what is masked counts as it is shown");
    set(T2M_EXCHANGE_QUERY, "token=1&to=");
    is_number((long long)packed_size(), 0, "also when it is longer");
}

/* So many secrets: 64 in a text are the most that one can have. */
static void flood(t2m_exchange_text_e which, const char *secret, unsigned count)
{
    apr_size_t size = strlen(secret);

    set_long(which, secret, size * count);
}

static void test_spans(void)
{
    const unsigned most = T2M_RECORD_SPANS_MAX - T2M_RECORD_FIELDS_MAX - 2 * 60;

    make();
    sample.exchange.slow = 1;
    flood(T2M_EXCHANGE_QUERY, "token=x&", 60);
    flood(T2M_EXCHANGE_REFERER, "&token=x", 60);
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", most);
    ok(agree(policy, 0, NULL, 16384) == 1, "as many secrets as a record shows one by one");
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", most + 1);
    is_number((long long)packed_size(), 0, "one more makes it a record");
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", 1);
    flood(T2M_EXCHANGE_QUERY, "token=x&", 200);
    ok(agree(policy, 0, NULL, 16384) == 1, "a text with too many is replaced from there on");
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Whatever is read lies in the block, one text behind the other, and makes lines. */
static int stays_within(const char *block, apr_size_t size)
{
    t2m_exchange_t got;
    const char *at = block + sizeof(t2m_packed_exchange_t);
    apr_size_t limit = 0;
    int i;

    memset(&got, 0, sizeof(got));
    if (!t2m_packed_exchange_read(block, size, &got, &limit)) {
        return 1;
    }
    for (i = 0; i < T2M_EXCHANGE_TEXTS; i++) {
        if (got.texts[i].data != at || got.texts[i].size > (apr_size_t)(block + size - at)) {
            return 0;
        }
        at += got.texts[i].size;
    }
    for (i = 0; i < STREAMS; i++) {
        line_t line = by_the_exchange(streams[i], &got, limit);

        free(line.bytes);
    }
    return at == block + size && limit >= T2M_LINE_MIN && limit <= T2M_LINE_MAX;
}

static int is_read(const char *bytes, apr_size_t size)
{
    char *block = malloc(size ? size : 1);
    t2m_exchange_t got;
    apr_size_t limit;
    int is;

    memcpy(block, bytes, size);
    is = t2m_packed_exchange_read(block, size, &got, &limit);
    free(block);
    return is;
}

static void test_truncations(const char *valid, apr_size_t size)
{
    apr_size_t i, accepted = 0;
    char *longer = calloc(1, size + 1);

    for (i = 0; i < size; i++) {
        accepted += (apr_size_t)is_read(valid, i);
    }
    is_number((long long)accepted, 0, "no beginning of a form is one");
    memcpy(longer, valid, size);
    ok(is_read(longer, size) && !is_read(longer, size + 1), "nor one with a byte behind it");
    free(longer);
}

static void test_changes(const char *valid, apr_size_t size)
{
    static const unsigned char flips[] = { 1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x55 };
    char *block = malloc(size);
    unsigned i, wrong = 0;
    apr_size_t at;

    memcpy(block, valid, size);
    for (at = 0; at < size; at++) {
        for (i = 0; i < sizeof(flips); i++) {
            block[at] = (char)(valid[at] ^ flips[i]);
            wrong += !stays_within(block, size);
        }
        block[at] = valid[at];
    }
    is_number(wrong, 0, "a byte changed: refused, or texts within the bytes");
    free(block);
}

static void test_alignment(const char *valid, apr_size_t size)
{
    apr_size_t limit, i;
    int wrong = 0;

    for (i = 1; i < 8; i++) {
        char *block = malloc(size + i);
        t2m_exchange_t got;

        memcpy(block + i, valid, size);
        wrong += !t2m_packed_exchange_read(block + i, size, &got, &limit)
                 || got.connection != sample.exchange.connection;
        free(block);
    }
    is_number(wrong, 0, "bytes may stand anywhere");
}

static void test_limits(const char *valid, apr_size_t size)
{
    static const struct {
        apr_uint32_t limit;
        int is_one;
    } cases[] = { { 0, 0 }, { T2M_LINE_MIN - 1, 0 }, { T2M_LINE_MIN, 1 }, { T2M_LINE_MAX, 1 },
                  { T2M_LINE_MAX + 1, 0 }, { 0xffffffff, 0 } };
    char *block = malloc(size);
    unsigned i;

    memcpy(block, valid, size);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(block + offsetof(t2m_packed_exchange_t, limit), &cases[i].limit, 4);
        ok(is_read(block, size) == cases[i].is_one, "limit %lu is %s",
           (unsigned long)cases[i].limit, cases[i].is_one ? "one" : "none");
    }
    free(block);
}

static void test_largest(void)
{
    char *block = calloc(1, T2M_PACKED_EXCHANGE_MAX + 1);
    t2m_packed_exchange_t packed;

    memset(&packed, 0, sizeof(packed));
    packed.limit = 8192;
    packed.sizes[0] = T2M_PACKED_TEXTS_MAX;
    memcpy(block, &packed, sizeof(packed));
    ok(is_read(block, T2M_PACKED_EXCHANGE_MAX), "the largest form is read");
    packed.sizes[1] = 1;
    memcpy(block, &packed, sizeof(packed));
    ok(!is_read(block, T2M_PACKED_EXCHANGE_MAX + 1), "a larger one is not");
    free(block);
}

static void test_reading(void)
{
    static char valid[T2M_PACKED_EXCHANGE_MAX];
    apr_size_t size;

    make();
    set(T2M_EXCHANGE_QUERY, "\xff\"\xc3\xa4");
    size = t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, 4096, valid);
    test_truncations(valid, size);
    test_changes(valid, size);
    test_alignment(valid, size);
    test_limits(valid, size);
    test_largest();
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    policy = t2m_mask_create(pool);
    no_policy = t2m_mask_create_off(pool);
    test_texts();
    test_numbers();
    test_secrets();
    test_clean();
    test_long();
    test_random();
    test_common();
    test_size();
    test_spans();
    test_reading();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
