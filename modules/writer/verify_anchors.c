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

/* See verify_anchors.h. */
#include "writer/verify_anchors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "writer/log_reader.h"

static int compare(const void *one, const void *other)
{
    const t2m_verify_anchor_t *a = one, *b = other;

    return a->seq != b->seq ? (a->seq < b->seq ? -1 : 1) : (int)a->path - (int)b->path;
}

/* A long path is told by its end, which stays as it was told. */
static int path_index(t2m_verify_anchors_t *anchors, t2m_text_t path)
{
    char **paths;
    unsigned i;

    for (i = 0; i < anchors->path_count; i++) {
        if (strlen(anchors->paths[i]) == path.size
            && memcmp(anchors->paths[i], path.data, path.size) == 0) {
            return (int)i;
        }
    }
    paths = realloc(anchors->paths, (anchors->path_count + 1) * sizeof(*paths));
    if (!paths) {
        return -1;
    }
    anchors->paths = paths;
    paths[anchors->path_count] = strndup(path.data, path.size);
    return paths[anchors->path_count] ? (int)anchors->path_count++ : -1;
}

static apr_status_t add(t2m_verify_anchors_t *anchors, const t2m_chain_head_t *head)
{
    int path = path_index(anchors, head->path);

    if (anchors->count == anchors->room) {
        apr_size_t room = anchors->room ? 2 * anchors->room : 1024;
        t2m_verify_anchor_t *list = realloc(anchors->list, room * sizeof(*list));

        if (!list) {
            return APR_ENOMEM;
        }
        anchors->list = list;
        anchors->room = room;
    }
    if (path < 0 || anchors->count == T2M_VERIFY_ANCHORS_MAX) {
        return path < 0 ? APR_ENOMEM : APR_EGENERAL;
    }
    anchors->list[anchors->count].seq = head->seq;
    anchors->list[anchors->count].path = (unsigned)path;
    memcpy(anchors->list[anchors->count++].chain, head->chain, T2M_CHAIN_SIZE);
    return APR_SUCCESS;
}

apr_status_t t2m_verify_anchors_read(t2m_verify_anchors_t *anchors, const char *name)
{
    t2m_log_reader_t *reader = NULL;
    t2m_log_line_t line;
    t2m_chain_head_t head;
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
    apr_status_t status = fd < 0 ? errno : t2m_log_reader_of(fd, &reader), added = APR_SUCCESS;

    if (status != APR_SUCCESS) {
        return status;
    }
    while (added == APR_SUCCESS
           && (status = t2m_log_reader_next(reader, &line)) == APR_SUCCESS) {
        if (!line.cut && t2m_chain_head_parse(line.bytes, line.size, &head)) {
            added = add(anchors, &head);
        }
    }
    t2m_log_reader_close(reader);
    if (anchors->count > 1) {
        qsort(anchors->list, anchors->count, sizeof(*anchors->list), compare);
    }
    return added != APR_SUCCESS ? added : status == APR_EOF ? APR_SUCCESS : status;
}

void t2m_verify_anchors_free(t2m_verify_anchors_t *anchors)
{
    while (anchors->path_count > 0) {
        free(anchors->paths[--anchors->path_count]);
    }
    free(anchors->paths);
    free(anchors->list);
    memset(anchors, 0, sizeof(*anchors));
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int t2m_verify_anchors_path(const t2m_verify_anchors_t *anchors, const char *path)
{
    t2m_chain_head_t head;
    int found = -1;
    unsigned i;

    for (i = 0; i < anchors->path_count; i++) {
        head.path = t2m_text(anchors->paths[i]);
        if (t2m_chain_head_is_of(&head, path)) {
            return (int)i;
        }
    }
    for (i = 0; i < anchors->path_count; i++) {
        if (strcmp(base_of(anchors->paths[i]), base_of(path)) == 0) {
            if (found >= 0) {
                return -1;
            }
            found = (int)i;
        }
    }
    return found;
}

int t2m_verify_anchors_say(const t2m_verify_anchors_t *anchors, int path, apr_uint64_t seq,
                           const unsigned char chain[T2M_CHAIN_SIZE])
{
    apr_size_t low = 0, high = anchors->count;
    int said = 0;

    while (low < high) {
        apr_size_t middle = low + (high - low) / 2;

        if (anchors->list[middle].seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < anchors->count && anchors->list[low].seq == seq; low++) {
        if ((int)anchors->list[low].path != path) {
            continue;
        }
        if (memcmp(anchors->list[low].chain, chain, T2M_CHAIN_SIZE) == 0) {
            return 1;
        }
        said = -1;
    }
    return said;
}

apr_uint64_t t2m_verify_anchors_last(const t2m_verify_anchors_t *anchors, int path)
{
    apr_size_t i;

    for (i = anchors->count; i > 0; i--) {
        if ((int)anchors->list[i - 1].path == path) {
            return anchors->list[i - 1].seq;
        }
    }
    return 0;
}
