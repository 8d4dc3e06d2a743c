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

/* The answer `requests/ID`: what is still in memory of one request, of all streams. */
#include "server/answer_records.h"

#include <stdlib.h>

static int oldest_first(const void *left, const void *right)
{
    const t2m_answer_record_t *a = left, *b = right;

    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return a->stream - b->stream;
}

/* The record with its stream named before all else. */
static json_t *name_stream(t2m_answer_t *answer, const t2m_answer_record_t *found)
{
    json_t *object = json_object();

    t2m_answer_set(answer, object, "stream",
                   json_string(t2m_stream_name((t2m_stream_e)found->stream)));
    answer->failed |= json_object_update_missing(object, found->record) != 0;
    json_decref(found->record);
    return object;
}

static unsigned find_all(t2m_answer_t *answer, t2m_answer_record_t *found)
{
    unsigned count = 0;
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        count += t2m_answer_find(answer, stream, found + count);
    }
    qsort(found, count, sizeof(*found), oldest_first);
    return count;
}

json_t *t2m_answer_request(const t2m_question_t *question)
{
    unsigned limit = question->query->limit, count, i;
    t2m_answer_record_t *found = apr_palloc(question->request->pool,
                                            T2M_STREAM_COUNT * limit * sizeof(*found));
    json_t *records = json_array();
    t2m_answer_t answer;

    t2m_answer_begin(&answer, question);
    count = find_all(&answer, found);
    for (i = 0; i < count; i++) {
        if (i < limit) {
            t2m_answer_append(&answer, records, name_stream(&answer, &found[i]));
        }
        else {
            json_decref(found[i].record);
        }
    }
    t2m_answer_set(&answer, answer.json, "request_id",
                   json_string(t2m_answer_shown(answer.pool, t2m_text(question->id))));
    t2m_answer_set(&answer, answer.json, "records", records);
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    if (count == 0) {
        t2m_answer_set(&answer, answer.json, "hint",
                       json_string("Nothing in memory has this request id; `t2mlog find ID` "
                                   "searches the files."));
    }
    return t2m_answer_end(&answer);
}
