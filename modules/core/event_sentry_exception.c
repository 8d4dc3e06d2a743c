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

/* Exceptions, stack traces and messages of Sentry's events. */
#include <stdio.h>

#include "core/event_internal.h"

enum {
    FRAMES_SCRATCH = T2M_EVENT_SCRATCH / 4 * 3, /* what frames may take of it: fields need some */
    MESSAGE_SCRATCH = FRAMES_SCRATCH,
    FRAMES_HALF = T2M_STACK_FRAMES_MAX / 2
};

/* Whose language an event or a frame is of. */
static int is_platform(t2m_text_t platform, const char *first, const char *second)
{
    return t2m_event_is(platform, first) || t2m_event_is(platform, second);
}

/* The list in a member that is a list or an object with the list in `values`. */
static json_t *list_of(const json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);

    return json_is_object(member) ? json_object_get(member, "values") : member;
}

/* As the language itself writes it: modules count in Python but for the two that go without
 * saying, and in Java. */
static t2m_text_t type_of(t2m_event_t *event, const json_t *value, t2m_text_t platform)
{
    t2m_text_t type = t2m_event_member(value, "type"), module = t2m_event_member(value, "module");
    t2m_text_t pieces[] = { module, t2m_text("."), type }, whole;

    if (module.size == 0 || type.size == 0 || !is_platform(platform, "python", "java")
        || t2m_event_is(module, "__main__") || t2m_event_is(module, "builtins")
        || t2m_event_is(module, "__builtins__") || t2m_event_is(module, "exceptions")) {
        return type;
    }
    whole = t2m_event_join(event, FRAMES_SCRATCH, pieces, 3);
    return whole.size > 0 ? whole : type;
}

static t2m_text_t trim(t2m_text_t text)
{
    while (text.size > 0 && strchr(" \t", text.data[0]) && text.data[0]) {
        text = t2m_text_of(text.data + 1, text.size - 1);
    }
    return text;
}

static t2m_text_t function_of(t2m_event_t *event, const json_t *frame, t2m_text_t platform)
{
    t2m_text_t function = t2m_event_member(frame, "function");
    t2m_text_t module = t2m_event_member(frame, "module");
    t2m_text_t pieces[] = { module, t2m_text("."), function }, whole;

    if (function.size == 0 || module.size == 0 || !is_platform(platform, "java", "csharp")) {
        return function;
    }
    whole = t2m_event_join(event, FRAMES_SCRATCH, pieces, 3);
    return whole.size > 0 ? whole : function;
}

static t2m_text_t file_of(const json_t *frame)
{
    t2m_text_t file = t2m_event_member(frame, "abs_path");

    return file.size > 0 ? file : t2m_event_member(frame, "filename");
}

/* What the trace says of a frame, as Python writes it or as most others do. */
static t2m_text_t describe(t2m_event_t *event, const t2m_stack_frame_t *frame, const json_t *value,
                           int is_python)
{
    char digits[16] = "";
    t2m_text_t line, source = trim(t2m_event_member(value, "context_line"));
    t2m_text_t python[] = { t2m_text("File \""), frame->file, t2m_text("\", line "),
                            t2m_text(NULL), t2m_text(", in "), frame->function,
                            t2m_text(source.size ? "\n    " : ""), source };
    t2m_text_t other[] = { t2m_text("at "), frame->function, t2m_text(" ("), frame->file,
                           t2m_text(NULL), t2m_text(")") };

    if (frame->line > 0) {
        (void)snprintf(digits, sizeof(digits), ":%u", (unsigned)frame->line);
    }
    line = t2m_text(digits);
    if (is_python && frame->file.size > 0 && frame->function.size > 0 && frame->line > 0) {
        python[3] = t2m_text(digits + 1);
        return t2m_event_join(event, FRAMES_SCRATCH, python, sizeof(python) / sizeof(*python));
    }
    if (frame->file.size == 0) {
        return t2m_event_join(event, FRAMES_SCRATCH, other, 2);
    }
    other[4] = line;
    if (frame->function.size == 0) {
        other[1] = other[2] = other[5] = t2m_text(NULL);
    }
    return t2m_event_join(event, FRAMES_SCRATCH, other, sizeof(other) / sizeof(*other));
}

static apr_uint32_t line_of(const json_t *frame)
{
    json_int_t line = json_integer_value(json_object_get(frame, "lineno"));

    return line > 0 && line <= APR_INT32_MAX ? (apr_uint32_t)line : 0;
}

/* The libraries' word counts, but not for what is a library by its place. */
static int in_app_of(const json_t *value, t2m_text_t file)
{
    static const char *const libraries[] = { "site-packages", "dist-packages", "node_modules",
                                             "vendor", "gems", NULL };

    return file.size > 0 && !json_is_false(json_object_get(value, "in_app"))
           && !t2m_stack_path_has(file, libraries);
}

static void add_frame(t2m_event_t *event, const json_t *value, t2m_text_t platform)
{
    t2m_stack_frame_t said = { 0 }, *frame;

    said.function = function_of(event, value, platform);
    said.file = file_of(value);
    if (said.function.size == 0 && said.file.size == 0) {
        said.function = t2m_event_member(value, "instruction_addr");
    }
    if (said.function.size == 0 && said.file.size == 0) {
        return;
    }
    said.line = line_of(value);
    said.in_app = in_app_of(value, said.file) != 0;
    said.text = describe(event, &said, value, t2m_event_is(platform, "python"));
    if (said.text.size == 0) {
        said.text = said.function.size > 0 ? said.function : said.file;
    }
    frame = t2m_stack_add_frame(&event->stack, said.text);
    said.cause = frame->cause;
    *frame = said;
}

/* Returns nonzero when there are frames. Of very many the middle is left out at once, so that
 * their texts do not use up the scratch. */
static int add_frames(t2m_event_t *event, const json_t *stacktrace, t2m_text_t platform)
{
    const json_t *frames = json_object_get(stacktrace, "frames");
    size_t i, count = json_array_size(frames);

    for (i = 0; i < count; i++) {
        if (count > T2M_STACK_FRAMES_MAX && i == FRAMES_HALF) {
            i = count - FRAMES_HALF;
            event->stack.truncated = 1;
        }
        add_frame(event, json_array_get(frames, i), platform);
    }
    return count > 0;
}

/* The stack of the thread that crashed, or of the one that sent the event. */
static const json_t *thread_stack(const json_t *object)
{
    const json_t *threads = list_of(object, "threads"), *thread, *found = NULL;
    size_t i;

    json_array_foreach(threads, i, thread) {
        if (json_is_true(json_object_get(thread, "crashed"))) {
            return json_object_get(thread, "stacktrace");
        }
        if (!found && json_is_true(json_object_get(thread, "current"))) {
            found = json_object_get(thread, "stacktrace");
        }
    }
    return found;
}

/* A whole trace as a text, as some send it. */
static t2m_text_t raw_stack(const json_t *value)
{
    t2m_text_t text = t2m_event_member(value, "stacktrace");

    return text.size > 0 ? text : t2m_event_member(value, "stack");
}

static void read_main(const json_t *object, const json_t *value, t2m_event_t *event,
                      t2m_text_t platform)
{
    t2m_text_t raw = raw_stack(value), type, message;

    if (raw.size > 0) {
        t2m_event_read_stack(event, raw);
    } else if (!add_frames(event, json_object_get(value, "stacktrace"), platform)) {
        (void)add_frames(event, thread_stack(object), platform);
    }
    type = type_of(event, value, platform);
    message = t2m_event_member(value, "value");
    if (type.size > 0) {
        event->stack.type = type;
    }
    if (message.size > 0) {
        event->stack.message = message;
    }
}

static void add_cause(const json_t *value, t2m_event_t *event, t2m_text_t platform)
{
    t2m_text_t type = type_of(event, value, platform), message = t2m_event_member(value, "value");

    if (type.size + message.size == 0) {
        return;
    }
    if (!t2m_stack_add_cause(&event->stack, type, message)) {
        event->stack.truncated = 1;
        return;
    }
    (void)add_frames(event, json_object_get(value, "stacktrace"), platform);
}

int t2m_event_sentry_exception(const json_t *object, t2m_event_t *event)
{
    static const char *const handled[] = { "mechanism", "handled", NULL };
    const json_t *values = list_of(object, "exception"), *last;
    t2m_text_t platform = t2m_event_member(object, "platform");
    size_t count = json_array_size(values);
    int is_raw;

    if (count == 0) {
        return 0;
    }
    last = json_array_get(values, --count);
    is_raw = raw_stack(last).size > 0;
    read_main(object, last, event, platform);
    while (count > 0 && !is_raw) { /* a whole trace tells the causes itself */
        add_cause(json_array_get(values, --count), event, platform);
    }
    t2m_event_add_field(event, NULL, "handled", t2m_event_find(last, handled));
    return event->stack.type.size + event->stack.message.size > 0;
}

/* Where a message is put together; what does not fit is left out. */
typedef struct {
    t2m_event_t *event;
    apr_size_t start;
} builder_t;

static void put(builder_t *builder, const char *bytes, apr_size_t size)
{
    apr_size_t used = builder->event->scratch_size;

    if (used < MESSAGE_SCRATCH) {
        apr_size_t room = MESSAGE_SCRATCH - used;

        builder->event->truncated |= size > room;
        (void)t2m_event_keep(builder->event, t2m_text_of(bytes, size > room ? room : size));
    }
}

static int put_dumped(const char *bytes, size_t size, void *data)
{
    put(data, bytes, size);
    return 0;
}

static void put_parameter(builder_t *builder, const json_t *value)
{
    if (json_is_string(value)) {
        put(builder, json_string_value(value), json_string_length(value));
    } else {
        (void)json_dump_callback(value, put_dumped, builder, JSON_COMPACT | JSON_ENCODE_ANY);
    }
}

/* The size of a placeholder of printf's kind: `%s`, `%-5.2f`, `%%`; 0: none. */
static apr_size_t placeholder_size(t2m_text_t text)
{
    apr_size_t i = 1;

    while (i < text.size && text.data[i] && strchr("-+#0123456789.lh", text.data[i])) {
        i++;
    }
    return i < text.size && text.data[i] && strchr("sdifFgGeEuxXorac%", text.data[i]) ? i + 1 : 0;
}

/* Puts the parameters in the places of a message, as the library that logged it would have. */
static t2m_text_t fill_in(t2m_event_t *event, t2m_text_t message, const json_t *params)
{
    builder_t builder = { event, event->scratch_size };
    size_t next = 0;

    while (message.size > 0) {
        apr_size_t size = message.data[0] == '%' ? placeholder_size(message) : 0;

        if (message.data[0] == '{' && message.size > 1 && message.data[1] == '}') {
            size = 2;
        }
        if (size > 0 && message.data[size - 1] == '%') {
            put(&builder, "%", 1);
        } else if (size > 0 && next < json_array_size(params)) {
            put_parameter(&builder, json_array_get(params, next++));
        } else {
            size = 1;
            put(&builder, message.data, 1);
        }
        message = t2m_text_of(message.data + size, message.size - size);
    }
    return t2m_text_of(event->scratch + builder.start, event->scratch_size - builder.start);
}

static t2m_text_t message_of(const json_t *value, t2m_event_t *event)
{
    t2m_text_t message = t2m_event_member(value, "formatted");
    const json_t *params = json_object_get(value, "params");

    if (message.size > 0) {
        return message;
    }
    message = t2m_event_member(value, "message");
    return json_array_size(params) > 0 ? fill_in(event, message, params) : message;
}

t2m_text_t t2m_event_sentry_message(const json_t *object, t2m_event_t *event)
{
    const json_t *message = json_object_get(object, "message");
    t2m_text_t text = message_of(json_object_get(object, "logentry"), event);

    if (text.size == 0) {
        text = json_is_object(message) ? message_of(message, event) : t2m_event_text(message);
    }
    return text;
}
