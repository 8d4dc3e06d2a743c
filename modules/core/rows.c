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

/* See rows.h. */
#include "core/rows.h"

#include <apr_strings.h>

enum { DIGITS_MAX = 18, NUMBER_SIZE = 24 };

void t2m_rows_begin(t2m_rows_t *rows, char *buffer, apr_size_t size)
{
    rows->start = rows->row = rows->next = buffer;
    rows->end = buffer + size;
    rows->full = rows->cells = rows->left_out = 0;
}

static void put(t2m_rows_t *rows, char byte)
{
    if (rows->next < rows->end) {
        *rows->next++ = byte;
    }
    else {
        rows->full = 1;
    }
}

static int is_separator(char byte)
{
    return byte == T2M_LINE_SEPARATOR || byte == T2M_CELL_SEPARATOR;
}

void t2m_rows_add(t2m_rows_t *rows, t2m_text_t text)
{
    apr_size_t i;

    if (rows->cells++ > 0) {
        put(rows, T2M_CELL_SEPARATOR);
    }
    for (i = 0; i < text.size; i++) {
        put(rows, is_separator(text.data[i]) ? ' ' : text.data[i]);
    }
}

void t2m_rows_add_number(t2m_rows_t *rows, apr_int64_t number)
{
    char digits[NUMBER_SIZE];

    apr_snprintf(digits, sizeof(digits), "%" APR_INT64_T_FMT, number);
    t2m_rows_add(rows, t2m_text(digits));
}

void t2m_rows_end(t2m_rows_t *rows)
{
    put(rows, T2M_LINE_SEPARATOR);
    if (rows->full) {
        rows->next = rows->row;
        rows->left_out = 1;
    }
    rows->row = rows->next;
    rows->full = rows->cells = 0;
}

t2m_text_t t2m_rows_text(const t2m_rows_t *rows)
{
    return t2m_text_of(rows->start, (apr_size_t)(rows->row - rows->start));
}

/* Takes what stands before the separator, or all there is, off text. */
static t2m_text_t take(t2m_text_t *text, char separator)
{
    const char *at = text->size ? memchr(text->data, separator, text->size) : NULL;
    t2m_text_t taken = t2m_text_of(text->data, at ? (apr_size_t)(at - text->data) : text->size);
    apr_size_t size = taken.size + (at != NULL);

    if (size > 0) {
        *text = t2m_text_of(text->data + size, text->size - size);
    }
    return taken;
}

int t2m_rows_next(t2m_text_t *rest, t2m_text_t *row)
{
    if (rest->size == 0) {
        return 0;
    }
    *row = take(rest, T2M_LINE_SEPARATOR);
    return 1;
}

t2m_text_t t2m_rows_cell(t2m_text_t *row)
{
    return take(row, T2M_CELL_SEPARATOR);
}

apr_size_t t2m_rows_count(t2m_text_t text)
{
    apr_size_t count = 0;
    t2m_text_t row;

    while (t2m_rows_next(&text, &row)) {
        count++;
    }
    return count;
}

int t2m_rows_number(t2m_text_t cell, apr_int64_t *number)
{
    apr_size_t at = cell.size > 0 && cell.data[0] == '-', first = at;
    apr_int64_t value = 0;

    for (; at < cell.size && at - first < DIGITS_MAX; at++) {
        if (cell.data[at] < '0' || cell.data[at] > '9') {
            return 0;
        }
        value = value * 10 + (cell.data[at] - '0');
    }
    *number = first ? -value : value;
    return at > first && at == cell.size;
}
