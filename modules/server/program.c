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

/* The file is held open from its choice on, so that a supervisor that has to be started again is
 * the same program, whatever was installed meanwhile. */
#include "server/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "shared/handover.h"
#include "shared/layout.h"

#include "server/supervisor.h"

#ifndef O_PATH
#define O_PATH O_RDONLY /* then the program must be readable too */
#endif

enum { PROBE_US = 10000000, PROBE_PAUSE_US = 5000 };

void t2m_program_identity(int fd, apr_uint64_t identity[4])
{
    struct stat information;

    memset(identity, 0, 4 * sizeof(*identity));
    if (fd >= 0 && fstat(fd, &information) == 0) {
        identity[0] = (apr_uint64_t)information.st_dev;
        identity[1] = (apr_uint64_t)information.st_ino;
        identity[2] = (apr_uint64_t)information.st_size;
        identity[3] = (apr_uint64_t)information.st_mtime;
    }
}

static int same_file(int one, int other)
{
    apr_uint64_t a[4], b[4];

    t2m_program_identity(one, a);
    t2m_program_identity(other, b);
    return a[1] != 0 && memcmp(a, b, sizeof(a)) == 0;
}

/* Returns the status as of waitpid, or -1 when it did not end in time. */
static int wait_for_end(pid_t pid)
{
    apr_interval_time_t waited;
    int status = 0;

    for (waited = 0; waited < PROBE_US; waited += PROBE_PAUSE_US) {
        pid_t ended = waitpid(pid, &status, WNOHANG);

        if (ended == pid) {
            return status;
        }
        if (ended < 0 && errno != EINTR) {
            return -1;
        }
        apr_sleep(PROBE_PAUSE_US);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    return -1;
}

static const char *judge(apr_pool_t *pool, int status)
{
    if (status < 0) {
        return "does not answer";
    }
    if (WIFSIGNALED(status)) {
        return apr_psprintf(pool, "is ended by signal %d", WTERMSIG(status));
    }
    switch (WEXITSTATUS(status)) {
    case 0:
        return NULL;
    case T2M_SUPERVISOR_NOT_EXECUTED:
        return "cannot be executed";
    case T2M_EXIT_UNFIT:
        return "is of another version than the module";
    default:
        return "does not work, or is no t2mlog of this version";
    }
}

static const char *probe(apr_pool_t *pool, const char *path, int fd)
{
    char layout[16];
    pid_t pid;
    apr_status_t status;

    apr_snprintf(layout, sizeof(layout), "%d", T2M_LAYOUT_VERSION);
    status = t2m_supervisor_try(path, fd, layout, &pid);
    return status == APR_SUCCESS ? judge(pool, wait_for_end(pid))
         : apr_psprintf(pool, "cannot be started: %s", strerror(status));
}

const char *t2m_program_choose(apr_pool_t *pool, const char *path, int *fd)
{
    int opened = open(path, O_PATH | O_CLOEXEC);
    const char *reason;

    if (opened < 0) {
        return apr_psprintf(pool, "cannot be opened: %s", strerror(errno));
    }
    if (same_file(*fd, opened)) {
        (void)close(opened);
        return NULL;
    }
    reason = probe(pool, path, opened);
    if (reason) {
        (void)close(opened);
        return reason;
    }
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = opened;
    return NULL;
}
