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

/* Any bytes as a request of OTLP logs: all that comes of it is counted and told, every text is
 * UTF-8 if the request is, every name and id as it must be; the same again from the same bytes. */
#include "core/event.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/field_name.h"
#include "core/id.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What take was told. */
typedef struct {
    unsigned events, refused;
    size_t bytes; /* of messages */
} told_t;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_text(t2m_text_t text)
{
    require(text.size == 0 || t2m_utf8_is_valid(text.data, text.size));
}

static void check_id(t2m_text_t id, size_t size)
{
    size_t i;

    require(id.size == 0 || id.size == size);
    for (i = 0; i < id.size; i++) {
        require((id.data[i] >= '0' && id.data[i] <= '9')
                || (id.data[i] >= 'a' && id.data[i] <= 'f'));
    }
}

static void check_fields(const t2m_event_t *event)
{
    int i, j;

    require(event->field_count >= 0 && event->field_count <= T2M_EVENT_FIELDS_MAX);
    for (i = 0; i < event->field_count; i++) {
        const t2m_field_t *field = &event->fields[i];

        require(t2m_field_name_is_plain(field->name, strlen(field->name)));
        for (j = 0; j < i; j++) {
            require(strcmp(field->name, event->fields[j].name) != 0);
        }
        if (field->kind == T2M_FIELD_TEXT) {
            check_text(field->text);
        }
    }
}

static void check_stack(const t2m_stack_t *stack)
{
    int i;

    check_text(stack->type);
    check_text(stack->message);
    require(stack->frame_count <= T2M_STACK_FRAMES_MAX);
    require(stack->cause_count <= T2M_STACK_CAUSES_MAX);
    for (i = 0; i < stack->frame_count; i++) {
        check_text(stack->frames[i].text);
        require(stack->frames[i].cause <= stack->cause_count);
    }
}

static void check_event(const t2m_event_t *event)
{
    const t2m_text_t *const texts[] = { &event->message, &event->logger, &event->release,
                                        &event->environment, &event->hostname, &event->method,
                                        &event->path, &event->ip, &event->request_id };
    unsigned i;

    require(event->kind == T2M_EVENT_LINE || event->kind == T2M_EVENT_EXCEPTION);
    require(t2m_level_name(event->level) != NULL && event->time >= 0);
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_text(*texts[i]);
    }
    require(event->request_id.size == 0
            || t2m_id_valid(event->request_id.data, event->request_id.size));
    check_id(event->trace_id, 32);
    check_id(event->span_id, 16);
    require(event->status == 0 || (event->status >= 100 && event->status < 600));
    require(event->scratch_size <= sizeof(event->scratch));
    check_fields(event);
    if (event->kind == T2M_EVENT_EXCEPTION) {
        check_stack(&event->stack);
    }
}

static int take(void *data, const t2m_event_t *event, t2m_event_reason_e reason,
                const char *detail)
{
    told_t *told = data;

    if (!event) {
        require(reason != T2M_EVENT_OK && detail != NULL && *detail != '\0');
        require(t2m_utf8_is_valid(detail, strlen(detail)));
        told->refused++;
        return 0;
    }
    require(reason == T2M_EVENT_OK);
    check_event(event);
    told->events++;
    told->bytes += event->message.size;
    return told->events % 7 == 0; /* now and then one is not kept */
}

static t2m_event_result_t read_once(t2m_text_t body, told_t *told)
{
    static t2m_event_t event;
    t2m_event_result_t result;

    memset(told, 0, sizeof(*told));
    t2m_event_otlp_logs(body, &event, take, told, &result);
    require(result.taken == told->events - told->events / 7);
    require(result.lost == told->events / 7 && result.refused == told->refused);
    require((result.first == T2M_EVENT_OK) == (result.refused == 0));
    require(strlen(result.detail) < sizeof(result.detail) && result.unsupported == 0);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    t2m_text_t body = t2m_text_of((const char *)data, size);
    told_t told, again;
    t2m_event_result_t result = read_once(body, &told);
    t2m_event_result_t other = read_once(body, &again);

    require(result.taken == other.taken && result.refused == other.refused);
    require(told.bytes == again.bytes);
    return 0;
}
