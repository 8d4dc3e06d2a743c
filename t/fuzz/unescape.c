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

/* Any text as an escaped message: decodes within its size, in place as well, and what httpd would
 * write for the decoded bytes decodes to them again. */
#include "core/unescape.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* As httpd writes it. Returns the size; out has room for four bytes for each of size, and a NUL. */
static size_t escape(const char *bytes, size_t size, char *out)
{
    static const char special[] = "\b\n\r\t\v\\", letters[] = "bnrtv\\";
    size_t i, written = 0;

    for (i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        const char *found = byte ? strchr(special, byte) : NULL;

        if (found) {
            out[written++] = '\\';
            out[written++] = letters[found - special];
        }
        else if (byte < 0x20 || byte >= 0x7f) {
            written += (size_t)snprintf(out + written, 5, "\\x%02x", byte);
        }
        else {
            out[written++] = (char)byte;
        }
    }
    return written;
}

/* The bytes come back from their escaped form, and a beginning of them from a part of it. */
static void check_inverse(const char *bytes, size_t size, size_t cut)
{
    char *escaped = malloc(4 * size + 1), *again = malloc(4 * size + 1);
    size_t escaped_size, again_size;

    require(escaped && again);
    escaped_size = escape(bytes, size, escaped);
    again_size = t2m_unescape(t2m_text_of(escaped, escaped_size), again);
    require(again_size == size && memcmp(again, bytes, size) == 0);
    again_size = t2m_unescape(t2m_text_of(escaped, cut % (escaped_size + 1)), again);
    require(again_size <= size && memcmp(again, bytes, again_size) == 0);
    free(escaped);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char *out = malloc(size + 1), *in_place = malloc(size + 1);
    size_t decoded;

    require(out && in_place);
    memcpy(in_place, data, size);
    out[size] = '#';
    decoded = t2m_unescape(t2m_text_of(text, size), out);
    require(decoded <= size && out[size] == '#');
    require(t2m_unescape(t2m_text_of(in_place, size), in_place) == decoded);
    require(memcmp(out, in_place, decoded) == 0);
    check_inverse(out, decoded, size > 0 ? data[0] * 7U : 0);
    check_inverse(text, size, size > 0 ? data[size - 1] * 7U : 0);
    free(out);
    free(in_place);
    return 0;
}
