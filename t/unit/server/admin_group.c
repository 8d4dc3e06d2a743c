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

/* Tests of modules/server/admin_group.c: which groups are there, which bodies are taken, what is
 * told to the writer, and what is made of its silence. httpd's and the process's few functions are
 * stood in for below. */
#include "answer_world.h"

#include <http_protocol.h>

#include "server/admin_group.h"
#include "server/process.h"

#define ID "0123456789ab"

/* The body as it comes, in pieces; the end may be an error. */
static struct {
    const char *bytes;
    apr_size_t size, piece, at;
    apr_off_t told;       /* Content-Length; 0: none, it comes in chunks */
    int fails, refused;
} body;

int ap_setup_client_block(request_rec *request, int policy)
{
    request->remaining = body.told;
    return body.refused || policy != REQUEST_CHUNKED_DECHUNK ? HTTP_BAD_REQUEST : OK;
}

int ap_should_client_block(request_rec *request)
{
    (void)request;
    return body.size > 0;
}

long ap_get_client_block(request_rec *request, char *out, apr_size_t room)
{
    apr_size_t size = body.size - body.at;

    (void)request;
    size = size > room ? room : size > body.piece ? body.piece : size;
    memcpy(out, body.bytes + body.at, size);
    body.at += size;
    return size == 0 && body.fails ? -1 : (long)size;
}

void ap_str_tolower(char *text)
{
    for (; *text; text++) {
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
    }
}

/* The writer: it makes this of the group in its so-many-th pass. */
static struct {
    t2m_group_t *group;
    const char *id;        /* that the group is given then; NULL: it keeps its own */
    int late;              /* passes until then */
    int passes, dead, full;
    apr_int64_t since;     /* what it then has as `since`; 0: what it was told */
    t2m_ring_record_t record;
    char name[T2M_NAME_MAX];
    int pushed;
} writer;

apr_status_t t2m_process_push(const t2m_ring_record_t *record, const char *line,
                              t2m_inflight_t *entry)
{
    writer.record = *record;
    memcpy(writer.name, line, record->name_size);
    writer.pushed += entry == NULL;
    return writer.full ? APR_ENOSPC : APR_SUCCESS;
}

int t2m_process_catch_up(void)
{
    if (++writer.passes > writer.late && writer.pushed) {
        memcpy(&writer.group->state, writer.name + T2M_FINGERPRINT_SIZE,
               sizeof(writer.group->state));
        writer.group->state.since = writer.since ? writer.since : writer.group->state.since;
    }
    if (writer.passes > writer.late && writer.id) {
        memcpy(writer.group->id, writer.id, sizeof(writer.group->id));
    }
    return !writer.dead;
}

static t2m_admin_visit_t visit;
static t2m_admin_refusal_t refusal;

static void begin(site_t *site, int method, const char *id)
{
    memset(&visit, 0, sizeof(visit));
    memset(&refusal, 0, sizeof(refusal));
    memset(&writer, 0, sizeof(writer));
    memset(&body, 0, sizeof(body));
    body.piece = 1000;
    site->request.method_number = method;
    site->request.headers_in = apr_table_make(site->pool, 2);
    visit.request = &site->request;
    visit.board = &site->board;
    visit.now = NOW;
    visit.endpoint = T2M_ADMIN_GROUP;
    visit.id = id;
    writer.group = &site->board.tables->groups[2];
}

static void test_group(site_t *site)
{
    begin(site, M_GET, "0123456789AB");
    ok(t2m_admin_check_group(&visit, &refusal), "a group that is there");
    ok(strcmp(visit.id, ID) == 0, "its id in lower case");
    is_bytes(visit.query.id.data, visit.query.id.size, ID, "and in the query");
    is_number(visit.query.given, T2M_QUERY_ID, "which has it");
    is_number(writer.passes, 0, "nobody waits");
    begin(site, M_GET, "fedcba987654");
    ok(!t2m_admin_check_group(&visit, &refusal), "one that is not");
    is_number(refusal.status, 404, "404");
    is_number(writer.passes, 1, "once the writer has had a pass");
    begin(site, M_GET, "fedcba987654");
    writer.id = "fedcba987654";
    ok(t2m_admin_check_group(&visit, &refusal), "one that comes with that pass");
    memcpy(writer.group->id, ID, T2M_FINGERPRINT_SIZE);
    begin(site, M_GET, ID);
    visit.board = NULL;
    ok(!t2m_admin_check_group(&visit, &refusal) && refusal.status == 404, "none without a board");
    begin(site, M_GET, NULL);
    visit.endpoint = T2M_ADMIN_ERRORS;
    ok(t2m_admin_check_group(&visit, &refusal) && !visit.query.given, "other endpoints have none");
}

static int change(site_t *site, const char *type, const char *bytes, apr_size_t size,
                  apr_size_t piece, int told)
{
    begin(site, M_POST, ID);
    apr_table_set(site->request.headers_in, "Content-Type", type);
    body.bytes = bytes;
    body.size = size;
    body.piece = piece;
    body.told = told ? (apr_off_t)size : 0;
    return t2m_admin_check_change(&visit, &refusal);
}

static void refused(int taken, int status, const char *name)
{
    ok(!taken && refusal.status == status && refusal.reason && refusal.detail && !visit.changes,
       "%s: %d", name, status);
}

static void test_body(site_t *site)
{
    static const char good[] = "{\"state\":\"ignored\",\"count\":7}";
    char *large = apr_pcalloc(site->pool, 5000);

    ok(change(site, "application/json", good, strlen(good), 1000, 1), "a body");
    is_number(visit.changes, 1, "changes the group");
    is_number((long long)visit.change.state, T2M_GROUP_IGNORED, "to this state");
    is_number((long long)visit.change.count, 7, "for so many");
    ok(change(site, "application/json", good, strlen(good), 1, 0), "byte by byte, in chunks");
    memset(large, ' ', 5000);
    memcpy(large, good, strlen(good));
    ok(change(site, "application/json", large, 4096, 1000, 1), "4096 bytes");
    refused(change(site, "application/json", large, 4097, 1000, 1), 413, "4097 bytes");
    is_number((long long)body.at, 0, "of which none is read");
    refused(change(site, "application/json", large, 4097, 1000, 0), 413, "as many in chunks");
    refused(change(site, "application/json", large, 5000, 7, 0), 413, "more of them");
    is_number((long long)body.at, 4097, "are not read");
    refused(change(site, "text/plain", good, strlen(good), 9, 1), 415, "text");
    is_number((long long)body.at, 0, "is not read");
    refused(change(site, "application/json", "", 0, 9, 1), 400, "no body");
    refused(change(site, "application/json", "{}", 2, 9, 1), 400, "no state");
    begin(site, M_POST, ID);
    refused(t2m_admin_check_change(&visit, &refusal), 415, "no type");
    begin(site, M_GET, ID);
    ok(t2m_admin_check_change(&visit, &refusal) && !visit.changes, "a GET changes nothing");
    begin(site, M_POST, NULL);
    visit.endpoint = T2M_ADMIN_ERRORS;
    ok(t2m_admin_check_change(&visit, &refusal) && !visit.changes, "nor does another endpoint");
}

static void test_broken(site_t *site)
{
    begin(site, M_POST, ID);
    apr_table_set(site->request.headers_in, "Content-Type", "application/json");
    body.bytes = "{\"state\":\"resolved\"}";
    body.size = strlen(body.bytes);
    body.fails = 1;
    refused(t2m_admin_check_change(&visit, &refusal), 400, "a body that does not end");
    body.at = 0;
    body.refused = 1;
    refused(t2m_admin_check_change(&visit, &refusal), 400, "one that cannot be read");
}

/* Returns what became of a change that the writer does in its pass late + 1. */
static int act(site_t *site, int late, apr_int64_t since)
{
    t2m_group_t *group = &site->board.tables->groups[2];

    memset(&group->state, 0, sizeof(group->state));
    begin(site, M_POST, ID);
    visit.change.state = T2M_GROUP_RESOLVED;
    visit.change.since = NOW;
    visit.changes = 1;
    writer.late = late;
    writer.since = since;
    return t2m_admin_group_change(&visit);
}

static void test_change(site_t *site)
{
    t2m_group_state_t told;

    ok(act(site, 0, 0), "done in the first pass");
    is_number(writer.passes, 1, "after which nobody waits");
    is_number(writer.record.stream, T2M_STREAM_ERRORS, "a record of errors");
    is_number(writer.record.flags, T2M_FACT_STATE, "is a state");
    is_number(writer.record.size, 0, "has no line");
    is_number(writer.record.level, T2M_LEVEL_INFO, "its level");
    is_number(writer.record.name_size, 44, "its name");
    is_bytes(writer.name, T2M_FINGERPRINT_SIZE, ID, "begins with the group");
    memcpy(&told, writer.name + T2M_FINGERPRINT_SIZE, sizeof(told));
    is_number((long long)told.state, T2M_GROUP_RESOLVED, "and goes on with the state");
    ok(told.since > NOW && told.since == writer.record.time, "of this very moment");
    ok(act(site, 2, 0), "done in the third pass");
    ok(act(site, 0, NOW - 1), "done, and an older error has come of it since");
    ok(!act(site, 99, 0), "not done at all");
    is_number(writer.passes, 4, "which is waited for, and not for ever");
    memset(&writer, 0, sizeof(writer));
}

static void test_silence(site_t *site)
{
    begin(site, M_POST, ID);
    writer.dead = 1;
    writer.late = 99;
    ok(!t2m_admin_group_change(&visit), "a writer that makes no pass");
    is_number(writer.passes, 1, "is asked once");
    begin(site, M_POST, ID);
    writer.dead = 1;
    ok(t2m_admin_group_change(&visit), "what it has done counts");
    begin(site, M_POST, ID);
    writer.full = 1;
    ok(!t2m_admin_group_change(&visit), "a ring without room");
    is_number(writer.passes, 0, "is not waited for");
    begin(site, M_POST, "fedcba987654");
    ok(!t2m_admin_group_change(&visit) && !writer.pushed, "a group that has gone");
    begin(site, M_POST, ID);
    writer.id = "fedcba987654";
    ok(!t2m_admin_group_change(&visit), "or goes meanwhile");
}

int main(void)
{
    site_t site;

    apr_initialize();
    site_make(&site);
    (void)site_group(&site, 2, ID, "it broke", 3);
    test_group(&site);
    test_body(&site);
    test_broken(&site);
    test_change(&site);
    test_silence(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
