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

/* A streaming writer of compact JSON into a caller's buffer. Allocates nothing; whatever the
 * bytes are, what it leaves is valid UTF-8 and valid JSON (RFC 8259).
 *
 * In strings: bytes below 0x20, `"` and `\` are escaped; DEL, C1 controls (U+0080–9F), U+2028,
 * U+2029, U+FEFF and the bidi controls U+061C, U+200E/F, U+202A–E, U+2066–9 as \uXXXX; each maximal
 * ill-formed subsequence (Unicode 15 section 3.9, D93b) becomes one U+FFFD (the three bytes
 * EF BF BD) and sets `lossy`. Everything else is copied as it is.
 *
 * Not thread-safe; one writer per line. When the buffer is full, `full` is set and nothing more is
 * written: the caller then starts anew with shorter values. Names, numbers and plain pieces are
 * written whole or not at all. Of string bytes all whole characters and escapes that fit are
 * written, so a caller may set `end` back to cap a string, and clear `full` to go on behind it.
 */
#ifndef T2M_CORE_JSON_H
#define T2M_CORE_JSON_H

#include <apr.h>

typedef struct {
    char *start;
    char *next;     /* where the next byte goes */
    char *end;      /* one past the last byte that may be written */
    unsigned comma : 1; /* the next member or item needs a comma before it */
    unsigned full : 1;
    unsigned lossy : 1; /* an ill-formed byte was replaced since t2m_json_begin */
} t2m_json_t;

/** Starts writing at buffer, at most size bytes. */
void t2m_json_begin(t2m_json_t *json, char *buffer, apr_size_t size);

/** Bytes written so far. */
static inline apr_size_t t2m_json_size(const t2m_json_t *json)
{
    return (apr_size_t)(json->next - json->start);
}

/** `{` or `[` as a value. Nesting is the caller's business. */
void t2m_json_open(t2m_json_t *json, char bracket);

/** Its end, `}` or `]`. */
void t2m_json_close(t2m_json_t *json, char bracket);

/** A member's name with its colon: a C string known to need no escaping (our own names). */
void t2m_json_name(t2m_json_t *json, const char *name);

/** A number as a value. */
void t2m_json_integer(t2m_json_t *json, apr_int64_t value);

/** As t2m_json_integer, for what has no sign. */
void t2m_json_unsigned(t2m_json_t *json, apr_uint64_t value);

/** Microseconds as milliseconds with three decimals, `12.345`; below zero as 0.000. */
void t2m_json_milliseconds(t2m_json_t *json, apr_int64_t microseconds);

/**
 * A number with a fraction in as few digits as give the same double back; the locale does not
 * matter. What JSON has no number for (not a number, infinite) is `null`.
 */
void t2m_json_real(t2m_json_t *json, double value);

/** `true` for any value but 0, else `false`. */
void t2m_json_boolean(t2m_json_t *json, int value);

/** Begins a string value in pieces: any string_bytes and string_plain, then string_end. */
void t2m_json_string_begin(t2m_json_t *json);

/** A piece that is escaped and repaired; no multi-byte character may be split over two calls. */
void t2m_json_string_bytes(t2m_json_t *json, const char *bytes, apr_size_t size);

/** A piece known to be safe as it is: one of our own replacement texts. */
void t2m_json_string_plain(t2m_json_t *json, const char *bytes, apr_size_t size);

/** Ends the string value. */
void t2m_json_string_end(t2m_json_t *json);

/** A whole string value at once. */
void t2m_json_string(t2m_json_t *json, const char *bytes, apr_size_t size);

/**
 * Where to cut: the largest n, at most size and at most limit, such that the first n bytes do not
 * end inside a UTF-8 character (ill-formed bytes count as characters of one byte). Looks at most
 * 3 bytes back.
 */
apr_size_t t2m_utf8_boundary(const char *bytes, apr_size_t size, apr_size_t limit);

#endif
