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

/* A line written field by field, as the fields come: the quick way of a record.
 *
 * Whoever gathers a record for this way does so in a function that is called with a line: it puts
 * the fields in their order, and does not know which way the line goes. The quick way searches,
 * masks and escapes each text and writes it in one go. What does not fit, and what only whole
 * records can have (fields of others, objects, a layout other than flat), makes the line fail; then
 * the same function is called again with a line that gathers a t2m_record_t. Both ways give the
 * same bytes, which t/unit/core/line.c proves with t2m_encode.
 *
 * On the stack of the hook that writes it; not shared between threads. Allocates nothing.
 */
#ifndef T2M_CORE_LINE_H
#define T2M_CORE_LINE_H

#include "core/json.h"
#include "core/record.h"

/* Private to this file and line.c. */
typedef struct {
    t2m_json_t json;
    const t2m_mask_t *mask;
    t2m_record_t *record;  /* not NULL: the fields are gathered here */
    int plain;             /* see t2m_line_copy */
    apr_size_t span_count; /* of all fields */
} t2m_line_t;

/* What the lines of one moment begin with. */
enum { T2M_LINE_START_SIZE = 14 + 24 + 2 }; /* {"timestamp":"...", */

typedef struct {
    apr_time_t time;
    apr_int64_t second; /* of which bytes are; below 0: of none */
    char bytes[T2M_LINE_START_SIZE];
} t2m_line_start_t;

/**
 * Renders the beginning of all lines of that time. start holds that of an earlier one, of which all
 * but the milliseconds may stay, or its second is below 0.
 */
void t2m_line_start(t2m_line_start_t *start, apr_time_t time);

/**
 * Begins a line of the quick way at buffer, which has room for `room` bytes, at least 256. mask:
 * the policy by which texts are searched; borrowed.
 */
void t2m_line_begin(t2m_line_t *line, const t2m_line_start_t *start, t2m_level_e level,
                    const t2m_mask_t *mask, char *buffer, apr_size_t room);

/** Begins a line whose fields go to a record that t2m_record_begin has begun. */
void t2m_line_gather(t2m_line_t *line, t2m_record_t *record);

/**
 * From now on no text of the line, which is one of the quick way, needs to be searched or escaped:
 * all are printable ASCII without `"` and `\`.
 */
static inline void t2m_line_copy(t2m_line_t *line)
{
    line->plain = 1;
}

/** The record that gathers the fields; NULL on the quick way. */
static inline t2m_record_t *t2m_line_record(const t2m_line_t *line)
{
    return line->record;
}

/**
 * Ends a line of the quick way: as t2m_encode leaves it. Returns its size; 0 when it failed. Not
 * for one that gathers.
 */
apr_size_t t2m_line_end(t2m_line_t *line);

/*
 * The fields. name is a literal of plain ASCII, [a-z0-9_]+; what is put means what the function of
 * the same name in record.h means.
 */
#define T2M_LINE_NAME(name) name, ",\"" name "\":", sizeof(",\"" name "\":") - 1
#define t2m_line_text(line, name, content, text) \
    t2m_line_put_text(line, T2M_LINE_NAME(name), content, text)
#define t2m_line_string(line, name, content, string) \
    t2m_line_put_text(line, T2M_LINE_NAME(name), content, t2m_text(string))
#define t2m_line_plain(line, name, text) t2m_line_put_plain(line, T2M_LINE_NAME(name), text)
#define t2m_line_integer(line, name, value) t2m_line_put_integer(line, T2M_LINE_NAME(name), value)
#define t2m_line_milliseconds(line, name, microseconds) \
    t2m_line_put_milliseconds(line, T2M_LINE_NAME(name), microseconds)
#define t2m_line_boolean(line, name, value) t2m_line_put_boolean(line, T2M_LINE_NAME(name), value)

/**
 * Members that were rendered before, for an equal line of the quick way, each with its comma first.
 * Not for one that gathers.
 */
static inline void t2m_line_rendered(t2m_line_t *line, t2m_text_t members)
{
    t2m_json_t *json = &line->json;

    if (members.size > (apr_size_t)(json->end - json->next)) {
        json->full = 1;
        json->end = json->next;
        return;
    }
    memcpy(json->next, members.data, members.size);
    json->next += members.size;
}

/** Bytes of the line so far; 0 when its fields are gathered. */
static inline apr_size_t t2m_line_size(const t2m_line_t *line)
{
    return line->record ? 0 : t2m_json_size(&line->json);
}

/**
 * What was rendered since the line had so many bytes: empty when it is no good for another line,
 * because something did not fit or was not valid.
 */
static inline t2m_text_t t2m_line_since(const t2m_line_t *line, apr_size_t size)
{
    const t2m_json_t *json = &line->json;

    return json->full || json->lossy ? t2m_text_of(NULL, 0)
                                     : t2m_text_of(json->start + size, t2m_json_size(json) - size);
}

/** A field of others, which only a record can have. */
void t2m_line_foreign(t2m_line_t *line, const t2m_field_t *field);

/* Behind the macros. Inlined, so that a name is copied by its size, which is known there. */
#define T2M_LINE_INLINE __attribute__((always_inline))

/** The value of a text on the quick way; returns nonzero when its bytes stand there unchanged. */
int t2m_line_value(t2m_line_t *line, t2m_content_e content, t2m_text_t text);

/** Nonzero when the member's name was written; its value may need `more` bytes besides. */
static inline T2M_LINE_INLINE int t2m_line_member(t2m_json_t *json, const char *quoted,
                                                  apr_size_t size, apr_size_t more)
{
    if (size + more > (apr_size_t)(json->end - json->next)) {
        json->full = 1;
        json->end = json->next; /* nothing comes behind a gap */
        return 0;
    }
    memcpy(json->next, quoted, size);
    json->next += size;
    json->comma = 0; /* it stands in the name */
    return 1;
}

/** A text that is known to need neither: ids, names of our own, what was written so before. */
static inline T2M_LINE_INLINE void t2m_line_put_plain(t2m_line_t *line, const char *name,
                                                      const char *quoted, apr_size_t size,
                                                      t2m_text_t text)
{
    t2m_json_t *json = &line->json;
    char *next;

    if (text.size == 0) {
        return;
    }
    if (line->record) {
        t2m_record_text(line->record, name, T2M_CONTENT_SAFE, text);
    }
    else if (t2m_line_member(json, quoted, size, text.size + 2)) {
        next = json->next;
        *next++ = '"';
        next = t2m_text_copy(next, text.data, text.size);
        *next++ = '"';
        json->next = next;
    }
}

/**
 * A text. Returns nonzero when the line has its very bytes: nothing in it was to be masked or
 * escaped. Zero for an empty text, which is left out, and when the fields are gathered.
 */
static inline T2M_LINE_INLINE int t2m_line_put_text(t2m_line_t *line, const char *name,
                                                    const char *quoted, apr_size_t size,
                                                    t2m_content_e content, t2m_text_t text)
{
    if (text.size == 0) {
        return 0;
    }
    if (line->record) {
        t2m_record_text(line->record, name, content, text);
        return 0;
    }
    if (line->plain) {
        t2m_line_put_plain(line, name, quoted, size, text);
        return 1;
    }
    return t2m_line_member(&line->json, quoted, size, 2) && t2m_line_value(line, content, text);
}

/** See record.h. */
static inline T2M_LINE_INLINE void t2m_line_put_integer(t2m_line_t *line, const char *name,
                                                        const char *quoted, apr_size_t size,
                                                        apr_int64_t value)
{
    if (line->record) {
        t2m_record_integer(line->record, name, value);
    }
    else if (t2m_line_member(&line->json, quoted, size, 0)) {
        t2m_json_integer(&line->json, value);
    }
}

/** See record.h. */
static inline T2M_LINE_INLINE void t2m_line_put_milliseconds(t2m_line_t *line, const char *name,
                                                             const char *quoted, apr_size_t size,
                                                             apr_int64_t microseconds)
{
    if (line->record) {
        t2m_record_milliseconds(line->record, name, microseconds);
    }
    else if (t2m_line_member(&line->json, quoted, size, 0)) {
        t2m_json_milliseconds(&line->json, microseconds);
    }
}

/** See record.h. */
static inline T2M_LINE_INLINE void t2m_line_put_boolean(t2m_line_t *line, const char *name,
                                                        const char *quoted, apr_size_t size,
                                                        int value)
{
    if (line->record) {
        t2m_record_boolean(line->record, name, value);
    }
    else if (t2m_line_member(&line->json, quoted, size, 0)) {
        t2m_json_boolean(&line->json, value);
    }
}

#endif
