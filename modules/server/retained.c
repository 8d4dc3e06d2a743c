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
#include <string.h>
#include <unistd.h>

#include <apr_portable.h>
#include <http_config.h>

#include "shared/board.h"
#include "shared/memory.h"
#include "shared/slots.h"

#include "server/upgrade.h"

static const char key[] = "mod_t2mlog";

static t2m_retained_t *create(void)
{
    t2m_retained_t *retained = ap_retained_data_create(key, sizeof(*retained));
    t2m_retained_front_t *front = &retained->front;

    front->version = T2M_RETAINED_VERSION;
    front->layout = T2M_LAYOUT_VERSION;
    front->slots_fd = front->board_fd = front->board_read_only_fd = -1;
    front->lifeline_read_fd = front->wake_read_fd = front->wake_write_fd = -1;
    front->directory_fd = front->former_directory_fd = front->stderr_fd = -1;
    front->program_fd = front->supervisor_fd = front->predecessor_fd = -1;
    memset(front->spare_fds, 0xff, sizeof(front->spare_fds)); /* -1 */
    return retained;
}

t2m_retained_t *t2m_retained_get(void)
{
    t2m_retained_t *found = ap_retained_data_get(key);
    t2m_retained_t *retained = found;

    if (!found) {
        return create();
    }
    if (t2m_upgrade_needed(&found->front)) {
        retained = create(); /* under the same name: httpd finds this one from now on */
        t2m_upgrade_take_over(retained, &found->front);
    }
    return retained;
}

int t2m_retained_made(const t2m_retained_t *retained)
{
    return retained->front.slots_fd >= 0;
}

/*
 * The write end must be closed by the parent at its end, before it waits for the supervisor, and by
 * code that is then still there: the module is not, so the pool has it.
 */
static apr_status_t make_lifeline(t2m_retained_front_t *front, apr_pool_t *pool)
{
    apr_file_t *in;
    int fd;
    apr_status_t status = apr_file_pipe_create(&in, &front->lifeline, pool);

    if (status != APR_SUCCESS) {
        front->lifeline = NULL;
        return status;
    }
    (void)apr_os_file_get(&fd, in);
    front->lifeline_read_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    status = front->lifeline_read_fd < 0 ? errno : APR_SUCCESS;
    (void)apr_file_close(in);
    (void)apr_os_file_get(&fd, front->lifeline);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return status;
}

static apr_status_t make_wake_pipe(t2m_retained_front_t *front)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return errno;
    }
    front->wake_read_fd = ends[0];
    front->wake_write_fd = ends[1];
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
    } else if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
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

/* An attempt that failed leaves nothing, so that the next restart can make another. */
static void unmake(t2m_retained_t *retained)
{
    t2m_retained_front_t *front = &retained->front;
    int *fds[] = { &front->board_fd, &front->board_read_only_fd, &front->lifeline_read_fd,
                   &front->wake_read_fd, &front->wake_write_fd };
    apr_size_t i;

    for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0) {
            (void)close(*fds[i]);
            *fds[i] = -1;
        }
    }
    if (front->lifeline) {
        (void)apr_file_close(front->lifeline);
        front->lifeline = NULL;
    }
    free(retained->settings);
    retained->settings = NULL;
    front->settings_memory = NULL;
}

static int has_key(const t2m_retained_front_t *front)
{
    static const unsigned char none[sizeof(front->address_key)];

    return memcmp(front->address_key, none, sizeof(none)) != 0;
}

static apr_status_t make_pipes(t2m_retained_front_t *front, apr_pool_t *process_pool)
{
    apr_status_t status = make_lifeline(front, process_pool);

    return status == APR_SUCCESS ? make_wake_pipe(front) : status;
}

static apr_status_t make_boards(t2m_retained_front_t *front, const t2m_geometry_t *geometry)
{
    apr_status_t status = make_board(geometry, &front->board_fd);

    return status == APR_SUCCESS
         ? t2m_memory_read_only(front->board_fd, &front->board_read_only_fd) : status;
}

static apr_status_t make_all(t2m_retained_t *retained, apr_pool_t *process_pool,
                             const t2m_geometry_t *geometry, const char **what)
{
    t2m_retained_front_t *front = &retained->front;
    apr_status_t status = APR_SUCCESS;

    *what = "the settings";
    front->settings_memory = retained->settings = calloc(1, sizeof(*retained->settings));
    if (!retained->settings) {
        return APR_ENOMEM;
    }
    if (!has_key(front)) {
        *what = "random bytes";
        status = apr_generate_random_bytes(front->address_key, sizeof(front->address_key));
    }
    if (status == APR_SUCCESS) {
        *what = "the pipes to the writer";
        status = make_pipes(front, process_pool);
    }
    if (status == APR_SUCCESS) {
        *what = "the memory of the board";
        status = make_boards(front, geometry);
    }
    if (status == APR_SUCCESS) {
        *what = "the memory of the slots";
        status = make_slots(geometry, &front->slots_fd); /* last: this makes it `made` */
    }
    return status;
}

apr_status_t t2m_retained_make(t2m_retained_t *retained, apr_pool_t *process_pool,
                               const t2m_geometry_t *geometry, const char **what)
{
    apr_status_t status = make_all(retained, process_pool, geometry, what);

    if (status != APR_SUCCESS) {
        unmake(retained);
        return status;
    }
    retained->geometry = *geometry;
    return APR_SUCCESS;
}
