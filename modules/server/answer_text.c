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

/* Answers as bytes: JSON, and tables for people at a terminal. */
#include "server/answer.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/timestamp.h"
#include "server/answer_records.h"

enum { TEXT_COLUMNS = 120, COLUMNS_MAX = 12, LEAST = 10 };

#define GAP "  "
#define MORE "\xe2\x80\xa6" /* an ellipsis stands where a cell is cut */

typedef enum { TEXT, NUMBER, MOMENT } kind_e;

/* A column: a member of each row, of a member of it (`dropped.full`), or with the name "" the name
 * of the row itself. */
typedef struct {
    const char *name;
    const char *heading;
    kind_e kind;
    unsigned most; /* characters of a text; 0: as many as are left. Numbers are never cut */
} column_t;

/* The tables that are known by the name of an answer's member. */
typedef struct {
    const char *member;
    column_t columns[COLUMNS_MAX + 1];
} table_t;

static const table_t tables[] = {
    { "error_summary",
      { { "", "error_id", TEXT, 12 }, { "count_last_hour", "last hour", NUMBER, 0 },
        { "count_total", "total", NUMBER, 0 }, { "last_seen", "last seen", MOMENT, 20 },
        { "state", "state", TEXT, 9 }, { "level", "level", TEXT, 8 },
        { "type", "type", TEXT, 16 }, { "message", "message", TEXT, 0 } } },
    { "recent_errors",
      { { "timestamp", "timestamp", TEXT, 24 }, { "level", "level", TEXT, 8 },
        { "error_id", "error_id", TEXT, 12 }, { "endpoint", "endpoint", TEXT, 24 },
        { "message", "message", TEXT, 0 } } },
    { "performance_metrics",
      { { "", "metric", TEXT, 0 }, { "count", "count", NUMBER, 0 },
        { "avg_ms", "avg", NUMBER, 0 }, { "min_ms", "min", NUMBER, 0 },
        { "p50_ms", "p50", NUMBER, 0 }, { "p90_ms", "p90", NUMBER, 0 },
        { "p95_ms", "p95", NUMBER, 0 }, { "p99_ms", "p99", NUMBER, 0 },
        { "max_ms", "max", NUMBER, 0 }, { "error_count", "errors", NUMBER, 0 } } },
    { "slow_requests",
      { { "timestamp", "timestamp", TEXT, 24 }, { "duration_ms", "duration", NUMBER, 0 },
        { "status", "status", NUMBER, 0 }, { "request_id", "request_id", TEXT, 36 },
        { "metric", "metric", TEXT, 0 } } },
    { "security_events",
      { { "timestamp", "timestamp", TEXT, 24 }, { "severity", "severity", TEXT, 8 },
        { "event", "event", TEXT, 20 }, { "ip", "ip", TEXT, 39 },
        { "attempts", "attempts", NUMBER, 0 }, { "path", "path", TEXT, 0 } } },
    { "records",
      { { "timestamp", "timestamp", TEXT, 24 }, { "stream", "stream", TEXT, 11 },
        { "level", "level", TEXT, 8 }, { "status", "status", NUMBER, 0 },
        { "duration_ms", "duration", NUMBER, 0 }, { "path", "path", TEXT, 24 },
        { "message", "message", TEXT, 0 } } },
    { "ledger",
      { { "", "stream", TEXT, 11 }, { "accepted", "accepted", NUMBER, 0 },
        { "written", "written", NUMBER, 0 }, { "suppressed", "suppressed", NUMBER, 0 },
        { "dropped.full", "full", NUMBER, 0 }, { "dropped.reentry", "reentry", NUMBER, 0 },
        { "dropped.reserved", "reserved", NUMBER, 0 }, { "dropped.shed", "shed", NUMBER, 0 },
        { "dropped.refused", "refused", NUMBER, 0 }, { "waiting", "waiting", NUMBER, 0 },
        { "worker_died", "worker died", NUMBER, 0 } } },
    { "files",
      { { "stream", "stream", TEXT, 11 }, { "size_bytes", "bytes", NUMBER, 0 },
        { "seq", "seq", NUMBER, 0 }, { "rotations", "rotations", NUMBER, 0 },
        { "last_written", "last written", MOMENT, 20 }, { "path", "path", TEXT, 0 } } },
    { "endpoints",
      { { "path", "path", TEXT, 40 }, { "description", "description", TEXT, 0 } } }
};

/* What is shown of an object whose members are plain values. */
static const table_t plain = {
    "", { { "", "name", TEXT, 64 }, { "*", "value", TEXT, 0 } }
};

/* The answer's bytes so far. */
typedef struct {
    apr_pool_t *pool;
    apr_array_header_t *bytes;
} page_t;

/* Cells that wait for the widths of their columns. */
typedef struct {
    const table_t *table;
    unsigned columns;
    unsigned width[COLUMNS_MAX];
    apr_array_header_t *cells; /* const char *, row by row */
} grid_t;

static void put(page_t *page, const char *bytes, apr_size_t size)
{
    for (; size > 0; size--) {
        APR_ARRAY_PUSH(page->bytes, char) = *bytes++;
    }
}

static void put_string(page_t *page, const char *string)
{
    put(page, string, strlen(string));
}

static void put_blanks(page_t *page, unsigned count)
{
    for (; count > 0; count--) {
        put(page, " ", 1);
    }
}

/* Bytes of the first characters of text, which is valid UTF-8. */
static apr_size_t size_of(const char *text, unsigned characters)
{
    apr_size_t size = 0;

    while (text[size] && (characters > 0 || ((unsigned char)text[size] & 0xc0) == 0x80)) {
        characters -= ((unsigned char)text[size] & 0xc0) != 0x80;
        size++;
    }
    return size;
}

static unsigned width_of(const char *text)
{
    unsigned width = 0;

    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static const char *moment(apr_pool_t *pool, const json_t *value)
{
    char text[T2M_TIMESTAMP_SIZE];

    t2m_timestamp_write(apr_time_from_sec(json_integer_value(value)), text);
    return apr_psprintf(pool, "%.19sZ", text); /* without the milliseconds */
}

/* A value that is neither a text nor a number, as JSON. */
static const char *as_json(apr_pool_t *pool, const json_t *value)
{
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *shown = dumped ? t2m_answer_shown(pool, t2m_text(dumped)) : "";

    free(dumped);
    return shown;
}

static const char *cell(apr_pool_t *pool, const json_t *value, kind_e kind)
{
    if (!value || json_is_null(value)) {
        return "";
    }
    if (json_is_string(value)) {
        return t2m_answer_shown(pool, t2m_text_of(json_string_value(value),
                                                  json_string_length(value)));
    }
    if (json_is_integer(value)) {
        return kind == MOMENT ? moment(pool, value)
                              : apr_psprintf(pool, "%" APR_INT64_T_FMT,
                                             (apr_int64_t)json_integer_value(value));
    }
    if (json_is_real(value)) {
        return apr_psprintf(pool, "%.3f", json_real_value(value));
    }
    return as_json(pool, value);
}

/* The value of a column in a row. */
static const json_t *value_of(const column_t *column, const json_t *row)
{
    const char *dot = strchr(column->name, '.');
    char outer[16];

    if (*column->name == '*') {
        return row;
    }
    if (!dot) {
        return t2m_answer_member(row, column->name);
    }
    apr_cpystrn(outer, column->name, (apr_size_t)(dot - column->name) + 1);
    return json_object_get(json_object_get(row, outer), dot + 1);
}

static void push_cell(grid_t *grid, unsigned column, const char *text)
{
    unsigned width = width_of(text), most = grid->table->columns[column].most;

    width = most && width > most ? most : width;
    if (width > grid->width[column]) {
        grid->width[column] = width;
    }
    APR_ARRAY_PUSH(grid->cells, const char *) = text;
}

static void begin_grid(apr_pool_t *pool, const table_t *table, grid_t *grid)
{
    unsigned i;

    memset(grid, 0, sizeof(*grid));
    grid->table = table;
    grid->cells = apr_array_make(pool, 64, sizeof(const char *));
    while (table->columns[grid->columns].name) {
        grid->columns++;
    }
    for (i = 0; i < grid->columns; i++) {
        push_cell(grid, i, table->columns[i].heading);
    }
}

static void push_row(apr_pool_t *pool, grid_t *grid, const char *name, const json_t *row)
{
    unsigned i;

    for (i = 0; i < grid->columns; i++) {
        const column_t *column = &grid->table->columns[i];
        const char *text = *column->name
                               ? cell(pool, value_of(column, row), column->kind)
                               : t2m_answer_shown(pool, t2m_text(name));

        push_cell(grid, i, text);
    }
}

/* The text without a most of its own gets what the others leave. */
static void share_width(grid_t *grid)
{
    unsigned used = 0, left, i;

    for (i = 0; i < grid->columns; i++) {
        used += grid->width[i] + (i > 0 ? (unsigned)strlen(GAP) : 0);
    }
    for (i = 0; i < grid->columns; i++) {
        const column_t *column = &grid->table->columns[i];

        if (column->kind == TEXT && column->most == 0 && used > TEXT_COLUMNS) {
            left = grid->width[i] + TEXT_COLUMNS > used ? grid->width[i] + TEXT_COLUMNS - used : 0;
            grid->width[i] = left < LEAST ? LEAST : left;
        }
    }
}

static void put_cell(page_t *page, const grid_t *grid, unsigned column, const char *text)
{
    unsigned width = grid->width[column], own = width_of(text);
    int right = grid->table->columns[column].kind == NUMBER;

    if (own > width) {
        put(page, text, size_of(text, width - 1));
        put_string(page, MORE);
        own = width;
    }
    else {
        put_blanks(page, right ? width - own : 0);
        put_string(page, text);
    }
    if (column + 1 < grid->columns) {
        put_blanks(page, right ? 0 : width - own);
        put_string(page, GAP);
    }
}

/* A line without the blanks at its end. */
static void end_line(page_t *page)
{
    while (page->bytes->nelts > 0
           && APR_ARRAY_IDX(page->bytes, page->bytes->nelts - 1, char) == ' ') {
        page->bytes->nelts--;
    }
    put(page, "\n", 1);
}

static void put_grid(page_t *page, grid_t *grid)
{
    unsigned column = 0;
    int i;

    share_width(grid);
    for (i = 0; i < grid->cells->nelts; i++) {
        put_cell(page, grid, column, APR_ARRAY_IDX(grid->cells, i, const char *));
        column = column + 1 < grid->columns ? column + 1 : 0;
        if (column == 0) {
            end_line(page);
        }
    }
}

static const table_t *table_of(const char *member)
{
    apr_size_t i;

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(tables[i].member, member) == 0) {
            return &tables[i];
        }
    }
    return &plain;
}

static void put_table(page_t *page, const char *member, json_t *rows)
{
    grid_t grid;
    apr_size_t i;
    const char *name;
    json_t *row;

    begin_grid(page->pool, table_of(member), &grid);
    if (json_is_array(rows)) {
        json_array_foreach(rows, i, row) {
            push_row(page->pool, &grid, apr_psprintf(page->pool, "%" APR_SIZE_T_FMT, i + 1), row);
        }
    }
    else {
        json_object_foreach(rows, name, row) {
            push_row(page->pool, &grid, name, row);
        }
    }
    put_string(page, "\n");
    put_string(page, t2m_answer_shown(page->pool, t2m_text(member)));
    put_string(page, "\n");
    if (grid.cells->nelts > (int)grid.columns) {
        put_grid(page, &grid);
    }
    else {
        put_string(page, "(none)\n");
    }
}

static void put_plain(page_t *page, const char *member, const json_t *value)
{
    put_string(page, t2m_answer_shown(page->pool, t2m_text(member)));
    put_string(page, ": ");
    put_string(page, cell(page->pool, value, TEXT));
    put_string(page, "\n");
}

static int is_table(const json_t *value)
{
    return json_is_array(value) || json_is_object(value);
}

const char *t2m_answer_text(apr_pool_t *pool, const json_t *answer, apr_size_t *size)
{
    page_t page = { pool, apr_array_make(pool, 4096, 1) };
    json_t *object = (json_t *)(apr_uintptr_t)answer; /* iterators take no const */
    const char *name;
    json_t *value;
    int pass;

    for (pass = 0; pass < 2; pass++) { /* single values first */
        json_object_foreach(object, name, value) {
            if (pass == 0 && !is_table(value)) {
                put_plain(&page, name, value);
            }
            else if (pass == 1 && is_table(value)) {
                put_table(&page, name, value);
            }
        }
    }
    *size = (apr_size_t)page.bytes->nelts;
    return page.bytes->elts;
}

/* Copies JSON of ASCII bytes; DEL, which only strings can hold, is escaped. */
static char *without_del(apr_pool_t *pool, const char *dumped, apr_size_t *size)
{
    apr_size_t from, to = 0, count = 0;
    char *text;

    for (from = 0; dumped[from]; from++) {
        count += dumped[from] == 0x7f;
    }
    text = apr_palloc(pool, from + count * 5 + 2);
    for (from = 0; dumped[from]; from++) {
        if (dumped[from] == 0x7f) {
            memcpy(text + to, "\\u007f", 6);
            to += 6;
        }
        else {
            text[to++] = dumped[from];
        }
    }
    text[to++] = '\n';
    text[to] = '\0';
    *size = to;
    return text;
}

const char *t2m_answer_json(apr_pool_t *pool, const json_t *answer, apr_size_t *size)
{
    char *dumped = json_dumps(answer,
                              JSON_COMPACT | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER
                                  | JSON_REAL_PRECISION(15));
    const char *text = dumped ? without_del(pool, dumped, size) : NULL;

    free(dumped);
    return text;
}
