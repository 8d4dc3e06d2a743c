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

/* Tests modules/writer/batch_errors.c, and what the rest of the batch does with errors: twins are
 * two lines or none, some lines are held back, and what processes have counted themselves comes in.
 *
 * Shown to fail: with a twin whose halves are judged or fitted one by one, without the verdict on
 * the app line, with a verdict on what is shed, without the owner's or the quarantine's check, with
 * an entry that cannot be read taken, with one slot that always comes first, without the room that
 * is kept for what waits, with a table that is mended only after a quarantine.
 */
#include "core/encode.h"
#include "shared/atomic.h"
#include "shared/suppressed.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/batch.h"
#include "writer/batch_internal.h"
#include "writer/quarantine.h"

enum { APP, ERRORS, SECOND, FILES, SLOTS = 40, WORDS = T2M_SUPPRESSED + 1 };

#define GROUP "0123456789ab"
#define OTHER "ba9876543210"

static const t2m_geometry_t geometry = { SLOTS, 2, 1048576 };
static world_t world;
static t2m_slots_t slots;
static t2m_board_t board;
static t2m_batch_t *batch;
static t2m_settings_t *settings;
static t2m_batch_trouble_t trouble;
static t2m_slot_t some[SLOTS - 1], *const one = &some[0];

static apr_uint32_t gather_with(const t2m_intent_t *again, const apr_uint64_t *room)
{
    apr_uint32_t count;

    memset(&trouble, 0, sizeof(trouble));
    count = t2m_batch_gather(batch, &slots, &board, settings, again, 1, room, &trouble);
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    return count;
}

static apr_uint32_t gather(void)
{
    return gather_with(NULL, NULL);
}

/* What the intent would say. */
static void publish(t2m_intent_t *intent)
{
    const apr_uint64_t *verdicts;
    apr_uint32_t i;

    intent->moment = t2m_batch_moment(batch);
    intent->shed = t2m_batch_shed(batch);
    intent->verdict_count = t2m_batch_verdicts(batch, &verdicts);
    memcpy(board.verdicts, verdicts, intent->verdict_count * sizeof(*verdicts));
    for (i = 0; i < SLOTS; i++) {
        const apr_uint64_t *grown = t2m_batch_suppressed(batch, i);

        board.targets[i] = t2m_batch_target(batch, i);
        memcpy(board.suppressed_targets + (apr_size_t)i * WORDS,
               grown ? grown : board.suppressed + (apr_size_t)i * WORDS, WORDS * sizeof(*grown));
    }
}

static void advance(void)
{
    apr_uint32_t i;

    for (i = 0; i < SLOTS; i++) {
        const apr_uint64_t *grown = t2m_batch_suppressed(batch, i);

        board.heads[i] = t2m_batch_target(batch, i);
        if (grown) {
            memcpy(board.suppressed + (apr_size_t)i * WORDS, grown, WORDS * sizeof(*grown));
        }
    }
}

static int push_error(t2m_slot_t *slot, const char *id, apr_time_t time)
{
    t2m_ring_record_t record = { .file = ERRORS, .stream = T2M_STREAM_ERRORS, .time = time,
                                 .level = T2M_LEVEL_ERROR, .value = 77 };
    char both[64];

    record.size = (apr_uint32_t)snprintf(both, sizeof(both), "{\"e\":%d%svhost", (int)time, id);
    record.name_size = 12 + 5;
    record.size -= record.name_size;
    return t2m_slot_push(slot, T2M_SLOT_WAIT, &record, both, NULL) == APR_SUCCESS;
}

static t2m_ring_record_t twin_record(apr_time_t time)
{
    t2m_ring_record_t record = { .file = APP, .also = ERRORS, .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_ERROR, .value = 77, .time = time,
                                 .flags = T2M_FACT_TWIN };

    return record;
}

static void push_twin_of(t2m_slot_t *slot, t2m_ring_record_t record, const char *id)
{
    char both[96];
    int split = snprintf(both, sizeof(both), "{\"app\":%d", (int)record.time);

    record.split = (apr_uint16_t)split;
    record.size = (apr_uint32_t)(split + snprintf(both + split, sizeof(both) - (size_t)split,
                                                  "{\"e\":%d%svhost", (int)record.time, id));
    record.name_size = 12 + 5;
    record.size -= record.name_size;
    if (!t2m_slot_push_twin(slot, &record, both)) {
        abort();
    }
}

static void push_twin(t2m_slot_t *slot, const char *id, apr_time_t time)
{
    push_twin_of(slot, twin_record(time), id);
}

static void suppress(t2m_slot_t *slot, const char *id, const char *endpoint, int has_app, int n)
{
    t2m_suppression_t what = { .id = id, .level = T2M_LEVEL_CRITICAL, .has_app = has_app,
                               .client = 5, .time = 9 };

    what.endpoint = t2m_text(endpoint);
    what.vhost = t2m_text("www");
    while (n-- > 0) {
        if (!t2m_suppressed_count(slot, &what)) {
            abort();
        }
    }
}

static t2m_suppressed_t *entry_of(const t2m_slot_t *slot, apr_uint32_t i)
{
    return &slot->suppressed[i];
}

/* The kinds of the batch's entries, a letter each. */
static const char *kinds(void)
{
    static const char letters[] = { [T2M_BATCH_RECORD] = 'w', [T2M_BATCH_COUNT] = 'c',
                                    [T2M_BATCH_SHED] = 's', [T2M_BATCH_LAST_REQUEST] = 'l',
                                    [T2M_BATCH_GAP] = 'g', [T2M_BATCH_DROPPED] = 'd',
                                    [T2M_BATCH_HELD] = '.', [T2M_BATCH_REPEATS] = 'R' };
    static char text[256];
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    for (i = 0; i < sizeof(text) - 1 && t2m_batch_entry(batch, i, &entry); i++) {
        text[i] = letters[entry.kind];
    }
    text[i] = '\0';
    return text;
}

static void kinds_are(const char *want, const char *name)
{
    const char *got = kinds();

    is_bytes(got, strlen(got), want, name);
}

static void part_is(apr_uint32_t file, const char *want, const char *name)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t i, count = t2m_batch_parts(batch, &parts);

    for (i = 0; i < count && parts[i].file != file; i++) {
    }
    is_bytes(i < count ? t2m_batch_bytes(batch, &parts[i]) : "", i < count ? parts[i].size : 0,
             want, name);
}

static void free_slot(t2m_slot_t *slot)
{
    t2m_quarantine_free(&board, &slots, slot->index, t2m_slots_owner(&slots, slot->index));
    t2m_slot_release(slot);
    if (world_claim(&world, slot) != APR_SUCCESS) {
        abort();
    }
}

/* ---- twins ----------------------------------------------------------------------------------- */

static void two_lines(void)
{
    t2m_ring_record_t record = twin_record(3);
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };
    t2m_batch_entry_t entry;

    record.flags |= T2M_FACT_ASK;
    record.status = 502;
    push_twin_of(one, record, GROUP);
    is_number(gather(), 2, "a twin is two lines");
    part_is(APP, "{\"app\":3,\"seq\":1}\n", "the app line in its file");
    part_is(ERRORS, "{\"e\":3,\"seq\":1}\n", "and the errors line in its own");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_RECORD
       && entry.record.stream == T2M_STREAM_APP && entry.record.file == APP
       && entry.name.size == 0 && entry.record.value == 0 && entry.record.time == 3
       && entry.record.flags == T2M_FACT_ASK && entry.record.level == T2M_LEVEL_ERROR
       && !entry.suppressed, "the app line's record has no name");
    ok(t2m_batch_asks(batch), "and asks");
    ok(t2m_batch_entry(batch, 1, &entry) && entry.kind == T2M_BATCH_RECORD
       && entry.record.stream == T2M_STREAM_ERRORS && entry.record.file == ERRORS
       && entry.record.value == 77 && entry.record.time == 3 && entry.record.flags == 0
       && entry.record.level == T2M_LEVEL_ERROR, "the errors line's has the client");
    is_bytes(entry.name.data, entry.name.size, GROUP "vhost", "and the name");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_APP].lines == 1 && totals[T2M_STREAM_ERRORS].lines == 1
       && totals[T2M_STREAM_ERRORS].suppressed == 0, "each counts in its stream");
    advance();
    is_number(gather(), 0, "once");
}

static void unknown_files(void)
{
    t2m_ring_record_t record = twin_record(3);
    const apr_uint64_t *list;

    record.file = FILES;
    push_twin_of(one, record, "unknown-app1");
    ok(gather() == 1 && trouble.unknown_file == 1, "an unknown file for the app line");
    part_is(ERRORS, "{\"e\":3,\"seq\":1}\n", "the errors line is written");
    advance();
    record.file = APP;
    record.also = FILES;
    push_twin_of(one, record, "unknown-err1");
    ok(gather() == 1 && trouble.unknown_file == 1 && t2m_batch_verdicts(batch, &list) == 0,
       "one for the errors line, of which nothing is asked then");
    part_is(APP, "{\"app\":3,\"seq\":1}\n", "the app line is written");
    advance();
}

/* Both or none, by lines, by bytes and by either file. */
static void fits(void)
{
    const apr_size_t app = 8 + T2M_LINE_TAIL, errors = 6 + T2M_LINE_TAIL;
    apr_uint64_t room[T2M_FILES_MAX] = { 0 };
    int i;

    for (i = 0; i < 4; i++) {
        push_twin(one, GROUP, i + 1);
    }
    room[APP] = 2 * app;
    room[ERRORS] = 9 * errors;
    is_number(gather_with(NULL, room), 4, "the app file is full");
    room[APP]--;
    is_number(gather_with(NULL, room), 2, "or has a byte less");
    room[APP] = 9 * app;
    room[ERRORS] = 2 * errors;
    is_number(gather_with(NULL, room), 4, "the errors file is");
    room[ERRORS]--;
    is_number(gather_with(NULL, room), 2, "or has a byte less");
    (void)gather();
    advance();
}

static void last_lines(void)
{
    t2m_ring_record_t count = { .stream = T2M_STREAM_PERFORMANCE, .level = T2M_LEVEL_INFO,
                                .name_size = 1, .time = 1 };
    int i;

    for (i = 0; i < T2M_BATCH_LINES - 4; i++) {
        (void)t2m_slot_push(one, T2M_SLOT_WAIT, &count, "n", NULL);
    }
    push_twin(one, GROUP, 2);
    suppress(&some[1], OTHER, "GET /", 0, 1);
    is_number(gather(), T2M_BATCH_LINES - 3, "room for four lines, of which one has to come");
    advance();
    is_number(gather(), 2, "is none for a twin with gaps");
    advance();
}

/* ---- held back ------------------------------------------------------------------------------- */

static void held(void)
{
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };
    const apr_uint64_t *list;
    t2m_batch_entry_t entry;
    int i;

    for (i = 0; i < 10; i++) {
        push_twin(one, GROUP, i);
    }
    is_number(gather(), 20, "ten of one error");
    kinds_are("wwwwwwwwww........ww", "five are written, four are not, the tenth is");
    part_is(ERRORS, "{\"e\":0,\"seq\":1}\n{\"e\":1,\"seq\":2}\n{\"e\":2,\"seq\":3}\n"
            "{\"e\":3,\"seq\":4}\n{\"e\":4,\"seq\":5}\n{\"e\":9,\"repeated\":4,\"seq\":6}\n",
            "which says how many, and takes no number for them");
    part_is(APP, "{\"app\":0,\"seq\":1}\n{\"app\":1,\"seq\":2}\n{\"app\":2,\"seq\":3}\n"
            "{\"app\":3,\"seq\":4}\n{\"app\":4,\"seq\":5}\n{\"app\":9,\"seq\":6}\n",
            "the same of app, which does not");
    ok(t2m_batch_verdicts(batch, &list) == 10 && list[0] == 0 && list[5] == T2M_VERDICT_HELD
       && list[9] == 4, "a verdict each");
    ok(t2m_batch_entry(batch, 11, &entry) && entry.kind == T2M_BATCH_HELD && entry.line.size == 0
       && entry.record.stream == T2M_STREAM_ERRORS && entry.record.value == 77,
       "one that is held back has no line");
    is_bytes(entry.name.data, entry.name.size, GROUP "vhost", "but its name");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_ERRORS].lines == 6 && totals[T2M_STREAM_ERRORS].held == 4
       && totals[T2M_STREAM_ERRORS].suppressed == 4 && totals[T2M_STREAM_APP].lines == 6
       && totals[T2M_STREAM_APP].held == 4 && totals[T2M_STREAM_APP].suppressed == 4,
       "counted in both streams");
    advance();
}

static void lone(void)
{
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };
    int i;

    for (i = 0; i < 7; i++) {
        (void)push_error(one, OTHER, i);
        (void)world_push(one, "{\"app\":1", i);
    }
    (void)gather();
    kinds_are("wwwwwwwwww.w.w", "errors alone are held back, what is app alone is not");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_ERRORS].held == 2 && totals[T2M_STREAM_APP].held == 0, "counted so");
    settings->files[ERRORS].label = 1;
    settings->repeat.off = 1;
    (void)gather();
    kinds_are("wwwwwwwwwwwwww", "switched off, all are written");
    settings->repeat.off = 0;
    advance();
    for (i = 0; i < 10; i++) {
        (void)push_error(one, OTHER, i);
    }
    (void)gather();
    part_is(ERRORS, "{\"e\":0,\"stream\":\"errors\",\"seq\":1}\n"
            "{\"e\":1,\"stream\":\"errors\",\"seq\":2}\n{\"e\":2,\"stream\":\"errors\",\"seq\":3}\n"
            "{\"e\":3,\"stream\":\"errors\",\"seq\":4}\n{\"e\":4,\"stream\":\"errors\",\"seq\":5}\n"
            "{\"e\":9,\"repeated\":4,\"stream\":\"errors\",\"seq\":6}\n", "before the stream");
    settings->files[ERRORS].label = 0;
    advance();
}

/* Without a group, only counted, a state, shed: nothing is asked, but it counts as written. */
static void no_verdict(void)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .level = T2M_LEVEL_ERROR,
                                 .name_size = 12 };
    char state[12 + sizeof(t2m_group_state_t)] = GROUP;
    const apr_uint64_t *list;
    int i;

    for (i = 0; i < 8; i++) {
        (void)t2m_slot_push(one, T2M_SLOT_WAIT, &record, GROUP, NULL);
    }
    (void)push_error(one, GROUP, 1);
    (void)gather();
    kinds_are("cccccccc.", "what only counts is always taken, and counts");
    is_number(t2m_batch_verdicts(batch, &list), 1, "unasked");
    advance();
    record.name_size = sizeof(state);
    record.flags = T2M_FACT_STATE;
    for (i = 0; i < 8; i++) {
        (void)t2m_slot_push(one, T2M_SLOT_WAIT, &record, state, NULL);
    }
    (void)push_error(one, GROUP, 1);
    (void)gather();
    kinds_are("ccccccccw", "states are no errors");
    advance();
    record.flags = 0;
    record.size = 6;
    record.file = ERRORS;
    record.name_size = 11;
    for (i = 0; i < 8; i++) {
        (void)t2m_slot_push(one, T2M_SLOT_WAIT, &record, "{\"n\":10123456789a", NULL);
    }
    (void)gather();
    kinds_are("wwwwwwww", "what has no group is written");
    is_number(t2m_batch_verdicts(batch, &list), 0, "unasked");
    advance();
}

static void shed(void)
{
    const apr_uint64_t *list;
    int i;

    board.header->shed = 1 << T2M_STREAM_ERRORS;
    for (i = 0; i < 8; i++) {
        push_twin(one, GROUP, 1);
    }
    (void)gather();
    kinds_are("wswswswswswswsws", "errors are shed: each app line is written");
    is_number(t2m_batch_verdicts(batch, &list), 0, "unasked");
    board.header->shed = 1 << T2M_STREAM_APP;
    (void)gather();
    kinds_are("swswswswsw......", "app is shed: what is held back is not even that");
    board.header->shed = 0;
    board.files[ERRORS].error = 28;
    (void)gather();
    kinds_are("wswswswswswswsws", "the errors file refuses");
    board.files[ERRORS].spill = 1;
    (void)gather();
    kinds_are("wwwwwwwwww......", "its spill does not");
    board.files[ERRORS].error = 0;
    board.files[ERRORS].spill = 0;
    (void)gather();
    t2m_batch_shed_part(batch, ERRORS);
    kinds_are("wswswswsws......", "a file that refuses what was made");
    advance();
}

/* ---- what processes count themselves --------------------------------------------------------- */

static void repeats(void)
{
    t2m_totals_t totals[T2M_STREAM_COUNT] = { 0 };
    t2m_batch_entry_t entry;
    const t2m_batch_part_t *parts;

    suppress(one, GROUP, "GET /a", 1, 7);
    suppress(one, OTHER, "GET /b", 0, 3);
    is_number(gather(), 2, "two entries of a table");
    ok(t2m_batch_moves(batch) && t2m_batch_parts(batch, &parts) == 0, "move, without a file");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_REPEATS && entry.count == 7
       && entry.record.stream == T2M_STREAM_ERRORS && entry.record.level == T2M_LEVEL_CRITICAL
       && entry.record.time == 9 && entry.line.size == 0, "the first");
    is_bytes(entry.name.data, entry.name.size, GROUP, "has the group's name");
    ok(entry.suppressed && entry.suppressed->has_app && entry.suppressed->endpoint_size == 6
       && memcmp(entry.suppressed->endpoint, "GET /a", 6) == 0, "and what its table says");
    is_number(t2m_batch_first(batch, T2M_STREAM_ERRORS), 0, "found among the errors");
    ok(t2m_batch_entry(batch, t2m_batch_next(batch, 0), &entry) && entry.count == 3
       && !entry.suppressed->has_app, "and so is the second");
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_ERRORS].suppressed == 10 && totals[T2M_STREAM_APP].suppressed == 7
       && totals[T2M_STREAM_ERRORS].held == 0 && totals[T2M_STREAM_ERRORS].lines == 0,
       "counted in the streams that each would have had a line of");
    is_number(gather(), 2, "until the board has them");
    advance();
    ok(gather() == 0 && !t2m_batch_moves(batch) && !t2m_batch_suppressed(batch, one->index),
       "then no more");
    suppress(one, GROUP, "GET /a", 1, 2);
    (void)gather();
    ok(t2m_batch_entry(batch, 0, &entry) && entry.count == 2 && !t2m_batch_entry(batch, 1, &entry),
       "only what has grown");
    advance();
}

/* Five pushed, four counted, the tenth pushed: all before the writer looked. */
static void repeats_wait(void)
{
    int i;

    for (i = 0; i < 5; i++) {
        push_twin(one, GROUP, i);
    }
    suppress(one, GROUP, "GET /a", 1, 4);
    push_twin(one, GROUP, 9);
    push_twin(&some[1], OTHER, 9);
    suppress(&some[1], "cccccccccccc", "GET /c", 1, 1);
    (void)gather();
    kinds_are("wwwwwwwwwwRwwwwR", "what was counted comes where it belongs, else last");
    part_is(ERRORS, "{\"e\":0,\"seq\":1}\n{\"e\":1,\"seq\":2}\n{\"e\":2,\"seq\":3}\n"
            "{\"e\":3,\"seq\":4}\n{\"e\":4,\"seq\":5}\n{\"e\":9,\"repeated\":4,\"seq\":6}\n"
            "{\"e\":9,\"seq\":7}\n", "and is told");
    advance();
}

/* Any slot has its turn, when each batch has room for a few. */
static void many(void)
{
    apr_uint32_t i, round, turns[SLOTS] = { 0 }, least = 1000, left = 0;

    while (gather() || t2m_batch_moves(batch)) {
        advance();
    }
    for (round = 0; round < 4; round++) {
        for (i = 0; i < (SLOTS - 1) * T2M_SUPPRESSED; i++) {
            t2m_suppressed_t *entry = entry_of(&some[i / T2M_SUPPRESSED], i % T2M_SUPPRESSED);

            memcpy(entry->id, GROUP, T2M_FINGERPRINT_SIZE);
            entry->count++;
            some[i / T2M_SUPPRESSED].header->suppressed += 2;
        }
        is_number(gather(), T2M_BATCH_REPEATS_MAX, "no more than a batch has room for");
        for (i = 0; i < SLOTS - 1; i++) {
            turns[i] += t2m_batch_suppressed(batch, some[i].index) != NULL;
        }
        advance();
    }
    for (i = 0; i < SLOTS - 1; i++) {
        least = turns[i] < least ? turns[i] : least;
    }
    ok(least >= 3, "every slot had its turn");
    while (gather()) {
        left += batch->repeat_count;
        advance();
    }
    ok(left > 0 && left < 2 * T2M_BATCH_REPEATS_MAX, "the rest comes later");
}

/* Killed in the middle of a count: the total is odd, and stays so. */
static void odd_total(void)
{
    t2m_batch_entry_t entry;

    one->header->suppressed |= 1;
    ok(gather() == 0 && t2m_batch_moves(batch), "a count that is begun");
    advance();
    ok(gather() == 0 && !t2m_batch_moves(batch), "and not done");
    entry_of(one, 0)->count++;
    ok(gather() == 1 && t2m_batch_entry(batch, 0, &entry) && entry.count == 1,
       "is seen although the total stays");
    advance();
    ok(gather() == 0 && !t2m_batch_moves(batch), "once");
}

/* ---- what no process does -------------------------------------------------------------------- */

static void spoilt(const char *name)
{
    is_number(gather(), 1, name);
    ok(t2m_quarantine_has(&board, &slots, one->index)
       && !t2m_batch_suppressed(batch, one->index), "is not read any more");
    advance();
    t2m_suppressed_mend(&slots, one->index, board.suppressed + (apr_size_t)one->index * WORDS);
    suppress(one, GROUP, "GET /a", 1, 1);
    is_number(gather(), 0, "whatever comes, though it were right again");
    free_slot(one);
    ok(!t2m_quarantine_has(&board, &slots, one->index) && gather() == 0,
       "the next owner begins in order");
    suppress(one, GROUP, "GET /next", 1, 2);
    is_number(gather(), 1, "and is read");
    advance();
}

static void hostile(void)
{
    suppress(one, GROUP, "GET /a", 1, 1);
    (void)gather();
    advance();
    suppress(&some[1], GROUP, "GET /a", 1, 1);
    entry_of(one, 0)->count -= 1;
    one->header->suppressed++;
    spoilt("a count that goes back");
    suppress(&some[1], GROUP, "GET /a", 1, 1);
    entry_of(one, 0)->count += APR_UINT64_C(0x100000000);
    one->header->suppressed++;
    spoilt("one that no process comes to");
    suppress(&some[1], GROUP, "GET /a", 1, 1);
    suppress(one, GROUP, "GET /a", 1, 1);
    entry_of(one, 31)->count++;
    memset(entry_of(one, 31)->id, 'x', T2M_FINGERPRINT_SIZE);
    one->header->suppressed++;
    spoilt("an entry that is none");
    one->header->suppressed += 5;
    ok(gather() == 0 && t2m_batch_moves(batch) && !t2m_quarantine_has(&board, &slots, one->index),
       "a total alone is nothing");
    advance();
    ok(gather() == 0 && !t2m_batch_moves(batch), "once");
}

/* Counts that were spoiled without a word of it are not the next owner's. */
static void silent(void)
{
    suppress(one, GROUP, "GET /a", 1, 2);
    (void)gather();
    advance();
    entry_of(one, 0)->count -= 2;
    entry_of(one, 3)->count += APR_UINT64_C(0x100000000);
    ok(gather() == 0 && !t2m_batch_moves(batch), "a table whose total stays is not looked at");
    free_slot(one);
    suppress(one, GROUP, "GET /b", 1, 1);
    ok(gather() == 1 && !t2m_quarantine_has(&board, &slots, one->index),
       "it is in order for the next owner");
    advance();
}

/* Whoever writes to a slot without an owner is none. */
static void free_slots(void)
{
    t2m_slot_t *last = &some[2];

    t2m_slots_free(&slots, last->index, t2m_slots_owner(&slots, last->index));
    suppress(last, GROUP, "GET /a", 1, 1);
    is_number(gather(), 0, "a free slot");
    t2m_slot_release(last);
    (void)world_claim(&world, last);
    is_number(gather(), 1, "is read when it has an owner");
    advance();
}

/* ---- what is left of a process --------------------------------------------------------------- */

static void buries(void)
{
    t2m_intent_t intent = { 0 };
    t2m_batch_entry_t entry;
    const apr_uint64_t *list;

    suppress(one, GROUP, "GET /a", 1, 3);
    suppress(&some[1], OTHER, "GET /b", 1, 1);
    intent.bury_slot = one->index;
    intent.bury_owner = t2m_slots_owner(&slots, one->index);
    intent.bury_signal = 11;
    is_number(t2m_batch_bury(batch, &slots, &board, settings, &intent), 2,
              "a dead one's counts and its crash");
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    kinds_are("Rl", "of its own slot alone");
    is_number(t2m_batch_verdicts(batch, &list), 0, "no verdict is asked");
    publish(&intent);
    intent.phase = T2M_INTENT_WRITE;
    suppress(one, GROUP, "GET /a", 1, 3);
    (void)t2m_batch_bury(batch, &slots, &board, settings, &intent);
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_REPEATS && entry.count == 3,
       "made again it is the same");
    advance();
    intent.phase = T2M_INTENT_NONE;
    intent.bury_signal = 0;
    entry_of(one, 0)->count = 0;
    one->header->suppressed++;
    is_number(t2m_batch_bury(batch, &slots, &board, settings, &intent), 0, "a spoiled table");
    ok(t2m_quarantine_has(&board, &slots, one->index), "is put in order with its slot");
    free_slot(one);
    (void)gather();
    advance();
}

/* ---- again ----------------------------------------------------------------------------------- */

static char kept[T2M_BATCH_BYTES];

static apr_size_t keep(char *out)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t i, count = t2m_batch_parts(batch, &parts);
    apr_size_t size = 0;

    for (i = 0; i < count; i++) {
        memcpy(out + size, t2m_batch_bytes(batch, &parts[i]), parts[i].size);
        size += parts[i].size;
    }
    return size;
}

/* Everything changes meanwhile: more is pushed and counted, the rule, what the board knows. */
static void again(void)
{
    static char now[T2M_BATCH_BYTES], order[256];
    t2m_intent_t intent = { .phase = T2M_INTENT_WRITE };
    apr_size_t size;
    int i;

    for (i = 0; i < 30; i++) {
        push_twin(&some[i % 3], i % 4 ? GROUP : OTHER, i);
        suppress(&some[i % 5], i % 2 ? GROUP : OTHER, "GET /a", 1, 1 + i % 2);
    }
    (void)gather();
    size = keep(kept);
    memcpy(order, kinds(), sizeof(order));
    ok(strchr(order, 'R') && strchr(order, '.'), "a batch with all of it");
    publish(&intent);
    push_twin(one, GROUP, 0);
    suppress(one, GROUP, "GET /a", 1, 1);
    suppress(&some[7], GROUP, "GET /a", 1, 1);
    settings->repeat.first = 1;
    board.suppressed_targets[(apr_size_t)some[20].index * WORDS] += 5; /* of a batch before */
    (void)gather_with(&intent, NULL);
    kinds_are(order, "made again it is the same, in its order");
    ok(keep(now) == size && memcmp(now, kept, size) == 0, "of the same bytes");
    entry_of(&some[1], 0)->id[0] = 'x';
    (void)gather_with(&intent, NULL);
    ok(keep(now) == size && memcmp(now, kept, size) == 0
       && !t2m_quarantine_has(&board, &slots, some[1].index),
       "an entry that was spoiled meanwhile is left out, and no byte changes");
    settings->repeat.first = 5;
    advance();
}

static void make_settings(void)
{
    settings = calloc(1, sizeof(*settings));
    if (!settings) {
        abort();
    }
    (void)t2m_settings_add(settings, T2M_STREAM_APP, "/app.log");
    (void)t2m_settings_add(settings, T2M_STREAM_ERRORS, "/errors.log");
    settings->file_count = 2;
    settings->repeat.first = 5;
    settings->repeat.every = apr_time_from_sec(60);
}

int main(void)
{
    int i;

    world_make_of(&world, &geometry);
    make_settings();
    batch = t2m_batch_create(&geometry);
    if (!batch || t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS
        || t2m_board_attach(&board, world.board_fd, &geometry, 1, 1) != APR_SUCCESS) {
        return 1;
    }
    for (i = 0; i < SLOTS - 1; i++) {
        if (world_claim(&world, &some[i]) != APR_SUCCESS) {
            return 1;
        }
    }
    two_lines();
    unknown_files();
    fits();
    last_lines();
    held();
    lone();
    no_verdict();
    shed();
    repeats();
    repeats_wait();
    hostile();
    silent();
    free_slots();
    buries();
    again();
    many();
    odd_total();
    return tap_done();
}
