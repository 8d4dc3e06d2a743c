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

/* The list of the endpoints. */
#include "server/answer_records.h"

#include <apr_strings.h>

static const struct {
    const char *name;
    const char *description;
    unsigned parameters;
} endpoints[] = {
    { "errors", "Groups of errors with their counts, and the newest errors",
      T2M_ANSWER_ERRORS_PARAMETERS },
    { "errors/ID", "All that is known of one group, by its id; POST sets its state",
      T2M_ANSWER_GROUP_PARAMETERS },
    { "performance", "Durations and counts by endpoint, and the newest slow requests",
      T2M_ANSWER_PERFORMANCE_PARAMETERS },
    { "security", "The newest security events, and how often each happened",
      T2M_ANSWER_SECURITY_PARAMETERS },
    { "requests/ID", "All that is still in memory of one request, by its id",
      T2M_ANSWER_REQUEST_PARAMETERS },
    { "health", "What was accepted, written, dropped and waits; the writer, the files, the disk",
      0 },
    { "metrics", "Counters and histograms for Prometheus (text 0.0.4)", 0 }
};

static const struct {
    const char *name;
    unsigned bit;
} parameters[] = {
    { "limit", T2M_QUERY_LIMIT },
    { "since", T2M_QUERY_SINCE },
    { "until", T2M_QUERY_UNTIL },
    { "level", T2M_QUERY_LEVEL },
    { "endpoint", T2M_QUERY_ENDPOINT },
    { "id", T2M_QUERY_ID },
    { "request_id", T2M_QUERY_REQUEST_ID },
    { "event", T2M_QUERY_EVENT },
    { "q", T2M_QUERY_Q },
    { "after", T2M_QUERY_AFTER },
    { "sort", T2M_QUERY_SORT },
    { "state", T2M_QUERY_STATE }
};

/* The request's own path without the slashes at its end: the endpoints stand below it. */
static const char *base_of(const t2m_answer_t *answer)
{
    const char *uri = answer->question->request->uri;
    apr_size_t size = uri ? strlen(uri) : 0;

    while (size > 0 && uri[size - 1] == '/') {
        size--;
    }
    return t2m_answer_shown(answer->pool, t2m_text_of(uri, size));
}

static json_t *names_of(t2m_answer_t *answer, unsigned bits)
{
    json_t *array = json_array();
    apr_size_t i;

    for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        if (parameters[i].bit & bits) {
            t2m_answer_append(answer, array, json_string(parameters[i].name));
        }
    }
    return array;
}

json_t *t2m_answer_index(const t2m_question_t *question)
{
    json_t *array = json_array();
    t2m_answer_t answer;
    apr_size_t i;

    t2m_answer_begin(&answer, question);
    for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        json_t *object = json_object();
        const char *path = apr_pstrcat(answer.pool, base_of(&answer), "/", endpoints[i].name,
                                       NULL);

        t2m_answer_set(&answer, object, "path", json_string(path));
        t2m_answer_set(&answer, object, "description", json_string(endpoints[i].description));
        t2m_answer_set(&answer, object, "parameters",
                       names_of(&answer, endpoints[i].parameters));
        t2m_answer_append(&answer, array, object);
    }
    t2m_answer_set(&answer, answer.json, "version", json_string(T2M_VERSION));
    t2m_answer_set(&answer, answer.json, "endpoints", array);
    return t2m_answer_end(&answer);
}
