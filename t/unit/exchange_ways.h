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

/* The two lines of an exchange, by the exchange and by a record of its texts, for the tests of
 * core/exchange.c, core/packed_exchange.c and their fuzzer. */
#ifndef T2M_UNIT_EXCHANGE_WAYS_H
#define T2M_UNIT_EXCHANGE_WAYS_H

#include <stdlib.h>

#include <jansson.h>

#include "core/encode.h"
#include "core/packed_exchange.h"

#define UNUSED __attribute__((unused))

#define TIME APR_INT64_C(1705314645123456)
#define SECRET "S3cr3t" /* stands in secrets alone */

enum { TEXT_ROOM = 9000, STREAMS = 2 };

UNUSED static const t2m_stream_e streams[STREAMS] = { T2M_STREAM_ACCESS, T2M_STREAM_PERFORMANCE };

/* An exchange and all that its texts need. */
typedef struct {
    t2m_exchange_t exchange;
    char texts[T2M_EXCHANGE_TEXTS][TEXT_ROOM];
} sample_t;

UNUSED static sample_t sample;

UNUSED static void set(t2m_exchange_text_e which, const char *text)
{
    sample.exchange.texts[which] = t2m_text(text);
}

/* Repeats a text to the size. */
UNUSED static void set_long(t2m_exchange_text_e which, const char *text, apr_size_t size)
{
    apr_size_t period = strlen(text), i;

    for (i = 0; i < size; i++) {
        sample.texts[which][i] = text[i % period];
    }
    sample.exchange.texts[which] = t2m_text_of(sample.texts[which], size);
}

/* An exchange as most are. */
UNUSED static void make(void)
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

/* A line in memory of its limit's size. */
typedef struct {
    char *bytes;
    apr_size_t size;
} line_t;

/* As a worker does that pushes an ordinary record. */
UNUSED static line_t by_the_record(t2m_stream_e stream, const t2m_exchange_t *exchange,
                                   const t2m_mask_t *mask, apr_size_t limit)
{
    static t2m_record_t record;
    line_t made = { malloc(limit), 0 };
    t2m_measurement_t measurement;
    t2m_line_t line;

    t2m_record_begin(&record, stream, stream == T2M_STREAM_ACCESS
                                          ? t2m_exchange_level(exchange->status)
                                          : T2M_LEVEL_INFO, exchange->time);
    t2m_line_gather(&line, &record);
    if (stream == T2M_STREAM_ACCESS) {
        t2m_exchange_access(&line, exchange);
    } else {
        t2m_exchange_measurement(exchange, &measurement);
        t2m_measurement_add(&line, &measurement);
    }
    t2m_record_mask(&record, mask);
    made.size = t2m_encode(&record, made.bytes, limit);
    return made;
}

/* As the writer does with what it reads. */
UNUSED static line_t by_the_exchange(t2m_stream_e stream, const t2m_exchange_t *exchange,
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

/* NULL: its bytes with an end are no object. */
UNUSED static json_t *parse(const line_t *line)
{
    char *text = malloc(line->size + 1);
    json_t *object;

    memcpy(text, line->bytes, line->size);
    text[line->size] = '}';
    object = json_loadb(text, line->size + 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    free(text);
    return object;
}

UNUSED static int has(const line_t *line, const char *bytes)
{
    return memmem(line->bytes, line->size, bytes, strlen(bytes)) != NULL;
}

/* Packs and reads, each in memory of just the size; what a record of the ring has comes from
 * there. The block is the caller's to free; NULL when it was refused, either way. */
UNUSED static char *carry(const t2m_mask_t *mask, unsigned clean, const t2m_packed_common_t *common,
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

/* Secrets that are found in a text of that place. */
UNUSED static const struct {
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

UNUSED static void make_up(void)
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
    sample.exchange.slow = rand() & 1;
    sample.exchange.aborted = rand() & 1;
}

UNUSED static int is_cut(const line_t *line)
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

static long cut_lines; /* how many were cut */

/* One line, both ways. */
static int same_line(t2m_stream_e stream, const t2m_exchange_t *exchange, const t2m_mask_t *mask,
                     apr_size_t limit)
{
    line_t mine = by_the_exchange(stream, exchange, limit);
    line_t again = by_the_exchange(stream, exchange, limit);
    line_t records = by_the_record(stream, &sample.exchange, mask, limit);
    line_t whole = by_the_record(stream, &sample.exchange, mask, T2M_LINE_MAX);
    int equal = mine.size == records.size && memcmp(mine.bytes, records.bytes, mine.size) == 0;
    int holds = equal && mine.size > 0 && mine.size <= limit - T2M_LINE_TAIL
             && mine.size == again.size && memcmp(mine.bytes, again.bytes, mine.size) == 0
             && (has(&whole, SECRET) || !has(&mine, SECRET));

    if (is_cut(&records)) {
        cut_lines++;
        holds &= holds_when_cut(&mine, &whole, limit);
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

/* Whether one of the two lines of the record shows that something was masked. */
UNUSED static int has_replacement(const t2m_mask_t *mask)
{
    int i, found = 0;

    for (i = 0; i < STREAMS; i++) {
        line_t line = by_the_record(streams[i], &sample.exchange, mask, T2M_LINE_MAX);

        found |= has(&line, "[REDACTED");
        free(line.bytes);
    }
    return found;
}

/* 1: both lines are those of the record; 0: not; -1: it was refused. */
UNUSED static int agree(const t2m_mask_t *mask, unsigned clean, const t2m_packed_common_t *common,
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

#undef UNUSED

#endif
