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

/* See admin_group.h. */
#include "server/admin_group.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "server/admin_change.h"
#include "server/answer_group.h"
#include "server/process.h"

enum { PASSES = 4 }; /* of the writer that a change may take when it has much to do */

static int refuse(t2m_admin_refusal_t *refusal, int status, const char *reason,
                  const char *detail)
{
    refusal->status = status;
    refusal->reason = reason;
    refusal->detail = detail;
    return 0;
}

static int is_there(const t2m_admin_visit_t *visit)
{
    t2m_group_t group;

    return t2m_answer_group_find(visit->board, visit->id, &group) != 0;
}

/* A group that is not there yet may come of an error that was answered a moment ago. */
int t2m_admin_check_group(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    char *id;

    if (visit->endpoint != T2M_ADMIN_GROUP) {
        return 1;
    }
    id = apr_pstrdup(visit->request->pool, visit->id);
    ap_str_tolower(id);
    visit->id = id;
    visit->query.id = t2m_text(id);
    visit->query.given |= T2M_QUERY_ID;
    if (visit->board
        && (is_there(visit) || (t2m_process_catch_up() && is_there(visit)))) {
        return 1;
    }
    return refuse(refusal, HTTP_NOT_FOUND, "no such group", "There is no group of that id.");
}

static int too_large(t2m_admin_refusal_t *refusal)
{
    return refuse(refusal, HTTP_REQUEST_ENTITY_TOO_LARGE, "body too large",
                  "The body is longer than 4096 bytes.");
}

/* Reads until the end or one byte more than is taken. */
static int read_body(request_rec *request, char body[T2M_ADMIN_CHANGE_MAX + 1], apr_size_t *size,
                     t2m_admin_refusal_t *refusal)
{
    long got = 0;

    *size = 0;
    if (ap_setup_client_block(request, REQUEST_CHUNKED_DECHUNK) != OK) {
        return refuse(refusal, HTTP_BAD_REQUEST, "body", "The body cannot be read.");
    }
    if (request->remaining > T2M_ADMIN_CHANGE_MAX) {
        return too_large(refusal);
    }
    if (ap_should_client_block(request)) {
        do {
            *size += (apr_size_t)got;
            got = ap_get_client_block(request, body + *size, T2M_ADMIN_CHANGE_MAX + 1 - *size);
        } while (got > 0 && *size + (apr_size_t)got <= T2M_ADMIN_CHANGE_MAX);
    }
    if (got < 0) {
        return refuse(refusal, HTTP_BAD_REQUEST, "body", "The body did not come to its end.");
    }
    return got == 0 || too_large(refusal);
}

int t2m_admin_check_change(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    request_rec *request = visit->request;
    char body[T2M_ADMIN_CHANGE_MAX + 1];
    const char *wrong;
    apr_size_t size;

    if (visit->endpoint != T2M_ADMIN_GROUP || request->method_number != M_POST) {
        return 1;
    }
    if (!t2m_admin_change_is_json(apr_table_get(request->headers_in, "Content-Type"))) {
        return refuse(refusal, HTTP_UNSUPPORTED_MEDIA_TYPE, "not JSON",
                      "The body has to be JSON: Content-Type: application/json.");
    }
    if (!read_body(request, body, &size, refusal)) {
        return 0;
    }
    wrong = t2m_admin_change_read(t2m_text_of(body, size), visit->now, &visit->change);
    if (wrong) {
        return refuse(refusal, HTTP_BAD_REQUEST, "body", wrong);
    }
    visit->changes = 1;
    return 1;
}

static apr_status_t push(const char *id, const t2m_group_state_t *change)
{
    char name[T2M_FINGERPRINT_SIZE + sizeof *change];
    t2m_ring_record_t record = { .file = T2M_FILE_NONE, .stream = T2M_STREAM_ERRORS,
                                 .level = T2M_LEVEL_INFO, .time = change->since,
                                 .flags = T2M_FACT_STATE, .name_size = sizeof name };

    memcpy(name, id, T2M_FINGERPRINT_SIZE);
    memcpy(name + T2M_FINGERPRINT_SIZE, change, sizeof *change);
    return t2m_process_push(&record, name, NULL);
}

/* Moments tell states apart: what came of ours since may have one of its own. */
static int is_done(const t2m_admin_visit_t *visit, const t2m_group_state_t *change,
                   apr_int64_t before, int caught_up)
{
    t2m_group_t group;

    return t2m_answer_group_find(visit->board, visit->id, &group)
           && (group.state.since == change->since || (caught_up && group.state.since != before));
}

int t2m_admin_group_change(const t2m_admin_visit_t *visit)
{
    t2m_group_state_t change = visit->change;
    t2m_group_t before;
    int passes;

    change.since = apr_time_now(); /* the body may have taken its time */
    if (!t2m_answer_group_find(visit->board, visit->id, &before)
        || push(visit->id, &change) != APR_SUCCESS) {
        return 0;
    }
    for (passes = 0; passes < PASSES; passes++) {
        int caught_up = t2m_process_catch_up();

        if (is_done(visit, &change, before.state.since, caught_up)) {
            return 1;
        }
        if (!caught_up) {
            return 0;
        }
    }
    return 0;
}
