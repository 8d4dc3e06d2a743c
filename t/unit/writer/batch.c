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

/* Tests modules/writer/batch.c. */
#include "writer/batch.h"

#include "core/encode.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/batch_internal.h"
#include "writer/quarantine.h"

static world_t world;
static t2m_slots_t slots;
static t2m_board_t board;
static t2m_batch_t *batch;
static t2m_settings_t *settings;
static t2m_batch_trouble_t trouble;

static apr_uint32_t gather(const t2m_intent_t *again)
{
    memset(&trouble, 0, sizeof(trouble));
    return t2m_batch_gather(batch, &slots, &board, settings, again, 1, NULL, &trouble);
}

static void advance(void)
{
    apr_uint32_t i;

    for (i = 0; i < world.geometry.slot_count; i++) {
        board.heads[i] = t2m_batch_target(batch, i);
        memcpy(board.drops + i * (apr_size_t)T2M_DROPS, t2m_batch_drops(batch, i),
               T2M_DROPS * sizeof(*board.drops));
    }
}

static const char *rendered(apr_size_t *size)
{
    const t2m_batch_part_t *parts;

    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    (void)t2m_batch_parts(batch, &parts);
    *size = parts[0].size;
    return t2m_batch_bytes(batch, &parts[0]);
}

static void orders(t2m_slot_t *one, t2m_slot_t *two)
{
    apr_size_t size;
    const char *bytes;

    ok(gather(NULL) == 0 && !t2m_batch_moves(batch), "nothing to gather");
    (void)world_push(one, "{\"n\":1", 10);
    (void)world_push(two, "{\"n\":2", 20);
    (void)world_push(one, "{\"n\":3", 30);
    (void)world_push(two, "{\"n\":4", 25);
    is_number(gather(NULL), 4, "four lines of two slots");
    board.files[0].seq = 100;
    bytes = rendered(&size);
    is_bytes(bytes, size, "{\"n\":1,\"seq\":101}\n{\"n\":2,\"seq\":102}\n{\"n\":4,\"seq\":103}\n"
             "{\"n\":3,\"seq\":104}\n", "in the order of their time, numbered on");
    advance();
    ok(gather(NULL) == 0 && !t2m_batch_moves(batch), "afterwards nothing is left");
}

static void repeats(t2m_slot_t *one)
{
    t2m_intent_t intent = { 0 };
    apr_size_t size, again_size;
    char kept[4096];
    const char *bytes;
    apr_uint32_t i;

    for (i = 0; i < 20; i++) {
        (void)world_push(one, "{\"again\":true", (apr_time_t)i);
    }
    (void)gather(NULL);
    bytes = rendered(&size);
    memcpy(kept, bytes, size);
    for (i = 0; i < 3; i++) {
        board.targets[i] = t2m_batch_target(batch, i);
    }
    (void)world_push(one, "{\"later\":true", 99);
    is_number(gather(&intent), 20, "with targets only what lies below them");
    bytes = rendered(&again_size);
    ok(size == again_size && memcmp(bytes, kept, size) == 0, "the same bytes as before");
    advance();
    is_number(gather(NULL), 1, "the rest comes next");
    advance();
}

static void bad_records(t2m_slot_t *one)
{
    t2m_ring_record_t record = { .size = 6, .file = 77, .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_INFO, .time = 1 };
    apr_size_t size;
    const char *bytes;

    (void)t2m_slot_push(one, T2M_SLOT_WAIT, &record, "{\"n\":1", NULL);
    ok(gather(NULL) == 0 && trouble.unknown_file == 1 && t2m_batch_moves(batch),
       "an unknown file: counted");
    advance();
    (void)world_push(one, "{\"a\n\":1", 1);
    (void)gather(NULL);
    bytes = rendered(&size);
    ok(memchr(bytes, '\n', size) == bytes + size - 1, "a raw line feed never makes two lines");
    advance();
    (void)world_push(one, "{\"n\":1", 1);
    ((t2m_ring_record_t *)(void *)(one->ring + (board.heads[one->index] & 65535)))->size = 0;
    ok(gather(NULL) == 0 && trouble.corrupt == 1, "a corrupt record: counted");
    ok(t2m_quarantine_has(&board, &slots, one->index) && board.header->quarantined == 1
       && board.header->notice_count == 1, "its slot is in quarantine, which is told");
    (void)world_push(one, "{\"n\":2", 1);
    ok(gather(NULL) == 0 && trouble.corrupt == 0, "and not read any more");
    t2m_quarantine_free(&board, &slots, one->index, t2m_slots_owner(&slots, one->index));
    ok(t2m_slots_owner(&slots, one->index) == 0 && board.quarantine[one->index] == 0
       && !t2m_slots_check(&slots, one->index, board.heads[one->index]),
       "until its owner is gone: the next one finds it in order");
    (void)t2m_slot_claim(one, world.slots_fd, world.board_fd, &world.geometry, T2M_SLOTS_MAX, 1);
}

static void floods(t2m_slot_t *one)
{
    t2m_totals_t totals[T2M_STREAM_COUNT];
    t2m_batch_entry_t entry;
    apr_uint64_t bytes = 0;
    apr_uint32_t i;
    int pushed = 0;

    while (world_push(one, "{\"n\":1", 1) == APR_SUCCESS) {
        pushed++;
    }
    ok(gather(NULL) <= T2M_BATCH_LINES && t2m_batch_moves(batch), "a full ring fits into batches");
    memset(totals, 0, sizeof(totals));
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    t2m_batch_totals(batch, totals);
    for (i = 0; t2m_batch_entry(batch, i, &entry); i++) {
        bytes += entry.kind == T2M_BATCH_GAP ? 0 : entry.line.size + 1;
    }
    ok(totals[T2M_STREAM_APP].lines == (apr_uint64_t)pushed
       && totals[T2M_STREAM_APP].bytes == bytes
       && totals[T2M_STREAM_APP].levels[T2M_LEVEL_INFO] == (apr_uint64_t)pushed, "and is counted");
    is_number((long)totals[T2M_STREAM_APP].dropped[T2M_DROP_RESERVED], 1,
              "so is the line that had no room");
    advance();
}

/* ---- what is not written --------------------------------------------------------------------- */

/* A record that has a name, and a line unless it is NULL. */
static void push_named(t2m_slot_t *slot, const char *line, const char *name, int flags)
{
    t2m_ring_record_t record = { .size = (apr_uint32_t)(line ? strlen(line) : 0), .time = 1,
                                 .stream = T2M_STREAM_APP, .level = T2M_LEVEL_INFO,
                                 .name_size = (unsigned char)strlen(name),
                                 .flags = (unsigned char)flags, .value = 42 };
    char both[128];

    (void)snprintf(both, sizeof(both), "%s%s", line ? line : "", name);
    (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, both, NULL);
}

static void counts_only(t2m_slot_t *one)
{
    t2m_batch_entry_t entry;
    t2m_totals_t totals[T2M_STREAM_COUNT];
    const t2m_batch_part_t *parts;

    push_named(one, NULL, "only a name", 0);
    is_number(gather(NULL), 1, "a record without a line");
    ok(t2m_batch_moves(batch) && !t2m_batch_asks(batch), "moves, asks nothing");
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    is_number(t2m_batch_parts(batch, &parts), 0, "has no part in any file");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_COUNT
       && entry.line.size == 0 && entry.record.value == 42, "but its facts");
    is_bytes(entry.name.data, entry.name.size, "only a name", "and its name");
    ok(!t2m_batch_entry(batch, 1, &entry), "behind the last one is nothing");
    memset(totals, 0, sizeof(totals));
    t2m_batch_totals(batch, totals);
    is_number((long)totals[T2M_STREAM_APP].lines, 0, "it is no line");
    advance();
    push_named(one, "{\"n\":1", "name", T2M_FACT_ASK);
    (void)gather(NULL);
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    (void)t2m_batch_entry(batch, 0, &entry);
    ok(t2m_batch_asks(batch), "a record that asks");
    is_bytes(entry.line.data, entry.line.size, "{\"n\":1,\"seq\":101}", "line without its name");
    is_bytes(entry.name.data, entry.name.size, "name", "name without the line");
    advance();
}

static void sheds(t2m_slot_t *one)
{
    t2m_totals_t totals[T2M_STREAM_COUNT];
    const t2m_batch_part_t *parts;
    t2m_batch_entry_t entry;
    apr_size_t size;
    const char *bytes;
    int i;

    board.header->shed = 1 << T2M_STREAM_APP;
    for (i = 0; i < 5; i++) {
        push_named(one, "{\"shed\":1", "kept", 0);
    }
    is_number(gather(NULL), 5, "five records of a stream that is shed");
    is_number(t2m_batch_shed(batch), 1 << T2M_STREAM_APP, "which the batch says");
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    is_number(t2m_batch_parts(batch, &parts), 1, "one part");
    ok(parts[0].lines == 0 && parts[0].size == 0 && parts[0].shed == 5 && parts[0].seq == 105,
       "without a byte; they take their numbers");
    ok(t2m_batch_entry(batch, 4, &entry) && entry.kind == T2M_BATCH_SHED && entry.line.size == 0,
       "no line");
    is_bytes(entry.name.data, entry.name.size, "kept", "but counted by name");
    memset(totals, 0, sizeof(totals));
    t2m_batch_totals(batch, totals);
    ok(totals[T2M_STREAM_APP].dropped[T2M_DROP_SHED] == 5 && totals[T2M_STREAM_APP].lines == 0,
       "and as dropped");
    advance();
    board.header->shed = 0;
    board.files[0].seq = 105;
    board.files[0].shed = 5;
    board.files[0].shed_reason = T2M_DROP_SHED;
    (void)world_push(one, "{\"n\":1", 1);
    is_number(gather(NULL), 2, "the next line comes with a gap");
    bytes = rendered(&size);
    is_bytes(bytes, size, "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"ERROR\","
             "\"message\":\"gap\",\"stream\":\"app\",\"count\":5,\"first_seq\":101,"
             "\"last_seq\":105,\"to\":\"1970-01-01T00:00:00.000Z\",\"reason\":\"disk_full\","
             "\"seq\":106}\n{\"n\":1,\"seq\":107}\n", "which names exactly their numbers");
    memset(totals, 0, sizeof(totals));
    t2m_batch_totals(batch, totals);
    is_number((long)totals[T2M_STREAM_APP].dropped[T2M_DROP_SHED], 0, "not counted twice");
    ok(t2m_batch_entry(batch, 0, &entry) && entry.kind == T2M_BATCH_GAP && entry.count == 5
       && entry.reason == T2M_DROP_SHED && entry.record.time == 1, "a gap, of the batch's moment");
    advance();
    board.files[0].shed = 0;
    board.files[0].seq = 100;
}

/* A file takes so many bytes; what would bring it over them waits, but the first record never. */
static void rooms(t2m_slot_t *one)
{
    apr_uint64_t room[T2M_FILES_MAX] = { 0 };
    const t2m_batch_part_t *parts;
    int i, batches = 0, lines = 0, worst = 0;

    for (i = 0; i < 200; i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "{\"n\":\"%.*s\"", i % 40,
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        (void)world_push(one, line, i);
    }
    while (batches < 1000) {
        apr_uint32_t count;

        room[0] = (apr_uint64_t)(batches % 7) * 150;
        memset(&trouble, 0, sizeof(trouble));
        count = t2m_batch_gather(batch, &slots, &board, settings, NULL, 1, room, &trouble);
        if (count == 0) {
            break;
        }
        t2m_batch_render(batch, NULL, &slots, settings, board.files);
        (void)t2m_batch_parts(batch, &parts);
        worst += count > 1 && parts[0].size > room[0];
        lines += (int)count;
        batches++;
        advance();
    }
    is_number(lines, 200, "files with limits: every line comes");
    is_number(worst, 0, "at most one record goes over the limit");
    ok(batches > 40, "in many batches");
    for (i = 0; i < 50; i++) {
        (void)world_push(one, "{\"n\":1", i);
    }
    room[0] = 100;
    (void)t2m_batch_gather(batch, &slots, &board, settings, NULL, 1, room, &trouble);
    for (i = 0; i < 3; i++) {
        board.targets[i] = t2m_batch_target(batch, (apr_uint32_t)i);
        memcpy(board.drop_targets + (apr_size_t)i * T2M_DROPS,
               t2m_batch_drops(batch, (apr_uint32_t)i), T2M_DROPS * sizeof(*board.drops));
    }
    {
        t2m_intent_t intent = { 0 };
        apr_uint32_t count, again;

        (void)t2m_batch_parts(batch, &parts);
        count = parts[0].lines;
        again = gather(&intent);
        ok(count == again && count < 50, "done again without the limit it is the same batch");
    }
    advance();
    (void)gather(NULL);
    advance();
}

/* Who tells of drops once files are retired. */
static void main_files(void)
{
    t2m_settings_t *named = calloc(1, sizeof(*named));

    is_number((long)t2m_batch_main_file(named, T2M_STREAM_APP), T2M_FILES_MAX, "no file");
    (void)t2m_settings_add(named, T2M_STREAM_APP, "/before/app.log");
    (void)t2m_settings_add(named, T2M_STREAM_APP, "/now/app.log");
    (void)t2m_settings_add(named, T2M_STREAM_APP, "/now/host.log");
    is_number((long)t2m_batch_main_file(named, T2M_STREAM_APP), 0, "the first");
    named->files[0].retired = 1;
    is_number((long)t2m_batch_main_file(named, T2M_STREAM_APP), 1, "that is in use");
    named->files[1].retired = named->files[2].retired = 1;
    is_number((long)t2m_batch_main_file(named, T2M_STREAM_APP), 2, "or was last");
    free(named);
}

int main(void)
{
    t2m_slot_t one, two;

    world_make(&world, 3);
    world_settings(&world, "/dev/stdout");
    settings = calloc(1, sizeof(*settings));
    if (!settings || t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS
        || t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS
        || world_claim(&world, &one) != APR_SUCCESS || world_claim(&world, &two) != APR_SUCCESS) {
        return 1;
    }
    (void)t2m_settings_read(world.slots_memory, &world.geometry, 0, settings);
    batch = t2m_batch_create(&world.geometry);
    settings->files[0].label = 0;
    orders(&one, &two);
    repeats(&one);
    bad_records(&one);
    floods(&one);
    counts_only(&one);
    sheds(&one);
    rooms(&one);
    settings->files[0].label = 1;
    (void)world_push(&one, "{\"n\":1", 1);
    (void)gather(NULL);
    {
        apr_size_t size;
        const char *bytes = rendered(&size);

        is_bytes(bytes, size, "{\"n\":1,\"stream\":\"app\",\"seq\":101}\n", "a labelled line");
    }
    main_files();
    return tap_done();
}
