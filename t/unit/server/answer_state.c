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

/* Tests of modules/server/answer_state.c: when the ledger balances, which files there are, whether
 * the writer is there. */
#include "server/answer_state.h"

#include <sys/wait.h>
#include <unistd.h>

#include "answer_world.h"

static t2m_answer_ledger_t read_ledger(site_t *site, apr_uint64_t *skipped)
{
    t2m_answer_t answer = { .question = &site->question, .pool = site->pool };
    t2m_answer_ledger_t ledger;

    t2m_answer_ledger(&answer, &ledger);
    *skipped = answer.skipped_rows;
    return ledger;
}

static void is_state(site_t *site, int known, int balanced, const char *name)
{
    apr_uint64_t skipped;
    t2m_answer_ledger_t ledger = read_ledger(site, &skipped);

    ok(ledger.known == known && ledger.balanced == balanced, "%s", name);
}

static void test_ledger(site_t *site)
{
    t2m_ledger_t *ledger = &site->board.tables->ledger;
    t2m_totals_t *access = &site->board.totals[T2M_STREAM_ACCESS];
    apr_uint64_t skipped;
    t2m_answer_ledger_t got;

    is_state(site, 0, 1, "before the first ledger nothing is known");
    ledger->moment = NOW;
    is_state(site, 1, 1, "nothing in, nothing out");
    ledger->accepted[T2M_STREAM_ACCESS] = 20;
    ledger->waiting[T2M_STREAM_ACCESS] = 4;
    access->lines = 15;
    access->worker_died = 2;
    access->dropped[T2M_DROP_FULL] = 5;
    access->dropped[T2M_DROP_REENTRY] = 1;
    access->dropped[T2M_DROP_SHED] = 3;
    is_state(site, 1, 1, "20 in rings and 2 found: 15 written, 3 shed, 4 wait");
    got = read_ledger(site, &skipped);
    is_number((long long)t2m_answer_accepted(&got, T2M_STREAM_ACCESS), 28, "accepted");
    is_number((long long)t2m_answer_dropped(&got, T2M_STREAM_ACCESS), 9, "dropped");
    is_number((long long)skipped, 0, "no row was skipped");
    access->lines = 14;
    is_state(site, 1, 0, "a line is missing");
    access->lines = 16;
    is_state(site, 1, 0, "a line too many");
    site->board.header->done_moment = NOW + 1;
    is_state(site, 0, 0, "unless the ledger is older than the last batch");
    access->lines = 15;
    is_state(site, 1, 1, "an older one that balances does");
    site->board.header->done_moment = 0;
    access->suppressed = 30;
    is_state(site, 1, 1, "what a process counted itself was never in its ring");
    access->held = 1;
    is_state(site, 1, 0, "what the writer held back was");
    ledger->accepted[T2M_STREAM_ACCESS]++;
    is_state(site, 1, 1, "with it the ledger balances");
    got = read_ledger(site, &skipped);
    is_number((long long)t2m_answer_suppressed(&got, T2M_STREAM_ACCESS), 30, "suppressed");
    is_number((long long)t2m_answer_accepted(&got, T2M_STREAM_ACCESS), 58, "accepted, with these");
    site->board.totals[T2M_STREAM_APP].lines = 1;
    is_state(site, 1, 0, "every stream counts");
    site->board.totals[T2M_STREAM_APP].lines = 0;
    site_busy(access);
    got = read_ledger(site, &skipped);
    ok(!got.whole && !got.known && !got.balanced, "a row that changes all the time");
    is_number((long long)skipped, 1, "is skipped");
}

static void test_files(site_t *site)
{
    apr_array_header_t *files = t2m_answer_files(site->pool);
    const t2m_answer_file_t *last = &APR_ARRAY_IDX(files, files->nelts - 1, t2m_answer_file_t);

    is_number(files->nelts, 5, "shared files once, streams that are off not at all");
    is_number(last->number, 7, "the virtual host's own");
    is_number(last->stream, T2M_STREAM_ACCESS, "of its stream");
    site_configs[1].enabled = 0;
    is_number(t2m_answer_files(site->pool)->nelts, 4, "none of a server that is off");
    site_configs[1].enabled = 1;
    site_configs[1].path[T2M_STREAM_ACCESS] = NULL;
    is_number(t2m_answer_files(site->pool)->nelts, 4, "none without a path");
    site_configs[1].path[T2M_STREAM_ACCESS] = "access.log";
    site_configs[1].file_id[T2M_STREAM_ACCESS] = T2M_FILES_MAX;
    is_number(t2m_answer_files(site->pool)->nelts, 4, "no number beyond the board's rows");
    ap_server_conf = NULL;
    is_number(t2m_answer_files(site->pool)->nelts, 0, "no servers, no files");
}

static void test_writer(site_t *site)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
    ok(!t2m_answer_writer_up(&site->board), "no writer yet");
    site->board.header->writer_pid = (apr_uint32_t)getpid();
    ok(t2m_answer_writer_up(&site->board), "a process that is there");
    site->board.header->writer_pid = 1;
    ok(t2m_answer_writer_up(&site->board), "another user's too");
    site->board.header->writer_pid = (apr_uint32_t)pid;
    ok(!t2m_answer_writer_up(&site->board), "one that has gone");
}

int main(void)
{
    site_t site;

    apr_initialize();
    site_make(&site);
    is_bytes(t2m_answer_drop_name(T2M_DROP_FULL), 4, "full", "the reasons have names");
    is_bytes(t2m_answer_drop_name(T2M_DROP_SHED), 4, "shed", "each its own");
    test_ledger(&site);
    test_files(&site);
    test_writer(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
