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

/* See admin_change.h. */
#include "server/admin_change.h"

#include <strings.h>

#include <jansson.h>

#include "core/moment.h"

#define LAST_SECOND 253402300799.0 /* of the year 9999 */

static const char wrong_form[] =
    "The body has to be a JSON object with the member state and, when that is ignored, maybe until "
    "and count.";
static const char wrong_state[] = "state has to be resolved, ignored or ongoing.";
static const char wrong_until[] =
    "until has to be a time to come: epoch seconds, an RFC 3339 time, or a span from now such as "
    "90s 15m 2h 7d.";
static const char wrong_count[] = "count has to be a whole number from 1 to 1000000000.";
static const char not_ignored[] = "until and count are for the state ignored alone.";

int t2m_admin_change_is_json(const char *type)
{
    static const char json[] = "application/json";
    apr_size_t size = sizeof(json) - 1;

    if (!type || strncasecmp(type, json, size) != 0) {
        return 0;
    }
    type += size;
    type += strspn(type, " \t");
    return *type == '\0' || *type == ';';
}

/* Nonzero when there is a member that is none of ours. */
static int has_others(json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) {
        if (strcmp(name, "state") != 0 && strcmp(name, "until") != 0
            && strcmp(name, "count") != 0) {
            return 1;
        }
    }
    return 0;
}

static int take_state(const json_t *value, t2m_group_state_t *state)
{
    const char *name = json_string_value(value);
    t2m_group_state_e given = t2m_group_state_of(t2m_text(name));

    state->state = (apr_uint64_t)given;
    return given == T2M_GROUP_ONGOING || given == T2M_GROUP_RESOLVED
           || given == T2M_GROUP_IGNORED;
}

/* A span counts back from now in t2m_moment_parse, and here as far ahead. */
static apr_time_t moment_of(t2m_text_t text, apr_time_t now)
{
    apr_time_t moment;

    if (t2m_moment_parse(text, now, &moment) != T2M_MOMENT_OK) {
        return 0;
    }
    return strchr("smhd", text.data[text.size - 1]) ? now + (now - moment) : moment;
}

static int take_until(const json_t *value, apr_time_t now, apr_int64_t *until)
{
    double seconds = json_number_value(value);

    if (json_is_number(value) && seconds >= 0 && seconds <= LAST_SECOND) {
        *until = (apr_int64_t)(seconds * (double)APR_USEC_PER_SEC);
    }
    else if (json_is_string(value)) {
        *until = moment_of(t2m_text_of(json_string_value(value), json_string_length(value)), now);
    }
    return *until > now;
}

static int take_count(const json_t *value, apr_uint64_t *count)
{
    json_int_t number = json_integer_value(value); /* 0 for what is none */

    *count = (apr_uint64_t)number;
    return number >= 1 && number <= T2M_ADMIN_CHANGE_COUNT_MAX;
}

static const char *read_object(json_t *object, apr_time_t now, t2m_group_state_t *state)
{
    const json_t *until = json_object_get(object, "until");
    const json_t *count = json_object_get(object, "count");

    if (!json_is_object(object) || has_others(object)) {
        return wrong_form;
    }
    if (!take_state(json_object_get(object, "state"), state)) {
        return wrong_state;
    }
    if ((until || count) && state->state != T2M_GROUP_IGNORED) {
        return not_ignored;
    }
    if (until && !take_until(until, now, &state->until)) {
        return wrong_until;
    }
    return count && !take_count(count, &state->count) ? wrong_count : NULL;
}

const char *t2m_admin_change_read(t2m_text_t body, apr_time_t now, t2m_group_state_t *state)
{
    json_t *object = json_loadb(body.size > 0 ? body.data : "", body.size, JSON_REJECT_DUPLICATES,
                                NULL);
    const char *refused;

    memset(state, 0, sizeof(*state));
    state->since = now;
    refused = read_object(object, now, state);
    json_decref(object);
    return refused;
}
