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

/* What holds for each event that a reader tells, whatever the body was. */
#ifndef T2M_FUZZ_EVENT_CHECK_H
#define T2M_FUZZ_EVENT_CHECK_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/field_name.h"
#include "core/id.h"

typedef struct {
    unsigned events, refusals, unsupported, sum;
} check_state_t;

typedef void (*check_reader_t)(t2m_text_t body, t2m_event_t *event, check_state_t *state);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Touches each byte, for the sanitizer. */
static void check_text(check_state_t *state, t2m_text_t text)
{
    apr_size_t i;

    check(text.data || text.size == 0);
    for (i = 0; i < text.size; i++) {
        state->sum += (unsigned char)text.data[i];
    }
}

static void check_id(check_state_t *state, t2m_text_t id, apr_size_t size)
{
    apr_size_t i;

    check_text(state, id);
    check(id.size == 0 || id.size == size);
    for (i = 0; i < id.size; i++) {
        check((id.data[i] >= '0' && id.data[i] <= '9') || (id.data[i] >= 'a' && id.data[i] <= 'f'));
    }
}

static void check_texts(check_state_t *state, const t2m_event_t *event)
{
    check_text(state, event->name);
    check_text(state, event->message);
    check_text(state, event->logger);
    check_text(state, event->function);
    check_text(state, event->module);
    check_text(state, event->release);
    check_text(state, event->environment);
    check_text(state, event->hostname);
    check_text(state, event->method);
    check_text(state, event->path);
    check_text(state, event->ip);
    check_text(state, event->event_id);
    check_text(state, event->request_id);
    check(event->request_id.size == 0
          || t2m_id_valid(event->request_id.data, event->request_id.size));
    check_id(state, event->trace_id, 32);
    check_id(state, event->span_id, 16);
}

static void check_stack(check_state_t *state, const t2m_stack_t *stack)
{
    unsigned i;

    check_text(state, stack->type);
    check_text(state, stack->message);
    check(stack->frame_count <= T2M_STACK_FRAMES_MAX);
    check(stack->cause_count <= T2M_STACK_CAUSES_MAX);
    for (i = 0; i < stack->frame_count; i++) {
        check_text(state, stack->frames[i].function);
        check_text(state, stack->frames[i].file);
        check_text(state, stack->frames[i].text);
        check(stack->frames[i].text.size > 0);
        check(stack->frames[i].cause <= stack->cause_count);
    }
    for (i = 0; i < stack->cause_count; i++) {
        check_text(state, stack->causes[i].type);
        check_text(state, stack->causes[i].message);
        check(stack->causes[i].type.size + stack->causes[i].message.size > 0);
    }
}

static void check_fields(check_state_t *state, const t2m_event_t *event)
{
    int i, j;

    check(event->field_count >= 0 && event->field_count <= T2M_EVENT_FIELDS_MAX);
    for (i = 0; i < event->field_count; i++) {
        const t2m_field_t *field = &event->fields[i];

        check(t2m_field_name_is_plain(field->name, strlen(field->name)));
        check(field->kind != T2M_FIELD_REAL || isfinite(field->real));
        if (field->kind == T2M_FIELD_TEXT) {
            check_text(state, field->text);
            check(field->text.size > 0);
        }
        for (j = 0; j < i; j++) {
            check(strcmp(event->fields[j].name, field->name) != 0);
        }
    }
    check(event->breadcrumb_count >= 0
          && event->breadcrumb_count <= T2M_EVENT_BREADCRUMBS_MAX);
    for (i = 0; i < event->breadcrumb_count; i++) {
        check_text(state, event->breadcrumbs[i].category);
        check_text(state, event->breadcrumbs[i].message);
        check(event->breadcrumbs[i].level < T2M_LEVEL_COUNT && event->breadcrumbs[i].time >= 0);
    }
}

static void check_event(check_state_t *state, const t2m_event_t *event)
{
    check(event->kind <= T2M_EVENT_PERFORMANCE && event->level < T2M_LEVEL_COUNT);
    check(event->time >= 0 && event->duration >= 0);
    check(event->status == 0 || (event->status >= 100 && event->status <= 599));
    check(event->scratch_size <= sizeof(event->scratch));
    check_texts(state, event);
    if (event->kind == T2M_EVENT_EXCEPTION) {
        check_stack(state, &event->stack);
        check(event->stack.type.size + event->stack.message.size + event->message.size > 0);
    } else if (event->kind == T2M_EVENT_LINE) {
        check(event->message.size > 0);
    } else {
        check(event->name.size > 0);
    }
    check_fields(state, event);
}

/* Every fifth event cannot be kept. */
static int check_take(void *data, const t2m_event_t *event, t2m_event_reason_e reason,
                      const char *detail)
{
    check_state_t *state = data;

    if (event) {
        check(reason == T2M_EVENT_OK && !detail);
        check_event(state, event);
        return ++state->events % 5 == 0;
    }
    check(reason > T2M_EVENT_OK && reason < T2M_EVENT_REASONS && *detail);
    check(strlen(detail) < 256);
    if (reason == T2M_EVENT_UNSUPPORTED) {
        state->unsupported++;
    } else {
        state->refusals++;
    }
    return 0;
}

static void check_result(const check_state_t *state, const t2m_event_result_t *result)
{
    check(result->taken + result->lost == state->events && result->lost == state->events / 5);
    check(result->refused == state->refusals && result->unsupported == state->unsupported);
    check((result->first == T2M_EVENT_OK) == (result->refused == 0));
    check((result->detail[0] == '\0') == (result->refused == 0));
    check(strlen(result->detail) < sizeof(result->detail));
    check(strlen(result->event_id) == 0 || strlen(result->event_id) == 32);
}

/* Lets reader read a body in memory of its own size, into memory with nothing of use in it. */
static void check_run(const uint8_t *data, size_t size, check_reader_t reader)
{
    char *body = malloc(size ? size : 1);
    t2m_event_t *event = malloc(sizeof(*event));
    check_state_t state = { 0, 0, 0, 0 };

    check(body && event);
    memcpy(body, data, size);
    memset(event, 0xa5, sizeof(*event));
    reader(t2m_text_of(body, size), event, &state);
    free(event);
    free(body);
}

#endif
