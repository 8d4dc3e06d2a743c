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

/* Rows in, rows out: whatever the texts are, and whatever the bytes are that are read. */
#include "core/rows.h"

#include <stdlib.h>

#include "tap.h"

static char buffer[64];

static void is_text(t2m_rows_t *rows, const char *want, const char *name)
{
    t2m_text_t text = t2m_rows_text(rows);

    is_bytes(text.data, text.size, want, name);
}

static void test_written(void)
{
    t2m_rows_t rows;

    t2m_rows_begin(&rows, buffer, sizeof(buffer));
    is_text(&rows, "", "nothing yet");
    t2m_rows_add_number(&rows, -12);
    t2m_rows_add(&rows, t2m_text("one"));
    is_text(&rows, "", "an open row does not count");
    t2m_rows_end(&rows);
    t2m_rows_add_number(&rows, APR_INT64_C(123456789012345678));
    t2m_rows_add(&rows, t2m_text(""));
    t2m_rows_add(&rows, t2m_text_of("a\x1e\x1f\0b", 5));
    t2m_rows_end(&rows);
    ok(t2m_rows_text(&rows).size == 34
           && !memcmp(t2m_rows_text(&rows).data,
                      "-12\x1fone\x1e" "123456789012345678\x1f\x1f" "a  \0b\x1e", 34),
       "cells and rows end where they should, and separators in texts are blanks");
    ok(!rows.left_out, "nothing was left out");
}

static void test_room(void)
{
    t2m_rows_t rows;
    apr_size_t room;

    for (room = 0; room <= 12; room++) {
        char *small = malloc(room + 1); /* so that the sanitizer sees its end */
        apr_size_t want = room < 4 ? 0 : room < 8 ? 4 : room < 12 ? 8 : 12;

        t2m_rows_begin(&rows, small, room);
        for (int i = 0; i < 3; i++) {
            t2m_rows_add(&rows, t2m_text("a"));
            t2m_rows_add(&rows, t2m_text("b"));
            t2m_rows_end(&rows);
        }
        ok(t2m_rows_text(&rows).size == want && rows.left_out == (room < 12)
               && t2m_rows_count(t2m_rows_text(&rows)) == want / 4,
           "room for %d bytes: %d of rows", (int)room, (int)t2m_rows_text(&rows).size);
        free(small);
    }
    t2m_rows_begin(&rows, buffer, 6);
    t2m_rows_add(&rows, t2m_text("too long"));
    t2m_rows_end(&rows);
    t2m_rows_add(&rows, t2m_text("short"));
    t2m_rows_end(&rows);
    is_text(&rows, "short\x1e", "a row that fits stands where one that did not was");
}

static void test_read(void)
{
    t2m_text_t rest = t2m_text("a\x1f" "b\x1e\x1e\x1f" "c"), row;

    is_number((long long)t2m_rows_count(rest), 3, "the last row needs no end");
    ok(t2m_rows_next(&rest, &row) && row.size == 3, "first");
    is_bytes(row.data, 1, "a", "its text");
    ok(t2m_rows_cell(&row).size == 1 && *t2m_rows_cell(&row).data == 'b', "its cells");
    ok(t2m_rows_cell(&row).size == 0 && t2m_rows_cell(&row).size == 0, "then none");
    ok(t2m_rows_next(&rest, &row) && row.size == 0 && t2m_rows_cell(&row).size == 0, "empty row");
    ok(t2m_rows_next(&rest, &row) && t2m_rows_cell(&row).size == 0 && row.size == 1, "last");
    ok(!t2m_rows_next(&rest, &row) && t2m_rows_count(rest) == 0, "then none");
    rest = t2m_text(NULL);
    ok(t2m_rows_cell(&rest).size == 0 && t2m_rows_count(rest) == 0, "no text at all");
}

static void test_numbers(void)
{
    static const struct {
        const char *text;
        int valid;
        apr_int64_t number;
    } cases[] = {
        { "0", 1, 0 }, { "7", 1, 7 }, { "-7", 1, -7 }, { "007", 1, 7 }, { "", 0, 0 }, { "-", 0, 0 },
        { "--1", 0, 0 }, { "+1", 0, 0 }, { "1.5", 0, 0 }, { "1 ", 0, 0 }, { " 1", 0, 0 },
        { "999999999999999999", 1, APR_INT64_C(999999999999999999) },
        { "-999999999999999999", 1, APR_INT64_C(-999999999999999999) },
        { "1000000000000000000", 0, 0 }, { "-1000000000000000000", 0, 0 }
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_int64_t number = -1;

        ok(t2m_rows_number(t2m_text(cases[i].text), &number) == cases[i].valid
               && (!cases[i].valid || number == cases[i].number), "number \"%s\"", cases[i].text);
    }
}

int main(void)
{
    test_written();
    test_room();
    test_read();
    test_numbers();
    return tap_done();
}
