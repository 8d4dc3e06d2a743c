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

/* Tests modules/writer/chain_resume.c. */
#include "writer/chain_resume.h"

#include <stdio.h>

#include "folder.h"
#include "writer/last_seq.h"

static t2m_chain_t *chain;
static t2m_settings_file_t file;
static unsigned char out[T2M_CHAIN_SIZE];

/* Nonzero when the chain goes on from that line; NULL: when it begins. */
static int goes_on(const char *line)
{
    unsigned char want[T2M_CHAIN_SIZE];
    apr_uint64_t seq = 99;
    int found;

    memset(out, 1, sizeof(out));
    found = t2m_chain_resume(chain, &file, out, &seq);
    (void)t2m_chain_next(chain, line ? line : "", line ? strlen(line) : 0, want);
    return found == (line != NULL) && memcmp(out, want, sizeof(out)) == 0
        && seq == (line ? t2m_seq_of_line(line, strlen(line)) : 0);
}

#define PUT(name, text) folder_put(name, text, sizeof(text) - 1)

static void check_file(void)
{
    ok(goes_on(NULL), "no file");
    PUT("security.log", "");
    ok(goes_on(NULL), "an empty one");
    PUT("security.log.1", "{\"seq\":1}\n{\"seq\":2}\n");
    ok(goes_on("{\"seq\":2}"), "an empty one goes on from the one before");
    PUT("security.log", "{\"seq\":3}\n");
    ok(goes_on("{\"seq\":3}"), "one line");
    PUT("security.log", "{\"seq\":3}\n{\"a\":\"b\",\"seq\":4}\n{\"seq\":5}");
    ok(goes_on("{\"a\":\"b\",\"seq\":4}"), "a line without its end is none");
    PUT("security.log", "{\"seq\":3}\n{\"a\":\"b\",\"seq\":4}\n{\"se\n\n");
    ok(goes_on("{\"a\":\"b\",\"seq\":4}"), "nor is one without a number");
    PUT("security.log", "foo\n");
    ok(goes_on("{\"seq\":2}"), "no line of ours: the file before");
    (void)unlinkat(folder, "security.log.1", 0);
    ok(goes_on(NULL), "if there is one");
    (void)mkdirat(folder, "security.log.1", 0700);
    ok(goes_on(NULL), "that is a file");
    (void)unlinkat(folder, "security.log.1", AT_REMOVEDIR);
}

static void check_shared(void)
{
    file.label = 1;
    PUT("security.log", "{\"stream\":\"security\",\"seq\":1}\n{\"stream\":\"app\",\"seq\":2}\n"
                        "{\"stream\":\"securityx\",\"seq\":3}\n{\"seq\":4}\n");
    ok(goes_on("{\"stream\":\"security\",\"seq\":1}"), "the last one of the stream security");
    file.label = 0;
    ok(goes_on("{\"seq\":4}"), "in a file of its own the last one");
}

/* The line begins where a look begins or ends, and before. */
static void check_far(apr_size_t size, const char *what)
{
    static const char first[] = "{\"stream\":\"security\",\"seq\":1}\n";
    char *bytes = malloc(size);
    apr_size_t i;

    memset(bytes, 'x', size);
    memcpy(bytes, first, sizeof(first) - 1);
    for (i = sizeof(first) - 1; i < size; i++) {
        bytes[i] = i % 100 ? 'y' : '\n';
    }
    bytes[size - 1] = '\n';
    folder_put("security.log", bytes, size);
    ok(goes_on("{\"stream\":\"security\",\"seq\":1}"), "%s", what);
    free(bytes);
}

int main(void)
{
    static const unsigned char key[T2M_CHAIN_KEY_SIZE] = { 1 };

    folder_make();
    (void)t2m_chain_make(key, &chain);
    (void)snprintf(file.path, sizeof(file.path), "%s/security.log", folder_path);
    check_file();
    check_shared();
    check_far(262144, "as far back as the first look");
    check_far(262145, "a byte farther");
    check_far(262144 + 10, "in its middle");
    check_far(5000000, "two looks farther");
    file.to_descriptor = 1;
    ok(goes_on(NULL), "standard output has no past");
    file.to_descriptor = 0;
    (void)snprintf(file.path, sizeof(file.path), "%s/none/security.log", folder_path);
    ok(goes_on(NULL), "no directory");
    t2m_chain_free(chain);
    folder_remove();
    return tap_done();
}
