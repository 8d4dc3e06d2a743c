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

/* Tests modules/writer/verify_anchors.c. */
#include "writer/verify_anchors.h"

#include <errno.h>
#include <stdio.h>

#include "folder.h"

static const char prefix[] = "[Sun Nov 22 14:10:19.123456 2026] [t2mlog:notice] [pid 12:tid 34] ";
static unsigned char sample[8][T2M_CHAIN_SIZE];

static int head_line(char *out, const char *before, const char *path, apr_uint64_t seq, int which)
{
    t2m_chain_head_t head = { t2m_text(path), seq, { 0 } };
    char text[T2M_CHAIN_HEAD_MAX];

    memset(sample[which], which + 1, T2M_CHAIN_SIZE);
    memcpy(head.chain, sample[which], T2M_CHAIN_SIZE);
    (void)t2m_chain_head_write(&head, text);
    return snprintf(out, 2 * T2M_CHAIN_HEAD_MAX, "%s%s\n", before, text);
}

static const char *path_of(const char *name)
{
    static char path[200];

    (void)snprintf(path, sizeof(path), "%s/%s", folder_path, name);
    return path;
}

static void check_read(t2m_verify_anchors_t *anchors)
{
    char text[8000];
    int size = 0;

    size += snprintf(text, sizeof(text), "%ssomething else\n", prefix);
    size += head_line(text + size, prefix, "/log/security.log", 50, 0);
    size += head_line(text + size, prefix, "/log/other/security.log", 50, 1);
    size += head_line(text + size, "[x] [core:error] ", "/log/security.log", 99, 2); /* forged */
    size += head_line(text + size, prefix, "/log/security.log", 20, 3);
    size += head_line(text + size, prefix, "/log/vhost.log", 7, 4);
    folder_put("error.log", text, (size_t)size);
    size = head_line(text, prefix, "/log/security.log", 60, 5);
    size += head_line(text + size, prefix, "/log/security.log", 20, 6); /* of another life */
    folder_put("error.log.1", text, (size_t)size);
    is_number(t2m_verify_anchors_read(anchors, path_of("error.log")), APR_SUCCESS, "an error log");
    is_number((long long)anchors->count, 4, "has four heads");
    is_number(t2m_verify_anchors_read(anchors, path_of("error.log.1")), APR_SUCCESS, "another");
    is_number((long long)anchors->count, 6, "has two more");
    is_number(t2m_verify_anchors_read(anchors, path_of("none")), ENOENT, "one that is not there");
}

static void check_say(const t2m_verify_anchors_t *anchors)
{
    int path = t2m_verify_anchors_path(anchors, "/log/security.log");
    int other = t2m_verify_anchors_path(anchors, "/log/other/security.log");

    ok(path >= 0 && other >= 0 && path != other, "both files have theirs");
    is_number(t2m_verify_anchors_path(anchors, "/copy/security.log"), -1,
              "a copy may be of either");
    ok(t2m_verify_anchors_path(anchors, "/copy/vhost.log") >= 0, "where there is one, it is of it");
    ok(t2m_verify_anchors_path(anchors, "vhost.log") >= 0, "also without a directory");
    is_number(t2m_verify_anchors_path(anchors, "/copy/host.log"), -1, "another name has none");
    is_number(t2m_verify_anchors_say(anchors, path, 50, sample[0]), 1, "the line that was told");
    is_number(t2m_verify_anchors_say(anchors, path, 50, sample[1]), -1, "another one");
    is_number(t2m_verify_anchors_say(anchors, other, 50, sample[1]), 1, "the other file's");
    is_number(t2m_verify_anchors_say(anchors, path, 51, sample[0]), 0, "a line that was not told");
    is_number(t2m_verify_anchors_say(anchors, path, 1, sample[0]), 0, "before all");
    is_number(t2m_verify_anchors_say(anchors, path, 100, sample[0]), 0, "behind all");
    is_number(t2m_verify_anchors_say(anchors, path, 20, sample[3]), 1, "of two lives the one");
    is_number(t2m_verify_anchors_say(anchors, path, 20, sample[6]), 1, "and the other");
    is_number(t2m_verify_anchors_say(anchors, -1, 50, sample[0]), 0, "of no file");
    is_number((long long)t2m_verify_anchors_last(anchors, path), 60, "the largest number");
    is_number((long long)t2m_verify_anchors_last(anchors, other), 50, "of each");
    is_number((long long)t2m_verify_anchors_last(anchors, -1), 0, "of none");
}

/* Many of them, in any order. */
static void check_many(void)
{
    enum { MANY = 3000 };
    t2m_verify_anchors_t anchors = { 0 };
    char *text = malloc(MANY * 400);
    int i, size = 0, right = 0, path;

    for (i = 0; i < MANY; i++) {
        size += head_line(text + size, prefix, "/log/s.log", (apr_uint64_t)(i * 7 % MANY) + 1, 0);
    }
    folder_put("error.log", text, (size_t)size);
    is_number(t2m_verify_anchors_read(&anchors, path_of("error.log")), APR_SUCCESS, "many");
    path = t2m_verify_anchors_path(&anchors, "/log/s.log");
    for (i = 1; i <= MANY; i++) {
        right += t2m_verify_anchors_say(&anchors, path, (apr_uint64_t)i, sample[0]) == 1;
    }
    is_number(right, MANY, "each is found");
    t2m_verify_anchors_free(&anchors);
    free(text);
}

int main(void)
{
    t2m_verify_anchors_t anchors = { 0 };

    folder_make();
    is_number(t2m_verify_anchors_path(&anchors, "/a"), -1, "none at all");
    check_read(&anchors);
    check_say(&anchors);
    t2m_verify_anchors_free(&anchors);
    check_many();
    folder_remove();
    return tap_done();
}
