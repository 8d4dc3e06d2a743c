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

/* Tests modules/shared/slots.c and suppressed.c on the memory of a compromised process (mutate.h):
 * whatever stands there, each function ends, says nothing that is out of bounds, and reads no byte
 * outside the slot: all around it cannot be read at all. Best run under AddressSanitizer and
 * UndefinedBehaviorSanitizer.
 *
 * Shown to fail: without the bound of record->size, of name_size or of the stream in
 * t2m_slots_record; without that of the wrap in t2m_slots_copy; with a wrong one of a text in
 * t2m_slots_inflight; without that of frame_count in t2m_slots_crash; with a t2m_slots_tail that
 * believes; without what makes a twin or a state sound; without the bound of the
 * level in t2m_suppressed_entry, or of a count in t2m_suppressed_counts. */
#include "shared/slots.h"

#include <sys/mman.h>

#include "core/group_state.h"
#include "core/utf8.h"
#include "shared/mutate.h"
#include "shared/suppressed.h"
#include "shared/world.h"
#include "tap.h"

enum { ROUND = 16 }; /* mutations until the slot is whole again */

static const t2m_geometry_t geometry = { 2, 3, 131072 }; /* larger than the longest record */
static world_t world;
static t2m_slots_t slots;
static apr_uint64_t owner;
static long walks, records, specials, quarantines;
static unsigned char *lines; /* exactly as large as the largest line and name */

static struct {
    long tail, check, record, special, steps, dropped, crash, entry, suppressed, mended, freed;
} wrong;

/* ---- the world ------------------------------------------------------------------------------ */

/* Slot 1, the last: behind it a page that cannot be read, before it nothing but the directory. */
static void fence_off(void)
{
    apr_uint64_t size = slots.map.size;
    unsigned char *room = mmap(NULL, size + 2 * T2M_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                               -1, 0);

    if (room == MAP_FAILED
        || mmap(room + T2M_PAGE, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                world.slots_fd, 0) == MAP_FAILED
        || mprotect(room + T2M_PAGE + slots.map.settings,
                    slots.map.slots + slots.map.slot_size - slots.map.settings, PROT_NONE) != 0) {
        abort();
    }
    slots.memory = room + T2M_PAGE;
}

static void honest_slot(t2m_slot_t *slot)
{
    t2m_slot_request_t request = { .started = 1 };
    t2m_ring_record_t named = { .size = 5, .name_size = 5, .stream = T2M_STREAM_PERFORMANCE,
                                .level = T2M_LEVEL_INFO, .time = 1 };
    t2m_suppression_t error = { .id = "0123456789ab", .endpoint = t2m_text("GET /"),
                                .vhost = t2m_text("a.example"), .level = T2M_LEVEL_ERROR,
                                .client = 1 };
    char line[3000];
    int i;

    request.id = request.path = t2m_text("/an/honest/request");
    (void)world_claim(&world, slot);
    (void)t2m_slot_begin(slot, &request);
    (void)t2m_slot_begin(slot, &request);
    for (i = 0; i < 40; i++) {
        memset(line, 'x', sizeof(line));
        line[10 + i * 40] = '\0';
        (void)world_push(slot, line, i);
        (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &named, "{\"n\":GET /", NULL);
    }
    for (i = 0; i < 3; i++) {
        error.has_app = i == 2;
        (void)t2m_suppressed_count(slot, &error);
    }
    owner = t2m_slots_owner(&slots, 1);
}

/* ---- what the writer does ------------------------------------------------------------------- */

/* Two lines that are there, and a whole group; or a state and nothing else. */
static int is_special_wrong(const t2m_ring_record_t *record)
{
    int is_twin = record->flags & T2M_FACT_TWIN, is_state = record->flags & T2M_FACT_STATE;

    specials += is_twin || is_state;
    return (is_twin && (record->stream != T2M_STREAM_APP || record->split < 1
                        || record->split >= record->size
                        || record->name_size < T2M_FINGERPRINT_SIZE))
        || (is_state && (record->stream != T2M_STREAM_ERRORS || record->size
                         || record->name_size != T2M_FINGERPRINT_SIZE
                                                 + sizeof(t2m_group_state_t)));
}

static void read_record(const t2m_ring_record_t *record, apr_uint64_t position)
{
    records++;
    wrong.special += is_special_wrong(record);
    wrong.record += record->size > T2M_LINE_MAX || record->name_size > T2M_NAME_MAX
                 || record->size + record->name_size == 0 || record->stream >= T2M_STREAM_COUNT
                 || record->level >= T2M_LEVEL_COUNT;
    if (record->size <= T2M_LINE_MAX && record->name_size <= T2M_NAME_MAX) {
        t2m_slots_copy(&slots, 1, position + sizeof(*record), lines, record->size);
        t2m_slots_copy(&slots, 1, position + sizeof(*record) + record->size, lines,
                       record->name_size);
    }
}

static void walk(apr_uint64_t head)
{
    apr_uint64_t tail = t2m_slots_tail(&slots, 1, head), position = head;
    apr_uint64_t most = slots.geometry.ring_size / sizeof(t2m_ring_record_t);
    apr_uint64_t steps = 0;

    wrong.tail += tail - head > slots.geometry.ring_size || tail % T2M_RECORD_ALIGN != 0;
    wrong.check += t2m_slots_check(&slots, 1, head) && tail != head;
    quarantines += t2m_slots_check(&slots, 1, head) != 0;
    while (position != tail && steps <= most) {
        t2m_ring_record_t record;
        apr_uint64_t next = t2m_slots_record(&slots, 1, position, tail, &record);

        if (next == 0) {
            quarantines++;
            break;
        }
        wrong.record += next - position > tail - position
                     || next - position < sizeof(record) + record.size + record.name_size;
        read_record(&record, position);
        position = next;
        steps++;
    }
    wrong.steps += steps > most;
}

static void read_entries(apr_uint64_t tail)
{
    apr_uint32_t i;

    for (i = 0; i < slots.geometry.inflight_count; i++) {
        t2m_inflight_t *copy = calloc(1, sizeof(*copy)); /* exactly, for the sanitizer */
        apr_int64_t ending;

        if (!copy) {
            abort();
        }
        quarantines += t2m_slots_entry_check(&slots, 1, i, tail);
        (void)t2m_slots_busy(&slots, 1, i, tail, &ending);
        if (t2m_slots_inflight(&slots, 1, i, tail, copy)) {
            wrong.entry += copy->id_size > sizeof(copy->id)
                        || copy->method_size > sizeof(copy->method)
                        || copy->path_size > sizeof(copy->path)
                        || copy->ip_size > sizeof(copy->ip)
                        || copy->vhost_size > sizeof(copy->vhost)
                        || copy->user_agent_size > sizeof(copy->user_agent);
        }
        free(copy);
    }
}

static void read_crash(void)
{
    t2m_crash_t *copy = malloc(sizeof(*copy));
    apr_uint32_t i;

    if (!copy) {
        abort();
    }
    t2m_slots_crash(&slots, 1, copy);
    wrong.crash += copy->signal > T2M_SIGNAL_MAX || copy->entry > slots.geometry.inflight_count
                || copy->frame_count > T2M_CRASH_FRAMES;
    for (i = 0; i < T2M_CRASH_FRAMES && i < copy->frame_count; i++) {
        wrong.crash += strnlen(copy->frames[i], T2M_CRASH_FRAME_SIZE) == T2M_CRASH_FRAME_SIZE;
    }
    free(copy);
}

static int is_text_wrong(const char *text, unsigned char size, apr_size_t room)
{
    return size > room || !t2m_utf8_is_valid(text, size) || memchr(text, '\n', size) != NULL;
}

static void read_suppressed(void)
{
    static apr_uint64_t before[T2M_SUPPRESSED + 1], now[T2M_SUPPRESSED + 1];
    t2m_suppressed_t *copy = malloc(sizeof(*copy));
    apr_uint32_t i;

    if (!copy) {
        abort();
    }
    quarantines += t2m_suppressed_counts(&slots, 1, before, now);
    for (i = 0; i < T2M_SUPPRESSED; i++) {
        wrong.suppressed += now[i] - before[i] > 0xffffffff;
        if (t2m_suppressed_entry(&slots, 1, i, copy)) {
            wrong.suppressed += copy->level >= T2M_LEVEL_COUNT || copy->has_app > 1
                || is_text_wrong(copy->endpoint, copy->endpoint_size, sizeof(copy->endpoint))
                || is_text_wrong(copy->vhost, copy->vhost_size, sizeof(copy->vhost));
        }
    }
    free(copy);
}

static void read_counts(const apr_uint64_t *before)
{
    apr_uint64_t now[T2M_DROPS];
    t2m_slot_header_t header;
    int i, signal = -1;

    quarantines += t2m_slots_dropped(&slots, 1, before, now);
    for (i = 0; i < T2M_DROPS; i++) {
        wrong.dropped += now[i] - before[i] > 0xffffffff;
    }
    t2m_slots_header(&slots, 1, &header);
    (void)t2m_slots_closed(&slots, 1);
    (void)t2m_slots_end(&slots, 1, owner, &signal);
    wrong.crash += signal < 0 || signal > T2M_SIGNAL_MAX || header.crash.signal;
}

/* The end of a slot in quarantine: its next owner finds it in order. */
static void free_slot(apr_uint64_t head, const apr_uint64_t *before)
{
    static const apr_uint64_t none[T2M_SUPPRESSED + 1];
    apr_uint64_t now[T2M_DROPS], counts[T2M_SUPPRESSED + 1];
    t2m_inflight_t copy;
    apr_uint32_t i;

    t2m_slots_mend(&slots, 1, head, before);
    t2m_suppressed_mend(&slots, 1, none);
    wrong.mended += t2m_suppressed_counts(&slots, 1, none, counts)
                 || memcmp(counts, none, sizeof(none)) != 0;
    wrong.mended += t2m_slots_check(&slots, 1, head) || t2m_slots_dropped(&slots, 1, before, now)
                 || t2m_slots_tail(&slots, 1, head) != head;
    t2m_slots_free(&slots, 1, owner);
    wrong.freed += t2m_slots_owner(&slots, 1) != 0;
    for (i = 0; i < slots.geometry.inflight_count; i++) {
        wrong.freed += t2m_slots_inflight(&slots, 1, i, head, &copy) != 0;
    }
    ((t2m_directory_t *)(void *)(slots.memory + slots.map.directory))->owner[1] = owner;
}

static void look(const mutate_t *mutation, const apr_uint64_t *before)
{
    walks++;
    walk(mutation->head);
    read_entries(mutation->head);
    read_crash();
    read_suppressed();
    read_counts(before);
}

static void run(mutate_t *mutation, long count)
{
    const t2m_slot_header_t *honest = (const t2m_slot_header_t *)(void *)mutation->honest;
    apr_uint64_t before[T2M_DROPS];
    long i;

    memcpy(before, honest->dropped, sizeof(before));
    for (i = 0; i < count; i++) {
        mutate(mutation);
        look(mutation, before);
        if (i % ROUND == ROUND - 1) {
            free_slot(mutation->head, before);
            mutate_restore(mutation);
        }
    }
}

static void judge(void)
{
    printf("# %ld looks, %ld records read, %ld signs that the slot is spoiled\n", walks, records,
           quarantines);
    ok(records > walks && specials > walks / 100 && quarantines > walks / 8,
       "the mutations reach far and are noticed");
    is_number(wrong.tail, 0, "no tail is out of the ring");
    is_number(wrong.check, 0, "a tail that cannot be is said to be spoiled");
    is_number(wrong.record, 0, "no record is out of bounds");
    is_number(wrong.special, 0, "nor a twin or a state another thing");
    is_number(wrong.steps, 0, "every walk ends");
    is_number(wrong.dropped, 0, "no counter runs away");
    is_number(wrong.crash, 0, "no last word is out of bounds");
    is_number(wrong.entry, 0, "no request is");
    is_number(wrong.suppressed, 0, "nor what is suppressed");
    is_number(wrong.mended, 0, "a mended slot is in order");
    is_number(wrong.freed, 0, "a freed one is empty");
}

int main(void)
{
    mutate_t mutation;
    t2m_slot_t slot;

    world_make_of(&world, &geometry);
    lines = malloc(T2M_LINE_MAX);
    if (!lines || t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS) {
        return 1;
    }
    honest_slot(&slot);
    fence_off();
    mutate_begin(&mutation, &slots, 1, mutate_seed());
    look(&mutation, ((const t2m_slot_header_t *)(void *)mutation.honest)->dropped);
    ok(records == 80 && quarantines == 0, "the honest slot is whole");
    run(&mutation, mutate_count());
    judge();
    free(mutation.honest);
    free(lines);
    return tap_done();
}
