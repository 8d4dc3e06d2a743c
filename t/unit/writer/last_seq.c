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

/* Tests modules/writer/last_seq.c. */
#include "writer/last_seq.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const struct {
    const char *line;
    unsigned long seq;
} lines[] = {
    { "{\"a\":1,\"seq\":7}", 7 },
    { "{\"seq\":18446744073709551615}", 18446744073709551615UL },
    { "{\"seq\":}", 0 },
    { "{\"seq\":7", 0 },
    { "{\"seq\":7} ", 0 },
    { "{\"message\":\"\\\"seq\\\":9\"}", 0 },
    { "", 0 },
    { "}", 0 },
    { "7}", 0 },
    { "{\"sequence\":7}", 0 },
    { "{\"seq\":123456789012345678901}", 0 },
};

static apr_uint64_t of_file(const char *content, size_t size, int *ragged)
{
    char path[] = "/tmp/t2mlog-seq-XXXXXX";
    int fd = mkstemp(path);
    apr_uint64_t seq;

    if (fd < 0 || write(fd, content, size) != (ssize_t)size) {
        return ~0ULL;
    }
    (void)unlink(path);
    seq = t2m_last_seq(fd, size, ragged);
    (void)close(fd);
    return seq;
}

int main(void)
{
    size_t i;
    int ragged;
    char *big = malloc(400000);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ok(t2m_seq_of_line(lines[i].line, strlen(lines[i].line)) == lines[i].seq, "%s",
           lines[i].line);
    }
#define OF(text) of_file(text, sizeof(text) - 1, &ragged)
    ok(OF("") == 0 && !ragged, "an empty file has none");
    ok(OF("{\"seq\":1}\n{\"seq\":2}\n") == 2 && !ragged, "the last line's");
    ok(OF("{\"seq\":1}\n{\"seq\":2}") == 1 && ragged, "of the last whole line");
    ok(OF("{\"seq\":1}\n{\"se") == 1 && ragged, "a torn line is none");
    ok(OF("{\"seq\":1}\nfoo\n\n\n") == 1 && !ragged, "other lines are passed over");
    ok(OF("{\"seq\":5}") == 0 && ragged, "a single line without its end");
    memset(big, 'x', 400000);
    memcpy(big, "{\"seq\":3}\n", 10);
    big[399999] = '\n';
    ok(of_file(big, 400000, &ragged) == 0, "farther back than any line is long it does not look");
    memcpy(big + 300000, "\n{\"seq\":4}\n", 11);
    ok(of_file(big, 400000, &ragged) == 4, "but so far");
    free(big);
    return tap_done();
}
