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

/* See chain_resume.h. Looks at ever larger ends of the file, the first of which nearly always has
 * the line. */
#include "writer/chain_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/backup_name.h"
#include "core/member.h"
#include "writer/last_seq.h"
#include "writer/sink.h"

enum { LOOK_FIRST = 262144, LOOK_MOST = 67108864 };

static int is_wanted(const char *line, apr_size_t size, int label)
{
    static const char security[] = "security";
    t2m_text_t stream;

    if (t2m_seq_of_line(line, size) == 0) {
        return 0;
    }
    return !label
        || (t2m_member_find(t2m_text_of(line, size), "stream", &stream) == T2M_MEMBER_STRING
            && stream.size == sizeof(security) - 1
            && memcmp(stream.data, security, stream.size) == 0);
}

/* The last wanted whole line of bytes; whole: the first one is not the end of another. */
static t2m_text_t last_in(const char *bytes, apr_size_t size, int whole, int label)
{
    apr_size_t end = size, start;

    while (end > 0 && bytes[end - 1] != '\n') {
        end--;
    }
    for (; end > 0; end = start) {
        for (start = end - 1; start > 0 && bytes[start - 1] != '\n'; start--) {
        }
        if ((start > 0 || whole) && is_wanted(bytes + start, end - 1 - start, label)) {
            return t2m_text_of(bytes + start, end - 1 - start);
        }
    }
    return t2m_text_of(NULL, 0);
}

static int resume_within(const t2m_chain_t *chain, int fd, apr_size_t look, apr_uint64_t size,
                         int label, unsigned char *out, apr_uint64_t *seq)
{
    char *bytes = malloc(look);
    ssize_t got = bytes ? pread(fd, bytes, look, (off_t)(size - look)) : -1;
    t2m_text_t line = got > 0 ? last_in(bytes, (apr_size_t)got, look == size, label)
                              : t2m_text_of(NULL, 0);
    int found = line.data != NULL;

    if (found) {
        (void)t2m_chain_next(chain, line.data, line.size, out);
        *seq = t2m_seq_of_line(line.data, line.size);
    }
    free(bytes);
    return found;
}

static int resume_at(const t2m_chain_t *chain, int directory, const char *name, int label,
                     unsigned char *out, apr_uint64_t *seq)
{
    struct stat information;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int found = 0, is_file = fd >= 0 && fstat(fd, &information) == 0
                          && S_ISREG(information.st_mode);
    apr_uint64_t size = is_file ? (apr_uint64_t)information.st_size : 0, look = LOOK_FIRST;

    for (; is_file && size && !found && look <= LOOK_MOST; look *= 16) {
        look = look < size ? look : size;
        found = resume_within(chain, fd, (apr_size_t)look, size, label, out, seq);
        if (look == size) {
            break;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return found;
}

int t2m_chain_resume(const t2m_chain_t *chain, const t2m_settings_file_t *file,
                     unsigned char out[T2M_CHAIN_SIZE], apr_uint64_t *seq)
{
    char before[T2M_BACKUP_NAME_MAX];
    const char *name;
    int directory = -1, found = 0;

    *seq = 0;
    if (!file->to_descriptor
        && t2m_sink_directory(file->path, &directory, &name) == APR_SUCCESS) {
        found = resume_at(chain, directory, name, file->label, out, seq)
             || (t2m_backup_name_write(before, sizeof(before), name, 1, T2M_COMPRESSION_NONE)
                 && resume_at(chain, directory, before, file->label, out, seq));
        (void)close(directory);
    }
    if (!found) {
        (void)t2m_chain_next(chain, "", 0, out);
    }
    return found;
}
