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

/* What the readers of stack traces ask of a line. Pure, any thread. */
#ifndef T2M_CORE_STACK_TEXT_H
#define T2M_CORE_STACK_TEXT_H

#include "core/text.h"

enum { T2M_STACK_TEXT_DIGITS_MAX = 9 }; /* of a line's number */

/** What follows the first count bytes, which text has. */
static inline t2m_text_t t2m_stack_text_skip(t2m_text_t text, apr_size_t count)
{
    return t2m_text_of(text.data + count, text.size - count);
}

/** What stands before `at`, which points into text. */
static inline t2m_text_t t2m_stack_text_before(t2m_text_t text, const char *at)
{
    return t2m_text_of(text.data, (apr_size_t)(at - text.data));
}

/** What stands from `at` on, which points into text. */
static inline t2m_text_t t2m_stack_text_from(t2m_text_t text, const char *at)
{
    return t2m_text_of(at, (apr_size_t)(text.data + text.size - at));
}

/** Nonzero when text starts so. */
static inline int t2m_stack_text_starts(t2m_text_t text, const char *start)
{
    apr_size_t size = strlen(start);

    return text.size >= size && memcmp(text.data, start, size) == 0;
}

/** Nonzero when text ends so. */
static inline int t2m_stack_text_ends(t2m_text_t text, const char *end)
{
    apr_size_t size = strlen(end);

    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

/** Nonzero when text is this. */
static inline int t2m_stack_text_is(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && t2m_stack_text_starts(text, string);
}

/** The first place of string, which is not empty, or NULL. */
static inline const char *t2m_stack_text_find(t2m_text_t text, const char *string)
{
    return text.size ? (const char *)memmem(text.data, text.size, string, strlen(string)) : NULL;
}

/** Nonzero for a blank, a tab and what ends a line. */
static inline int t2m_stack_text_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/** Without the blanks at its end. */
static inline t2m_text_t t2m_stack_text_chomp(t2m_text_t text)
{
    while (text.size && t2m_stack_text_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/** Without the blanks at either end. */
static inline t2m_text_t t2m_stack_text_trim(t2m_text_t text)
{
    while (text.size && t2m_stack_text_blank(text.data[0])) {
        text = t2m_stack_text_skip(text, 1);
    }
    return t2m_stack_text_chomp(text);
}

/** Nonzero for a digit of ASCII. */
static inline int t2m_stack_text_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/** Nonzero for a capital letter of ASCII. */
static inline int t2m_stack_text_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/** A letter of ASCII, a digit, `_`, or a byte of any other letter. */
static inline int t2m_stack_text_name(char byte)
{
    return t2m_stack_text_digit(byte) || t2m_stack_text_upper(byte) || (byte >= 'a' && byte <= 'z')
        || byte == '_' || ((unsigned char)byte & 0x80);
}

/** Takes `:NUMBER` off the end of text. Returns 0 when it is not there or nothing is before it. */
static inline int t2m_stack_text_take_number(t2m_text_t *text, apr_uint32_t *number)
{
    apr_size_t size = text->size, i;

    while (size && t2m_stack_text_digit(text->data[size - 1])
           && text->size - size <= T2M_STACK_TEXT_DIGITS_MAX) {
        size--;
    }
    if (size < 2 || size == text->size || text->size - size > T2M_STACK_TEXT_DIGITS_MAX
        || text->data[size - 1] != ':') {
        return 0;
    }
    *number = 0;
    for (i = size; i < text->size; i++) {
        *number = *number * 10 + (apr_uint32_t)(text->data[i] - '0');
    }
    text->size = size - 1;
    return 1;
}

#endif
