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

/* The writer on the memory of a compromised process (shared/mutate.h): it drains two slots, an
 * honest one and a spoiled one, into a file and the tables, buries the spoiled one's requests and
 * frees it. Whatever stood there, it ends, its files have whole lines with numbers in order, every
 * honest line is there once, both those of an honest exchange too, and the slot's next owner is
 * read again. Best run under AddressSanitizer and UndefinedBehaviorSanitizer.
 *
 * Shown to fail: without the replacement of line feeds in t2m_batch_render; without
 * t2m_slots_mend or t2m_suppressed_mend in t2m_quarantine_free; with a quarantine that takes the
 * honest slot too. What guards exchanges was seen to fail in t/unit/writer/batch_exchange.c, what
 * guards errors in t/unit/writer/batch_errors.c. */
#include "writer/drain.h"

#include "shared/atomic.h"
#include "shared/mutate.h"
#include "shared/suppressed.h"
#include "shared/world.h"
#include "writer/exchange_sample.h"
#include "writer/folder.h"
#include "writer/last_seq.h"

enum { ROUND = 16, HONEST = 1, SPOILED = 2, PASSES_MAX = 200, FILES = T2M_STREAM_COUNT,
       WORDS = T2M_SUPPRESSED + 1 };

static const t2m_geometry_t geometry = { 3, 3, 131072 };
static world_t world;
static t2m_drain_t drain;
static t2m_slot_t honest_slot, spoiled_slot;
static apr_uint64_t owner;
static char *content;
static long pushed, found_honest, looks;
static long pushed_exchanges, found_exchanges[FILES]; /* honest ones; lines of them */
static sample_t sample;

static struct {
    long refused, endless, head, torn, numbers, honest, buried, kept, next_counts;
} wrong;

enum { CONTENT_MAX = 16 * 1024 * 1024 };

/* ---- the world ------------------------------------------------------------------------------ */

static void make_settings(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    char path[128];
    int stream;

    if (!settings) {
        abort();
    }
    for (stream = 0; stream < FILES; stream++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder_path,
                       t2m_stream_file((t2m_stream_e)stream));
        (void)t2m_settings_add(settings, (t2m_stream_e)stream, path);
    }
    settings->repeat.first = 5;
    settings->repeat.every = apr_time_from_sec(60);
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
}

/* ---- errors ---------------------------------------------------------------------------------- */

#define HONEST_TWINS "aaaaaaaaaaaa"
#define HONEST_COUNTS "bbbbbbbbbbbb"
#define SPOILED_GROUP "0123456789ab"

static int suppress(t2m_slot_t *slot, const char *id, const char *endpoint)
{
    t2m_suppression_t what = { .id = id, .level = T2M_LEVEL_ERROR, .has_app = 1, .time = 1,
                               .client = 7 };

    what.endpoint = t2m_text(endpoint);
    what.vhost = t2m_text("www");
    return t2m_suppressed_count(slot, &what);
}

static int make_twin(t2m_ring_record_t *record, const char *id, char *bytes, size_t room)
{
    memset(record, 0, sizeof(*record));
    record->stream = T2M_STREAM_APP;
    record->level = T2M_LEVEL_ERROR;
    record->flags = T2M_FACT_TWIN;
    record->time = 1;
    record->file = T2M_STREAM_APP;
    record->also = T2M_STREAM_ERRORS;
    record->split = 10;
    record->size = 32;
    record->name_size = T2M_FINGERPRINT_SIZE;
    return snprintf(bytes, room, "{\"twin\":\"a{\"message\":\"a twin!\"  %s", id);
}

static void push_twin(t2m_slot_t *slot, const char *id)
{
    t2m_ring_record_t record;
    char bytes[128];

    (void)make_twin(&record, id, bytes, sizeof(bytes));
    (void)t2m_slot_push_twin(slot, &record, bytes);
}

static void put_in_ring(mutate_t *mutation, apr_uint64_t at, const void *from, apr_size_t size)
{
    const unsigned char *bytes = from;
    apr_size_t i;

    for (i = 0; i < size; i++) {
        mutation->memory[mutation->slots->map.ring + ((at + i) & (geometry.ring_size - 1))]
            = bytes[i];
    }
}

/* A twin at the head, one thing wrong with it or none. */
static void mutate_twin(mutate_t *mutation)
{
    t2m_ring_record_t record;
    char bytes[128];
    apr_uint64_t size;

    size = (apr_uint64_t)make_twin(&record, SPOILED_GROUP, bytes, sizeof(bytes));
    size = (sizeof(record) + size + T2M_RECORD_ALIGN - 1) / T2M_RECORD_ALIGN * T2M_RECORD_ALIGN;
    switch (mutate_below(mutation, 6)) {
    case 0:
        record.split = (apr_uint16_t)mutate_number(mutation);
        break;
    case 1:
        record.name_size = (unsigned char)mutate_below(mutation, 130);
        break;
    case 2:
        record.flags = (unsigned char)mutate_random(mutation);
        break;
    case 3:
        record.also = (apr_uint16_t)mutate_below(mutation, FILES + 2);
        record.stream = (unsigned char)mutate_below(mutation, FILES + 1);
        break;
    case 4:
        bytes[mutate_below(mutation, sizeof(bytes))] = (char)mutate_random(mutation);
        record.time = (apr_time_t)mutate_number(mutation);
        break;
    default:
        break;
    }
    put_in_ring(mutation, mutation->head, &record, sizeof(record));
    put_in_ring(mutation, mutation->head + sizeof(record), bytes, sizeof(bytes));
    mutate_header(mutation)->tail = mutation->head + size;
}

/* Any part of the suppressed table, with or without a word of it in the total. */
static void mutate_suppressed(mutate_t *mutation)
{
    t2m_suppressed_t *table
        = (t2m_suppressed_t *)(void *)(mutation->memory + mutation->slots->map.suppressed);
    t2m_suppressed_t *entry = &table[mutate_below(mutation, mutate_below(mutation, 2) ? 2 : 32)];
    unsigned char *bytes = (unsigned char *)entry;

    switch (mutate_below(mutation, 5)) {
    case 0:
        entry->count = mutate_number(mutation);
        break;
    case 1:
        entry->count += mutate_below(mutation, 9);
        break;
    case 2:
        entry->change++;
        break;
    default:
        bytes[mutate_below(mutation, sizeof(*entry))] = (unsigned char)mutate_random(mutation);
        break;
    }
    if (mutate_below(mutation, 4)) {
        mutate_header(mutation)->suppressed += mutate_below(mutation, 4);
    }
}

/* Of a group of the honest slot: how many the board has. */
static long total_of(const char *id)
{
    const t2m_group_t *groups = drain.board.tables->groups;
    int row;

    for (row = 1; row < T2M_GROUPS_MAX; row++) {
        if (groups[row].used && memcmp(groups[row].id, id, T2M_FINGERPRINT_SIZE) == 0) {
            return (long)groups[row].total;
        }
    }
    return 0;
}

/* ---- a spoiled process ----------------------------------------------------------------------- */

/* The files of this test have the numbers of their streams. */
static void make_sample(int n)
{
    sample_make(&sample, n, 1);
    sample.record.file = T2M_STREAM_ACCESS;
    sample.record.also = n % 5 ? T2M_STREAM_PERFORMANCE : T2M_FILE_NONE;
}

static void fill_exchanges(void)
{
    int i;

    for (i = 0; i < 10; i++) {
        make_sample(i);
        sample_push(&spoiled_slot, &sample);
    }
}

static void fill_spoiled(void)
{
    t2m_slot_request_t request = { .started = 1, .file = T2M_STREAM_ACCESS,
                                   .errors_file = T2M_STREAM_ERRORS };
    t2m_ring_record_t record = { .stream = T2M_STREAM_PERFORMANCE, .level = T2M_LEVEL_INFO,
                                 .time = 1, .file = T2M_STREAM_PERFORMANCE, .name_size = 5 };
    char line[3000];
    int i;

    (void)world_claim(&world, &spoiled_slot);
    fill_exchanges();
    push_twin(&spoiled_slot, SPOILED_GROUP);
    (void)suppress(&spoiled_slot, SPOILED_GROUP, "GET /a");
    (void)suppress(&spoiled_slot, SPOILED_GROUP, "GET /b");
    request.id = request.path = request.method = t2m_text("/of-a-spoiled-process");
    (void)t2m_slot_begin(&spoiled_slot, &request);
    (void)t2m_slot_begin(&spoiled_slot, &request);
    for (i = 0; i < 20; i++) {
        record.size = (apr_uint32_t)(10 + i * 100);
        memset(line, 'x', sizeof(line));
        memcpy(line + record.size, "GET /", 5);
        (void)t2m_slot_push(&spoiled_slot, T2M_SLOT_WAIT, &record, line, NULL);
    }
    owner = t2m_slots_owner(&drain.slots, SPOILED);
}

/* ---- what must hold ------------------------------------------------------------------------- */

/* Of an honest exchange: a file has the lines of its stream alone, each once and in order. */
static void judge_exchange(const char *line, size_t size)
{
    static const char id[] = "\"request_id\":\"honest-";
    const char *found = memmem(line, size, id, sizeof(id) - 1);

    if (found) {
        apr_uint32_t file = memmem(line, size, "\"metric\":", 9) ? T2M_STREAM_PERFORMANCE
                                                                : T2M_STREAM_ACCESS;

        wrong.honest += atol(found + sizeof(id) - 1) != found_exchanges[file] + 1;
        found_exchanges[file]++;
    }
}

static void judge_line(const char *line, size_t size, apr_uint64_t *seq)
{
    apr_uint64_t number = t2m_seq_of_line(line, size);
    int gap = size > 20 && memmem(line, size, "\"message\":\"gap\"", 15) != NULL;

    if (size > 10 && memcmp(line, "{\"honest\":", 10) == 0) {
        wrong.honest += atol(line + 10) != found_honest + 1;
        found_honest++;
    }
    judge_exchange(line, size);
    wrong.torn += size > T2M_LINE_MAX + T2M_LINE_TAIL;
    wrong.numbers += number <= *seq || (number != *seq + 1 && !gap);
    *seq = number;
}

/* Each line whole, each number the next; gap lines take the numbers of what they stand for. */
static void judge_file(int stream, apr_uint64_t *seq)
{
    const char *name = t2m_stream_file((t2m_stream_e)stream);
    ssize_t size = folder_get(name, content, CONTENT_MAX);
    const char *at = content, *end;

    if (size <= 0) {
        return;
    }
    while (at < content + size) {
        end = memchr(at, '\n', (size_t)(content + size - at));
        if (!end) {
            wrong.torn++;
            return;
        }
        judge_line(at, (size_t)(end - at), seq);
        at = end + 1;
    }
}

static void judge_files(void)
{
    static apr_uint64_t seqs[FILES];
    int stream;

    for (stream = 0; stream < FILES; stream++) {
        char path[160];

        judge_file(stream, &seqs[stream]);
        (void)snprintf(path, sizeof(path), "%s/%s", folder_path,
                       t2m_stream_file((t2m_stream_e)stream));
        t2m_sink_close(&drain.sinks[stream]);
        (void)truncate(path, 0);
    }
}

/* ---- what the writer does ------------------------------------------------------------------- */

static void drain_all(void)
{
    apr_uint64_t head = drain.board.heads[SPOILED];
    int passes = 0, moved = 1;

    while (moved && passes++ < PASSES_MAX) {
        wrong.refused += t2m_drain_pass(&drain, 1705314646000000 + looks, &moved) != APR_SUCCESS;
    }
    wrong.endless += moved != 0;
    wrong.head += drain.board.heads[SPOILED] - head > geometry.ring_size
               || drain.board.heads[SPOILED] % T2M_RECORD_ALIGN != 0;
}

static void push_exchange(void)
{
    make_sample(1);
    (void)snprintf(sample.id, sizeof(sample.id), "honest-%ld", pushed_exchanges + 1);
    sample.exchange.texts[T2M_EXCHANGE_ID] = t2m_text(sample.id);
    sample_push(&honest_slot, &sample);
    pushed_exchanges++;
}

/* One thing wrong with an exchange, or none, or any bytes in the place of its body. */
static void spoil_sample(mutate_t *mutation)
{
    t2m_packed_exchange_t *packed = (t2m_packed_exchange_t *)(void *)sample.pushed.packed;
    apr_int64_t *numbers = &packed->first_byte;
    apr_size_t i, from = mutate_below(mutation, 2) ? 0 : sizeof(*packed);

    switch (mutate_below(mutation, 8)) {
    case 0:
        packed->sizes[mutate_below(mutation, T2M_EXCHANGE_TEXTS)]
            = (apr_uint16_t)mutate_number(mutation);
        break;
    case 1:
        packed->limit = (apr_uint32_t)mutate_number(mutation);
        break;
    case 2:
        numbers[mutate_below(mutation, 5)] = (apr_int64_t)mutate_number(mutation);
        break;
    case 3:
        sample.pushed.record.size = (apr_uint32_t)mutate_number(mutation);
        break;
    case 4:
        sample.pushed.record.name_size = (unsigned char)mutate_below(mutation, 130);
        break;
    case 5:
        sample.pushed.record.also = (apr_uint16_t)mutate_below(mutation, FILES + 2);
        sample.pushed.record.file = (apr_uint16_t)mutate_below(mutation, FILES + 2);
        sample.pushed.record.flags |= (unsigned char)mutate_random(mutation);
        break;
    case 6: /* texts of any bytes, or the numbers too */
        for (i = from; i < sizeof(sample.pushed.packed); i++) {
            sample.pushed.packed[i] = (char)mutate_random(mutation);
        }
        break;
    default:
        break;
    }
}

/* At the head, as a record that is published: long ones too, of which each byte is escaped. */
static void mutate_exchange(mutate_t *mutation)
{
    static char text[T2M_PACKED_TEXTS_MAX];
    t2m_ring_record_t *record = &sample.pushed.record;
    apr_uint64_t bytes;

    make_sample((int)mutate_below(mutation, 100));
    memset(text, (int)mutate_below(mutation, 256), sizeof(text));
    sample.exchange.texts[mutate_below(mutation, T2M_EXCHANGE_TEXTS)]
        = t2m_text_of(text, mutate_below(mutation, 3) ? mutate_below(mutation, 200)
                                                       : mutate_below(mutation, 7500));
    sample.limit = mutate_below(mutation, 2) ? 8192 : T2M_LINE_MAX;
    sample.record.time = (apr_time_t)mutate_number(mutation);
    sample.record.value = mutate_number(mutation);
    sample.record.status = (apr_uint16_t)mutate_number(mutation);
    sample_pack(&sample);
    bytes = (sizeof(*record) + record->size + record->name_size + T2M_RECORD_ALIGN - 1)
          / T2M_RECORD_ALIGN * T2M_RECORD_ALIGN;
    spoil_sample(mutation);
    put_in_ring(mutation, mutation->head, record, sizeof(*record));
    put_in_ring(mutation, mutation->head + sizeof(*record), sample.pushed.packed,
                sizeof(sample.pushed.packed));
    mutate_header(mutation)->tail = mutation->head + bytes;
}

static void look(mutate_t *mutation)
{
    char line[64];

    looks++;
    (void)snprintf(line, sizeof(line), "{\"honest\":%ld", pushed + 1);
    pushed += world_push(&honest_slot, line, 1) == APR_SUCCESS;
    push_exchange();
    push_twin(&honest_slot, HONEST_TWINS);
    (void)suppress(&honest_slot, HONEST_COUNTS, "GET /");
    if (mutate_below(mutation, 3) == 0) {
        mutate_exchange(mutation);
    } else if (mutate_below(mutation, 3) == 0) {
        mutate_twin(mutation);
    }
    if (mutate_below(mutation, 3) == 0) {
        mutate_suppressed(mutation);
    }
    t2m_store(&drain.board.heads[SPOILED], mutation->head);
    drain_all();
    mutation->head = drain.board.heads[SPOILED];
}

static void bury(void)
{
    t2m_inflight_t copy;
    t2m_drain_end_t end;
    apr_uint32_t i;

    (void)t2m_drain_end(&drain, SPOILED, owner, 0, &end);
    wrong.buried += t2m_drain_bury(&drain, SPOILED, owner, &end, 5, 5) != APR_SUCCESS
                 || t2m_slots_owner(&drain.slots, SPOILED) != 0;
    for (i = 0; i < geometry.inflight_count; i++) {
        wrong.buried += t2m_slots_inflight(&drain.slots, SPOILED, i,
                                           drain.board.heads[SPOILED], &copy) != 0;
    }
}

/* An honest process gets the slot: its line comes out. (One that ends at 2^64 exactly, where no
 * process ever comes, is not taken for a record.) */
static void next_owner(void)
{
    t2m_slot_t next;
    apr_uint64_t before = drain.board.totals[T2M_STREAM_APP].lines;
    apr_uint64_t counted = drain.board.totals[T2M_STREAM_ERRORS].suppressed;

    if (world_claim(&world, &next) != APR_SUCCESS || next.index != SPOILED) {
        wrong.kept++;
        return;
    }
    (void)world_push(&next, "{\"next\":true", 1);
    counted += (apr_uint64_t)suppress(&next, SPOILED_GROUP, "GET /next");
    drain_all();
    wrong.next_counts += next.tail != 0
                      && drain.board.totals[T2M_STREAM_ERRORS].suppressed != counted;
    wrong.kept += next.tail != 0 && drain.board.totals[T2M_STREAM_APP].lines != before + 1;
    t2m_slots_free(&drain.slots, SPOILED, t2m_slots_owner(&drain.slots, SPOILED));
    t2m_slot_release(&next);
}

static void end_round(mutate_t *mutation)
{
    apr_uint64_t *owners
        = ((t2m_directory_t *)(void *)(drain.slots.memory + drain.slots.map.directory))->owner;

    bury();
    next_owner();
    judge_files();
    mutate_restore(mutation);
    memset(drain.board.drops + SPOILED * T2M_DROPS, 0, T2M_DROPS * sizeof(apr_uint64_t));
    memset(drain.board.suppressed + SPOILED * WORDS, 0, WORDS * sizeof(apr_uint64_t));
    owners[SPOILED] = owner;
}

static void run(mutate_t *mutation, long count)
{
    long i;

    for (i = 0; i < count; i++) {
        mutate(mutation);
        look(mutation);
        if (i % ROUND == ROUND - 1) {
            end_round(mutation);
        }
    }
    judge_files();
}

static void judge(void)
{
    const t2m_totals_t *totals = drain.board.totals;
    long exchanges = (long)totals[T2M_STREAM_ACCESS].lines - pushed_exchanges;

    printf("# %ld looks, %ld quarantines, %ld lines of the honest slot, %ld of spoiled exchanges\n",
           looks, (long)drain.board.header->quarantined, found_honest, exchanges);
    ok(exchanges > looks / 20, "exchanges of the spoiled slot become lines");
    ok((long)drain.board.header->quarantined > looks / ROUND / 2, "spoiled slots are noticed");
    is_number(wrong.refused, 0, "no pass fails");
    is_number(wrong.endless, 0, "every drain ends");
    is_number(wrong.head, 0, "no head leaves the ring");
    is_number(wrong.torn, 0, "no line is torn or too long");
    is_number(wrong.numbers, 0, "all numbers follow each other");
    ok(wrong.honest == 0 && found_honest == pushed && pushed == looks,
       "every honest line is there once, in its order");
    ok(found_exchanges[T2M_STREAM_ACCESS] == looks
       && found_exchanges[T2M_STREAM_PERFORMANCE] == looks, "both lines of honest exchanges too");
    is_number(wrong.buried, 0, "a spoiled slot is buried and freed");
    is_number(wrong.kept, 0, "and its next owner is read");
    is_number(wrong.next_counts, 0, "what that one counts too");
    is_number(total_of(HONEST_TWINS), looks, "every honest error is counted, pushed");
    is_number(total_of(HONEST_COUNTS), looks, "or counted by its process");
}

static void unlink_all(void)
{
    (void)folder_each(NULL);
    (void)rmdir(folder_path);
}

int main(void)
{
    mutate_t mutation;

    folder_make();
    world_make_of(&world, &geometry);
    make_settings();
    content = malloc(CONTENT_MAX);
    if (!content || t2m_drain_open(&drain, world.slots_fd, world.board_fd) != APR_SUCCESS
        || world_claim(&world, &honest_slot) != APR_SUCCESS) {
        return 1;
    }
    fill_spoiled();
    mutate_begin(&mutation, &drain.slots, SPOILED, mutate_seed());
    run(&mutation, mutate_count());
    judge();
    free(mutation.honest);
    free(content);
    unlink_all();
    return tap_done();
}
