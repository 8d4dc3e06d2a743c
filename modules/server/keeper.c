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

/* See keeper.h. */
#include "server/keeper.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <http_log.h>

#include "server/config.h"
#include "server/private.h"
#include "server/program.h"
#include "server/supervisor.h"
#include "server/upgrade.h"

enum {
    SETTLED_US = 1000000,  /* a supervisor that lived so long was sound */
    COMPLAIN_US = 60000000 /* between two complaints that none can be started */
};

/* What the callbacks need; NULLed with pconf. */
static struct {
    t2m_retained_t *retained;
    server_rec *server;
    apr_pool_t *pconf;
    apr_time_t complained;
    int sound; /* the supervisor that ended had lived for a while */
} keeper;

int t2m_keeper_stopping(void)
{
    int state = 0;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

static int writes_to(const char *path)
{
    const t2m_settings_t *settings = keeper.retained->settings;
    apr_uint32_t i;

    for (i = 0; i < settings->file_count; i++) {
        if (strcmp(settings->files[i].path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_regular(int fd)
{
    struct stat information;

    return fstat(fd, &information) == 0 && S_ISREG(information.st_mode);
}

/* Somebody else's pipe is not held open: only what a directive names, or the error log file. */
static int error_descriptor(void)
{
    int kept = keeper.retained->front.stderr_fd;

    if (writes_to("/dev/stderr")) {
        return kept >= 0 ? kept : STDERR_FILENO;
    }
    return is_regular(STDERR_FILENO) ? STDERR_FILENO : -1;
}

/* ---- what a supervisor is to have ------------------------------------------------------------ */

static void describe(t2m_arrangement_t *arrangement)
{
    const t2m_retained_front_t *front = &keeper.retained->front;
    const t2m_global_config_t *global = t2m_config_global(keeper.server);
    struct stat information;

    memset(arrangement, 0, sizeof(*arrangement));
    t2m_program_identity(front->program_fd, arrangement->program);
    if (front->directory_fd >= 0 && fstat(front->directory_fd, &information) == 0) {
        arrangement->directory[0] = (apr_uint64_t)information.st_dev;
        arrangement->directory[1] = (apr_uint64_t)information.st_ino;
    }
    arrangement->confine = global->confine != 0;
    arrangement->standard = (writes_to("/dev/stdout") ? 1U : 0U)
                          | (writes_to("/dev/stderr") ? 2U : 0U);
    apr_cpystrn(arrangement->user, global->user ? global->user : "", T2M_USER_MAX);
}

/* What the next supervisor would get and the present one has not; NULL: it has all. */
static const char *missing(const t2m_arrangement_t *wanted)
{
    const t2m_arrangement_t *have = &keeper.retained->arrangement;

    if (memcmp(wanted->program, have->program, sizeof(wanted->program)) != 0) {
        return "another program";
    }
    if (memcmp(wanted->directory, have->directory, sizeof(wanted->directory)) != 0) {
        return "another directory";
    }
    if (strcmp(wanted->user, have->user) != 0) {
        return "another user";
    }
    if (wanted->confine != have->confine) {
        return "another confinement";
    }
    return wanted->standard & ~have->standard ? "a standard descriptor" : NULL;
}

/* ---- starting, watching ---------------------------------------------------------------------- */

static void on_supervisor(int reason, void *data, int status);
static void on_predecessor(int reason, void *data, int status);

static void watch(apr_int32_t pid, void (*callback)(int, void *, int))
{
    apr_proc_t *process = apr_pcalloc(keeper.pconf, sizeof(*process));

    process->pid = pid;
    apr_proc_other_child_register(process, callback, NULL, NULL, keeper.pconf);
}

static void forget_supervisor(void)
{
    t2m_retained_front_t *front = &keeper.retained->front;

    front->supervisor = 0;
    if (front->supervisor_fd >= 0) {
        (void)close(front->supervisor_fd);
        front->supervisor_fd = -1;
    }
}

static apr_status_t start(pid_t *pid, int *fd)
{
    const t2m_retained_front_t *front = &keeper.retained->front;
    t2m_supervisor_t supervisor;

    (void)t2m_upgrade_drains(keeper.retained);
    supervisor.program = t2m_config_global(keeper.server)->program;
    supervisor.program_fd = front->program_fd;
    supervisor.slots_fd = front->slots_fd;
    supervisor.board_fd = front->board_fd;
    supervisor.directory_fd = front->directory_fd;
    supervisor.former_directory_fd = front->former_directory_fd;
    supervisor.lifeline_fd = front->lifeline_read_fd;
    supervisor.wake_fd = front->wake_read_fd;
    supervisor.predecessor_fd = front->predecessor_fd;
    supervisor.stdout_fd = writes_to("/dev/stdout") ? STDOUT_FILENO : -1;
    supervisor.stderr_fd = error_descriptor();
    return t2m_supervisor_start(keeper.server->process->pool, &supervisor, pid, fd);
}

/* The new one first, so that there is one at any time; what fails leaves the old one. */
static apr_status_t start_and_watch(void)
{
    t2m_retained_front_t *front = &keeper.retained->front;
    pid_t pid;
    int fd;
    apr_status_t status = start(&pid, &fd);

    if (status != APR_SUCCESS) {
        return status;
    }
    t2m_supervisor_end(front->supervisor, front->supervisor_fd);
    forget_supervisor();
    front->supervisor = (apr_int32_t)pid;
    front->supervisor_fd = fd;
    keeper.retained->supervisor_born = apr_time_now();
    describe(&keeper.retained->arrangement);
    watch(front->supervisor, on_supervisor);
    return APR_SUCCESS;
}

/* Called by the MPM that reaped it. A supervisor that dies at once is tried again later. */
static void on_supervisor(int reason, void *data, int status)
{
    (void)data;
    if ((reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST) || !keeper.server
        || t2m_keeper_stopping()) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, keeper.server,
                 "T2M0109: the writer's supervisor ended (status %d); a new one takes over",
                 status);
    forget_supervisor();
    keeper.sound = apr_time_now() - keeper.retained->supervisor_born >= SETTLED_US;
    if (keeper.sound) {
        t2m_keeper_look();
    }
}

/* Registered so that httpd does not wonder whose child that was. */
static void on_predecessor(int reason, void *data, int status)
{
    (void)reason;
    (void)data;
    (void)status;
}

/* ---- at a start or restart ------------------------------------------------------------------- */

static int complain(apr_status_t status, const char *what, const char *why, int restart)
{
    ap_log_error(APLOG_MARK, restart ? APLOG_ERR : APLOG_CRIT, status, keeper.server,
                 "T2M0108: cannot start the writer: %s%s%s%s", what, why ? " " : "",
                 why ? why : "", restart ? "; lines wait in memory until it can be" : "");
    keeper.complained = apr_time_now();
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* Without a supervisor the program is looked at each time, so that one that was mended is taken. */
static int start_first(int restart)
{
    const char *program = t2m_config_global(keeper.server)->program;
    t2m_retained_front_t *front = &keeper.retained->front;
    const char *why = t2m_program_choose(keeper.pconf, program, &front->program_fd);
    apr_status_t status;

    if (why && front->program_fd < 0) {
        return complain(0, program, why, restart);
    }
    status = start_and_watch();
    return status == APR_SUCCESS ? OK : complain(status, program, NULL, restart);
}

static void hand_over(void)
{
    const char *program = t2m_config_global(keeper.server)->program;
    t2m_arrangement_t wanted;
    const char *why = t2m_program_choose(keeper.pconf, program,
                                         &keeper.retained->front.program_fd);
    apr_status_t status;

    if (why) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, keeper.server,
                     "T2M0113: T2MLogProgram %s %s: the one that runs goes on; install the t2mlog "
                     "that was built with this module and restart gracefully", program, why);
    }
    describe(&wanted);
    why = missing(&wanted);
    if (!why) {
        watch(keeper.retained->front.supervisor, on_supervisor);
        return;
    }
    status = start_and_watch();
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, status, keeper.server,
                     "T2M0114: cannot start a new writer for %s: the old one goes on; restart "
                     "gracefully once more", why);
        watch(keeper.retained->front.supervisor, on_supervisor);
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, keeper.server,
                 "T2M0115: a new writer takes over, with %s", why);
}

int t2m_keeper_arrange(t2m_retained_t *retained, server_rec *server, apr_pool_t *pconf,
                       int restart)
{
    t2m_retained_front_t *front = &retained->front;

    keeper.retained = retained;
    keeper.server = server;
    keeper.pconf = pconf;
    if (t2m_upgrade_drains(retained) && front->predecessor > 0) {
        watch(front->predecessor, on_predecessor);
    }
    if (t2m_supervisor_alive(front->supervisor, front->supervisor_fd)) {
        hand_over();
        return OK;
    }
    forget_supervisor();
    return start_first(restart);
}

void t2m_keeper_look(void)
{
    if (!keeper.server || keeper.retained->front.supervisor != 0) {
        return;
    }
    /* The program that ran, whatever stands there now. */
    if (keeper.sound && start_and_watch() == APR_SUCCESS) {
        return;
    }
    if (apr_time_now() - keeper.complained >= COMPLAIN_US) {
        (void)start_first(1);
    }
}

void t2m_keeper_forget(void)
{
    keeper.server = NULL;
    keeper.retained = NULL;
    keeper.pconf = NULL;
}
