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

/* A small table as one text, for a field that is an array of objects (T2M_FIELD_ROWS).
 *
 * A row ends at T2M_LINE_SEPARATOR (0x1e), a cell of it at T2M_CELL_SEPARATOR (0x1f), but the last
 * cell of a row and the last row may end without; no cell holds either. An empty cell is a member
 * that its object does not have. What is written is masked before: here nothing knows of secrets.
 * Pure; allocates nothing; any thread.
 */
#ifndef T2M_CORE_ROWS_H
#define T2M_CORE_ROWS_H

#include "core/record.h"

#define T2M_CELL_SEPARATOR '\x1f' /* ASCII unit separator */

/* Writes rows into a caller's buffer. */
typedef struct {
    char *start, *row, *next; /* row: where the row begins that is being written */
    const char *end;
    int full;                 /* what is being written did not fit */
    int cells;                /* of the row so far */
    int left_out;             /* a whole row did not fit, at least once */
} t2m_rows_t;

/** Starts writing at buffer, at most size bytes. */
void t2m_rows_begin(t2m_rows_t *rows, char *buffer, apr_size_t size);

/** Adds a cell; each separator in text becomes a blank. */
void t2m_rows_add(t2m_rows_t *rows, t2m_text_t text);

/** Adds a cell with a number. */
void t2m_rows_add_number(t2m_rows_t *rows, apr_int64_t number);

/** Ends a row. One that did not fit is taken back whole; left_out then says so. */
void t2m_rows_end(t2m_rows_t *rows);

/** All whole rows so far; lies in the buffer. */
t2m_text_t t2m_rows_text(const t2m_rows_t *rows);

/** Takes the next row off *rest, whatever bytes it has. Returns 0 when there is none. */
int t2m_rows_next(t2m_text_t *rest, t2m_text_t *row);

/** Takes the next cell off *row; an empty text when there is none. */
t2m_text_t t2m_rows_cell(t2m_text_t *row);

/** The number of rows. */
apr_size_t t2m_rows_count(t2m_text_t text);

/** Reads what t2m_rows_add_number wrote. Returns 0 for what is no number of 1 to 18 digits, which
 * may have a minus before them. */
int t2m_rows_number(t2m_text_t cell, apr_int64_t *number);

#endif
