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

/* See drain.h; layout.h draws the memories. */
#include <stdlib.h>
#include <string.h>

#include "shared/atomic.h"
#include "shared/step.h"
#include "shared/suppressed.h"
#include "writer/drain_internal.h"
#include "writer/intent.h"
#include "writer/quarantine.h"
#include "writer/roll.h"

enum { WORDS = T2M_SUPPRESSED + 1 };

apr_status_t t2m_drain_open(t2m_drain_t *drain, int slots_fd, int board_fd)
{
    apr_status_t status = t2m_slots_attach(&drain->slots, slots_fd);
    apr_uint32_t i;

    if (status == APR_SUCCESS) {
        status = t2m_board_attach(&drain->board, board_fd, &drain->slots.geometry, 1, 1);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    drain->settings = calloc(1, sizeof(*drain->settings));
    drain->sinks = calloc(T2M_FILES_MAX, sizeof(*drain->sinks));
    drain->batch = t2m_batch_create(&drain->slots.geometry);
    drain->fold = t2m_fold_create();
    drain->groups = t2m_group_index_create(&drain->board);
    drain->room = calloc(T2M_FILES_MAX, sizeof(*drain->room));
    drain->refusals = calloc(T2M_FILES_MAX, sizeof(*drain->refusals));
    if (!drain->settings || !drain->sinks || !drain->batch || !drain->fold || !drain->groups
        || !drain->room || !drain->refusals
        || pthread_mutex_init(&drain->names, NULL) != 0) {
        return APR_ENOMEM;
    }
    for (i = 0; i < T2M_FILES_MAX; i++) {
        t2m_sink_reset(&drain->sinks[i]);
    }
    t2m_batch_use(drain->batch, drain->groups);
    (void)t2m_drain_settings(drain);
    return APR_SUCCESS;
}

/* What cannot be opened now is told when a line is to be written. */
void t2m_drain_settle(t2m_drain_t *drain)
{
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        if (drain->settings->files[file].retired) {
            t2m_sync_closed(drain->sync, file);
            t2m_sink_close(&drain->sinks[file]);
        } else {
            (void)t2m_drain_ready(drain, file);
            memset(&drain->sinks[file].span, 0, sizeof(drain->sinks[file].span));
        }
    }
}

static int take_settings(t2m_drain_t *drain, apr_uint64_t wanted)
{
    apr_uint64_t generation = wanted ? wanted : t2m_settings_generation(drain->slots.memory);

    if (generation == drain->generation && generation != 0) {
        return 0;
    }
    generation = t2m_settings_read(drain->slots.memory, &drain->slots.geometry, wanted,
                                   drain->settings);
    if (generation) {
        drain->generation = generation; /* our own: a writer that waits has read newer ones */
        t2m_store(&drain->board.header->settings, generation);
    }
    return generation != 0;
}

/* A batch that is to be made again has the bytes of the settings by which it was made. */
int t2m_drain_settings(t2m_drain_t *drain)
{
    return take_settings(drain, t2m_drain_pending(drain)
                                    ? drain->board.header->intent.settings : 0);
}

int t2m_drain_newest_settings(t2m_drain_t *drain)
{
    return take_settings(drain, 0);
}

/* Files that refuse already are not asked; the others' refusals are kept for their steps. */
static apr_status_t ready_all(t2m_drain_t *drain)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t count = t2m_batch_parts(drain->batch, &parts), i;

    for (i = 0; i < count; i++) {
        apr_uint32_t file = parts[i].file;
        apr_status_t *refusal = &drain->refusals[file];

        *refusal = APR_SUCCESS;
        if (parts[i].lines == 0 || drain->board.files[file].error) {
            continue; /* all was shed, or goes to the spill */
        }
        *refusal = t2m_drain_ready(drain, file);
        if (*refusal == APR_SUCCESS) {
            *refusal = t2m_sink_mend(&drain->sinks[file]);
        }
        if (*refusal != APR_SUCCESS && drain->settings->block) {
            return *refusal;
        }
    }
    return APR_SUCCESS;
}

/* Of a slot that has not grown the total says so, mostly, and nothing else is looked at. */
static void publish_suppressed(t2m_drain_t *drain, apr_uint32_t slot)
{
    const apr_uint64_t *grown = t2m_batch_suppressed(drain->batch, slot);
    const apr_uint64_t *counts = drain->board.suppressed + slot * (apr_size_t)WORDS;
    apr_uint64_t *targets = drain->board.suppressed_targets + slot * (apr_size_t)WORDS;

    targets[T2M_SUPPRESSED] = counts[T2M_SUPPRESSED];
    if (grown || !t2m_batch_is_still(targets, counts)) {
        memcpy(targets, grown ? grown : counts, WORDS * sizeof(*targets));
    }
}

static void publish_verdicts(t2m_drain_t *drain)
{
    const apr_uint64_t *verdicts;
    apr_uint32_t count = t2m_batch_verdicts(drain->batch, &verdicts);

    drain->board.header->intent.verdict_count = count;
    memcpy(drain->board.verdicts, verdicts, count * sizeof(*verdicts));
}

/* Says on the board what the batch is about to do. special: NULL for ring records. */
static void publish(t2m_drain_t *drain, const t2m_intent_t *special)
{
    t2m_intent_t *intent = &drain->board.header->intent;
    const t2m_batch_part_t *parts;
    apr_uint32_t count = t2m_batch_parts(drain->batch, &parts), i;

    if (special) {
        *intent = *special;
    } else {
        intent->bury_owner = 0;
        intent->telling = 0;
    }
    intent->batch = drain->board.header->done_batch + 1;
    intent->moment = t2m_batch_moment(drain->batch);
    intent->settings = drain->generation;
    intent->shed = t2m_batch_shed(drain->batch);
    intent->step_count = count;
    for (i = 0; i < count; i++) {
        t2m_drain_fill_step(drain, &parts[i], &drain->board.steps[i]);
    }
    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        drain->board.targets[i] = t2m_batch_target(drain->batch, i);
        memcpy(drain->board.drop_targets + i * (apr_size_t)T2M_DROPS,
               t2m_batch_drops(drain->batch, i), T2M_DROPS * sizeof(apr_uint64_t));
        publish_suppressed(drain, i);
    }
    publish_verdicts(drain);
    T2M_STEP("intent filled");
    t2m_store(&intent->phase, T2M_INTENT_WRITE);
    T2M_STEP("intent published");
}

/* The total comes last: until it is there all of it is done again. */
static void advance_suppressed(t2m_board_t *board)
{
    apr_uint32_t slot, i;

    for (slot = 0; slot < board->geometry.slot_count; slot++) {
        apr_uint64_t *counts = board->suppressed + slot * (apr_size_t)WORDS;
        const apr_uint64_t *targets = board->suppressed_targets + slot * (apr_size_t)WORDS;

        for (i = 0; !t2m_batch_is_still(counts, targets) && i < WORDS; i++) {
            t2m_store(&counts[i], targets[i]);
            T2M_STEP("suppressed advanced");
        }
    }
}

/* Only absolute values: doing it twice does the same. */
static void advance(t2m_drain_t *drain)
{
    t2m_board_header_t *header = drain->board.header;
    apr_uint32_t steps = header->intent.step_count, i;

    for (i = 0; i < steps && i < T2M_FILES_MAX; i++) {
        t2m_drain_advance_file(drain, &drain->board.steps[i]);
    }
    T2M_STEP("files advanced");
    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        t2m_store(&drain->board.heads[i], drain->board.targets[i]);
    }
    memcpy(drain->board.drops, drain->board.drop_targets,
           drain->slots.geometry.slot_count * (apr_size_t)T2M_DROPS * sizeof(apr_uint64_t));
    advance_suppressed(&drain->board);
    T2M_STEP("heads advanced");
    if (header->intent.bury_owner) {
        t2m_quarantine_free(&drain->board, &drain->slots, header->intent.bury_slot,
                            header->intent.bury_owner);
    }
    header->done_moment = header->intent.moment;
    t2m_store(&header->done_batch, header->intent.batch);
    T2M_STEP("batch done");
    t2m_store(&header->intent.phase, T2M_INTENT_NONE);
    T2M_STEP("intent cleared");
}

/* The batch is rendered and the intent published: now do what it says. */
static apr_status_t carry_out(t2m_drain_t *drain)
{
    t2m_board_header_t *header = drain->board.header;
    apr_uint32_t i;

    for (i = 0; i < header->intent.step_count && i < T2M_FILES_MAX; i++) {
        apr_status_t status = t2m_drain_write_step(drain, &drain->board.steps[i]);

        if (status != APR_SUCCESS) {
            return status;
        }
    }
    t2m_fold(drain->fold, &drain->board, drain->groups, drain->settings, drain->batch,
             header->intent.batch);
    t2m_store(&header->intent.phase, T2M_INTENT_ADVANCE);
    T2M_STEP("phase advance");
    advance(drain);
    return APR_SUCCESS;
}

/* A predecessor may have worked on until now. */
static void mend_rows(t2m_drain_t *drain)
{
    if (drain->board.undo->size || !drain->indexed) {
        t2m_board_undo(&drain->board);
        t2m_group_index_refresh(drain->groups, &drain->board);
        drain->indexed = 1;
    }
}

apr_status_t t2m_drain_finish(t2m_drain_t *drain)
{
    t2m_intent_t *intent = &drain->board.header->intent;
    t2m_batch_trouble_t told = { 0, 0 }; /* counted when the batch was first gathered */

    if (!t2m_intent_sound(&drain->board)) {
        t2m_intent_forget(&drain->board);
    }
    mend_rows(drain);
    if (intent->phase == T2M_INTENT_ADVANCE) {
        advance(drain);
    }
    if (intent->phase == T2M_INTENT_NONE) {
        return APR_SUCCESS;
    }
    if (intent->bury_owner) {
        (void)t2m_batch_bury(drain->batch, &drain->slots, &drain->board, drain->settings, intent);
    } else if (intent->telling) {
        (void)t2m_batch_tell(drain->batch, &drain->board, drain->settings, intent->shed,
                             intent->telling == T2M_TELL_ALL, intent->moment);
    } else {
        (void)t2m_batch_gather(drain->batch, &drain->slots, &drain->board, drain->settings,
                               intent, 0, NULL, &told);
    }
    t2m_batch_render(drain->batch, drain->chain, &drain->slots, drain->settings,
                     drain->board.files);
    if (!t2m_intent_fits(&drain->board, drain->batch)) {
        t2m_intent_forget(&drain->board);
        return APR_SUCCESS;
    }
    return carry_out(drain);
}

/* A batch of the writer's own lines, which is gathered. */
static apr_status_t write_special(t2m_drain_t *drain, const t2m_intent_t *intent)
{
    apr_status_t status = ready_all(drain);

    if (status != APR_SUCCESS) {
        return status;
    }
    t2m_batch_render(drain->batch, drain->chain, &drain->slots, drain->settings,
                     drain->board.files);
    drain->board.header->silenced += t2m_batch_silenced(drain->batch);
    publish(drain, intent);
    return carry_out(drain);
}

static apr_status_t tell(t2m_drain_t *drain, t2m_tell_e which, apr_time_t now)
{
    apr_uint32_t shed = which == T2M_TELL_ALL ? 0 : drain->board.header->shed;
    t2m_intent_t intent;

    if (t2m_batch_tell(drain->batch, &drain->board, drain->settings, shed,
                       which == T2M_TELL_ALL, now) == 0) {
        return APR_SUCCESS;
    }
    memset(&intent, 0, sizeof(intent));
    intent.telling = which;
    return write_special(drain, &intent);
}

apr_status_t t2m_drain_tell(t2m_drain_t *drain, apr_time_t now)
{
    apr_status_t status = t2m_drain_finish(drain);

    return status == APR_SUCCESS ? tell(drain, T2M_TELL_ALL, now) : status;
}

/* Whether a file is written again of which something was left out. */
static int has_to_tell(const t2m_drain_t *drain)
{
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        if (t2m_batch_may_tell(&drain->board, drain->settings, drain->board.header->shed, 0,
                               file)) {
            return 1;
        }
    }
    return 0;
}

apr_status_t t2m_drain_pass(t2m_drain_t *drain, apr_time_t now, int *moved)
{
    t2m_board_header_t *header = drain->board.header;
    t2m_batch_trouble_t trouble = { 0, 0 };
    apr_status_t status = t2m_drain_finish(drain);
    int asks;

    *moved = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!drain->mended) {
        t2m_drain_mend_spills(drain);
        drain->mended = 1;
    }
    t2m_drain_ask_again(drain, now);
    t2m_roll_due(drain, now);
    status = has_to_tell(drain) ? tell(drain, T2M_TELL_WRITTEN, now) : APR_SUCCESS;
    if (status != APR_SUCCESS) {
        return status;
    }
    (void)t2m_batch_gather(drain->batch, &drain->slots, &drain->board, drain->settings, NULL,
                           now, drain->room, &trouble);
    header->corrupt += trouble.corrupt;
    if (!t2m_batch_moves(drain->batch)) {
        return APR_SUCCESS;
    }
    *moved = 1;
    status = ready_all(drain);
    if (status != APR_SUCCESS) {
        return status;
    }
    t2m_batch_render(drain->batch, drain->chain, &drain->slots, drain->settings,
                     drain->board.files);
    header->unknown_file += trouble.unknown_file;
    publish(drain, NULL);
    asks = t2m_batch_asks(drain->batch);
    status = carry_out(drain);
    if (status == APR_SUCCESS && asks) {
        drain->asked = now;
    }
    return status;
}

/* The owner's own word counts before the parent's, unless it lived on and ended in order: then
 * somebody's handler has mended what it tells of. */
int t2m_drain_end(const t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t owner, int alone,
                  t2m_drain_end_t *end)
{
    t2m_crash_t crash;
    int known;

    t2m_slots_crash(&drain->slots, slot, &crash);
    known = t2m_slots_end(&drain->slots, slot, owner, &end->signal);
    end->exited = crash.exited != 0 && end->signal == 0;
    end->stopped = !end->exited && (alone || (owner & T2M_OWNER_STOPPED) != 0
                                    || t2m_slots_closed(&drain->slots, slot));
    if (crash.signal && (!end->stopped || end->signal)) {
        end->signal = (int)crash.signal;
    }
    return known || alone;
}

apr_status_t t2m_drain_bury(t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t owner,
                            const t2m_drain_end_t *end, apr_time_t now, apr_int64_t monotonic)
{
    t2m_intent_t intent;
    apr_uint32_t lines;
    apr_status_t status = t2m_drain_finish(drain);

    if (status != APR_SUCCESS) {
        return status;
    }
    memset(&intent, 0, sizeof(intent));
    intent.bury_owner = owner;
    intent.bury_slot = slot;
    intent.bury_stopped = end->stopped != 0;
    intent.bury_exited = end->exited != 0;
    intent.bury_signal = (apr_uint32_t)end->signal;
    intent.bury_time = now;
    intent.bury_monotonic = monotonic;
    lines = t2m_batch_bury(drain->batch, &drain->slots, &drain->board, drain->settings, &intent);
    if (lines == 0) {
        drain->board.header->silenced += t2m_batch_silenced(drain->batch);
        t2m_quarantine_free(&drain->board, &drain->slots, slot, owner);
        return APR_SUCCESS;
    }
    return write_special(drain, &intent);
}

int t2m_drain_pending(const t2m_drain_t *drain)
{
    return t2m_load(&drain->board.header->intent.phase) != T2M_INTENT_NONE;
}

static int has_suppressed(const t2m_drain_t *drain, apr_uint32_t slot)
{
    const apr_uint64_t *counts = drain->board.suppressed + slot * (apr_size_t)WORDS;
    apr_uint64_t now[WORDS];

    return t2m_suppressed_counts(&drain->slots, slot, counts, now)
        || memcmp(now, counts, sizeof(now)) != 0;
}

int t2m_drain_waiting(const t2m_drain_t *drain)
{
    apr_uint32_t i;

    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        apr_uint64_t head = drain->board.heads[i];

        if (t2m_slots_owner(&drain->slots, i)
            && (t2m_slots_tail(&drain->slots, i, head) != head || has_suppressed(drain, i))
            && !t2m_quarantine_has(&drain->board, &drain->slots, i)) {
            return 1;
        }
    }
    return 0;
}
