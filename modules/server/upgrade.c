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

/* See upgrade.h. */
#include "server/upgrade.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int t2m_upgrade_needed(const t2m_retained_front_t *front)
{
    return front->version != T2M_RETAINED_VERSION
        || (front->slots_fd >= 0 && front->layout != T2M_LAYOUT_VERSION);
}

static void drop(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static int take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

static void drop_memories(t2m_retained_front_t *front)
{
    drop(&front->slots_fd);
    drop(&front->board_fd);
    drop(&front->board_read_only_fd);
    drop(&front->wake_read_fd);
    drop(&front->wake_write_fd);
    drop(&front->lifeline_read_fd);
    if (front->lifeline) { /* the last thing: from now on it hangs up with the old processes */
        (void)apr_file_close(front->lifeline);
        front->lifeline = NULL;
    }
}

void t2m_upgrade_take_over(t2m_retained_t *retained, t2m_retained_front_t *front)
{
    apr_size_t i;

    retained->front.directory_fd = take(&front->directory_fd);
    retained->front.former_directory_fd = take(&front->former_directory_fd);
    retained->front.stderr_fd = take(&front->stderr_fd);
    memcpy(retained->front.address_key, front->address_key, sizeof(front->address_key));
    if (front->slots_fd < 0) { /* nothing was made since: at most somebody's predecessor drains */
        retained->front.predecessor_fd = take(&front->predecessor_fd);
        retained->front.predecessor = front->predecessor;
    } else {
        retained->front.predecessor_fd = take(&front->wake_write_fd);
        retained->front.predecessor = front->supervisor;
        retained->found_layout = front->layout;
    }
    drop(&front->predecessor_fd); /* the one found waits for it by itself */
    drop(&front->program_fd);
    drop(&front->supervisor_fd);
    for (i = 0; i < sizeof(front->spare_fds) / sizeof(front->spare_fds[0]); i++) {
        drop(&front->spare_fds[i]);
    }
    free(front->settings_memory);
    front->settings_memory = NULL;
    drop_memories(front);
}

int t2m_upgrade_drains(t2m_retained_t *retained)
{
    struct pollfd pipe = { retained->front.predecessor_fd, 0, 0 };

    if (retained->front.predecessor_fd < 0) {
        return 0;
    }
    if (poll(&pipe, 1, 0) == 0) {
        return 1;
    }
    drop(&retained->front.predecessor_fd);
    retained->front.predecessor = 0;
    return 0;
}
