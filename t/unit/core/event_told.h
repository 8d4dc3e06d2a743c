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

/* Notes what the readers of events tell: an event's texts are gone when its taker returns. */
#ifndef T2M_UNIT_EVENT_TOLD_H
#define T2M_UNIT_EVENT_TOLD_H

#include <stdlib.h>

#include "core/event.h"
#include "tap.h"

typedef void (*told_reader_t)(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                              void *data, t2m_event_result_t *result);

static t2m_event_t event;
static t2m_event_t last;     /* the last one told; of its texts only `shown` may be looked at */
static char shown[65536];    /* the last one: `\nname=value` for each text that is not empty, and
                              * each field, cause, frame and breadcrumb */
static char told[4096];      /* of each: its message or name, or reason and detail; a LF */
static t2m_event_result_t result;
static int refuses_to_keep;
static char *show_at;
#define SHOW_ROOM ((size_t)(shown + sizeof(shown) - show_at))

static void show(const char *name, t2m_text_t text)
{
    if (text.size > 0) {
        show_at += snprintf(show_at, SHOW_ROOM, "%s=%.*s\n", name, (int)text.size, text.data);
    }
}

static void show_fields(const t2m_event_t *from)
{
    int i;

    for (i = 0; i < from->field_count; i++) {
        const t2m_field_t *field = &from->fields[i];
        char name[80];

        snprintf(name, sizeof(name), "field %s", field->name);
        if (field->kind == T2M_FIELD_TEXT) {
            show(name, field->text);
        } else if (field->kind == T2M_FIELD_REAL) {
            show_at += snprintf(show_at, SHOW_ROOM, "%s=%g\n", name, field->real);
        } else {
            show_at += snprintf(show_at, SHOW_ROOM, "%s=%lld\n", name, (long long)field->number);
        }
    }
}

static void show_stack(const t2m_stack_t *stack)
{
    int i;

    show("type", stack->type);
    show("value", stack->message);
    for (i = 0; i < stack->cause_count; i++) {
        show("cause type", stack->causes[i].type);
        show("cause value", stack->causes[i].message);
    }
    for (i = 0; i < stack->frame_count; i++) {
        const t2m_stack_frame_t *frame = &stack->frames[i];

        show_at += snprintf(show_at, SHOW_ROOM, "frame %d=%.*s|%.*s|%u|%d|%d|%.*s\n", i,
                           (int)frame->function.size, frame->function.data,
                           (int)frame->file.size, frame->file.data, (unsigned)frame->line,
                           frame->in_app, frame->cause, (int)frame->text.size, frame->text.data);
    }
}

static void show_event(const t2m_event_t *from)
{
    int i;

    show_at = shown + snprintf(shown, sizeof(shown), "\n");
    show("name", from->name);
    show("message", from->message);
    show("logger", from->logger);
    show("function", from->function);
    show("module", from->module);
    show("release", from->release);
    show("environment", from->environment);
    show("hostname", from->hostname);
    show("request_id", from->request_id);
    show("trace_id", from->trace_id);
    show("span_id", from->span_id);
    show("method", from->method);
    show("path", from->path);
    show("ip", from->ip);
    show("event_id", from->event_id);
    show_stack(&from->stack);
    show_fields(from);
    for (i = 0; i < from->breadcrumb_count; i++) {
        show_at += snprintf(show_at, SHOW_ROOM, "breadcrumb %lld %d %.*s=%.*s\n",
                           (long long)from->breadcrumbs[i].time, (int)from->breadcrumbs[i].level,
                           (int)from->breadcrumbs[i].category.size,
                           from->breadcrumbs[i].category.data,
                           (int)from->breadcrumbs[i].message.size,
                           from->breadcrumbs[i].message.data);
    }
}

static int take(void *data, const t2m_event_t *taken, t2m_event_reason_e reason,
                const char *detail)
{
    size_t used = strlen(told), room = sizeof(told) - used;

    if (data != &event || (taken == NULL) != (reason != T2M_EVENT_OK) || !taken != !!detail) {
        ok(0, "what is told goes together");
    }
    if (taken) {
        t2m_text_t text = taken->message.size ? taken->message : taken->name;

        memcpy(&last, taken, sizeof(last));
        show_event(taken);
        snprintf(told + used, room, "%.*s\n", (int)text.size, text.data);
        return refuses_to_keep;
    }
    snprintf(told + used, room, "%s: %s\n", t2m_event_reason_name(reason), detail);
    return 0;
}

/* The body lies in memory of its own size. */
static void read_size(told_reader_t reader, const char *text, size_t size)
{
    char *body = malloc(size ? size : 1);

    memcpy(body, text, size);
    told[0] = '\0';
    memcpy(shown, "\n", 2);
    memset(&last, 0, sizeof(last));
    memset(&event, 0xa5, sizeof(event));
    reader(t2m_text_of(body, size), &event, take, &event, &result);
    free(body);
}

/* Nonzero when the last event has that line. */
static int has(const char *line)
{
    char sought[1024];
    int found;

    snprintf(sought, sizeof(sought), "\n%s\n", line);
    found = strstr(shown, sought) != NULL;
    ok(found, "%.*s", (int)strcspn(line, "\n"), line);
    if (!found) {
        printf("# in: %s\n", shown);
    }
    return found;
}

__attribute__((unused)) static void has_not(const char *start)
{
    char sought[256];

    snprintf(sought, sizeof(sought), "\n%s", start);
    ok(!strstr(shown, sought), "no %s", start);
}

static void is_told(const char *want)
{
    int same = strcmp(told, want) == 0;

    ok(same, "told: %.*s", (int)strcspn(want, "\n"), want);
    if (!same) {
        printf("#  got: %s\n# want: %s\n", told, want);
    }
}

#endif
