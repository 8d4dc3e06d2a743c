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

/* See verdicts.h. A hash table whose places nobody outside can aim at; only what a batch has used
 * of it is cleared, so that one without errors costs nothing. */
#include "writer/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_siphash.h>

#include "writer/batch.h"

enum { GROUPS = T2M_VERDICTS + T2M_VERDICTS_WAITING, BUCKETS = 2 * T2M_VERDICTS };

_Static_assert((int)T2M_VERDICTS == (int)T2M_BATCH_LINES, "a record, a verdict");
_Static_assert((int)T2M_VERDICTS_WAITING == (int)T2M_BATCH_REPEATS_MAX, "all of them may wait");
_Static_assert((int)GROUPS < (int)BUCKETS && (int)BUCKETS <= APR_UINT16_MAX, "there is one free");

typedef struct {
    t2m_repeat_t repeat; /* as the fold will leave it */
    apr_uint32_t waiting; /* the first; 0: none */
    apr_uint16_t bucket;
    char id[T2M_FINGERPRINT_SIZE];
} entry_t;

typedef struct {
    apr_uint64_t n;
    apr_int64_t time;
    apr_uint32_t next;
} waiting_t;

struct t2m_verdicts_t {
    unsigned char key[APR_SIPHASH_KSIZE];
    const t2m_group_index_t *groups;
    const t2m_board_t *board;
    const t2m_repeat_rule_t *rule;
    const t2m_intent_t *again;
    apr_uint32_t count;   /* of verdicts */
    apr_uint32_t entries; /* of groups */
    apr_uint32_t waiters;
    apr_uint64_t verdicts[T2M_VERDICTS];
    waiting_t waiting[T2M_VERDICTS_WAITING];
    entry_t table[GROUPS];
    apr_uint16_t buckets[BUCKETS]; /* entry + 1; 0: free */
};

t2m_verdicts_t *t2m_verdicts_create(void)
{
    t2m_verdicts_t *verdicts = calloc(1, sizeof(*verdicts));

    if (verdicts
        && apr_generate_random_bytes(verdicts->key, sizeof(verdicts->key)) != APR_SUCCESS) {
        free(verdicts);
        return NULL;
    }
    return verdicts;
}

void t2m_verdicts_use(t2m_verdicts_t *verdicts, const t2m_group_index_t *groups)
{
    verdicts->groups = groups;
}

void t2m_verdicts_begin(t2m_verdicts_t *verdicts, const t2m_board_t *board,
                        const t2m_repeat_rule_t *rule, const t2m_intent_t *again)
{
    apr_uint32_t i;

    for (i = 0; i < verdicts->entries; i++) {
        verdicts->buckets[verdicts->table[i].bucket] = 0;
    }
    verdicts->entries = 0;
    verdicts->waiters = 0;
    verdicts->count = 0;
    verdicts->board = board;
    verdicts->rule = rule;
    verdicts->again = again;
}

/* What the board knows of the group; a row that was given to another one meanwhile is not its. */
static t2m_repeat_t seed_of(const t2m_verdicts_t *verdicts, const char *id)
{
    static const t2m_repeat_t none;
    apr_uint32_t row = verdicts->groups ? t2m_group_index_find(verdicts->groups, id) : 0;
    const t2m_group_t *group;

    if (row == 0 || row >= T2M_GROUPS_MAX) {
        return none;
    }
    group = &verdicts->board->tables->groups[row];
    return group->used && memcmp(group->id, id, sizeof(group->id)) == 0 ? group->repeat : none;
}

static entry_t *find(t2m_verdicts_t *verdicts, const char *id)
{
    apr_uint64_t hash = apr_siphash24(id, T2M_FINGERPRINT_SIZE, verdicts->key);
    apr_uint32_t bucket = (apr_uint32_t)(hash % BUCKETS);
    entry_t *entry;

    for (; verdicts->buckets[bucket]; bucket = (bucket + 1) % BUCKETS) {
        entry = &verdicts->table[verdicts->buckets[bucket] - 1];
        if (memcmp(entry->id, id, sizeof(entry->id)) == 0) {
            return entry;
        }
    }
    entry = &verdicts->table[verdicts->entries++];
    memcpy(entry->id, id, sizeof(entry->id));
    entry->repeat = seed_of(verdicts, id);
    entry->waiting = 0;
    entry->bucket = (apr_uint16_t)bucket;
    verdicts->buckets[bucket] = (apr_uint16_t)verdicts->entries;
    return entry;
}

void t2m_verdicts_wait(t2m_verdicts_t *verdicts, const char *id, apr_uint64_t n, apr_time_t time)
{
    entry_t *entry = find(verdicts, id);
    waiting_t *waiting = &verdicts->waiting[verdicts->waiters++];

    waiting->n = n;
    waiting->time = time;
    waiting->next = entry->waiting;
    entry->waiting = verdicts->waiters;
}

apr_uint32_t t2m_verdicts_next(const t2m_verdicts_t *verdicts, apr_uint32_t waiting)
{
    return verdicts->waiting[waiting - 1].next;
}

/* Returns the first of those that waited. */
static apr_uint32_t release(const t2m_verdicts_t *verdicts, entry_t *entry)
{
    apr_uint32_t first = entry->waiting, i;

    for (i = first; i; i = t2m_verdicts_next(verdicts, i)) {
        t2m_repeat_add(&entry->repeat, verdicts->waiting[i - 1].n, verdicts->waiting[i - 1].time);
    }
    entry->waiting = 0;
    return first;
}

static apr_uint64_t judge(const t2m_verdicts_t *verdicts, entry_t *entry, apr_time_t time,
                          apr_uint32_t *first)
{
    int due = t2m_repeat_is_due(&entry->repeat, verdicts->rule, 0, time);
    apr_uint64_t held, verdict;

    if (!due && entry->waiting) {
        *first = release(verdicts, entry);
        due = t2m_repeat_is_due(&entry->repeat, verdicts->rule, 0, time);
    }
    held = t2m_repeat_count(&entry->repeat, verdicts->rule, due, time);
    verdict = !due ? T2M_VERDICT_HELD : held < T2M_VERDICT_AFTER ? held : T2M_VERDICT_AFTER - 1;
    return *first ? verdict ^ T2M_VERDICT_AFTER : verdict;
}

/* The flag is the one of the two bits that differs from the other. */
static int is_after(apr_uint64_t verdict)
{
    return (verdict >> 63 ^ verdict >> 62) & 1;
}

/* Of a damaged intent there may be too few. */
static apr_uint64_t judged(const t2m_verdicts_t *verdicts, entry_t *entry, apr_uint32_t *first)
{
    apr_uint64_t verdict = verdicts->count < verdicts->again->verdict_count
                               ? verdicts->board->verdicts[verdicts->count] : 0;

    if (is_after(verdict)) {
        *first = entry->waiting;
        entry->waiting = 0;
    }
    return verdict;
}

apr_uint16_t t2m_verdicts_decide(t2m_verdicts_t *verdicts, const char *id, apr_time_t time,
                                 apr_uint32_t *first)
{
    entry_t *entry = find(verdicts, id);

    *first = 0;
    verdicts->verdicts[verdicts->count] = verdicts->again ? judged(verdicts, entry, first)
                                                          : judge(verdicts, entry, time, first);
    return (apr_uint16_t)++verdicts->count;
}

void t2m_verdicts_count(t2m_verdicts_t *verdicts, const char *id, apr_time_t time)
{
    (void)t2m_repeat_count(&find(verdicts, id)->repeat, verdicts->rule, 1, time);
}

apr_uint64_t t2m_verdicts_get(const t2m_verdicts_t *verdicts, apr_uint16_t number)
{
    apr_uint64_t verdict = number ? verdicts->verdicts[number - 1] : 0;

    return is_after(verdict) ? verdict ^ T2M_VERDICT_AFTER : verdict;
}

apr_uint32_t t2m_verdicts_list(const t2m_verdicts_t *verdicts, const apr_uint64_t **list)
{
    *list = verdicts->verdicts;
    return verdicts->count;
}
