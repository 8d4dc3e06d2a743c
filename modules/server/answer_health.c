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

/* The answer `health`: whether nothing was lost, and what stands in the way of it. */
#include "server/answer_state.h"

#include <apr_strings.h>

#include "shared/atomic.h"

#define STALE apr_time_from_sec(5) /* the writer answers within milliseconds */

static void set_flag(t2m_answer_t *answer, json_t *object, const char *name, int flag)
{
    t2m_answer_set(answer, object, name, json_boolean(flag));
}

static apr_time_t lag_of(const t2m_answer_t *answer, const t2m_answer_ledger_t *ledger)
{
    apr_time_t lag = answer->question->now - ledger->ledger.moment;

    return lag > 0 ? lag : 0;
}

/* The names of the streams whose bits are set. */
static json_t *streams_of(t2m_answer_t *answer, apr_uint32_t bits)
{
    json_t *array = json_array();
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if (bits & (apr_uint32_t)1 << stream) {
            t2m_answer_append(answer, array,
                              json_string(t2m_stream_name((t2m_stream_e)stream)));
        }
    }
    return array;
}

/* Adds a reason when it holds. */
static void check(t2m_answer_t *answer, json_t *reasons, int holds, const char *reason)
{
    if (holds) {
        t2m_answer_append(answer, reasons, json_string(reason));
    }
}

/* Nonzero when a file does not take its lines. */
static int refusing(const t2m_answer_t *answer)
{
    const apr_array_header_t *all = t2m_answer_files(answer->pool);
    int i;

    for (i = 0; i < all->nelts; i++) {
        const t2m_answer_file_t *of = &APR_ARRAY_IDX(all, i, t2m_answer_file_t);

        if (answer->question->board->files[of->number].error) {
            return 1;
        }
    }
    return 0;
}

static json_t *reasons_of(t2m_answer_t *answer, const t2m_answer_ledger_t *ledger)
{
    const t2m_board_header_t *header = answer->question->board->header;
    json_t *reasons = json_array();
    int up = t2m_answer_writer_up(answer->question->board);
    int late = up && ledger->ledger.moment && lag_of(answer, ledger) > STALE;
    int refused = t2m_load(&header->intent.phase) == T2M_INTENT_WRITE || refusing(answer);

    check(answer, reasons, !up, "no writer runs: records wait in memory");
    check(answer, reasons, late && !refused, "the writer does not answer");
    check(answer, reasons, refusing(answer) || (late && refused),
          "a log file cannot be written (T2M0201): records wait in memory");
    check(answer, reasons, ledger->known && !ledger->balanced,
          "the ledger does not balance: records are missing");
    check(answer, reasons, header->shed != 0,
          "the disk is nearly full: streams are not written (T2MLogMinFree)");
    check(answer, reasons, header->quarantined != 0,
          "a process has spoiled its memory: its records were not read any more (T2M0214)");
    check(answer, reasons, answer->question->board->tables->tokens.refused != 0,
          "the token file cannot be used: no token counts");
    return reasons;
}

static json_t *writer(t2m_answer_t *answer, const t2m_answer_ledger_t *ledger)
{
    const t2m_board_header_t *header = answer->question->board->header;
    json_t *object = json_object();

    set_flag(answer, object, "up", t2m_answer_writer_up(answer->question->board));
    t2m_answer_set_count(answer, object, "pid", header->writer_pid);
    t2m_answer_set_count(answer, object, "started", header->writers);
    t2m_answer_set_count(answer, object, "passes", header->passes);
    t2m_answer_set_count(answer, object, "batches", header->done_batch);
    t2m_answer_set_count(answer, object, "settings_generation", header->settings);
    if (header->done_moment) {
        t2m_answer_set_moment(answer, object, "last_batch", header->done_moment);
    }
    if (ledger->ledger.moment) {
        t2m_answer_set_duration(answer, object, "lag_ms", (double)lag_of(answer, ledger));
    }
    return object;
}

/* What became of the records of one stream, or of all. */
typedef struct {
    apr_uint64_t accepted, written, suppressed, dropped[T2M_DROP_COUNT], waiting, worker_died,
        bytes;
} account_t;

static void add_stream(account_t *account, const t2m_answer_ledger_t *ledger, int stream)
{
    const t2m_totals_t *totals = &ledger->totals[stream];
    int reason;

    account->accepted += t2m_answer_accepted(ledger, stream);
    account->written += t2m_answer_written(ledger, stream);
    account->suppressed += t2m_answer_suppressed(ledger, stream);
    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        account->dropped[reason] += totals->dropped[reason];
    }
    account->waiting += ledger->ledger.waiting[stream];
    account->worker_died += totals->worker_died;
    account->bytes += totals->bytes;
}

static json_t *account_of(t2m_answer_t *answer, const account_t *account)
{
    json_t *object = json_object(), *dropped = json_object();
    int reason;

    t2m_answer_set_count(answer, object, "accepted", account->accepted);
    t2m_answer_set_count(answer, object, "written", account->written);
    t2m_answer_set_count(answer, object, "suppressed", account->suppressed);
    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        t2m_answer_set_count(answer, dropped, t2m_answer_drop_name(reason),
                             account->dropped[reason]);
    }
    t2m_answer_set(answer, object, "dropped", dropped);
    t2m_answer_set_count(answer, object, "waiting", account->waiting);
    t2m_answer_set_count(answer, object, "worker_died", account->worker_died);
    t2m_answer_set_count(answer, object, "bytes", account->bytes);
    return object;
}

static json_t *accounts(t2m_answer_t *answer, const t2m_answer_ledger_t *ledger)
{
    json_t *object = json_object();
    account_t total = { 0 };
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        account_t one = { 0 };

        add_stream(&one, ledger, stream);
        add_stream(&total, ledger, stream);
        t2m_answer_set(answer, object, t2m_stream_name((t2m_stream_e)stream),
                       account_of(answer, &one));
    }
    t2m_answer_set(answer, object, "total", account_of(answer, &total));
    return object;
}

static json_t *file(t2m_answer_t *answer, const t2m_answer_file_t *of)
{
    const t2m_board_file_t *row = &answer->question->board->files[of->number];
    json_t *object = json_object();

    t2m_answer_set(answer, object, "stream", json_string(t2m_stream_name(of->stream)));
    t2m_answer_set(answer, object, "path",
                   json_string(t2m_answer_shown(answer->pool, t2m_text(of->path))));
    t2m_answer_set_count(answer, object, "size_bytes", row->size);
    t2m_answer_set_count(answer, object, "seq", row->seq);
    t2m_answer_set_count(answer, object, "lines", row->lines);
    t2m_answer_set_count(answer, object, "rotations", row->rotations);
    if (row->error) {
        t2m_answer_set(answer, object, "error", json_string(strerror(row->error)));
        t2m_answer_set_count(answer, object, "spilled", row->spilled);
    }
    if (row->synced_failed) {
        t2m_answer_set_count(answer, object, "sync_failed", row->synced_failed);
    }
    if (row->written) {
        t2m_answer_set_moment(answer, object, "last_written", row->written);
    }
    return object;
}

static json_t *files(t2m_answer_t *answer)
{
    const apr_array_header_t *all = t2m_answer_files(answer->pool);
    json_t *array = json_array();
    int i;

    for (i = 0; i < all->nelts; i++) {
        t2m_answer_append(answer, array,
                          file(answer, &APR_ARRAY_IDX(all, i, t2m_answer_file_t)));
    }
    return array;
}

static json_t *disk(t2m_answer_t *answer)
{
    const t2m_board_header_t *header = answer->question->board->header;
    json_t *object = json_object();

    t2m_answer_set_count(answer, object, "size_bytes", header->disk_size);
    t2m_answer_set_count(answer, object, "free_bytes", header->disk_free);
    t2m_answer_set_count(answer, object, "logs_bytes", header->logs_size);
    t2m_answer_set_count(answer, object, "deleted_files", header->deleted);
    t2m_answer_set_count(answer, object, "compressed_files", header->compressed);
    t2m_answer_set(answer, object, "not_written", streams_of(answer, header->shed));
    return object;
}

static json_t *memory(t2m_answer_t *answer, const t2m_ledger_t *ledger)
{
    const t2m_board_t *board = answer->question->board;
    json_t *object = json_object();

    t2m_answer_set_count(answer, object, "slots", board->geometry.slot_count);
    t2m_answer_set_count(answer, object, "slots_used", ledger->slots_used);
    t2m_answer_set_count(answer, object, "no_slot", ledger->no_slot);
    t2m_answer_set_count(answer, object, "corrupt", board->header->corrupt);
    t2m_answer_set_count(answer, object, "quarantined", board->header->quarantined);
    t2m_answer_set_count(answer, object, "unknown_file", board->header->unknown_file);
    t2m_answer_set_count(answer, object, "uncounted", ledger->uncounted);
    t2m_answer_set_count(answer, object, "evicted_metrics", board->tables->evictions[0]);
    t2m_answer_set_count(answer, object, "evicted_groups", board->tables->evictions[1]);
    t2m_answer_set_count(answer, object, "evicted_events", board->tables->evictions[2]);
    return object;
}

/* begun = logged + dropped + silenced + in_flight + untracked */
static json_t *requests(t2m_answer_t *answer, const t2m_answer_ledger_t *both)
{
    const t2m_ledger_t *ledger = &both->ledger;
    const t2m_totals_t *access = &both->totals[T2M_STREAM_ACCESS];
    apr_uint64_t shed = access->dropped[T2M_DROP_SHED] + access->dropped[T2M_DROP_REFUSED];
    json_t *object = json_object();

    t2m_answer_set_count(answer, object, "begun", ledger->begun);
    t2m_answer_set_count(answer, object, "logged",
                         ledger->accepted[T2M_STREAM_ACCESS] + access->worker_died - shed);
    t2m_answer_set_count(answer, object, "dropped", ledger->dropped[T2M_STREAM_ACCESS] + shed);
    t2m_answer_set_count(answer, object, "silenced", ledger->silenced);
    t2m_answer_set_count(answer, object, "in_flight", ledger->in_flight);
    t2m_answer_set_count(answer, object, "untracked",
                         ledger->begun_untracked - ledger->ended_untracked);
    return object;
}

json_t *t2m_answer_health(const t2m_question_t *question)
{
    t2m_answer_ledger_t ledger;
    t2m_answer_t answer;
    json_t *reasons;

    t2m_answer_begin(&answer, question);
    t2m_answer_ledger(&answer, &ledger);
    reasons = reasons_of(&answer, &ledger);
    t2m_answer_set(&answer, answer.json, "status",
                   json_string(json_array_size(reasons) ? "degraded" : "ok"));
    t2m_answer_set(&answer, answer.json, "reasons", reasons);
    t2m_answer_set(&answer, answer.json, "version", json_string(T2M_VERSION));
    t2m_answer_set_moment(&answer, answer.json, "started", question->board->header->made);
    if (ledger.known) {
        set_flag(&answer, answer.json, "balanced", ledger.balanced);
    }
    t2m_answer_set(&answer, answer.json, "ledger", accounts(&answer, &ledger));
    t2m_answer_set(&answer, answer.json, "writer", writer(&answer, &ledger));
    t2m_answer_set(&answer, answer.json, "files", files(&answer));
    t2m_answer_set(&answer, answer.json, "disk", disk(&answer));
    t2m_answer_set(&answer, answer.json, "requests", requests(&answer, &ledger));
    t2m_answer_set(&answer, answer.json, "memory", memory(&answer, &ledger.ledger));
    return t2m_answer_end(&answer);
}
