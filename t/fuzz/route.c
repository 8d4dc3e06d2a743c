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

/* Fuzzes core/route: writes what a slow model writes that first builds the whole route, and a
 * route given back stays as it is. Input: a byte for the method's size, the method, the path. */
#include "core/route.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* All digits, at least 8 hex digits of which one is a digit, or a UUID. */
static int is_id(const char *segment, size_t size)
{
    size_t digits = 0, hex = 0, dashes = 0, i;

    for (i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)segment[i];

        digits += isdigit(byte) != 0;
        hex += isxdigit(byte) != 0;
        dashes += byte == '-' && (i == 8 || i == 13 || i == 18 || i == 23);
    }
    return (size && digits == size) || (size >= 8 && hex == size && digits)
        || (size == 36 && hex == 32 && dashes == 4);
}

/* The whole route into out, however long; returns its size. cut: where it ends when it is too
 * long. */
static size_t build(const char *path, size_t size, char *out, size_t used, size_t *cut)
{
    size_t start = 0, end;

    *cut = used;
    for (;; start = end + 1) {
        for (end = start; end < size && path[end] != '/'; end++) {
        }
        if (start) {
            out[used++] = '/';
        }
        if (is_id(path + start, end - start)) {
            memcpy(out + used, ":n", 2);
            used += 2;
        }
        else {
            memcpy(out + used, path + start, end - start);
            used += end - start;
        }
        if (end == size) {
            return used;
        }
        if (used + 2 <= T2M_ROUTE_MAX) {
            *cut = used;
        }
    }
}

/* A path of n bytes gives at most 2 * n + 2: `:n` for one digit. */
static size_t model(t2m_text_t method, t2m_text_t path, char *out)
{
    size_t used = 0, cut;

    if (!method.size && !path.size) {
        out[0] = '-';
        return 1;
    }
    if (method.size) {
        used = method.size > 32 ? 1 : method.size;
        memcpy(out, method.size > 32 ? "*" : method.data, used);
        out[used++] = ' ';
    }
    if (!path.size) {
        out[used] = '*';
        return used + 1;
    }
    used = build(path.data, path.size, out, used, &cut);
    if (used > T2M_ROUTE_MAX) {
        memcpy(out + cut, "/*", 2);
        used = cut + 2;
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *want, *got = malloc(T2M_ROUTE_MAX), *again = malloc(T2M_ROUTE_MAX);
    size_t method_size = size ? data[0] % 40 : 0, want_size, got_size;
    t2m_text_t method = { NULL, 0 }, path = { NULL, 0 };

    if (size > 1) {
        method_size = method_size < size - 1 ? method_size : size - 1;
        method = t2m_text_of((const char *)data + 1, method_size);
        path = t2m_text_of(method.data + method_size, size - 1 - method_size);
    }
    want = malloc(2 * size + 64);
    want_size = model(method, path, want);
    got_size = t2m_route_write(method, path, got);
    check(got_size <= T2M_ROUTE_MAX);
    check(got_size == want_size && memcmp(got, want, want_size) == 0);

    if (!method.size) {
        check(t2m_route_write(method, t2m_text_of(got, got_size), again) == got_size);
        check(memcmp(again, got, got_size) == 0);
    }
    free(want);
    free(again);
    free(got);
    return 0;
}
