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

/* Against the table as it is printed: every sequence of three bytes, and of four what differs. */
#include "core/utf8.h"

#include <stdlib.h>

#include "tap.h"
#include "utf8_model.h"

/* In memory of its own size, so that a read beyond it is seen. */
static int agrees(const unsigned char *bytes, size_t size)
{
    unsigned char *exact = malloc(size);
    int valid;
    size_t want = model_character(bytes, size, &valid), got;

    memcpy(exact, bytes, size);
    got = t2m_utf8_size((const char *)exact, size);
    free(exact);
    return got == (valid ? want : 0);
}

static void test_size(void)
{
    static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                           0xbf, 0xc0, 0xc2, 0xe0, 0xff };
    enum { EDGES = sizeof(edges) };
    unsigned first, i;
    int wrong = 0;

    for (first = 0; first < 256; first++) {
        for (i = 0; i < EDGES * EDGES * EDGES; i++) {
            unsigned char bytes[4] = { (unsigned char)first, edges[i % EDGES],
                                       edges[i / EDGES % EDGES], edges[i / EDGES / EDGES] };
            size_t size;

            for (size = 1; size <= 4; size++) {
                wrong += !agrees(bytes, size);
            }
        }
    }
    is_number(wrong, 0, "all first bytes with all edges behind them, cut anywhere");
}

static void test_write(void)
{
    unsigned point;
    int wrong = 0, invalid = 0;

    for (point = 0; point <= 0x10ffff; point++) {
        char out[T2M_UTF8_MAX];
        apr_size_t size;

        if (point == 0xd800) {
            point = 0xe000;
        }
        size = t2m_utf8_write(point, out);
        invalid += t2m_utf8_size(out, size) != size;
        wrong += model_code_point((const unsigned char *)out, size) != point;
    }
    is_number(invalid, 0, "every code point is written as one character");
    is_number(wrong, 0, "which is that code point");
}

static void test_valid(void)
{
    static const struct {
        const char *bytes;
        int valid;
    } cases[] = {
        { "", 1 }, { "plain", 1 }, { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 1 }, { "a\xff", 0 },
        { "\xc3", 0 }, { "\xe2\x82", 0 }, { "\xc0\x80", 0 }, { "\xed\xa0\x80", 0 },
        { "\xf4\x90\x80\x80", 0 }, { "\xa9", 0 }, { "ab\xe2\x82\xac\xe2", 0 },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_number(t2m_utf8_is_valid(cases[i].bytes, strlen(cases[i].bytes)), cases[i].valid,
                  "a text");
    }
}

int main(void)
{
    test_size();
    test_write();
    test_valid();
    return tap_done();
}
