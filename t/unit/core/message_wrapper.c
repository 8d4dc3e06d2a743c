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

/* Tests core/message_wrapper: what is taken off, what only looks like it, and that it ends. */
#include "core/message_wrapper.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
    const char *message, *inner;
} rows[] = {
    { "", "" },
    { " \t\n", "" },
    { "  plain text \n", "plain text" },
    { "\x1b[31mred", "red" },
    { "\x1b[31", "" },
    { "\x1bred", "red" },
    { "AH01215: text", "text" },
    { "AH01215:text", "AH01215:text" },
    { "AH01215: stderr from /cgi-bin/a.cgi: text", "text" },
    { "stderr from /cgi-bin/a.cgi: text", "text" },
    { "stderr  from\t/cgi-bin/a.cgi:  text", "text" },
    { "stderr from nowhere", "stderr from nowhere" },
    { "AH01071: Got error 'PHP message: text'", "text" },
    { "Got error 'PHP message: text' \n", "text" },
    { "Got error 'PHP message: cut", "cut" },
    { "Got error '", "" },
    { "Got error ' x", "x" },
    { "Got error 'x '", "x" },
    { "Got error x'", "Got error x'" },
    { "PHP message: PHP message: text", "text" },
    { "mod_fcgid: stderr: text", "text" },
    { "FastCGI: server \"/app/a.fcgi\" stderr: text", "text" },
    { "FastCGI: server \"/app/a.fcgi\" died", "FastCGI: server \"/app/a.fcgi\" died" },
    { "AH00957: HTTP: text", "AH00957: HTTP: text" },
    { "text, referer: http://a/", "text" },
    { "text,  referer:\thttp://a/, b", "text" },
    { "text, referer:", "text, referer:" },
    { "one, two, referer: x", "one, two" },
    { "[Sun Nov 22 21:05:07.123456 2026] [proxy:error] [pid 1:tid 2] [client 10.0.0.1:5] AH1: x",
      "AH1: x" },
    { "[Mon Nov 23 21:05:07 2026] [:error] [pid 1] [remote 10.0.0.1:5] PHP message: x", "x" },
    { "[Mon Nov 23 21:05:07 2026] [id \"5\"] x", "[id \"5\"] x" },
    { "[Mon Nov 23 21:05:07 2026] [a:b:c] x", "[a:b:c] x" },
    { "[Mon Nov 23 21:05:07 2026] [", "[" },
    { "[Mon Nov 23 21:05:07 2026", "[Mon Nov 23 21:05:07 2026" },
    { "[Mon Nov 23 21:05:07 2026] PHP message: [Tue Nov 24 21:05:07 2026] x", "x" },
    { "[Moon] x", "[Moon] x" },
    { "[proxy:error] x", "[proxy:error] x" },
    { "[pid 5] x", "[pid 5] x" },
};

static void test_rows(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_size_t size = strlen(rows[i].message);
        char *copy = malloc(size ? size : 1); /* a byte too far is seen */
        t2m_text_t inner, again;

        memcpy(copy, rows[i].message, size);
        inner = t2m_message_wrapper_take_off(t2m_text_of(copy, size));
        is_bytes(inner.data, inner.size, rows[i].inner, rows[i].message);
        again = t2m_message_wrapper_take_off(inner);
        ok(again.data == inner.data && again.size == inner.size, "once is enough");
        free(copy);
    }
    is_number((long long)t2m_message_wrapper_take_off(t2m_text(NULL)).size, 0, "no message");
}

static void test_blanks(void)
{
    static const char text[] = " \t\x1b[1;31m\x7fx";

    ok(t2m_message_wrapper_blanks(text, text + sizeof(text) - 1) == text + sizeof(text) - 2,
       "blanks end before a letter");
    ok(t2m_message_wrapper_blanks(text, text) == text, "none");
}

int main(void)
{
    test_rows();
    test_blanks();
    return tap_done();
}
