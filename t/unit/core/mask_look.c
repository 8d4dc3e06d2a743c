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

/* The first look against the deep search: where the look says no, the search finds nothing; and
 * it does say no of what browsers send. Needs no library, so that t/06-blocks.t can run it on
 * other machines, with each kind of blocks. */
#include "core/block.h"
#include "core/mask_internal.h"

#include <stdlib.h>

#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { TEXT_MAX = 1024, ROUNDS = 60000 };

static const unsigned plain = T2M_MASK_PERCENT | T2M_MASK_ESCAPE;
static const unsigned paths = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS;

static const struct {
    const char *name;
    unsigned find, decode;
} kinds[] = {
    { "names", 0, T2M_MASK_PERCENT | T2M_MASK_ESCAPE },
    { "paths", T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS | T2M_MASK_FIND_WHOLE_PATH,
      T2M_MASK_PERCENT | T2M_MASK_ESCAPE },
    { "messages", T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS | T2M_MASK_FIND_EMAIL,
      T2M_MASK_PERCENT | T2M_MASK_ESCAPE },
    { "bodies", T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS,
      T2M_MASK_PERCENT | T2M_MASK_ESCAPE }
};

static t2m_mask_t mask;
static apr_array_header_t no_names;

static apr_size_t search(const char *text, apr_size_t size, unsigned find, unsigned decode)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    t2m_mask_scan_t scan;

    memset(&scan, 0, sizeof(scan));
    scan.mask = &mask;
    scan.spans = spans;
    scan.has_state = scan.has_signature = -1;
    scan.find = find;
    scan.view.data = (const unsigned char *)text;
    scan.view.end = scan.size = (apr_uint32_t)size;
    scan.view.decode = decode;
    t2m_mask_scan_text(&scan, 0);
    return scan.count;
}

static int look(const char *text, apr_size_t size, unsigned find, unsigned decode)
{
    t2m_mask_view_t view = { (const unsigned char *)text, (apr_uint32_t)size, decode };

    return t2m_mask_suspicious(&view, find);
}

/* What finds begin with, consist of and end with, and what stands between. */
static const char *const pieces[] = {
    "AKIA", "ASIA", "AIza", "SG.", "dckr_pat_", "dop_v1_", "ghp_", "github_pat_", "glpat-", "hf_",
    "hvs.", "npm_", "pypi-", "rk_live_", "shpat_", "sk-ant-", "sk-proj-", "sk_test_", "whsec_",
    "xapp-", "xoxb-", "ya29.", "eyJ", "eyJhbGciOi.eyJz", "Bearer ", "basic  ", "Digest a=",
    "Negotiate ", "NTLM ", "token ", "-----BEGIN ", "RSA KEY-----", "-----END ", "GB82WEST",
    "GB82 WEST 1234 5698 7654 32", "MT84MALTabcdefghijklmnopqrstuvw", "NO9386011117947", "no93",
    "MT84 MALT ABCD EFGH IJKL MNOP QRST UVW", "4111111111111111", "4111 1111 1111 1111",
    "378282246310005", "219-09-9999", "219", "-09-", "9999", "/reset/", "reset/", "/token/x",
    "Invite/", "/magic", "/password-reset/", "//", "://", "@", "ada", "example.org", ":", "=",
    "AbC1dEf2GhI3", "jKl4MnO5pQr6", "StU7vWx8YzA9", "abcdefghijklm", "0123456", "a1b2c3d4e5f6",
    "password", "code", "state=", "key", "[REDACTED]", "[REDACTED:card-1111]", " ", " ", "-", "+",
    "/", ".", "_", ";", ",", "~", "(", "\n", "\t", "%41", "\\u0041", "\xEF\xBC\xA1", "\xC3\xA9",
    "a", "Z", "1", "7", "ow", "Mozilla/5.0 (X11; Linux x86_64)", "/shop/article/", "some-slug"
};

static apr_size_t make_text(char *text)
{
    unsigned count = 1 + (unsigned)rand() % 14;
    apr_size_t size = 0;

    while (count-- > 0) {
        const char *piece = pieces[(unsigned)rand() % COUNT(pieces)];
        apr_size_t length = strlen(piece);

        memcpy(text + size, piece, length);
        size += length;
    }
    if (rand() % 4 == 0) {
        text[(unsigned)rand() % size] = (char)(rand() >> 8);
    }
    return size;
}

/* In memory of its own, so that a sanitizer sees a byte too much. */
static int overlooks(const char *text, apr_size_t size, unsigned find, unsigned decode)
{
    char *copy = malloc(size);
    int overlooked;

    memcpy(copy, text, size);
    overlooked = !look(copy, size, find, decode) && search(copy, size, find, decode) > 0;
    free(copy);
    if (overlooked) {
        printf("# overlooked: %.*s\n", (int)size, text);
    }
    return overlooked;
}

static void test_nothing_overlooked(void)
{
    size_t kind;

    for (kind = 0; kind < COUNT(kinds); kind++) {
        int overlooked = 0, round;

        srand(7);
        for (round = 0; round < ROUNDS; round++) {
            char text[TEXT_MAX];
            apr_size_t size = make_text(text);

            overlooked += overlooks(text, size, kinds[kind].find, kinds[kind].decode);
        }
        is_number(overlooked, 0, kinds[kind].name);
    }
}

/* A text of which some bytes are codes. */
static apr_size_t make_query(char *query)
{
    static const char digits[] = "0123456789aBcDeF";
    char text[TEXT_MAX];
    apr_size_t size = make_text(text), i, used = 0;
    int share = rand() % 3 ? 3 : 1000;

    for (i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (rand() % share) {
            query[used++] = (char)byte;
            continue;
        }
        query[used++] = '%';
        query[used++] = digits[byte >> 4];
        query[used++] = digits[byte & 15];
    }
    return used;
}

static apr_size_t search_query(const char *text, apr_size_t size)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    char *copy = malloc(size);
    t2m_mask_scan_t scan;

    memcpy(copy, text, size);
    memset(&scan, 0, sizeof(scan));
    scan.mask = &mask;
    scan.spans = spans;
    scan.has_state = scan.has_signature = -1;
    scan.view.data = (const unsigned char *)copy;
    scan.view.end = scan.size = (apr_uint32_t)size;
    t2m_mask_scan_query(&scan, 0, scan.size);
    free(copy);
    return scan.count;
}

/* A `%` that is encoded makes a parameter be searched, whatever the first looks say. */
static void test_parameters(void)
{
    static const char end[] = "x %25";
    int overlooked = 0, round, skipped = 0;

    srand(11);
    for (round = 0; round < 4 * ROUNDS; round++) {
        char query[3 * TEXT_MAX + sizeof(end)];
        apr_size_t size = make_query(query), i;

        for (i = 0; i < size; i++) { /* one parameter */
            query[i] = query[i] == '&' || query[i] == ';' ? ',' : query[i];
        }
        memcpy(query + size, end, sizeof(end));
        if (!search_query(query, size + 1)) {
            skipped++;
            overlooked += search_query(query, size + sizeof(end) - 1) > 0;
        }
    }
    is_number(overlooked, 0, "nothing is overlooked in parameters with codes");
    ok(skipped > ROUNDS, "of which many have nothing: %d", skipped);
}

static int are_plain(const char *names)
{
    return t2m_mask_are_plain_names(&mask, (const unsigned char *)names, strlen(names));
}

/* Each key behind what may be before it, over the ends of words. */
static void test_names(void)
{
    static const char *const keys[] = { "token", "apiKey", "pw", "p_w_d", "PIN", "user[api_key]",
                                        "xPasswd2", "sid", "p.a.s.s" };
    static const char *const codes[] = { "p%69n", "a\\u0070", "\xEF\xBD\x90in",
                                         "a[REDACTED]b" };
    char text[TEXT_MAX];
    size_t i, before;
    int overlooked = 0;

    for (i = 0; i < COUNT(keys); i++) {
        for (before = 0; before < 200; before++) {
            apr_size_t size = before;

            memset(text, 'l', before);
            memcpy(text, "l=", before > 1 ? 2 : 0);
            text[before > 0 ? before - 1 : 0] = before % 2 ? '&' : ';';
            size = before ? before : 0;
            (void)snprintf(text + size, sizeof(text) - size, "%s=1&l=2", keys[i]);
            overlooked += are_plain(text);
        }
    }
    is_number(overlooked, 0, "keys anywhere are no plain names");
    for (i = 0; i < COUNT(codes); i++) {
        ok(!are_plain(codes[i]), "nothing is said of %s", codes[i]);
    }
    ok(!are_plain("q=a&l=1=2"), "nor of a second =");
    ok(are_plain("utm_source=token&Page=pin&filter[color][]=pw;ref=1&q=&=x&&lang"), "plain names");
    ok(are_plain("reference=1&passenge=2") == 0, "a key at the beginning of a word is looked at");
    ok(are_plain("tok=1&p=2&re=3"), "the beginning of a key is none");
    ok(search_query("q=a,cookie:b%20", 15) == 1, "a header's name within a value");
    ok(!are_plain("pin=1") && !are_plain("a=1&sid") && !are_plain("x-otp=1"), "short keys");
}

/* Short names and paths have a look of their own. */
static void test_trifles(void)
{
    const unsigned whole = paths | T2M_MASK_FIND_WHOLE_PATH;
    int overlooked = 0, round, trifles = 0;

    srand(9);
    for (round = 0; round < 8 * ROUNDS; round++) {
        char text[TEXT_MAX];
        apr_size_t size = make_text(text);
        const unsigned char *bytes = (const unsigned char *)text;
        int is_path = round & 1;

        if (size <= T2M_MASK_TRIFLE_MAX && t2m_mask_is_trifle(bytes, size, is_path)) {
            trifles++;
            overlooked += search(text, size, is_path ? whole : 0, plain) > 0;
        }
    }
    is_number(overlooked, 0, "nothing is overlooked in what is short");
    ok(trifles > ROUNDS / 10, "much of which is a trifle: %d", trifles);
    ok(t2m_mask_is_trifle((const unsigned char *)"/index.html", 11, 1), "a short path");
    ok(t2m_mask_is_trifle((const unsigned char *)"a/b/c", 5, 0), "slashes in a name");
    ok(!t2m_mask_is_trifle((const unsigned char *)"reset/s4mple", 12, 1), "a secret in a path");
    ok(!t2m_mask_is_trifle((const unsigned char *)"/reset/s4mpl", 12, 1), "behind a slash");
    ok(!t2m_mask_is_trifle((const unsigned char *)"219-09-9999", 11, 0), "a number");
    ok(!t2m_mask_is_trifle((const unsigned char *)"ntlm s4mple1", 12, 0), "a scheme");
    ok(!t2m_mask_is_trifle((const unsigned char *)"//a:b@c", 7, 0), "an address");
    ok(!t2m_mask_is_trifle((const unsigned char *)"pin=1", 5, 1), "a key");
    ok(!t2m_mask_is_trifle((const unsigned char *)"p%69n", 5, 1), "a code");
}

/* Each find at each distance from the beginning, over the ends of words and blocks. */
static void test_places(void)
{
    static const char *const finds[] = {
        "xoxb-abcdefgh", "AIzaabcdefghijklmnopqrstuvwxyzabcd", "eyJhbGci.abcd", "4111111111111111",
        "4111 1111 1111 1111", "219-09-9999", "NO9386011117947", "NO93 8601 1117 947",
        "Bearer s4mple1", "negotiate  s4mple1", "-----BEGIN X-----a", "whsec_a/b/c/d/e/f/g/h/i",
        "//u:secret@h", "a\xEF\xBC\xA1KIAABCDEFGHIJKLMNOP"
    };
    size_t i, before;
    int overlooked = 0, seen = 0;

    for (i = 0; i < COUNT(finds); i++) {
        for (before = 0; before < 200; before++) {
            char text[TEXT_MAX];
            apr_size_t size = strlen(finds[i]);

            memset(text, before % 3 ? ',' : '(', before);
            if (before > 0 && finds[i][0] == '/') {
                text[before - 1] = ':';
            }
            memcpy(text + before, finds[i], size);
            seen += search(text, before + size, 0, plain) > 0;
            overlooked += overlooks(text, before + size, 0, plain);
            text[before + size] = ',';
            overlooked += overlooks(text, before + size + 1, 0, plain);
        }
    }
    is_number(overlooked, 0, "whatever stands before it");
    ok(seen > 2500, "and there is something to be found in nearly all: %d", seen);
}

static void test_innocent(void)
{
    static const char *const names[] = {
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.2 Safari/605.1.15",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F Build/PPR1.180610.011)", "curl/8.5.0",
        "www.example.com", "localhost", "192.168.100.200", "default-handler", "a", "x=1"
    };
    static const char *const innocent_paths[] = {
        "/index.html", "/", "/shop/article/4711/some-slug", "/a/b/c/d/e/f/g/h/i/j/k/l",
        "/blog/this-is-a-rather-long-title-of-an-article-about-nothing", "/favicon.ico",
        "/users/550e8400-e29b-41d4-a716-446655440000/edit",
        "/images/IMG_20240115.jpg", "/order/1234567890", "/investors/magazine/resources/passage/"
    };
    static const char *const queries[] = {
        "a=1&utm_source=news+letter;b[c]=d",
        "at=2024-01-15T12:30:00&to=https://www.example.com/a"
    };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ok(!look(names[i], strlen(names[i]), 0, plain), "%s", names[i]);
    }
    for (i = 0; i < COUNT(innocent_paths); i++) {
        ok(!look(innocent_paths[i], strlen(innocent_paths[i]), paths | T2M_MASK_FIND_WHOLE_PATH,
                 plain), "%s", innocent_paths[i]);
    }
    ok(!look("https://www.example.com/shop", 28, paths | T2M_MASK_FIND_WHOLE_PATH, plain),
       "a URL whose host has no user");
    for (i = 0; i < COUNT(queries); i++) {
        t2m_mask_view_t view = { (const unsigned char *)queries[i],
                                 (apr_uint32_t)strlen(queries[i]), 0 };

        ok(!t2m_mask_query_suspicious(&mask, &view), "%s", queries[i]);
    }
}

int main(void)
{
    printf("# blocks: %s\n", T2M_BLOCK_KIND);
    mask.keys = mask.headers = &no_names;
    t2m_mask_keys_init(&mask);
    test_nothing_overlooked();
    test_trifles();
    test_parameters();
    test_names();
    test_places();
    test_innocent();
    return tap_done();
}
