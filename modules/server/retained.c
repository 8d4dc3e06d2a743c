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

/* Makes what is retained, once in the life of a server. */
#include "server/retained.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_portable.h>
#include <http_config.h>

#include "shared/board.h"
#include "shared/memory.h"
#include "shared/slots.h"

static const char key[] = "mod_t2mlog";

t2m_retained_t *t2m_retained_get(void)
{
    t2m_retained_t *retained = ap_retained_data_get(key);

    if (!retained) {
        retained = ap_retained_data_create(key, sizeof(*retained));
        retained->slots_fd = retained->board_fd = retained->board_read_only_fd = -1;
        retained->lifeline_read_fd = retained->lifeline_write_fd = -1;
        retained->wake_read_fd = retained->wake_write_fd = -1;
        retained->directory_fd = retained->stderr_fd = -1;
    }
    return retained;
}

int t2m_retained_made(const t2m_retained_t *retained)
{
    return retained->slots_fd >= 0;
}

/*
 * The lifeline's write end lives in the process pool: APR closes it when httpd ends, with no code
 * of this module, which is unloaded by then. Every other end is a plain descriptor, for processes
 * that close theirs early must not have a pool close the same number once more.
 */
static apr_status_t make_lifeline(t2m_retained_t *retained, apr_pool_t *pool)
{
    apr_file_t *in, *out;
    int fd;
    apr_status_t status = apr_file_pipe_create(&in, &out, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    (void)apr_os_file_get(&fd, in);
    retained->lifeline_read_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    status = retained->lifeline_read_fd < 0 ? errno : APR_SUCCESS;
    (void)apr_file_close(in);
    (void)apr_os_file_get(&retained->lifeline_write_fd, out);
    (void)fcntl(retained->lifeline_write_fd, F_SETFD, FD_CLOEXEC);
    return status;
}

static apr_status_t make_wake_pipe(t2m_retained_t *retained)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return errno;
    }
    retained->wake_read_fd = ends[0];
    retained->wake_write_fd = ends[1];
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[0], F_SETFL, O_RDONLY | O_NONBLOCK);
    (void)fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK);
    return APR_SUCCESS;
}

static apr_status_t make_slots(const t2m_geometry_t *geometry, int *fd)
{
    t2m_slots_map_t map;
    void *page;
    apr_status_t status;

    t2m_slots_map(geometry, &map);
    status = t2m_memory_create("t2mlog-slots", map.size, fd);
    if (status == APR_SUCCESS) {
        status = t2m_memory_map(*fd, 0, T2M_PAGE, 1, 0, &page);
    }
    if (status == APR_SUCCESS) {
        t2m_slots_format(page, geometry);
        t2m_memory_unmap(page, T2M_PAGE);
    }
    return status;
}

static apr_status_t make_board(const t2m_geometry_t *geometry, int *fd)
{
    t2m_board_map_t map;
    void *memory;
    apr_status_t status;

    t2m_board_map(geometry, &map);
    status = t2m_memory_create("t2mlog-board", map.size, fd);
    if (status == APR_SUCCESS) {
        status = t2m_memory_map(*fd, 0, map.heads, 1, 0, &memory);
    }
    if (status == APR_SUCCESS) {
        t2m_board_format(memory, geometry);
        t2m_memory_unmap(memory, map.heads);
    }
    return status;
}

apr_status_t t2m_retained_make(t2m_retained_t *retained, apr_pool_t *process_pool,
                               const t2m_geometry_t *geometry, const char **what)
{
    int slots_fd = -1;
    apr_status_t status;

    *what = "the settings";
    retained->settings = calloc(1, sizeof(*retained->settings));
    if (!retained->settings) {
        return APR_ENOMEM;
    }
    *what = "random bytes";
    status = apr_generate_random_bytes(retained->address_key, sizeof(retained->address_key));
    if (status == APR_SUCCESS) {
        *what = "the pipes to the writer";
        status = make_lifeline(retained, process_pool);
    }
    if (status == APR_SUCCESS) {
        status = make_wake_pipe(retained);
    }
    if (status == APR_SUCCESS) {
        *what = "the memory of the board";
        status = make_board(geometry, &retained->board_fd);
    }
    if (status == APR_SUCCESS) {
        status = t2m_memory_read_only(retained->board_fd, &retained->board_read_only_fd);
    }
    if (status == APR_SUCCESS) {
        *what = "the memory of the slots";
        status = make_slots(geometry, &slots_fd);
    }
    if (status == APR_SUCCESS) {
        retained->layout = T2M_LAYOUT_VERSION;
        retained->geometry = *geometry;
        retained->slots_fd = slots_fd; /* last: this makes it `made` */
    }
    return status;
}
