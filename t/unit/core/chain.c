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

/* Tests modules/core/chain.c. */
#include "core/chain.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static unsigned char key[T2M_CHAIN_KEY_SIZE];
static t2m_chain_t *chain;

static const char *hex_of(const unsigned char *bytes)
{
    static char text[T2M_CHAIN_DIGITS + 1];

    t2m_chain_hex(bytes, text);
    return text;
}

/* RFC 4231, test case 1: its key of 20 bytes is ours with zeros behind it, as RFC 2104 pads it. */
static void check_vectors(void)
{
    unsigned char out[T2M_CHAIN_SIZE], again[T2M_CHAIN_SIZE];
    t2m_chain_t *other;

    memset(key, 0x0b, 20);
    memset(key + 20, 0, sizeof(key) - 20);
    is_number(t2m_chain_make(key, &chain), APR_SUCCESS, "a key is made ready");
    is_number(t2m_chain_next(chain, "Hi There", 8, out), APR_SUCCESS, "a line");
    is_bytes(hex_of(out), T2M_CHAIN_DIGITS,
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "RFC 4231, 1");
    is_number(t2m_chain_next(chain, "Hi There", 8, again), APR_SUCCESS, "again");
    ok(memcmp(out, again, sizeof(out)) == 0, "gives the same: no line is left in it");
    is_number(t2m_chain_next(chain, "", 0, out), APR_SUCCESS, "the empty text");
    ok(memcmp(out, again, sizeof(out)) != 0, "has its own");
    key[31] = 1;
    is_number(t2m_chain_make(key, &other), APR_SUCCESS, "another key");
    (void)t2m_chain_next(other, "Hi There", 8, out);
    ok(memcmp(out, again, sizeof(out)) != 0, "gives another");
    t2m_chain_free(other);
    t2m_chain_free(NULL);
}

static void check_member(void)
{
    unsigned char value[T2M_CHAIN_SIZE], back[T2M_CHAIN_SIZE];
    char line[300] = "{\"a\":1";
    apr_size_t size = strlen(line), at = 0;
    int i;

    for (i = 0; i < T2M_CHAIN_SIZE; i++) {
        value[i] = (unsigned char)(i * 9);
    }
    is_number((long long)t2m_chain_member(value, line + size), T2M_CHAIN_MEMBER, "the member");
    size += T2M_CHAIN_MEMBER;
    size += (apr_size_t)snprintf(line + size, sizeof(line) - (size_t)size, ",\"seq\":12}");
    ok(t2m_chain_of_line(line, size, back, &at), "a line has its prev");
    ok(memcmp(value, back, sizeof(value)) == 0, "the same");
    is_bytes(line + at, 4, "0009", "and says where");
    ok(t2m_chain_of_line(line, size, back, NULL), "which nobody need ask");
    ok(!t2m_chain_of_line(line, size - 1, back, NULL), "not without its end");
    ok(!t2m_chain_of_line(line, 0, back, NULL), "nor nothing");
    line[at + 3] = 'A';
    ok(!t2m_chain_of_line(line, size, back, NULL), "capitals are not ours");
    line[at + 3] = '0';
    line[at - 2] = '_';
    ok(!t2m_chain_of_line(line, size, back, NULL), "nor is another name");
    line[at - 2] = ':';
    line[at + 64] = '\'';
    ok(!t2m_chain_of_line(line, size, back, NULL), "nor another quote");
}

static void check_no_member(void)
{
    static const char *const lines[] = {
        "}", "{\"seq\":1}", "{\"a\":1,\"seq\":}", "{\"a\":1,\"sex\":1}", "1}",
        "{\"a\":1,\"seq\":1}", ",\"seq\":1}",
    };
    unsigned char prev[T2M_CHAIN_SIZE];
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ok(!t2m_chain_of_line(lines[i], strlen(lines[i]), prev, NULL), "%s has none", lines[i]);
    }
}

static t2m_chain_head_t head_of(const char *path, apr_uint64_t seq)
{
    t2m_chain_head_t head = { t2m_text(path), seq, { 0 } };

    (void)t2m_chain_next(chain, path, strlen(path), head.chain);
    return head;
}

static int survives(const char *before, const t2m_chain_head_t *head, t2m_chain_head_t *back)
{
    static char line[1000];
    char text[T2M_CHAIN_HEAD_MAX];
    apr_size_t size = t2m_chain_head_write(head, text);
    int whole = size < T2M_CHAIN_HEAD_MAX && strlen(text) == size;

    size = (apr_size_t)snprintf(line, sizeof(line), "%s%s", before, text);
    return whole && t2m_chain_head_parse(line, size, back) && back->seq == head->seq
        && memcmp(back->chain, head->chain, T2M_CHAIN_SIZE) == 0;
}

static const char prefix[] = "[Sun Nov 22 14:10:19.123456 2026] [t2mlog:notice] [pid 12:tid 34] ";

static void check_head(void)
{
    t2m_chain_head_t head = head_of("/var/log/a: seq 5, b/security.log", 1234), back;
    char path[500];

    ok(survives(prefix, &head, &back), "a head in the error log");
    ok(t2m_chain_head_is_of(&back, "/var/log/a: seq 5, b/security.log"), "is of its file");
    ok(!t2m_chain_head_is_of(&back, "/var/log/security.log"), "and of no other");
    ok(!t2m_chain_head_is_of(&back, "/var/log/a: seq 5, b/security.log2"), "nor a longer one");
    ok(survives("", &head, &back), "alone on its line");
    head.seq = APR_UINT64_MAX;
    memset(path, 'x', sizeof(path));
    memcpy(path, "/log/", 5);
    (void)apr_cpystrn(path + 400, "/security.log", sizeof(path) - 400);
    head.path = t2m_text(path);
    ok(survives(prefix, &head, &back), "a long path, the largest number");
    ok(t2m_chain_head_is_of(&back, path), "is known by its end");
    ok(!t2m_chain_head_is_of(&back, "/security.log"), "all of which must be there");
    (void)apr_cpystrn(path + 400, "/access.log", sizeof(path) - 400);
    ok(!t2m_chain_head_is_of(&back, path), "and the same");
    head = head_of("", 0);
    ok(survives(prefix, &head, &back) && back.path.size == 0, "no path, no line");
}

/* What is no head, or none of ours. */
static void check_no_head(void)
{
    static const char *const before[] = {
        "[x] [core:error] [pid 1] ", "[x] [t2mlog:notice] AH00126: GET ", "AH1: ", "[t2mlog:notice",
        "[x] [cgi:error] [client [t2mlog:1] ", "x ",
    };
    t2m_chain_head_t head = head_of("/a", 5), back;
    char text[T2M_CHAIN_HEAD_MAX], line[1000];
    apr_size_t size = t2m_chain_head_write(&head, text), i;

    for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        int length = snprintf(line, sizeof(line), "%s%s", before[i], text);

        ok(!t2m_chain_head_parse(line, (apr_size_t)length, &back), "%s...: not ours", before[i]);
    }
    for (i = 0; i < size; i++) {
        ok(!t2m_chain_head_parse(text, i, &back) || i == size, "cut at %d", (int)i);
    }
    for (i = 0; i < size; i++) {
        memcpy(line, text, size);
        line[i] = (char)(line[i] ^ 0x80);
        ok(!t2m_chain_head_parse(line, size, &back) || (i >= 30 && i < 32), "byte %d", (int)i);
    }
    size = (apr_size_t)snprintf(line, sizeof(line),
                                "T2M0218: head of the chain of /a: seq 18446744073709551616, "
                                     "%s", hex_of(head.chain));
    ok(!t2m_chain_head_parse(line, size, &back), "a number that is too large");
    size = (apr_size_t)snprintf(line, sizeof(line), "T2M0218: head of the chain of /a: seq , %s",
                               hex_of(head.chain));
    ok(!t2m_chain_head_parse(line, size, &back), "no number");
}

int main(void)
{
    check_vectors();
    check_member();
    check_no_member();
    check_head();
    check_no_head();
    t2m_chain_free(chain);
    return tap_done();
}
