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
/* See suppressed.h. */
#include "shared/suppressed.h"

#include <string.h>

#include "core/json.h"
#include "core/utf8.h"
#include "shared/atomic.h"
#include "shared/step.h"
#include "shared/words.h"

/* ---- the owner's side ---- */

static t2m_text_t cut(t2m_text_t text, apr_size_t room)
{
    if (text.size > room) {
        text.size = t2m_utf8_boundary(text.data, text.size, room);
    }
    return text;
}

static int is_changing(const t2m_suppressed_t *entry)
{
    return t2m_load(&entry->change) % 2 != 0;
}

static int has_text(const char *kept, unsigned char size, t2m_text_t text)
{
    return size == text.size && (size == 0 || memcmp(kept, text.data, size) == 0);
}

static int is_entry_of(const t2m_suppressed_t *entry, const t2m_suppression_t *wanted)
{
    return memcmp(entry->id, wanted->id, sizeof(entry->id)) == 0 && !is_changing(entry)
           && entry->has_app == (wanted->has_app != 0)
           && has_text(entry->endpoint, entry->endpoint_size, wanted->endpoint)
           && has_text(entry->vhost, entry->vhost_size, wanted->vhost);
}

/* A process that was killed while it gave an entry away did so because the board had its counts. */
static int may_be_given_away(const t2m_slot_t *slot, unsigned i)
{
    return t2m_load(&slot->suppressed[i].count) == t2m_load(&slot->folded[i]);
}

static void give(t2m_suppressed_t *entry, const t2m_suppression_t *to)
{
    static const t2m_distinct_t none;
    apr_uint64_t change = entry->change | 1;

    t2m_store(&entry->change, change);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    T2M_STEP("entry taken");
    t2m_words_write(entry->id, to->id, sizeof(entry->id));
    t2m_store(&entry->has_app, to->has_app != 0);
    t2m_store(&entry->endpoint_size, (unsigned char)to->endpoint.size);
    t2m_store(&entry->vhost_size, (unsigned char)to->vhost.size);
    t2m_words_write(entry->endpoint, to->endpoint.data, to->endpoint.size);
    t2m_words_write(entry->vhost, to->vhost.data, to->vhost.size);
    t2m_words_write(&entry->clients, &none, sizeof(entry->clients));
    T2M_STEP("entry filled");
    t2m_store(&entry->change, change + 1);
}

static t2m_suppressed_t *entry_of(const t2m_slot_t *slot, const t2m_suppression_t *wanted)
{
    unsigned i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        if (is_entry_of(&slot->suppressed[i], wanted)) {
            return &slot->suppressed[i];
        }
    }
    return NULL;
}

/* The one that has not been counted in for the longest. */
static t2m_suppressed_t *free_one(const t2m_slot_t *slot)
{
    t2m_suppressed_t *found = NULL;
    unsigned i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        t2m_suppressed_t *entry = &slot->suppressed[i];

        if (may_be_given_away(slot, i) && (!found || entry->last < found->last)) {
            found = entry;
        }
    }
    return found;
}

/* The error's own entry, a new one of its own, or the one of its group that says no more. */
static t2m_suppressed_t *find(t2m_slot_t *slot, const t2m_suppression_t *wanted)
{
    t2m_suppression_t general = *wanted;
    t2m_suppressed_t *entry = entry_of(slot, wanted);

    if (entry) {
        return entry;
    }
    entry = free_one(slot);
    if (entry) {
        give(entry, wanted);
        return entry;
    }
    general.endpoint.size = general.vhost.size = 0;
    return entry_of(slot, &general);
}

/* The total is odd meanwhile: whoever finds it so looks at every entry. */
static void count_in(t2m_slot_t *slot, t2m_suppressed_t *entry, const t2m_suppression_t *one)
{
    apr_uint64_t total = slot->header->suppressed | 1;

    t2m_store(&slot->header->suppressed, total);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    T2M_STEP("suppression begun");
    t2m_distinct_add(&entry->clients, one->client);
    t2m_store(&entry->level, (unsigned char)one->level);
    t2m_store(&entry->last, one->time);
    t2m_store(&entry->count, entry->count + 1);
    T2M_STEP("suppression counted");
    t2m_store(&slot->header->suppressed, total + 1);
}

int t2m_suppressed_count(t2m_slot_t *slot, const t2m_suppression_t *suppression)
{
    t2m_suppression_t one = *suppression;
    t2m_suppressed_t *entry;

    if (t2m_load(&slot->index) == T2M_SLOTS_MAX) {
        return 0;
    }
    one.endpoint = cut(one.endpoint, T2M_SUPPRESSED_ENDPOINT);
    one.vhost = cut(one.vhost, T2M_SUPPRESSED_VHOST);
    (void)pthread_mutex_lock(&slot->lock);
    entry = find(slot, &one);
    if (entry) {
        count_in(slot, entry, &one);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return entry != NULL;
}

/* ---- the writer's side ---- */

static unsigned char *slot_at(const t2m_slots_t *slots, apr_uint32_t index)
{
    return slots->memory + slots->map.slots + index * slots->map.slot_size;
}

static t2m_suppressed_t *table_of(const t2m_slots_t *slots, apr_uint32_t index)
{
    return (t2m_suppressed_t *)(slot_at(slots, index) + slots->map.suppressed);
}

static t2m_slot_header_t *header_at(const t2m_slots_t *slots, apr_uint32_t index)
{
    return (t2m_slot_header_t *)slot_at(slots, index);
}

/* More than any process can count between two looks of the writer. */
static int can_be(apr_uint64_t now, apr_uint64_t before)
{
    return now - before <= 0xffffffff;
}

int t2m_suppressed_counts(const t2m_slots_t *slots, apr_uint32_t index,
                          const apr_uint64_t *before, apr_uint64_t *out)
{
    const t2m_suppressed_t *table = table_of(slots, index);
    apr_uint64_t total = t2m_load(&header_at(slots, index)->suppressed);
    int spoiled = 0;
    unsigned i;

    memcpy(out, before, (T2M_SUPPRESSED + 1) * sizeof(*out));
    if (total == before[T2M_SUPPRESSED] && total % 2 == 0) {
        return 0;
    }
    for (i = 0; i < T2M_SUPPRESSED; i++) {
        apr_uint64_t now = t2m_load(&table[i].count);

        spoiled |= !can_be(now, before[i]);
        if (can_be(now, before[i]) && !is_changing(&table[i])) {
            out[i] = now;
        }
    }
    out[T2M_SUPPRESSED] = total;
    return spoiled;
}

static int is_id(const char *id)
{
    unsigned i;

    for (i = 0; i < T2M_FINGERPRINT_SIZE; i++) {
        if (!(id[i] >= '0' && id[i] <= '9') && !(id[i] >= 'a' && id[i] <= 'f')) {
            return 0;
        }
    }
    return 1;
}

/* Its size; 0 when it is no text that a process of ours would have left. */
static unsigned char sound_size(const char *text, unsigned char size, apr_size_t room)
{
    unsigned i;

    if (size > room || !t2m_utf8_is_valid(text, size)) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return 0;
        }
    }
    return size;
}

int t2m_suppressed_entry(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                         t2m_suppressed_t *copy)
{
    const t2m_suppressed_t *from = &table_of(slots, index)[entry];
    apr_uint64_t before = t2m_load(&from->change);

    t2m_words_read(copy, from, sizeof(*copy));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (before % 2 != 0 || t2m_load(&from->change) != before || !is_id(copy->id)) {
        return 0;
    }
    copy->endpoint_size = sound_size(copy->endpoint, copy->endpoint_size, sizeof(copy->endpoint));
    copy->vhost_size = sound_size(copy->vhost, copy->vhost_size, sizeof(copy->vhost));
    copy->level = copy->level < T2M_LEVEL_COUNT ? copy->level : T2M_LEVEL_ERROR;
    copy->has_app = copy->has_app != 0;
    return 1;
}

void t2m_suppressed_mend(t2m_slots_t *slots, apr_uint32_t index, const apr_uint64_t *counts)
{
    t2m_suppressed_t *table = table_of(slots, index);
    unsigned i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        memset(&table[i], 0, sizeof(table[i])); /* nor are its ids and clients believed */
        t2m_store(&table[i].count, counts[i]);
    }
    t2m_store(&header_at(slots, index)->suppressed, counts[T2M_SUPPRESSED]);
}
