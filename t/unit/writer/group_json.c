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

/* Tests modules/writer/group_json.c. */
#include "writer/group_json.h"

#include "tap.h"
#include "writer/group_sample.h"

static t2m_kept_group_t kept, again;

/* What the file would have of it. */
static json_t *through_text(const t2m_kept_group_t *group)
{
    json_t *object = t2m_group_json_make(group), *read;
    char *text = json_dumps(object, JSON_COMPACT);

    read = text ? json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL) : NULL;
    free(text);
    json_decref(object);
    return read;
}

/* Writes and reads it; nonzero when that worked. */
static int round_trip(const t2m_kept_group_t *from, t2m_kept_group_t *to)
{
    json_t *object = through_text(from);
    int worked = object && t2m_group_json_read(object, to);

    json_decref(object);
    return worked;
}

static void check_round_trip(void)
{
    group_full(&kept, 511);
    ok(round_trip(&kept, &again), "a full row is read again");
    is_number(again.number, 511, "at its place");
    kept.group.vhosts = again.group.vhosts; /* without the free ones between */
    ok(memcmp(&kept.group, &again.group, sizeof(kept.group)) == 0, "all of it");
    ok(memcmp(kept.samples, again.samples, sizeof(kept.samples)) == 0, "and its samples");
    is_number((long long)again.group.vhosts.counters[0].count, 511, "free counters are left out");
    is_number((long long)again.group.vhosts.counters[5].count, 0, "which are as many");
    group_small(&kept, 1);
    ok(round_trip(&kept, &again) && memcmp(&kept, &again, sizeof(kept)) == 0, "one with little");
    memset(&kept, 0, sizeof(kept));
    kept.group.evicted = 7;
    kept.group.before = 8;
    ok(round_trip(&kept, &again) && memcmp(&kept, &again, sizeof(kept)) == 0, "row 0");
    kept.number = 9;
    ok(round_trip(&kept, &again) && memcmp(&kept, &again, sizeof(kept)) == 0, "a free row");
}

static void check_bounds(void)
{
    const t2m_top_counter_t *counter = &again.group.endpoints.counters[0];

    group_full(&kept, 5);
    kept.group.total = APR_UINT64_MAX;
    kept.group.last = APR_INT64_MAX;
    kept.group.first = -1;
    kept.group.state.state = T2M_GROUP_STATES;
    kept.group.level = T2M_LEVEL_COUNT;
    kept.group.clients.registers[3] = 255;
    kept.group.endpoints.counters[0].count = APR_UINT64_MAX;
    kept.group.endpoints.counters[0].error = APR_UINT64_MAX - 1;
    kept.group.endpoints.counters[1].error = kept.group.endpoints.counters[1].count + 1;
    kept.group.endpoints.counters[2].text[3] = (char)0xff;
    kept.group.endpoints.counters[3].size = sizeof(counter->text) + 1;
    kept.group.message[7] = (char)0xc0;
    kept.group.template_size = sizeof(kept.group.template) + 1;
    kept.samples[0].id[0] = 'c';
    kept.samples[1].size = sizeof(kept.samples[1].line) + 1;
    ok(round_trip(&kept, &again), "a row with anything in it is read again");
    ok(again.group.total == APR_INT64_MAX, "a count beyond JSON's");
    is_number(again.group.first, 0, "a time before all");
    is_number(again.group.last, APR_INT64_C(253402300799999999), "the last of all");
    is_number((long long)again.group.state.state, T2M_GROUP_STATES - 1, "a state that is none");
    is_number(again.group.level, 0, "a level that is none");
    is_number(again.group.clients.registers[3], 55, "a register too large");
    ok(counter[0].count == APR_INT64_MAX && counter[0].error == APR_INT64_MAX, "a huge counter");
    ok(counter[1].error == counter[1].count, "more error than count");
    ok(counter[2].count == 1000 - 4 && counter[6].count == 0, "two with no text are left out");
    is_number(again.group.message_size, 0, "a text that is no UTF-8");
    is_number(again.group.template_size, 0, "one that is longer than its room");
    ok(again.samples[0].size == 0 && again.samples[1].size == 0, "samples of others, too long");
    kept.samples[1].size = 4;
    kept.samples[1].line[2] = (char)0x80;
    ok(round_trip(&kept, &again) && again.samples[1].size == 0, "and no UTF-8");
    group_full(&kept, 6);
    memset(&kept.group.clients, 0, sizeof(kept.group.clients));
    ok(round_trip(&kept, &again) && again.group.clients.registers[3] == 0, "no clients");
}

/* Whatever bytes a row has, what is written of it can be read, and is then written as it was. */
static void check_any(void)
{
    unsigned char *bytes = (unsigned char *)&kept;
    unsigned seed = 1, round, i;
    int read = 1, same = 1;

    for (round = 0; round < 200; round++) {
        for (i = 0; i < sizeof(kept); i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (unsigned char)(seed >> (round % 2 ? 24 : 27));
        }
        kept.number = round;
        kept.group.used = round % 3;
        group_id(kept.group.id, round);
        memcpy(kept.samples[0].id, kept.group.id, sizeof(kept.samples[0].id));
        kept.samples[0].size %= 100;
        kept.group.message_size %= 100;
        kept.group.used = round ? kept.group.used : 0;
        if (!round_trip(&kept, &again)) {
            read = 0;
        } else {
            static t2m_kept_group_t third;

            same &= round_trip(&again, &third) && memcmp(&again, &third, sizeof(third)) == 0;
        }
    }
    ok(read, "rows of any bytes are read again");
    ok(same, "and are then the same");
}

static long allowed; /* allocations until they fail */

static void *take(size_t size)
{
    return allowed-- > 0 ? malloc(size) : NULL;
}

/* Half a group would be read as one with zeros, or make the file one that is damaged. */
static void check_no_memory(void)
{
    long most = 0, made = 0;
    json_t *object = NULL;

    group_full(&kept, 5);
    for (; !object && most < 10000; most++) {
        json_set_alloc_funcs(take, free);
        allowed = most;
        object = t2m_group_json_make(&kept);
        made += object != NULL;
        json_set_alloc_funcs(malloc, free);
    }
    ok(object && most > 300, "it takes %ld allocations; with fewer there is no object", most - 1);
    json_decref(object);
    ok(made == 1 && allowed == 0, "and none fails unnoticed");
}

/* The object of a full row, with one member changed to what the text says. */
static int takes(const char *name, const char *text)
{
    json_t *object, *value = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    int taken;

    group_full(&kept, 5);
    object = through_text(&kept);
    if (text) {
        (void)json_object_set_new(object, name, value);
    } else {
        (void)json_object_del(object, name);
    }
    taken = t2m_group_json_read(object, &again);
    json_decref(object);
    return taken;
}

/* A text of so many letters, quoted. */
static const char *letters(size_t count)
{
    static char text[T2M_UNDO_MAX + 8];

    memset(text, 'x', sizeof(text));
    text[0] = text[count + 1] = '"';
    text[count + 2] = '\0';
    return text;
}

static void check_numbers(void)
{
    static const char *const names[] = {
        "first", "last", "total", "before", "weight", "evicted", "repeat_count", "repeat_held",
        "repeat_next", "repeat_last", "repeat_written", "state", "state_since", "state_until",
        "state_count", "minute", "hour", "level"
    };
    static const char *const wrong[] = { "-1", "1.0", "\"1\"", "null", "true", "[1]", "{}" };
    size_t i, k;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ok(takes(names[i], "1"), "%s: 1", names[i]);
        ok(takes(names[i], NULL), "%s: not there", names[i]);
        for (k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
            ok(!takes(names[i], wrong[k]), "%s: not %s", names[i], wrong[k]);
        }
    }
    ok(takes("total", "9223372036854775807"), "as large as JSON has it");
    ok(!takes("first", "253402300800000000"), "a time after the year 9999");
    ok(!takes("minute", "4223371680"), "so a minute");
    ok(!takes("hour", "70389528"), "and an hour");
    ok(!takes("state", "5"), "a state that is none");
    ok(!takes("level", "5"), "a level that is none");
    ok(takes("row", "511") && again.number == 511, "the last row");
    ok(!takes("row", "512") && !takes("row", NULL) && !takes("row", "\"1\""), "no row");
}

static void check_texts(void)
{
    static const struct { const char *name; size_t room; } texts[] = {
        { "logger", 64 }, { "type", 96 }, { "message", 384 }, { "template", 384 },
        { "endpoint", 160 }, { "request_id", 128 }, { "release", 64 },
        { "sample_first", sizeof(kept.samples[0].line) },
        { "sample_last", sizeof(kept.samples[0].line) }
    };
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(takes(texts[i].name, letters(texts[i].room)), "%s: fits", texts[i].name);
        ok(!takes(texts[i].name, letters(texts[i].room + 1)), "%s: too long", texts[i].name);
        ok(!takes(texts[i].name, "5") && !takes(texts[i].name, "null"), "%s: no text",
           texts[i].name);
        ok(takes(texts[i].name, NULL), "%s: not there", texts[i].name);
    }
    ok(again.samples[1].size == 0 && again.samples[1].id[0] == 0, "so there is no such sample");
    ok(takes("id", "\"0123456789aB\""), "an id");
    ok(!takes("id", "\"0123456789a\"") && !takes("id", "\"0123456789abc\"")
       && !takes("id", "\"0123456789ag\"") && !takes("id", "\"0123456789a\\u0000\"")
       && !takes("id", "17"), "is twelve hex digits");
    ok(takes("id", NULL) && !again.group.used && again.group.level == 0 && again.group.total,
       "without one nobody has the row");
    ok(takes("row", "0") == 0, "row 0 has none");
}

static void check_lists(void)
{
    static const char *const wrong[] = {
        "{}", "\"\"", "5", "[5]", "[[]]", "[{}]", "[{\"count\":1}]", "[{\"name\":\"a\"}]",
        "[{\"count\":0,\"name\":\"a\"}]", "[{\"count\":-1,\"name\":\"a\"}]",
        "[{\"count\":1,\"error\":2,\"name\":\"a\"}]", "[{\"count\":1,\"name\":5}]",
        "[{\"count\":1,\"name\":\"\"}]"
    };
    static char clients[1400];
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ok(!takes("endpoints", wrong[i]) && !takes("vhosts", wrong[i]), "no list: %s", wrong[i]);
        ok(!takes("minutes", wrong[i]) && !takes("hours", wrong[i]), "nor counts");
    }
    ok(takes("endpoints", "[{\"count\":1,\"name\":\"a\",\"new\":5}]"), "a list");
    ok(takes("endpoints", NULL) && takes("vhosts", "[]") && takes("minutes", NULL), "none");
#define COUNTER "{\"count\":1,\"name\":\"a\"}"
#define FOUR COUNTER "," COUNTER "," COUNTER "," COUNTER
    ok(takes("vhosts", "[" FOUR "," FOUR "]"), "eight");
    ok(!takes("vhosts", "[" FOUR "," FOUR "," COUNTER "]"), "but not nine");
#define TEN "4294967295,0,0,0,0,0,0,0,0,9"
    ok(takes("minutes", "[" TEN "," TEN "," TEN "," TEN "," TEN "," TEN "]"), "sixty minutes");
    ok(again.group.minutes.counts[50] == APR_UINT32_MAX, "each at its place");
    ok(!takes("minutes", "[" TEN "," TEN "," TEN "," TEN "," TEN "," TEN ",1]"), "not 61");
    ok(!takes("minutes", "[" TEN "," TEN "," TEN "," TEN "," TEN ",0,0,0,0,0,0,0,0,0]"), "nor 59");
    ok(!takes("minutes", "[" TEN "," TEN "," TEN "," TEN "," TEN ",0,0,0,0,0,0,0,0,0,4294967296]"),
       "nor what has no room");
    memset(clients, 'A', sizeof(clients));
    clients[0] = clients[1369] = '"';
    clients[1370] = '\0';
    ok(!takes("clients", clients), "base64 of two bytes more");
    memcpy(clients + 1367, "==", 2);
    ok(takes("clients", clients), "base64 of the registers");
    memcpy(clients + 1, "Nw", 2); /* 0x37 */
    ok(takes("clients", clients) && again.group.clients.registers[0] == 55, "the largest there is");
    memcpy(clients + 1, "OA", 2); /* 0x38 */
    ok(!takes("clients", clients), "a register too large");
    memcpy(clients + 1, "A!", 2);
    ok(!takes("clients", clients), "no base64");
    memcpy(clients + 1, "\\u0000", 6);
    ok(!takes("clients", clients), "a NUL within it, and too short");
    ok(!takes("clients", "\"\"") && !takes("clients", "5") && takes("clients", NULL), "or none");
}

int main(void)
{
    json_t *object;

    check_round_trip();
    check_bounds();
    check_any();
    check_no_memory();
    check_numbers();
    check_texts();
    check_lists();
    ok(takes("of later", "{\"a\":[1,null]}"), "what is not known is passed over");
    object = json_array();
    ok(!t2m_group_json_read(object, &again) && !t2m_group_json_read(NULL, &again), "no object");
    json_decref(object);
    return tap_done();
}
