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

/* Tests of modules/server/answer_health.c: what it tells, and when it is degraded. */
#include <unistd.h>

#include "answer_world.h"

static void fill(site_t *site)
{
    t2m_board_header_t *header = site->board.header;
    t2m_board_file_t *file = &site->board.files[T2M_STREAM_ERRORS];

    header->writer_pid = (apr_uint32_t)getpid();
    header->writers = 3;
    header->passes = 1000;
    header->done_batch = 17;
    header->done_moment = NOW - apr_time_from_sec(1);
    header->settings = 2;
    header->made = NOW - apr_time_from_sec(86400);
    header->disk_size = 1000000;
    header->disk_free = 500000;
    header->logs_size = 4096;
    header->deleted = 4;
    header->compressed = 5;
    header->unknown_file = 6;
    file->size = 4321;
    file->seq = 99;
    file->lines = 11;
    file->rotations = 2;
    file->written = NOW;
    site->board.tables->evictions[0] = 1;
    site->board.tables->evictions[1] = 2;
    site->board.tables->evictions[2] = 3;
}

static void fill_ledger(site_t *site)
{
    t2m_ledger_t *ledger = &site->board.tables->ledger;
    t2m_totals_t *errors = &site->board.totals[T2M_STREAM_ERRORS];

    ledger->moment = NOW - 12345;
    ledger->accepted[T2M_STREAM_ERRORS] = 19; /* 7 of them held back, 100 never came */
    errors->held = 7;
    errors->suppressed = 107;
    ledger->waiting[T2M_STREAM_ERRORS] = 1;
    ledger->accepted[T2M_STREAM_ACCESS] = 60;
    site->board.totals[T2M_STREAM_ACCESS].lines = 56;
    ledger->spilled[T2M_STREAM_ACCESS] = ledger->waiting[T2M_STREAM_ACCESS] = 2;
    site->board.totals[T2M_STREAM_ACCESS].dropped[T2M_DROP_REFUSED] = 4;
    ledger->dropped[T2M_STREAM_ACCESS] = 1;
    ledger->begun = 70;
    ledger->begun_untracked = 9;
    ledger->ended_untracked = 5;
    ledger->silenced = 3;
    ledger->in_flight = 2;
    ledger->slots_used = 1;
    ledger->no_slot = 8;
    ledger->uncounted = 9;
    errors->lines = 11;
    errors->bytes = 2200;
    errors->dropped[T2M_DROP_FULL] = 3;
}

static void test_answer(site_t *site)
{
    json_t *json = site_ask(site, t2m_answer_health, "");

    is_names(site, json, NULL, "status reasons version started balanced ledger writer files disk "
                               "requests memory", "the members");
    is_at(json, "status", "\"ok\"", "nothing is wrong");
    is_at(json, "reasons", "[]", "for no reason");
    is_at(json, "started", "1705233600", "when counting began");
    is_at(json, "balanced", "true", "the ledger balances");
    is_at(json, "ledger.errors",
          "{\"accepted\":122,\"written\":11,\"suppressed\":107,"
          "\"dropped\":{\"full\":3,\"reentry\":0,\"reserved\":0,\"shed\":0,\"refused\":0},"
          "\"waiting\":1,\"worker_died\":0,\"bytes\":2200}", "a stream's account");
    is_at(json, "ledger.access.written", "54", "what is in a spill is not written");
    is_at(json, "ledger.access.waiting", "2", "it waits");
    is_at(json, "ledger.total.accepted", "182", "all streams together");
    is_at(json, "ledger.total.suppressed", "107", "and what of it was only counted");
    is_names(site, at(json, "ledger"), NULL, "app errors access security performance total",
             "all streams have an account");
    is_at(json, "writer",
          apr_psprintf(site->pool, "{\"up\":true,\"pid\":%d,\"started\":3,\"passes\":1000,"
                                   "\"batches\":17,\"settings_generation\":2,"
                                   "\"last_batch\":1705319999,\"lag_ms\":12.345}", (int)getpid()),
          "the writer");
    is_number((long long)json_array_size(at(json, "files")), 5, "the files");
    is_at(json, "files.1",
          "{\"stream\":\"errors\",\"path\":\"errors.log\",\"size_bytes\":4321,\"seq\":99,"
          "\"lines\":11,\"rotations\":2,\"last_written\":1705320000}", "one of them");
    is_at(json, "files.4.path", "\"shop\\\"\\\\u001b.log\"", "a virtual host's");
    is_at(json, "files.0.last_written", "(none)", "one that was never written to");
    is_at(json, "disk",
          "{\"size_bytes\":1000000,\"free_bytes\":500000,\"logs_bytes\":4096,\"deleted_files\":4,"
          "\"compressed_files\":5,\"not_written\":[]}", "the disk");
    is_at(json, "requests", "{\"begun\":70,\"logged\":56,\"dropped\":5,\"silenced\":3,"
                            "\"in_flight\":2,\"untracked\":4}", "the requests");
    is_at(json, "memory",
          "{\"slots\":2,\"slots_used\":1,\"no_slot\":8,\"corrupt\":0,\"quarantined\":0,"
          "\"unknown_file\":6,\"uncounted\":9,\"evicted_metrics\":1,\"evicted_groups\":2,"
          "\"evicted_events\":3}",
          "the memory");
    json_decref(json);
}

static void degraded(site_t *site, const char *want, const char *balanced)
{
    json_t *json = site_ask(site, t2m_answer_health, "");
    const char *reason = json_string_value(at(json, "reasons.0"));

    is_at(json, "status", "\"degraded\"", want);
    ok(reason && strstr(reason, want) && json_array_size(at(json, "reasons")) == 1,
       "for one reason: %s", reason ? reason : "none");
    is_at(json, "balanced", balanced, "what is known of the balance");
    json_decref(json);
}

static void test_degraded(site_t *site)
{
    t2m_board_header_t *header = site->board.header;
    t2m_totals_t *errors = &site->board.totals[T2M_STREAM_ERRORS];

    header->writer_pid = 0;
    degraded(site, "no writer", "true");
    header->writer_pid = (apr_uint32_t)getpid();
    site->question.now = NOW + apr_time_from_sec(5);
    degraded(site, "does not answer", "true");
    header->intent.phase = T2M_INTENT_WRITE;
    degraded(site, "cannot be written", "true");
    header->intent.phase = T2M_INTENT_NONE;
    site->question.now = NOW;
    errors->lines--;
    degraded(site, "does not balance", "false");
    errors->lines++;
    header->quarantined = 1;
    degraded(site, "spoiled", "(none)");
    header->quarantined = 0;
    site->board.tables->tokens.refused = 1;
    degraded(site, "token file", "true");
    site->board.tables->tokens.refused = 0;
    header->shed = 1 << T2M_STREAM_ACCESS | 1 << T2M_STREAM_PERFORMANCE;
    degraded(site, "nearly full", "true");
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    fill(&site);
    json = site_ask(&site, t2m_answer_health, "");
    is_at(json, "status", "\"ok\"", "before the first ledger");
    is_at(json, "balanced", "(none)", "nobody knows whether it balances");
    is_at(json, "writer.lag_ms", "(none)", "or how far behind the writer is");
    json_decref(json);
    fill_ledger(&site);
    test_answer(&site);
    test_degraded(&site);
    json = site_ask(&site, t2m_answer_health, "");
    is_at(json, "disk.not_written", "[\"access\",\"performance\"]", "what is not written");
    json_decref(json);
    site.board.header->shed = 0;
    site.board.totals[T2M_STREAM_ERRORS].lines++;
    site.board.header->done_moment = NOW;
    json = site_ask(&site, t2m_answer_health, "");
    is_at(json, "status", "\"ok\"", "a ledger older than the last batch need not balance");
    is_at(json, "balanced", "(none)", "nobody knows");
    json_decref(json);
    site.board.tables->ledger.moment = NOW + 5;
    json = site_ask(&site, t2m_answer_health, "");
    is_at(json, "writer.lag_ms", "0.0", "a ledger that came after the question");
    json_decref(json);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
