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

/* See answer_state.h. */
#include "server/answer_state.h"

#include <errno.h>
#include <signal.h>

#include <http_main.h>

#include "server/config.h"
#include "shared/atomic.h"

enum { TRIES = 20, PAUSE_US = 1000 };

static void read_rows(t2m_answer_t *answer, t2m_answer_ledger_t *ledger)
{
    const t2m_board_t *board = answer->question->board;
    int stream;

    memset(ledger, 0, sizeof(*ledger));
    ledger->whole = t2m_answer_row(answer, &board->tables->ledger, &ledger->ledger,
                                   sizeof(ledger->ledger));
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        ledger->whole &= t2m_answer_row(answer, &board->totals[stream], &ledger->totals[stream],
                                        sizeof(ledger->totals[stream]));
    }
}

static int is_balanced(const t2m_answer_ledger_t *ledger)
{
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if (t2m_answer_accepted(ledger, stream)
            != t2m_answer_written(ledger, stream) + t2m_answer_suppressed(ledger, stream)
                   + t2m_answer_dropped(ledger, stream) + ledger->ledger.waiting[stream]) {
            return 0;
        }
    }
    return 1;
}

void t2m_answer_ledger(t2m_answer_t *answer, t2m_answer_ledger_t *ledger)
{
    const t2m_board_header_t *header = answer->question->board->header;
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        read_rows(answer, ledger);
        ledger->balanced = ledger->whole && is_balanced(ledger);
        ledger->known = ledger->whole && ledger->ledger.moment > 0 && header->quarantined == 0
                        && (ledger->balanced || ledger->ledger.moment >= header->done_moment);
        if (ledger->balanced || !ledger->known) {
            return;
        }
        apr_sleep(PAUSE_US);
    }
}

apr_uint64_t t2m_answer_accepted(const t2m_answer_ledger_t *ledger, int stream)
{
    const t2m_totals_t *totals = &ledger->totals[stream];

    return ledger->ledger.accepted[stream] + totals->worker_died + totals->dropped[T2M_DROP_FULL]
           + totals->dropped[T2M_DROP_REENTRY] + totals->dropped[T2M_DROP_RESERVED]
           + (totals->suppressed - totals->held);
}

apr_uint64_t t2m_answer_suppressed(const t2m_answer_ledger_t *ledger, int stream)
{
    return ledger->totals[stream].suppressed;
}

apr_uint64_t t2m_answer_written(const t2m_answer_ledger_t *ledger, int stream)
{
    return ledger->totals[stream].lines - ledger->ledger.spilled[stream];
}

apr_uint64_t t2m_answer_dropped(const t2m_answer_ledger_t *ledger, int stream)
{
    apr_uint64_t sum = 0;
    int reason;

    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        sum += ledger->totals[stream].dropped[reason];
    }
    return sum;
}

const char *t2m_answer_drop_name(int reason)
{
    static const char *const names[T2M_DROP_COUNT] = {
        [T2M_DROP_FULL] = "full", [T2M_DROP_REENTRY] = "reentry",
        [T2M_DROP_RESERVED] = "reserved", [T2M_DROP_SHED] = "shed",
        [T2M_DROP_REFUSED] = "refused"
    };

    return names[reason];
}

static int is_listed(const apr_array_header_t *files, apr_uint16_t number)
{
    int i;

    for (i = 0; i < files->nelts; i++) {
        if (APR_ARRAY_IDX(files, i, t2m_answer_file_t).number == number) {
            return 1;
        }
    }
    return 0;
}

static void add_files(apr_array_header_t *files, const t2m_server_config_t *config)
{
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        apr_uint16_t number = config->file_id[stream];

        if (config->path[stream] && number < T2M_FILES_MAX && !is_listed(files, number)) {
            t2m_answer_file_t *file = apr_array_push(files);

            file->stream = (t2m_stream_e)stream;
            file->path = config->path[stream];
            file->number = number;
        }
    }
}

apr_array_header_t *t2m_answer_files(apr_pool_t *pool)
{
    apr_array_header_t *files = apr_array_make(pool, T2M_STREAM_COUNT, sizeof(t2m_answer_file_t));
    const server_rec *server;

    for (server = ap_server_conf; server; server = server->next) {
        const t2m_server_config_t *config = t2m_config_server(server);

        if (config && t2m_config_enabled(server)) {
            add_files(files, config);
        }
    }
    return files;
}

int t2m_answer_writer_up(const t2m_board_t *board)
{
    pid_t pid = (pid_t)t2m_load(&board->header->writer_pid);

    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}
