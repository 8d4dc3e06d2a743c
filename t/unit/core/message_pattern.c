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

/* Tests core/message_pattern: what stays and what becomes a mark, where a long pattern ends, and
 * that time grows with the message and no faster. */
#include "core/message_pattern.h"

#include <stdlib.h>
#include <time.h>

#include "core/utf8.h"
#include "tap.h"

static const struct {
    const char *message, *pattern;
} rows[] = {
    { "", "" },
    { " \t\r\n", "" },
    { "all words", "all words" },
    { "  blanks\t \x01 are\none\x7f ", "blanks are one" },
    { "\x1b[31mred\x1b[0m and \x1b[1;32mgreen", "red and green" },
    /* tokens with a digit, and the punctuation around them */
    { "5", "*" },
    { "worker 4711 died", "worker * died" },
    { "worker-3a/x died", "* died" },
    { "took 3.5s, then (12%) of [7].", "took *, then (*) of [*]." },
    { "got ..5..", "got *.." },
    { "job deadbeef01 and 0x7ffe", "job * and *" },
    { "id abcdefab-abcd-abcd-abcd-abcdefabcdef.", "id *." },
    { "id abcdefab-abcd-abcd-abcd-abcdefabcdeg", "id abcdefab-abcd-abcd-abcd-abcdefabcdeg" },
    { "id 018f3b1c-79b0-7cc3-98c4-dc0c0c07398f", "id *" },
    { "rows 1, 2, 3 and 4", "rows * and *" },
    { "[1, 2, 3]", "[*]" },
    { "a * b", "a * b" },
    { "a * 5 b", "a * b" },
    { "x* 5", "x* *" },
    { "calls strlen(5) and f(x)", "calls strlen(*) and f(x)" },
    { "calls md5(5)", "calls *)" },
    { "HASH(0x55d)", "HASH(*)" },
    /* dates */
    { "at Sun, 22 Nov 2026 10:00:00 GMT it", "at * it" },
    { "at Sun Nov 22 21:05:07.123 2026 it", "at * it" },
    { "on 2026-11-22 at", "on * at" },
    { "on Jun 13", "on *" },
    { "on 13 Jun", "on *" },
    { "(Nov 5, 2026)", "(*)" },
    { "xNov 5", "xNov *" },
    { "May we go", "May we go" },
    { "Sun (5)", "Sun (*)" },
    { "5 GMT, 6", "*" },
    { "5 (GMT)", "* (GMT)" },
    { "GMT", "GMT" },
    /* quotes */
    { "no \"such\" 'thing' here", "no * here" },
    { "don't 'do that' or 'this'", "don't * or *" },
    { "it's the users' own", "it's the users' own" },
    { "'don't stop' now", "* now" },
    { "method `foo' or `bar` for", "method * or * for" },
    { "file \xe2\x80\x98x\xe2\x80\x99 \xe2\x80\x9cy z\xe2\x80\x9d and \xc2\xabw\xc2\xbb.",
      "file * and *." },
    { "\"never closed 5", "\"never closed *" },
    { "\"a \\\" b\" c", "* c" },
    { "for 'root'@'localhost' (x)", "for *@* (x)" },
    { "a=b \"c", "a=* \"c" },
    { "undefined(reading 'x')", "undefined(reading *)" },
    /* values */
    { "user=ada, host=db;", "user=*, host=*;" },
    { "q='a b' c", "q=* c" },
    { "q='a b',c d", "q=* d" },
    { "a = b", "a = b" },
    { "a= 5", "a= *" },
    { "a=, b", "a=, b" },
    { "a==b a=>b a!=b", "a==b a=>b a!=b" },
    { "(pid=12): x", "(pid=*): x" },
    { "a=1 2", "a=* *" },
    /* paths, URLs, hosts, addresses */
    { "no /var/www/html/x: end", "no *: end" },
    { "no ./x ../y ~/z", "no *" },
    { "no a/b/c or up/x.png", "no * or *" },
    { "text/html and I/O and / or /* x", "text/html and I/O and / or /* x" },
    { "no C:\\app\\x", "no *" },
    { "App\\Http\\Kernel", "App\\Http\\Kernel" },
    { "get https://example.com/a?b=c failed", "get * failed" },
    { "mail ada+x@example.org, thanks", "mail *, thanks" },
    { "db.example.com or localhost: down", "* or *: down" },
    { "a.b.ConnectException x.y .com a..com com.", "a.b.ConnectException x.y .com a..com com." },
    { "10.0.0.1:80 [::1]:443", "* [*" },
    /* places in programs */
    { "Undefined $a in /app/a.php on line 3", "Undefined $a in /app/a.php on line 3" },
    { "in /app/20261122101500/a.php on line 3", "in /app/*/a.php on line 3" },
    { "Premature end on line 3", "Premature end on line *" },
    { "at f (/app/a.js:3:14)", "at f (/app/a.js:3:*)" },
    { "File \"/app/3/a.py\", line 3, in f", "File \"/app/*/a.py\", line 3, in f" },
    { "File \"/app/a.py\", line x", "File *, line x" },
    { "Other \"/app/a.py\", line 3", "Other *, line *" },
    { "died at a.pl line 3, <STDIN> line 55.", "died at a.pl line 3, <STDIN> line *." },
    { "value at line 1 column 190", "value at line * column *" },
    { "#0 /app/a.php(3): f('x') #1 {main}", "* /app/a.php(3): f(*) * {main}" },
    { "[file \"/x/942.conf\"] [line \"66\"] [id \"942100\"] [msg \"x\"]",
      "[file \"/x/942.conf\"] [line \"66\"] [id \"942100\"] [msg *]" },
    { "[id \"942100\"", "[id *" },
    { "[id \"9\x01\"] x", "[id *] x" },
    { "[id \"9\"]x", "[id *]x" },
    /* codes */
    { "AH00957: HTTP: to 5", "AH00957: HTTP: to *" },
    { "T2M0012: x", "T2M0012: x" },
    { "AH957: x AH00957 y", "*: x * y" },
    { "AH00957:'x'", "*:*" },
    { "(111)Connection refused: AH00957: x", "(111)Connection refused: AH00957: x" },
    { "x (111)Connection", "x (*" },
    { "(111) x ()x (1)x2", "(*) x ()x (*" },
    /* what is taken off */
    { "AH01071: Got error 'PHP message: PHP Warning:  x in /a.php on line 3', referer: http://a/",
      "PHP Warning: x in /a.php on line 3" },
    { "AH01215: stderr from /cgi-bin/a.cgi: Can't 5", "Can't *" },
    { "AH01215: text of old: /cgi-bin/a.cgi", "text of old: *" },
    /* scripts without blanks */
    { "\xe7\x94\xa8\xe6\x88\xb7" "123\xe4\xb8\x8d", "\xe7\x94\xa8\xe6\x88\xb7*\xe4\xb8\x8d" },
    { "\xd0\xb7\xd0\xb0 5 gr\xc3\xb6\xc3\x9f" "e", "\xd0\xb7\xd0\xb0 * gr\xc3\xb6\xc3\x9f" "e" },
    { "/\xe6\x97\xa5/\xe6\x9c\xac/x y", "* y" },
    { "\xf0\x9f\x92\xa5 boom", "\xf0\x9f\x92\xa5 boom" },
};

/* Message and pattern in memory of their own size, so that a byte too far is seen. */
static apr_size_t write_exact(const char *message, apr_size_t message_size, char *out)
{
    char *copy = malloc(message_size ? message_size : 1), *room = malloc(T2M_MESSAGE_PATTERN_MAX);
    apr_size_t size;

    memcpy(copy, message, message_size);
    size = t2m_message_pattern(t2m_text_of(copy, message_size), room);
    memcpy(out, room, size);
    free(room);
    free(copy);
    return size;
}

static void test_table(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[T2M_MESSAGE_PATTERN_MAX], again[T2M_MESSAGE_PATTERN_MAX];
        apr_size_t size = write_exact(rows[i].message, strlen(rows[i].message), out), second;

        is_bytes(out, size, rows[i].pattern, rows[i].message);
        second = write_exact(out, size, again);
        ok(second == size && !memcmp(out, again, size), "its pattern is itself");
        ok(!size || t2m_utf8_is_valid(out, size), "and UTF-8");
    }
    is_number((long long)t2m_message_pattern(t2m_text(NULL), NULL), 0, "no message");
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of a long message only the beginning is looked at, unless it is all one mark. */
static void test_cut(void)
{
    static char message[4096];
    char out[T2M_MESSAGE_PATTERN_MAX];
    apr_size_t size, i;

    for (i = 0; i < sizeof(message); i++) {
        message[i] = i % 10 == 9 ? ' ' : 'x';
    }
    size = write_exact(message, sizeof(message), out);
    is_number((long long)size, 509, "a long pattern ends behind its last whole token");
    memset(message, 'x', sizeof(message));
    is_bytes(out, write_exact(message, sizeof(message), out), "*", "a token that is none");
    is_bytes(out, write_exact(message, 97, out), "*", "of 97 bytes");
    is_number((long long)write_exact(message, 96, out), 96, "one of 96 bytes");
    for (i = 0; i + 3 <= sizeof(message); i += 3) {
        memcpy(message + i, "\xe7\x94\xa8", 3);
    }
    is_number((long long)write_exact(message, 4095, out), 510, "characters are whole");
    memcpy(message, "x in /", 6);
    memset(message + 6, 'a', 2000);
    memcpy(message + 2006, "/a.php on line 3", 17);
    is_bytes(out, write_exact(message, 2022, out), "x in", "a place that is too long");
}

enum { LONG = 1 << 20 };

static double time_of(const char *unit, apr_size_t total)
{
    char *message = malloc(total), out[T2M_MESSAGE_PATTERN_MAX];
    apr_size_t size = strlen(unit), i;
    double started;

    for (i = 0; i < total; i++) {
        message[i] = unit[i % size];
    }
    started = seconds();
    (void)t2m_message_pattern(t2m_text_of(message, total), out);
    free(message);
    return seconds() - started;
}

/* What was quadratic would take minutes. */
static void test_time(void)
{
    static const char *const units[] = {
        "5 ", "5", "'", "\"", "`", "'a ", "`5 `", "'5' ", "= ", "a=", "a='", "(", "5(",
        "1:2:", "[id \"",
        "File \"", "stderr from ", "PHP message: ", "FastCGI: server ", "[Sun ", "[pid ",
        ", referer:", ",", ", ", "\x1b[", "5\x1b[3m", "\xe2\x80\x98", "\xe2", "\xc2\xab", "a.js:",
        "/5", "/", "\\\"5", "5, ", "Nov 5 ", "AH00957", "x ", "a\xe7\x94\xa8", "=\"5\\\"",
    };
    size_t i;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        double spent = time_of(units[i], LONG);

        ok(spent < 2, "1 MiB of %s takes %.3f s", units[i][0] == '\x1b' ? "ESC" : units[i], spent);
    }
}

static void test_bytes(void)
{
    int byte, wrong = 0;

    for (byte = 0; byte < 256; byte++) {
        char message[] = "a ?b? c 5", out[T2M_MESSAGE_PATTERN_MAX], again[T2M_MESSAGE_PATTERN_MAX];
        apr_size_t size;

        message[2] = message[4] = (char)byte;
        size = write_exact(message, 9, out);
        wrong += !size || write_exact(out, size, again) != size || memcmp(out, again, size) != 0
              || out[size - 1] != '*';
    }
    is_number(wrong, 0, "each of the 256 bytes is taken");
}

int main(void)
{
    test_table();
    test_cut();
    test_bytes();
    test_time();
    return tap_done();
}
