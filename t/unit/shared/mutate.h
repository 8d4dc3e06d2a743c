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

/* What a compromised process may do to its slot: seeded mutations of an honest one. T2M_MUTATIONS
 * says how many, 20000 by default, T2M_SEED which; the seed is printed. */
#ifndef T2M_UNIT_MUTATE_H
#define T2M_UNIT_MUTATE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/encode.h"
#include "core/group_state.h"
#include "shared/slots.h"

typedef struct {
    apr_uint64_t random;
    const t2m_slots_t *slots;
    apr_uint32_t index;      /* the slot that is spoiled */
    apr_uint64_t head;       /* what the writer believes */
    unsigned char *memory;   /* of the slot */
    unsigned char *honest;   /* as it was */
} mutate_t;

__attribute__((unused)) static long mutate_count(void)
{
    const char *count = getenv("T2M_MUTATIONS");

    return count ? atol(count) : 20000;
}

__attribute__((unused)) static apr_uint64_t mutate_seed(void)
{
    const char *given = getenv("T2M_SEED");
    apr_uint64_t seed = given ? strtoull(given, NULL, 10)
                              : (apr_uint64_t)time(NULL) * 1000003U + (apr_uint64_t)getpid();

    printf("# T2M_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* splitmix64 */
static apr_uint64_t mutate_random(mutate_t *self)
{
    apr_uint64_t mixed = self->random += 0x9e3779b97f4a7c15ULL;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
    return mixed ^ mixed >> 31;
}

static apr_uint64_t mutate_below(mutate_t *self, apr_uint64_t limit)
{
    return mutate_random(self) % limit;
}

/* A number that is likely to be just wrong. */
static apr_uint64_t mutate_number(mutate_t *self)
{
    apr_uint64_t ring = self->slots->geometry.ring_size;
    const apr_uint64_t likely[] = {
        0, 1, 2, 7, 8, 9, 31, 32, 33, 40, 64, 127, 128, 129, 255, 256, T2M_LINE_MAX - 1,
        T2M_LINE_MAX, T2M_LINE_MAX + 1, ring - 8, ring - 1, ring, ring + 1, ring + 8, 0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, (apr_uint64_t)1 << 63, ~(apr_uint64_t)0 - 100,
        ~(apr_uint64_t)7, ~(apr_uint64_t)0, self->head, self->head - 8, self->head + 1,
        self->head + ring, self->head + ring + 8, self->head + ((apr_uint64_t)1 << 63)
    };
    apr_uint64_t which = mutate_below(self, sizeof(likely) / sizeof(*likely) + 4);

    return which < sizeof(likely) / sizeof(*likely) ? likely[which] : mutate_random(self);
}

static t2m_slot_header_t *mutate_header(mutate_t *self)
{
    return (t2m_slot_header_t *)(void *)self->memory;
}

static void mutate_bytes(mutate_t *self)
{
    apr_uint64_t size = self->slots->map.slot_size;
    apr_uint64_t at = mutate_below(self, size), count = 1 + mutate_below(self, 64);

    while (count-- && at < size) {
        self->memory[at++] = (unsigned char)mutate_random(self);
    }
}

static void mutate_bit(mutate_t *self)
{
    apr_uint64_t at = mutate_below(self, self->slots->map.slot_size);

    self->memory[at] ^= (unsigned char)(1U << mutate_below(self, 8));
}

static void mutate_tail(mutate_t *self)
{
    apr_uint64_t ring = self->slots->geometry.ring_size;

    mutate_header(self)->tail = mutate_below(self, 2)
        ? mutate_number(self) : self->head + mutate_below(self, ring / 8 + 2) * 8;
}

static void mutate_counter(mutate_t *self)
{
    t2m_slot_header_t *header = mutate_header(self);
    apr_uint64_t *words = &header->tail;

    words[mutate_below(self, offsetof(t2m_slot_header_t, crash) / sizeof(*words))]
        = mutate_number(self);
}

static void mutate_crash(mutate_t *self)
{
    t2m_crash_t *crash = &mutate_header(self)->crash;
    apr_uint32_t *words = &crash->signal;

    words[mutate_below(self, sizeof(*crash) / sizeof(*words))]
        = (apr_uint32_t)mutate_number(self);
}

static void mutate_entry(mutate_t *self)
{
    t2m_inflight_t *entry = (t2m_inflight_t *)(void *)(self->memory + self->slots->map.inflight)
                          + mutate_below(self, self->slots->geometry.inflight_count);
    unsigned char *sizes = &entry->truncated;

    switch (mutate_below(self, 4)) {
    case 0:
        entry->busy = mutate_below(self, 4);
        break;
    case 1:
        entry->position = mutate_number(self);
        break;
    case 2:
        sizes[mutate_below(self, 7)] = (unsigned char)mutate_number(self);
        break;
    default:
        entry->started = (apr_int64_t)mutate_number(self);
        entry->file = (apr_uint16_t)mutate_number(self);
        entry->errors_file = (apr_uint16_t)mutate_number(self);
    }
}

static void mutate_suppressed_entry(mutate_t *self)
{
    t2m_suppressed_t *entry = (t2m_suppressed_t *)(void *)(self->memory
                                                           + self->slots->map.suppressed)
                            + mutate_below(self, 4);

    mutate_header(self)->suppressed = mutate_number(self);
    entry->count = mutate_below(self, 2) ? mutate_number(self) : entry->count;
    entry->change = mutate_below(self, 2) ? mutate_number(self) : entry->change;
    entry->level = (unsigned char)mutate_number(self);
    entry->endpoint_size = (unsigned char)mutate_number(self);
    entry->vhost_size = (unsigned char)mutate_number(self);
    entry->endpoint[mutate_below(self, 8)] = (char)mutate_random(self);
}

/* Lines and a name that make a twin or a state sound, or nearly. */
static void mutate_special(mutate_t *self, t2m_ring_record_t *record)
{
    int is_twin = mutate_below(self, 2) != 0;

    record->stream = is_twin ? T2M_STREAM_APP : T2M_STREAM_ERRORS;
    record->flags = is_twin ? T2M_FACT_TWIN : T2M_FACT_STATE;
    record->size = is_twin ? (apr_uint32_t)mutate_below(self, 100) : 0;
    record->split = (apr_uint16_t)mutate_below(self, 100);
    record->name_size = (unsigned char)(T2M_FINGERPRINT_SIZE
                                        + (is_twin ? 0 : sizeof(t2m_group_state_t)));
    if (mutate_below(self, 2)) {
        record->name_size = (unsigned char)(record->name_size + mutate_below(self, 3) - 1);
        record->size += mutate_below(self, 8) == 0;
        record->stream = (unsigned char)mutate_below(self, T2M_STREAM_COUNT);
    }
}

/* Writes a record's header where the reader will look for one: at the head, or anywhere. It may lie
 * over the ring's end. */
static void mutate_record(mutate_t *self)
{
    apr_uint64_t ring = self->slots->geometry.ring_size;
    apr_uint64_t at = mutate_below(self, 3) ? self->head : mutate_below(self, ring / 8) * 8;
    t2m_ring_record_t record = {
        .size = (apr_uint32_t)mutate_number(self),
        .file = (apr_uint16_t)mutate_number(self),
        .stream = (unsigned char)mutate_below(self, T2M_STREAM_COUNT + 1),
        .level = (unsigned char)mutate_below(self, T2M_LEVEL_COUNT + 1),
        .time = (apr_int64_t)mutate_number(self),
        .name_size = (unsigned char)mutate_number(self),
        .flags = (unsigned char)(mutate_random(self) & mutate_random(self)),
        .also = (apr_uint16_t)mutate_number(self),
        .split = (apr_uint16_t)mutate_number(self),
    };
    const unsigned char *bytes = (const unsigned char *)&record;
    apr_size_t i;

    if (mutate_below(self, 2)) {
        record.size = (apr_uint32_t)mutate_below(self, 3000);
    }
    if (mutate_below(self, 3) == 0) {
        mutate_special(self, &record);
    }
    for (i = 0; i < sizeof(record); i++) {
        self->memory[self->slots->map.ring + ((at + i) & (ring - 1))] = bytes[i];
    }
}

/* Headers that can be, all over the ring: whatever position is read, one stands there. */
static void mutate_ring(mutate_t *self)
{
    t2m_ring_record_t record = { .size = (apr_uint32_t)mutate_below(self, 64) + 1,
                                 .stream = (unsigned char)mutate_below(self, T2M_STREAM_COUNT),
                                 .level = T2M_LEVEL_INFO, .time = 1 };
    unsigned char *ring = self->memory + self->slots->map.ring;
    apr_size_t at;

    for (at = 0; at < self->slots->geometry.ring_size; at += sizeof(record)) {
        memcpy(ring + at, &record, sizeof(record));
    }
}

/* The writer's own word: honest, but any. */
static void mutate_head(mutate_t *self)
{
    apr_uint64_t used = mutate_header(self)->tail - self->head;

    self->head = mutate_below(self, 2) ? mutate_random(self) & ~(apr_uint64_t)7
                                       : ~(apr_uint64_t)0 - 7 - mutate_below(self, 20) * 8;
    mutate_header(self)->tail = self->head + used;
}

/* One more thing wrong. */
__attribute__((unused)) static void mutate(mutate_t *self)
{
    static void (*const kinds[])(mutate_t *) = {
        mutate_bytes, mutate_bit, mutate_tail, mutate_tail, mutate_counter, mutate_crash,
        mutate_entry, mutate_entry, mutate_record, mutate_record, mutate_record, mutate_head,
        mutate_suppressed_entry
    };

    if (mutate_below(self, 200) == 0) {
        mutate_ring(self);
    }
    kinds[mutate_below(self, sizeof(kinds) / sizeof(*kinds))](self);
}

/* Begins with the slot as it is. */
__attribute__((unused)) static void mutate_begin(mutate_t *self, const t2m_slots_t *slots,
                                                 apr_uint32_t index, apr_uint64_t seed)
{
    self->random = seed;
    self->slots = slots;
    self->index = index;
    self->head = 0;
    self->memory = slots->memory + slots->map.slots + index * slots->map.slot_size;
    self->honest = malloc(slots->map.slot_size);
    if (!self->honest) {
        abort();
    }
    memcpy(self->honest, self->memory, slots->map.slot_size);
}

/* The slot as it was, with the head at the place where its records begin. */
__attribute__((unused)) static void mutate_restore(mutate_t *self)
{
    memcpy(self->memory, self->honest, self->slots->map.slot_size);
    self->head = 0;
}

#endif
