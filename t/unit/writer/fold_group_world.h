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

/* Error groups for the tests of writer/fold_group*.c and fold_samples.c. */
#ifndef T2M_UNIT_FOLD_GROUP_WORLD_H
#define T2M_UNIT_FOLD_GROUP_WORLD_H

#include "shared/suppressed.h"
#include "writer/fold_internal.h"
#include "writer/fold_world.h"

#define GROUP_MINUTE (60 * APR_USEC_PER_SEC)

/* Pushes an errors record: its line (NULL: it only counts), then the name, size bytes. */
__attribute__((unused)) static void group_push_name(t2m_ring_record_t record, const char *line,
                                                    const void *name, apr_size_t size)
{
    static char both[65536];
    apr_size_t line_size = line ? strlen(line) : 0;

    record.stream = T2M_STREAM_ERRORS;
    record.file = T2M_STREAM_ERRORS;
    record.level = record.level ? record.level : T2M_LEVEL_ERROR;
    record.size = (apr_uint32_t)line_size;
    record.name_size = (unsigned char)size;
    memcpy(both, line ? line : "", line_size);
    memcpy(both + line_size, name, size);
    if (t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, both, NULL) != APR_SUCCESS) {
        abort();
    }
}

/* One error of the group, at that time. */
__attribute__((unused)) static void group_push(const char *id, const char *line, apr_time_t time)
{
    t2m_ring_record_t record = { .time = time };

    group_push_name(record, line, id, strlen(id));
}

__attribute__((unused)) static void group_command(const char *id, t2m_group_state_t state,
                                                  apr_time_t time)
{
    t2m_ring_record_t record = { .time = time, .flags = T2M_FACT_STATE };
    char name[T2M_FINGERPRINT_SIZE + sizeof(state)];

    memcpy(name, id, T2M_FINGERPRINT_SIZE);
    memcpy(name + T2M_FINGERPRINT_SIZE, &state, sizeof(state));
    group_push_name(record, NULL, name, sizeof(name));
}

/* n errors that the process counts itself. */
__attribute__((unused)) static void group_suppress(const char *id, const char *endpoint,
                                                   const char *vhost, int n, apr_time_t time)
{
    t2m_suppression_t suppression = { .id = id, .endpoint = t2m_text(endpoint),
                                      .vhost = t2m_text(vhost), .level = T2M_LEVEL_CRITICAL,
                                      .time = time };

    while (n-- > 0) {
        suppression.client = APR_UINT64_C(0x9e3779b97f4a7c15) * (apr_uint64_t)(n + 1);
        if (!t2m_suppressed_count(&slot, &suppression)) {
            abort();
        }
    }
}

__attribute__((unused)) static const t2m_group_t *group_row(const char *id)
{
    static const t2m_group_t none;
    int i;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        const t2m_group_t *row = &board.tables->groups[i];

        if (row->used && memcmp(row->id, id, sizeof(row->id)) == 0) {
            return row;
        }
    }
    return &none;
}

__attribute__((unused)) static t2m_sample_t *group_sample(const char *id, int which)
{
    return &board.tables->samples[group_row(id) - board.tables->groups][which];
}

/* ---- killed anywhere ------------------------------------------------------------------------- */

static t2m_tables_t *group_reference; /* as the tables are when no writer is killed */

/* Nonzero when two rows say the same: sequence and number of the batch may differ. */
static int group_same(const void *a, const void *b, apr_size_t size)
{
    return memcmp((const char *)a + sizeof(t2m_row_t), (const char *)b + sizeof(t2m_row_t),
                  size - sizeof(t2m_row_t)) == 0;
}

static int group_same_sample(const t2m_sample_t *a, const t2m_sample_t *b)
{
    return a->size == b->size
        && group_same(a, b, offsetof(t2m_sample_t, line) + (a->size < 8160 ? a->size : 0));
}

static int group_all_same(void)
{
    const t2m_tables_t *want = group_reference, *got = board.tables;
    int i, same = got->forgotten == want->forgotten;

    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        same &= group_same(&got->groups[i], &want->groups[i], sizeof(got->groups[i]))
             && group_same_sample(&got->samples[i][0], &want->samples[i][0])
             && group_same_sample(&got->samples[i][1], &want->samples[i][1])
             && got->groups[i].row.sequence % 2 == 0;
    }
    return same;
}

/* Whether what was pushed is folded the same whenever a writer is killed. */
__attribute__((unused)) static void group_killed_anywhere(const char *name)
{
    const apr_size_t size = offsetof(t2m_tables_t, recent_bytes);
    t2m_tables_t *before = malloc(size);
    t2m_totals_t totals[T2M_STREAM_COUNT];
    int bad, runs;

    group_reference = malloc(size);
    if (!before || !group_reference) {
        abort();
    }
    fold_gather();
    memcpy(before, board.tables, size);
    memcpy(totals, board.totals, sizeof(totals));
    (void)fold_once(0, 0);
    memcpy(group_reference, board.tables, size);
    memcpy(board.tables, before, size);
    memcpy(board.totals, totals, sizeof(totals));
    fold_writer = -1;
    bad = fold_killed_anywhere(group_all_same, &runs);
    ok(bad == 0 && runs > 100, "%s: killed anywhere, twice: the same (%d ways)", name, runs);
    free(before);
    free(group_reference);
}

#endif
