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

/* The inverse of httpd's escaping, also where it was cut off. */
#include "core/unescape.h"

#include <stdlib.h>

#include "tap.h"

/* As httpd writes it. Returns the size; out has room for four bytes for each of size. */
static apr_size_t escape(const unsigned char *bytes, apr_size_t size, char *out)
{
    static const char special[] = "\b\n\r\t\v\\", letters[] = "bnrtv\\";
    apr_size_t i, written = 0;

    for (i = 0; i < size; i++) {
        const char *found = bytes[i] ? strchr(special, bytes[i]) : NULL;

        if (found) {
            out[written++] = '\\';
            out[written++] = letters[found - special];
        }
        else if (bytes[i] < 0x20 || bytes[i] >= 0x7f) {
            written += (apr_size_t)snprintf(out + written, 5, "\\x%02x", bytes[i]);
        }
        else {
            out[written++] = (char)bytes[i];
        }
    }
    return written;
}

static void test_cases(void)
{
    static const struct {
        const char *escaped, *want;
    } cases[] = {
        { "", "" },
        { "plain", "plain" },
        { "\\b\\n\\r\\t\\v\\\\", "\b\n\r\t\v\\" },
        { "say \\\"x\\\" and \"y\"", "say \"x\" and \"y\"" },
        { "evil:\\x1b[31mred\\xe2\\x80\\xa8 \\xff", "evil:\x1b[31mred\xe2\x80\xa8 \xff" },
        { "\\x4A\\x4a", "JJ" },
        { "\\\\x41", "\\x41" }, /* an escaped backslash before what only looks like an escape */
        { "\\\\\\x41", "\\A" },
        { "\\q\\xzz\\x4", "\\q\\xzz" },
        { "\\x4g", "\\x4g" },
        { "\\xg", "\\xg" },
        { "\\0", "\\0" },
        { "\\\xff", "\\\xff" },
        { "cut\\", "cut" },
        { "cut\\x", "cut" },
        { "cut\\xe", "cut" },
        { "cut\\\\", "cut\\" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_size_t escaped_size = strlen(cases[i].escaped);
        char *escaped = malloc(escaped_size + 1); /* no NUL that a read too far would meet */
        char out[64];

        memcpy(escaped + 1, cases[i].escaped, escaped_size);
        is_bytes(out, t2m_unescape(t2m_text_of(escaped + 1, escaped_size), out), cases[i].want,
                 cases[i].escaped);
        free(escaped);
    }
}

static void test_in_place(void)
{
    char text[] = "\\ta long run of plain bytes that moves by less than its own size\\n";
    apr_size_t size = t2m_unescape(t2m_text(text), text);

    is_bytes(text, size, "\ta long run of plain bytes that moves by less than its own size\n",
             "in place");
}

static void test_round_trip(void)
{
    unsigned char bytes[512];
    char escaped[4 * sizeof(bytes)];
    apr_size_t i, size, cut;
    char *out;
    int beginnings = 1;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i < 256 ? i : i * 7);
    }
    size = escape(bytes, sizeof(bytes), escaped);
    out = malloc(size);
    is_number((long long)t2m_unescape(t2m_text_of(escaped, size), out), sizeof(bytes),
              "all bytes come back");
    ok(memcmp(out, bytes, sizeof(bytes)) == 0, "as they were");
    for (cut = 0; cut <= size; cut++) {
        apr_size_t decoded = t2m_unescape(t2m_text_of(escaped, cut), out);

        beginnings &= decoded <= cut && memcmp(out, bytes, decoded) == 0;
    }
    ok(beginnings, "a text cut anywhere decodes to a beginning of the whole");
    is_number((long long)t2m_unescape(t2m_text_of(escaped, size), escaped), sizeof(bytes),
              "decoding in place");
    ok(memcmp(escaped, bytes, sizeof(bytes)) == 0, "gives the same");
    free(out);
}

int main(void)
{
    test_cases();
    test_in_place();
    test_round_trip();
    return tap_done();
}
