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

/* Tests modules/writer/batch_exchange.c, and what batch.c does with an exchange: one record of the
 * ring, two lines, both taken or none.
 *
 * Shown to fail: with any one check or value of batch_exchange.c left out, with either limit, the
 * room in lines, bytes or made[] looked at for one line only, and with names that are written over.
 */
#include "writer/batch.h"

#include "shared/world.h"
#include "tap.h"
#include "writer/batch_internal.h"
#include "writer/exchange_sample.h"
#include "writer/quarantine.h"

enum { ACCESS, PERFORMANCE, APP, FILES, SAMPLES = 400 };

static const t2m_geometry_t geometry = { 3, 2, 8388608 };
static world_t world;
static t2m_slots_t slots;
static t2m_board_t board;
static t2m_batch_t *batch;
static t2m_settings_t *settings;
static t2m_batch_trouble_t trouble;
static t2m_slot_t one, two;
static sample_t samples[SAMPLES];
static char want[T2M_BATCH_BYTES], kept[T2M_BATCH_BYTES];

static apr_uint32_t gather(const t2m_intent_t *again, const apr_uint64_t *room)
{
    memset(&trouble, 0, sizeof(trouble));
    return t2m_batch_gather(batch, &slots, &board, settings, again, 1, room, &trouble);
}

static void advance(void)
{
    apr_uint32_t i;

    for (i = 0; i < world.geometry.slot_count; i++) {
        board.heads[i] = t2m_batch_target(batch, i);
    }
}

static void render(void)
{
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
}

static const t2m_batch_part_t *part_of(apr_uint32_t file)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t i, count = t2m_batch_parts(batch, &parts);

    for (i = 0; i < count; i++) {
        if (parts[i].file == file) {
            return &parts[i];
        }
    }
    return NULL;
}

/* The file's part is exactly the lines of those samples, from number seq on. */
static int has_lines(apr_uint32_t file, t2m_stream_e stream, int first, int end, apr_uint64_t seq)
{
    const t2m_batch_part_t *part = part_of(file);
    char *out = want;
    int i;

    for (i = first; i < end; i++) {
        out = sample_line(&samples[i], stream, seq++, out);
    }
    return part && part->size == (apr_size_t)(out - want) && part->lines == (unsigned)(end - first)
        && memcmp(t2m_batch_bytes(batch, part), want, part->size) == 0;
}

static int has_pairs(int first, int end)
{
    return has_lines(ACCESS, T2M_STREAM_ACCESS, first, end, 1)
        && has_lines(PERFORMANCE, T2M_STREAM_PERFORMANCE, first, end, 1);
}

static void push(t2m_slot_t *slot, int n, apr_time_t time)
{
    sample_make(&samples[n], n, time);
    sample_push(slot, &samples[n]);
}

static void push_line(t2m_slot_t *slot, apr_time_t time)
{
    t2m_ring_record_t record = { .size = 6, .file = APP, .stream = T2M_STREAM_APP, .time = time,
                                 .level = T2M_LEVEL_INFO };

    (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, "{\"n\":1", NULL);
}

/* ---- the two lines --------------------------------------------------------------------------- */

static void makes_both(void)
{
    t2m_batch_entry_t entry;
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };

    push(&one, 11, 1705314646123456); /* 503, slow, failed */
    is_number(gather(NULL, NULL), 2, "an exchange is two lines");
    render();
    ok(has_pairs(11, 12), "exactly those that core/exchange.h makes, one in each file");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_RECORD
       && entry.record.stream == T2M_STREAM_ACCESS && entry.record.file == ACCESS
       && entry.record.time == 1705314646123456 && entry.record.name_size == 0
       && entry.record.value == 0 && entry.record.status == 0 && entry.record.flags == 0,
       "the access line's record has a time and no more");
    is_number(entry.record.level, T2M_LEVEL_ERROR, "its level is by the status");
    ok(!part_of(ACCESS)->urgent, "whatever the ring says");
    ok(t2m_batch_entry(batch, 1, &entry) && entry.kind == T2M_BATCH_RECORD
       && entry.record.stream == T2M_STREAM_PERFORMANCE && entry.record.file == PERFORMANCE
       && entry.record.level == T2M_LEVEL_INFO && entry.record.time == 1705314646123456
       && entry.record.value == 11 * 1234 && entry.record.status == 503
       && entry.record.flags == (T2M_FACT_SLOW | T2M_FACT_FAILED),
       "the performance line's has what is counted");
    is_bytes(entry.name.data, entry.name.size, "GET /customers/:n/4", "and the name");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_ACCESS].lines == 1 && totals[T2M_STREAM_PERFORMANCE].lines == 1
       && totals[T2M_STREAM_ACCESS].levels[T2M_LEVEL_ERROR] == 1
       && totals[T2M_STREAM_ACCESS].bytes == part_of(ACCESS)->size
       && totals[T2M_STREAM_PERFORMANCE].bytes == part_of(PERFORMANCE)->size
       && totals[T2M_STREAM_ACCESS].worker_died == 0, "each is counted in its stream");
    ok(!t2m_batch_asks(batch), "nobody asks");
    advance();
    is_number(gather(NULL, NULL), 0, "once");
}

static void asks(void)
{
    t2m_batch_entry_t entry;

    sample_make(&samples[0], 0, 1);
    samples[0].record.flags |= T2M_FACT_ASK | T2M_FACT_ATTEMPT | T2M_FACT_POLL;
    sample_push(&one, &samples[0]);
    (void)gather(NULL, NULL);
    render();
    ok(t2m_batch_asks(batch), "one that asks");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.record.flags == T2M_FACT_ASK
       && t2m_batch_entry(batch, 1, &entry) && entry.record.flags == 0,
       "is its access line; facts of other streams are none");
    advance();
}

static void only_counts(void)
{
    t2m_batch_entry_t entry;
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };

    sample_make(&samples[0], 0, 1);
    samples[0].record.also = T2M_FILE_NONE;
    samples[0].record.value = 77;
    sample_push(&one, &samples[0]);
    is_number(gather(NULL, NULL), 2, "without a file for performance");
    render();
    ok(has_lines(ACCESS, T2M_STREAM_ACCESS, 0, 1, 1) && !part_of(PERFORMANCE), "one line");
    ok(t2m_batch_entry(batch, 1, &entry) && entry.kind == T2M_BATCH_COUNT && entry.line.size == 0
       && entry.record.stream == T2M_STREAM_PERFORMANCE && entry.record.value == 77,
       "the other only counts");
    is_bytes(entry.name.data, entry.name.size, "GET /customers/:n/0", "by its name");
    t2m_batch_totals(batch, totals);
    is_number((long)totals[T2M_STREAM_PERFORMANCE].lines, 0, "it is no line");
    advance();
}

static void without_endpoint(void)
{
    sample_make(&samples[0], 0, 1);
    samples[0].exchange.endpoint = t2m_text_of(NULL, 0);
    sample_push(&one, &samples[0]);
    is_number(gather(NULL, NULL), 1, "without an endpoint nothing was measured");
    render();
    ok(has_lines(ACCESS, T2M_STREAM_ACCESS, 0, 1, 1), "the access line is there");
    advance();
}

static void odd_numbers(void)
{
    static const apr_time_t times[] = { 0, 5, APR_INT64_C(999999), APR_INT64_MAX, APR_INT64_MIN,
                                        -1, 1000000, 0 };
    int i, wrong = 0;

    for (i = 0; i < 8; i++) { /* each in a batch of its own: they are not in order */
        sample_make(&samples[i], i, times[i]);
        samples[i].record.value = APR_UINT64_MAX - (apr_uint64_t)i;
        samples[i].record.status = (apr_uint16_t)(65535 - i);
        sample_push(&one, &samples[i]);
        (void)gather(NULL, NULL);
        render();
        wrong += !has_pairs(i, i + 1);
        advance();
    }
    is_number(wrong, 0, "any time, duration and status; what the last line left changes none");
}

/* ---- by time, over the ring's end ------------------------------------------------------------ */

/* Performance records whose name is not that of their sample. */
static int wrong_names(int n)
{
    t2m_batch_entry_t entry;
    int wrong = 0;
    apr_uint32_t i;

    for (i = t2m_batch_first(batch, T2M_STREAM_PERFORMANCE); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i), n++) {
        wrong += entry.name.size != samples[n].exchange.endpoint.size
              || memcmp(entry.name.data, samples[n].endpoint, entry.name.size) != 0;
    }
    return wrong;
}

static void by_time(void)
{
    static const struct {
        t2m_stream_e stream;
        apr_time_t time;
    } order[] = {
        { T2M_STREAM_ACCESS, 10 }, { T2M_STREAM_PERFORMANCE, 10 }, { T2M_STREAM_APP, 15 },
        { T2M_STREAM_ACCESS, 20 }, { T2M_STREAM_PERFORMANCE, 20 }, { T2M_STREAM_ACCESS, 20 },
        { T2M_STREAM_PERFORMANCE, 20 }, { T2M_STREAM_APP, 20 }, { T2M_STREAM_ACCESS, 25 },
        { T2M_STREAM_PERFORMANCE, 25 }, { T2M_STREAM_APP, 30 }
    };
    t2m_batch_entry_t entry;
    apr_uint32_t i, wrong = 0;

    push(&two, 0, 10);
    push(&one, 1, 20);
    push(&two, 2, 20);
    push(&one, 3, 25);
    push_line(&one, 30);
    is_number(gather(NULL, NULL), 9, "four exchanges and a line of two slots");
    push_line(&two, 20);
    advance();
    (void)gather(NULL, NULL);
    advance();
    push(&two, 0, 10);
    push_line(&two, 15);
    push(&one, 1, 20);
    push(&two, 2, 20);
    push_line(&two, 20);
    push(&one, 3, 25);
    push_line(&one, 30);
    is_number(gather(NULL, NULL), 11, "four exchanges and three lines of two slots");
    render();
    for (i = 0; t2m_batch_entry(batch, i, &entry); i++) {
        wrong += entry.record.stream != order[i].stream || entry.record.time != order[i].time;
    }
    is_number(wrong, 0, "come in the order of time, then of slots; the two of one side by side");
    ok(has_pairs(0, 4), "each right");
    is_number(wrong_names(0), 0, "with its name");
    advance();
}

static void over_the_end(void)
{
    int i, round, wrong = 0;

    for (round = 0; round < 200; round++) { /* so many bytes that both rings begin anew */
        for (i = 0; i < SAMPLES; i++) {
            push(i % 3 ? &one : &two, i, 1000000 * (round % 3) + i * 400);
        }
        (void)gather(NULL, NULL);
        if (round % 10 == 9 || round > 90) {
            render();
            wrong += !has_pairs(0, SAMPLES) || wrong_names(0);
        }
        advance();
    }
    ok(one.header->tail > geometry.ring_size, "a ring is used up and goes on");
    is_number(wrong, 0, "wherever an exchange lies, its lines are right");
}

/* ---- both or none ---------------------------------------------------------------------------- */

static apr_size_t line_size(int n, t2m_stream_e stream)
{
    apr_size_t size = (apr_size_t)(sample_line(&samples[n], stream, 1, want) - want);

    return size - strlen(",\"seq\":1}\n") + T2M_LINE_TAIL;
}

/* One of the files takes all, the other two lines of the four. */
static void files_full(apr_uint32_t full, t2m_stream_e stream, const char *name)
{
    apr_uint64_t room[T2M_FILES_MAX] = { 1000000, 1000000 };
    int i;

    for (i = 0; i < 4; i++) {
        push(&one, i, i);
    }
    push_line(&two, 9);
    room[full] = line_size(0, stream) + line_size(1, stream);
    is_number(gather(NULL, room), 4, name);
    render();
    ok(has_pairs(0, 2), "both lines of the third wait");
    advance();
    room[full]--;
    is_number(gather(NULL, room), 2, "a byte less: of the second");
    render();
    ok(has_pairs(2, 3), "but one is always taken");
    advance();
    is_number(gather(NULL, NULL), 3, "then the rest");
    advance();
}

static void one_file(void)
{
    apr_uint64_t room[T2M_FILES_MAX] = { 0 };
    int i;

    for (i = 0; i < 4; i++) {
        sample_make(&samples[i], i, i);
        samples[i].record.also = ACCESS;
        sample_push(&one, &samples[i]);
    }
    room[ACCESS] = line_size(0, T2M_STREAM_ACCESS) + line_size(0, T2M_STREAM_PERFORMANCE)
                 + line_size(1, T2M_STREAM_ACCESS) + line_size(1, T2M_STREAM_PERFORMANCE);
    is_number(gather(NULL, room), 4, "one file for both, with room for two exchanges");
    room[ACCESS]--;
    is_number(gather(NULL, room), 2, "and a byte less than that");
    is_number(part_of(ACCESS)->lines, 2, "in one part");
    advance();
    (void)gather(NULL, NULL);
    advance();
}

/* With a gap line before each: the lines that a batch has are counted for both. */
static void last_lines(void)
{
    t2m_ring_record_t count = { .stream = T2M_STREAM_PERFORMANCE, .level = T2M_LEVEL_INFO,
                                .name_size = 1, .time = 1 };
    int i;

    for (i = 0; i < T2M_BATCH_LINES - 3; i++) {
        (void)t2m_slot_push(&one, T2M_SLOT_WAIT, &count, "n", NULL);
    }
    push(&one, 0, 2);
    board.files[ACCESS].shed = board.files[PERFORMANCE].shed = 1;
    is_number(gather(NULL, NULL), T2M_BATCH_LINES - 3, "three lines are too few for two with gaps");
    advance();
    is_number(gather(NULL, NULL), 4, "which come next");
    board.files[ACCESS].shed = board.files[PERFORMANCE].shed = 0;
    advance();
}

/* The longest lines: neither bytes[] nor made[] runs over, and what waits comes next. */
static void make_long(int n, apr_time_t time)
{
    static char text[T2M_PACKED_TEXTS_MAX];

    memset(text, '\x01', sizeof(text)); /* six bytes each in the line */
    sample_make(&samples[n], n, time);
    samples[n].limit = T2M_LINE_MAX;
    samples[n].exchange.texts[T2M_EXCHANGE_USER_AGENT] = t2m_text_of(text, 8000);
}

static void long_lines(void)
{
    int i, first = 0, batches = 0, wrong = 0;

    for (i = 0; i < 100; i++) {
        make_long(i, i);
        sample_push(&one, &samples[i]);
    }
    for (; first < 100 && batches < 100; batches++, first = i) {
        i = first + (int)gather(NULL, NULL) / 2;
        render();
        wrong += !has_pairs(first, i) || batch->room > T2M_BATCH_BYTES;
        advance();
    }
    ok(first == 100 && batches >= 3, "long lines need more than one batch");
    is_number(wrong, 0, "and each has all of its own");
}

static void save_targets(void)
{
    apr_uint32_t i;

    for (i = 0; i < world.geometry.slot_count; i++) {
        board.targets[i] = t2m_batch_target(batch, i);
    }
}

/* ---- not written ----------------------------------------------------------------------------- */

/* Lines that are not written take no room but in made[]. */
static void made_full(void)
{
    t2m_intent_t intent = { .shed = 1 << T2M_STREAM_ACCESS | 1 << T2M_STREAM_PERFORMANCE };
    t2m_batch_entry_t entry;
    apr_uint32_t count, i;
    apr_size_t size;

    for (i = 0; i < 120; i++) {
        make_long((int)i, i);
        sample_push(i % 2 ? &one : &two, &samples[i]);
        push_line(&one, i);
    }
    board.header->shed = intent.shed;
    count = gather(NULL, NULL);
    size = batch->made_size;
    ok(size <= sizeof(batch->made) && size > sizeof(batch->made) - 2 * T2M_BATCH_PAIR_MAX
       && count < 3 * 120, "long lines that are shed fill made[] and no more");
    render();
    for (i = 0; t2m_batch_entry(batch, i, &entry); i++) {
        if (entry.record.time != (apr_time_t)(i / 3)) {
            break;
        }
    }
    is_number(i, count, "the batch ends there, in the order of time");
    save_targets();
    push_line(&two, 0);
    board.header->shed = 0;
    ok(gather(&intent, NULL) == count && batch->made_size == size, "made again it is the same");
    for (i = 0; i < world.geometry.slot_count; i++) {
        if (t2m_batch_target(batch, i) != board.targets[i]) {
            break;
        }
    }
    is_number(i, world.geometry.slot_count, "and ends where it ended");
    advance();
    board.header->shed = intent.shed;
    for (count = 0; gather(NULL, NULL); count++) {
        advance();
    }
    ok(count >= 1 && count < 10, "what is behind comes next");
    board.header->shed = 0;
}

static void sheds(void)
{
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };
    t2m_batch_entry_t entry;

    board.header->shed = 1 << T2M_STREAM_PERFORMANCE;
    push(&one, 3, 3);
    is_number(gather(NULL, NULL), 2, "a stream is shed");
    render();
    ok(has_lines(ACCESS, T2M_STREAM_ACCESS, 3, 4, 1), "the other's line is written");
    ok(part_of(PERFORMANCE)->size == 0 && part_of(PERFORMANCE)->shed == 1
       && part_of(PERFORMANCE)->seq == 1, "its own takes its number");
    ok(t2m_batch_entry(batch, 1, &entry) && entry.kind == T2M_BATCH_SHED
       && entry.reason == T2M_DROP_SHED && entry.record.value == 3 * 1234, "and is counted");
    is_bytes(entry.name.data, entry.name.size, "GET /customers/:n/3", "by its name");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_PERFORMANCE].dropped[T2M_DROP_SHED] == 1
       && totals[T2M_STREAM_ACCESS].dropped[T2M_DROP_SHED] == 0
       && totals[T2M_STREAM_PERFORMANCE].worker_died == 0, "once, in its stream");
    advance();
    board.header->shed = 0;
}

static void refuses(void)
{
    t2m_batch_entry_t entry;

    board.files[ACCESS].error = 28;
    push(&one, 3, 3);
    (void)gather(NULL, NULL);
    render();
    ok(has_lines(PERFORMANCE, T2M_STREAM_PERFORMANCE, 3, 4, 1), "a file refuses: not the other");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_SHED
       && entry.reason == T2M_DROP_REFUSED, "its line is shed");
    board.files[ACCESS].spill = 1;
    (void)gather(NULL, NULL);
    render();
    ok(has_pairs(3, 4), "with a spill it is not");
    board.files[ACCESS].error = 0;
    board.files[ACCESS].spill = 0;
    (void)gather(NULL, NULL);
    render();
    t2m_batch_shed_part(batch, PERFORMANCE);
    ok(t2m_batch_entry(batch, 1, &entry) && entry.kind == T2M_BATCH_SHED && entry.line.size == 0
       && t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_RECORD,
       "a file refuses what was made: not the other");
    advance();
}

static void unknown_files(void)
{
    sample_make(&samples[0], 0, 1);
    samples[0].record.file = 77;
    sample_push(&one, &samples[0]);
    ok(gather(NULL, NULL) == 1 && trouble.unknown_file == 1, "an unknown file for access");
    render();
    ok(has_lines(PERFORMANCE, T2M_STREAM_PERFORMANCE, 0, 1, 1), "the other is written");
    advance();
    samples[0].record.file = ACCESS;
    samples[0].record.also = FILES;
    sample_push(&one, &samples[0]);
    ok(gather(NULL, NULL) == 1 && trouble.unknown_file == 1, "one for performance");
    render();
    ok(has_lines(ACCESS, T2M_STREAM_ACCESS, 0, 1, 1), "the other is written");
    advance();
    samples[0].record.file = 0xfffe;
    samples[0].record.also = 0xfffe;
    sample_push(&one, &samples[0]);
    ok(gather(NULL, NULL) == 0 && trouble.unknown_file == 2 && t2m_batch_moves(batch),
       "both: passed over");
    advance();
}

/* ---- what is no exchange --------------------------------------------------------------------- */

static void free_slot(t2m_slot_t *slot)
{
    t2m_quarantine_free(&board, &slots, slot->index, t2m_slots_owner(&slots, slot->index));
    if (t2m_slot_claim(slot, world.slots_fd, world.board_fd, &world.geometry, T2M_SLOTS_MAX, 1)
        != APR_SUCCESS) {
        abort();
    }
}

/* Behind a good one, and before one, stands a record with that body. */
static void push_corrupt(const char *bytes, apr_uint32_t size, apr_uint32_t name_size)
{
    t2m_ring_record_t record = samples[1].record;
    static char body[T2M_LINE_MAX + T2M_NAME_MAX];

    memcpy(body, bytes, sizeof(samples[1].pushed.packed));
    record.size = size;
    record.name_size = (unsigned char)name_size;
    push(&one, 0, 1);
    if (t2m_slot_push(&one, T2M_SLOT_WAIT, &record, body, NULL) != APR_SUCCESS) {
        abort();
    }
    sample_push(&one, &samples[2]);
    push(&two, 3, 4);
}

static void is_corrupt(const char *name)
{
    apr_uint64_t head = board.heads[one.index], behind;
    t2m_ring_record_t record;

    behind = t2m_slots_record(&slots, one.index, head, head + 65536, &record);
    memset(batch->names, 'x', sizeof(batch->names)); /* which stands behind the copy */
    ok(gather(NULL, NULL) == 4 && trouble.corrupt == 1
       && t2m_quarantine_has(&board, &slots, one.index)
       && t2m_batch_target(batch, one.index) == behind, "%s: ends what is read of the slot", name);
    ok(memcmp(batch->names[0], batch->names[1], T2M_NAME_MAX) == 0 && batch->names[0][0] == 'x',
       "no more of it is copied than there is room for");
    render();
    ok(part_of(ACCESS)->lines == 2 && part_of(PERFORMANCE)->lines == 2,
       "its lines before that come, and those of others");
    advance();
    ok(gather(NULL, NULL) == 0 && trouble.corrupt == 0, "once");
    free_slot(&one);
}

static void corrupt(void)
{
    t2m_packed_exchange_t packed;
    apr_uint32_t size;
    char bytes[sizeof(samples[1].pushed.packed)];

#define BEGIN()                                                                                    \
    do {                                                                                           \
        sample_make(&samples[1], 1, 2);                                                            \
        sample_make(&samples[2], 2, 3);                                                            \
        sample_pack(&samples[1]);                                                                  \
        memcpy(bytes, samples[1].pushed.packed, sizeof(bytes));                                    \
        memcpy(&packed, bytes, sizeof(packed));                                                    \
        size = samples[1].record.size;                                                             \
    } while (0)
#define SPOILT(name, change, its_size, its_name)                                                   \
    do {                                                                                           \
        BEGIN();                                                                                   \
        change;                                                                                    \
        memcpy(bytes, &packed, sizeof(packed));                                                    \
        push_corrupt(bytes, its_size, its_name);                                                   \
        is_corrupt(name);                                                                          \
    } while (0)

    SPOILT("a text beyond the body", packed.sizes[T2M_EXCHANGE_PROTOCOL]++, size, 5);
    SPOILT("a body beyond the texts", packed.sizes[T2M_EXCHANGE_ID]--, size, 5);
    SPOILT("no limit", packed.limit = 0, size, 5);
    SPOILT("a limit that is none", packed.limit = T2M_LINE_MAX + 1, size, 5);
    SPOILT("a body too small", (void)0, (apr_uint32_t)sizeof(packed) - 1, 5);
    SPOILT("no body", (void)0, 0, 5);
    SPOILT("a body too large", packed.limit = 8192, T2M_PACKED_EXCHANGE_MAX + 1, 5);
    SPOILT("a body as large as can be", packed.limit = 8192, T2M_LINE_MAX, T2M_NAME_MAX);
}

/* ---- again ----------------------------------------------------------------------------------- */

static apr_size_t keep(void)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t i, count = t2m_batch_parts(batch, &parts);
    apr_size_t size = 0;

    for (i = 0; i < count; i++) {
        memcpy(kept + size, t2m_batch_bytes(batch, &parts[i]), parts[i].size);
        size += parts[i].size;
    }
    return size;
}

static int is_kept(apr_size_t size)
{
    static char before[T2M_BATCH_BYTES];

    memcpy(before, kept, size);
    return keep() == size && memcmp(before, kept, size) == 0;
}

static void again(void)
{
    apr_uint64_t room[T2M_FILES_MAX] = { 20000, 9000, 1000000 };
    t2m_intent_t intent = { 0 };
    apr_uint32_t count;
    apr_size_t size;
    int i;

    for (i = 0; i < 100; i++) {
        push(i % 3 ? &one : &two, i, 1000000 + i / 2 * 7000);
        push_line(i % 2 ? &one : &two, 1000000 + i * 3000);
    }
    count = gather(NULL, room);
    render();
    size = keep();
    save_targets();
    push(&one, 100, 5);
    sample_make(&samples[101], 101, 9 * 1000000);
    t2m_line_start(&batch->start, samples[101].record.time); /* of whatever came last */
    ok(gather(&intent, NULL) == count && count > 20 && count < 200,
       "made again it has the same lines");
    render();
    ok(is_kept(size), "of the same bytes");
    advance();
    while (gather(NULL, NULL)) {
        advance();
    }
}

static void make_settings(void)
{
    settings = calloc(1, sizeof(*settings));
    if (!settings) {
        abort();
    }
    (void)t2m_settings_add(settings, T2M_STREAM_ACCESS, "/access.log");
    (void)t2m_settings_add(settings, T2M_STREAM_PERFORMANCE, "/performance.log");
    (void)t2m_settings_add(settings, T2M_STREAM_APP, "/app.log");
}

int main(void)
{
    world_make_of(&world, &geometry);
    make_settings();
    batch = t2m_batch_create(&geometry);
    if (!batch || t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS
        || t2m_board_attach(&board, world.board_fd, &geometry, 1, 1) != APR_SUCCESS
        || world_claim(&world, &one) != APR_SUCCESS || world_claim(&world, &two) != APR_SUCCESS) {
        return 1;
    }
    odd_numbers(); /* first: no line was made before that could have left anything */
    makes_both();
    asks();
    only_counts();
    without_endpoint();
    by_time();
    over_the_end();
    files_full(ACCESS, T2M_STREAM_ACCESS, "the file of access lines is full");
    files_full(PERFORMANCE, T2M_STREAM_PERFORMANCE, "that of performance lines is");
    one_file();
    last_lines();
    long_lines();
    sheds();
    refuses();
    unknown_files();
    again();
    made_full();
    corrupt();
    return tap_done();
}
