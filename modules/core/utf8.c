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

/* Characters for those who are not in a hurry; the table stands with the JSON writer, which is. */
#include "core/utf8.h"

#include "core/json.h"

apr_size_t t2m_utf8_size(const char *bytes, apr_size_t size)
{
    unsigned char first = (unsigned char)bytes[0];
    apr_size_t wanted = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first < 0x80) {
        return 1;
    }
    /* A cut before the last byte falls back to the start of a character, and only of one. */
    return wanted <= size && t2m_utf8_boundary(bytes, wanted, wanted - 1) == 0 ? wanted : 0;
}

int t2m_utf8_is_valid(const char *bytes, apr_size_t size)
{
    apr_size_t at, taken;

    for (at = 0; at < size; at += taken) {
        taken = t2m_utf8_size(bytes + at, size - at);
        if (taken == 0) {
            return 0;
        }
    }
    return 1;
}

apr_size_t t2m_utf8_write(unsigned point, char out[T2M_UTF8_MAX])
{
    static const unsigned char first[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    apr_size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    apr_size_t at;

    for (at = size - 1; at > 0; at--) {
        out[at] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)(first[size] | point);
    return size;
}
