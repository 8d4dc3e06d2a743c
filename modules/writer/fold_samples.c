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

/* Samples: the first line of each group and the newest, whole, in rows of their own. */
#include "writer/fold_internal.h"

#include <stddef.h>

/* The first and the newest line of a run that are short enough to be kept. */
static void find_lines(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                       t2m_text_t lines[T2M_SAMPLES])
{
    t2m_batch_entry_t entry;

    for (; first < end; first++) {
        if (t2m_batch_entry(groups->batch, groups->fold->items[first].entry, &entry)
            && entry.line.size && entry.line.size <= sizeof(groups->fold->sample.line)) {
            lines[T2M_SAMPLE_LAST] = entry.line;
            if (!lines[T2M_SAMPLE_FIRST].size) {
                lines[T2M_SAMPLE_FIRST] = entry.line;
            }
        }
    }
}

static void replace(const t2m_fold_groups_t *groups, t2m_sample_t *place, const char *id,
                    t2m_text_t line)
{
    t2m_sample_t *sample = &groups->fold->sample;

    sample->row.batch = groups->number;
    memcpy(sample->id, id, sizeof(sample->id));
    sample->size = (apr_uint32_t)line.size;
    memcpy(sample->line, line.data, line.size);
    t2m_board_replace(groups->board, place, sample, offsetof(t2m_sample_t, line) + line.size);
}

/* A batch that is done again finds the first sample that it has kept, and the last one's number. */
void t2m_fold_samples(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                      apr_uint32_t place, const char *id)
{
    t2m_sample_t *samples = groups->board->tables->samples[place];
    t2m_text_t lines[T2M_SAMPLES] = { { NULL, 0 }, { NULL, 0 } };

    find_lines(groups, first, end, lines);
    if (!lines[T2M_SAMPLE_LAST].size) {
        return;
    }
    if (memcmp(samples[T2M_SAMPLE_FIRST].id, id, T2M_FINGERPRINT_SIZE) != 0) {
        replace(groups, &samples[T2M_SAMPLE_FIRST], id, lines[T2M_SAMPLE_FIRST]);
    }
    if (samples[T2M_SAMPLE_LAST].row.batch != groups->number) {
        replace(groups, &samples[T2M_SAMPLE_LAST], id, lines[T2M_SAMPLE_LAST]);
    }
}
