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

/* Looks backwards from a file's end, since only the last lines matter. */
#include "writer/last_seq.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_BACK = 262144 };

apr_uint64_t t2m_seq_of_line(const char *line, apr_size_t size)
{
    static const char name[] = "\"seq\":";
    const apr_size_t name_size = sizeof(name) - 1;
    apr_size_t digits = 0;
    apr_uint64_t seq = 0;
    apr_size_t i;

    if (size < 1 || line[size - 1] != '}') {
        return 0;
    }
    while (digits < size - 1 && line[size - 2 - digits] >= '0' && line[size - 2 - digits] <= '9') {
        digits++;
    }
    if (digits == 0 || digits > 20 || size - 1 - digits < name_size
        || memcmp(line + size - 1 - digits - name_size, name, name_size) != 0) {
        return 0;
    }
    for (i = size - 1 - digits; i < size - 1; i++) {
        seq = seq * 10 + (apr_uint64_t)(line[i] - '0');
    }
    return seq;
}

/* The last number among the whole lines of bytes. */
static apr_uint64_t last_in(const char *bytes, apr_size_t size)
{
    apr_size_t end = size;

    while (end > 0) {
        apr_size_t start;
        apr_uint64_t seq;

        if (bytes[end - 1] != '\n') {
            end--;
            continue;
        }
        for (start = end - 1; start > 0 && bytes[start - 1] != '\n'; start--) {
        }
        seq = t2m_seq_of_line(bytes + start, end - 1 - start);
        if (seq) {
            return seq;
        }
        end = start;
    }
    return 0;
}

apr_uint64_t t2m_last_seq(int fd, apr_uint64_t size, int *ragged)
{
    apr_size_t wanted = size < LOOK_BACK ? (apr_size_t)size : LOOK_BACK;
    char *bytes;
    ssize_t got;
    apr_uint64_t seq = 0;

    *ragged = 0;
    bytes = wanted ? malloc(wanted) : NULL;
    if (!bytes) {
        return 0;
    }
    got = pread(fd, bytes, wanted, (off_t)(size - wanted));
    if (got > 0) {
        *ragged = bytes[got - 1] != '\n';
        seq = last_in(bytes, (apr_size_t)got);
    }
    free(bytes);
    return seq;
}
