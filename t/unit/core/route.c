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

/* Tests core/route: which segments are ids, where a long route ends, and hostile paths. */
#include "core/route.h"

#include <stdlib.h>
#include <time.h>

#include "tap.h"

#define TEN "/234567890"
#define HUNDRED TEN "x" TEN "x" TEN "x" TEN "x" TEN "x" TEN "x" TEN "x" TEN "x" TEN "x/"
#define X32 "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"

static const struct {
    const char *method, *path, *route;
} rows[] = {
    { "GET", "/", "GET /" },
    { "GET", "/users/42", "GET /users/:n" },
    { "GET", "/users/42/", "GET /users/:n/" },
    { "GET", "/0", "GET /:n" },
    { "POST", "/a/1/b/22/c", "POST /a/:n/b/:n/c" },
    { "GET", "//1//", "GET //:n//" },
    { "GET", "/v1/x1/1x", "GET /v1/x1/1x" },
    { "GET", "/1.5/-1/+1", "GET /1.5/-1/+1" },
    { "GET", "/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/x", "GET /:n/x" },
    { "GET", "/017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "GET /:n" },
    { "GET", "/abcdefab-abcd-abcd-abcd-abcdefabcdef", "GET /:n" },
    { "GET", "/017f22e2-79b0-7cc3-98c4-dc0c0c07398", "GET /017f22e2-79b0-7cc3-98c4-dc0c0c07398" },
    { "GET", "/017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "GET /017f22e2-79b0-7cc3-98c4-dc0c0c07398g" },
    { "GET", "/017f22e2-79b0-7cc3-98c4-dc0c0c07398f1",
      "GET /017f22e2-79b0-7cc3-98c4-dc0c0c07398f1" },
    { "GET", "/017f22e2-79b07-cc3-98c4-dc0c0c07398f", "GET /017f22e2-79b07-cc3-98c4-dc0c0c07398f" },
    { "GET", "/017f22e2079b0-7cc3-98c4-dc0c0c07398f", "GET /017f22e2079b0-7cc3-98c4-dc0c0c07398f" },
    { "GET", "/deadbee1", "GET /:n" },
    { "GET", "/DEADBEE1", "GET /:n" },
    { "GET", "/deadbe1", "GET /deadbe1" },
    { "GET", "/deadbeef", "GET /deadbeef" },
    { "GET", "/1234567g", "GET /1234567g" },
    { "GET", "/d41d8cd98f00b204e9800998ecf8427e", "GET /:n" },
    { "GET", "/12345678901234567890123456789012345678901234567890", "GET /:n" },
    { "GET", "/:n/*", "GET /:n/*" },
    { "OPTIONS", "*", "OPTIONS *" },
    { "CONNECT", "db.example:443", "CONNECT db.example:443" },
    { "GET", "7/8", "GET :n/:n" },
    { "", "/a/7", "/a/:n" },
    { "GET", "", "GET *" },
    { "", "", "-" },
    { X32, "/", X32 " /" },
    { X32 "X", "/7", "* /:n" },
    { X32 "X", "", "* *" },
    /* 128 bytes fit, 129 do not: the route then ends with a whole segment */
    { "", HUNDRED "123456789.123456789.12345678", HUNDRED "123456789.123456789.12345678" },
    { "", HUNDRED "123456789.123456789.12345678x", HUNDRED "*" },
    { "", HUNDRED "123456789.123456789.12345678/", HUNDRED "*" },
    { "", HUNDRED "123456789.123456789.123456/x", HUNDRED "123456789.123456789.123456/x" },
    { "", HUNDRED "123456789.123456789.123456/xy", HUNDRED "123456789.123456789.123456/*" },
    { "", HUNDRED "123456789.123456789.1234567/x", HUNDRED "*" },
    { "", HUNDRED "123456789.123456789.1234567/", HUNDRED "123456789.123456789.1234567/" },
    { "", HUNDRED "1/2/3/4/5/6/7/8/9/10", HUNDRED ":n/:n/:n/:n/:n/:n/:n/:n/:n/*" },
    { "", HUNDRED "1/2/3/4/5/6/7/8/9", HUNDRED ":n/:n/:n/:n/:n/:n/:n/:n/:n" },
    { "GET", HUNDRED "1/2/3/4/5/6/7/8/9", "GET " HUNDRED ":n/:n/:n/:n/:n/:n/:n/*" },
};

/* Path and result in memory of their own size, so that a byte too far is seen. */
static apr_size_t write_exact(t2m_text_t method, t2m_text_t path, char *out)
{
    char *copy = malloc(path.size ? path.size : 1);
    char *room = malloc(T2M_ROUTE_MAX);
    apr_size_t size;

    if (path.size) {
        memcpy(copy, path.data, path.size);
    }
    size = t2m_route_write(method, t2m_text_of(copy, path.size), room);
    memcpy(out, room, size);
    free(room);
    free(copy);
    return size;
}

static void test_table(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[T2M_ROUTE_MAX];
        apr_size_t size = write_exact(t2m_text(rows[i].method), t2m_text(rows[i].path), out);

        is_bytes(out, size, rows[i].route, rows[i].route);
    }
    is_number((long long)strlen(HUNDRED), 100, "the rows' prefix has the length of its name");
}

static void test_null(void)
{
    char out[T2M_ROUTE_MAX];

    is_bytes(out, t2m_route_write(t2m_text(NULL), t2m_text(NULL), out), "-", "neither is given");
    is_bytes(out, t2m_route_write(t2m_text("GET"), t2m_text(NULL), out), "GET *", "no path");
    is_bytes(out, t2m_route_write(t2m_text(NULL), t2m_text("/5"), out), "/:n", "no method");
}

static void test_bytes(void)
{
    int byte, wrong = 0;

    for (byte = 0; byte < 256; byte++) {
        char path[] = "/a?b/c", out[T2M_ROUTE_MAX];

        path[2] = (char)byte;
        wrong += write_exact(t2m_text("GET"), t2m_text_of(path, 6), out) != 10
              || memcmp(out, "GET /a", 6) != 0 || memcmp(out + 6, path + 2, 4) != 0;
    }
    is_number(wrong, 0, "each of the 256 bytes is copied as it is");
}

enum { LONG = 65536 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_long(void)
{
    static const struct {
        const char *name;
        int fill, every; /* a slash at each every-th byte */
        const char *route;
    } kinds[] = {
        { "64 KiB of slashes", '/', 1, NULL },
        { "64 KiB of digits", '7', LONG, "GET /:n" },
        { "64 KiB of hex letters", 'a', LONG, "GET /*" },
        { "64 KiB of NUL", 0, LONG, "GET /*" },
        { "64 KiB of 0xff", 0xff, LONG, "GET /*" },
        { "64 KiB of one-digit segments", '1', 2, NULL },
    };
    char *path = malloc(LONG);
    size_t i, j;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char out[T2M_ROUTE_MAX];
        apr_size_t size;
        double started = seconds();

        for (j = 0; j < LONG; j++) {
            path[j] = j % (size_t)kinds[i].every ? (char)kinds[i].fill : '/';
        }
        size = write_exact(t2m_text("GET"), t2m_text_of(path, LONG), out);
        if (kinds[i].route) {
            is_bytes(out, size, kinds[i].route, kinds[i].name);
        }
        else {
            ok(size > T2M_ROUTE_MAX - 4 && size <= T2M_ROUTE_MAX
               && memcmp(out + size - 2, "/*", 2) == 0, "%s end with the mark", kinds[i].name);
        }
        ok(seconds() - started < 0.5, "%s take no time", kinds[i].name);
    }
    free(path);
}

int main(void)
{
    test_table();
    test_null();
    test_bytes();
    test_long();
    return tap_done();
}
