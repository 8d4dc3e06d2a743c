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

/* A record: the typed fields of one log line before they are encoded.
 *
 * Lives on the stack of the hook that gathers it; texts are borrowed from the request or the
 * message and must outlive the encoding only. Not shared between threads. Fields are written in
 * the order in which they were added; a field too many is left out and `truncated` is set.
 */
#ifndef T2M_CORE_RECORD_H
#define T2M_CORE_RECORD_H

#include <apr_time.h>

#include "core/level.h"
#include "core/mask.h"
#include "core/stream.h"
#include "core/text.h"

typedef enum {
    T2M_FIELD_TEXT,
    T2M_FIELD_LINES,        /* text whose items end at T2M_LINE_SEPARATOR (the last may end without
                             * it): an array of strings */
    T2M_FIELD_INTEGER,
    T2M_FIELD_REAL,         /* real: a number with a fraction */
    T2M_FIELD_MILLISECONDS, /* number: microseconds, shown as 12.345 */
    T2M_FIELD_BOOLEAN,
    T2M_FIELD_TIMESTAMP,    /* number: apr_time_t */
    T2M_FIELD_ROWS,         /* text and columns: an array of objects, see core/rows.h */
    T2M_FIELD_OPEN,         /* the member `name` is an object; the fields up to CLOSE are its own */
    T2M_FIELD_CLOSE
} t2m_field_kind_e;

#define T2M_LINE_SEPARATOR '\x1e' /* ASCII record separator */

/* A member of the objects of a ROWS field. A table of them ends with a name of NULL. */
typedef struct {
    const char *name;      /* as a field's */
    t2m_field_kind_e kind; /* TEXT; or in decimal digits INTEGER, MILLISECONDS (microseconds),
                            * BOOLEAN (0 is false) */
} t2m_column_t;

enum {
    T2M_RECORD_FIELDS_MAX = 80, /* that are gathered */
    T2M_RECORD_ROOM = 2 * T2M_RECORD_FIELDS_MAX + 2, /* see t2m_extra_arrange */
    T2M_RECORD_SPANS_MAX = 256, /* masked spans in all fields together */
    T2M_FIELD_CLEAN = 0xFFFF, /* known to have nothing to mask */
    T2M_FOREIGN_TEXT_MAX = 1024 /* bytes of a line that a text of others may take */
};

typedef struct {
    const char *name;        /* plain ASCII: [a-z0-9_]+; NULL for CLOSE */
    t2m_text_t text;
    union {
        apr_int64_t number;
        double real;
        const t2m_column_t *columns; /* of ROWS; static */
    };
    unsigned char kind;      /* t2m_field_kind_e */
    unsigned char content;   /* t2m_content_e */
    apr_uint16_t cap;        /* bytes of the line its text may take; 0: our own, no cap */
    apr_uint16_t span_first; /* set by t2m_record_mask; before: T2M_FIELD_CLEAN, or 0 */
    apr_uint16_t span_count;
} t2m_field_t;

/* What is counted of a record without a look at its line; see T2M_FACT_* of shared/layout.h. */
typedef struct {
    apr_uint64_t value;  /* performance: microseconds; security: key of the client's network */
    t2m_text_t name;     /* of the metric, the error's group or the event; empty: none */
    apr_uint16_t status; /* performance: of the response; 0: none */
    unsigned char flags; /* T2M_FACT_* */
} t2m_facts_t;

typedef struct {
    apr_time_t time;
    t2m_stream_e stream;
    t2m_level_e level;
    apr_uint16_t field_count;
    apr_uint16_t span_count;
    unsigned truncated : 1; /* something was left out: the line says so */
    unsigned audit : 1;     /* written whatever level the stream has; set after begin */
    t2m_facts_t facts;      /* set by whoever gathers the record */
    t2m_field_t fields[T2M_RECORD_ROOM];
    t2m_mask_span_t spans[T2M_RECORD_SPANS_MAX];
} t2m_record_t;

/** Starts a record with its `timestamp` and `level`, and no facts. */
void t2m_record_begin(t2m_record_t *record, t2m_stream_e stream, t2m_level_e level,
                      apr_time_t time);

/** Adds a text field. An empty text is left out: absent is absent. */
void t2m_record_text(t2m_record_t *record, const char *name, t2m_content_e content,
                     t2m_text_t text);

/** As t2m_record_text for a C string; NULL is left out. */
void t2m_record_string(t2m_record_t *record, const char *name, t2m_content_e content,
                       const char *string);

/**
 * As t2m_record_text for a text in which the policy that masks the record finds nothing: it is not
 * searched again. The line is the same. Such a record must be masked before it is encoded.
 */
void t2m_record_clean(t2m_record_t *record, const char *name, t2m_content_e content,
                      t2m_text_t text);

/** Adds an array of strings; an empty text is the empty array `[]`. */
void t2m_record_lines(t2m_record_t *record, const char *name, t2m_content_e content,
                      t2m_text_t text);

/**
 * Adds an array of objects: what t2m_rows_text of core/rows.h gave, in which all secrets are
 * replaced already; it is not searched. An empty text is left out. columns is a static table.
 */
void t2m_record_rows(t2m_record_t *record, const char *name, const t2m_column_t *columns,
                     t2m_text_t text);

/** Adds a number, true or false, or a number of milliseconds given in microseconds. */
void t2m_record_integer(t2m_record_t *record, const char *name, apr_int64_t value);
void t2m_record_boolean(t2m_record_t *record, const char *name, int value);
void t2m_record_milliseconds(t2m_record_t *record, const char *name, apr_int64_t microseconds);

/**
 * Opens the object `name`; the fields that follow are its own until t2m_record_close. An object
 * still open at the record's end is closed by the encoder.
 */
void t2m_record_open(t2m_record_t *record, const char *name);
void t2m_record_close(t2m_record_t *record);

/* Fields that others name and fill: of the C API, of scripts, of the configuration. */

/** A field of text; name and text are borrowed. */
t2m_field_t t2m_field_text(const char *name, t2m_text_t text);

/** A field with a whole number. */
t2m_field_t t2m_field_integer(const char *name, apr_int64_t value);

/** A field with a number that may have decimals; it must be finite. */
t2m_field_t t2m_field_real(const char *name, double value);

/** A field that is true (any value but 0) or false. */
t2m_field_t t2m_field_boolean(const char *name, int value);

/**
 * Adds a copy of such a field. Left out are an empty text, and a field whose name the record has
 * already outside of its objects: the first wins. The caller has checked the name. Its text is
 * searched as a message and may take T2M_FOREIGN_TEXT_MAX bytes of the line; when the name itself
 * says that the value is a secret, the whole value is replaced.
 */
void t2m_record_foreign(t2m_record_t *record, const t2m_field_t *field);

/** Takes out the field of that name, outside of objects, or the whole object. Before masking. */
void t2m_record_remove(t2m_record_t *record, const char *name);

/**
 * Finds the secrets in all text fields, once; the encoder then writes the replacements. A field
 * whose spans do not fit beside those of the others is replaced wholly; a field with one span or
 * none is never replaced for want of room, so that a flood of secrets hides nothing else.
 */
void t2m_record_mask(t2m_record_t *record, const t2m_mask_t *mask);

#endif
