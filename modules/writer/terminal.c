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

/* See terminal.h. */
#include "writer/terminal.h"

#include <stdio.h>

static int is_c1(unsigned char byte)
{
    return byte >= 0x80 && byte < 0xA0;
}

/* 0x80 to 0x9F are harmless only behind the lead of a character above U+009F. */
static int is_control(const unsigned char *bytes, apr_size_t size, apr_size_t at)
{
    if (bytes[at] == 0xC2) {
        return at + 1 < size && is_c1(bytes[at + 1]);
    }
    if (is_c1(bytes[at])) {
        return at == 0 || bytes[at - 1] < 0x80 || bytes[at - 1] == 0xC2;
    }
    return bytes[at] < ' ' || bytes[at] == 0x7F;
}

void t2m_terminal_line(const char *bytes, apr_size_t size, int terminal)
{
    apr_size_t at;

    if (!terminal) {
        (void)fwrite(bytes, 1, size, stdout);
    }
    for (at = 0; terminal && at < size; at++) {
        if (is_control((const unsigned char *)bytes, size, at)) {
            printf("\\x%02x", (unsigned char)bytes[at]);
        } else {
            putchar(bytes[at]);
        }
    }
    putchar('\n');
}

int t2m_terminal_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}
