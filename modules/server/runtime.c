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

/* The order of a start: configuration, directory, memories, settings, own slot, supervisor, the
 * lines that waited. Everything that can fail does so before httpd serves, with one line that names
 * the cure. */
#include "server/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>

#include "shared/atomic.h"
#include "shared/board.h"

#include "server/config.h"
#include "server/early.h"
#include "server/log_directory.h"
#include "server/private.h"
#include "server/process.h"
#include "server/publish.h"
#include "server/retained.h"
#include "server/supervisor.h"

enum {
    SPARE_SLOTS = 8,
    INFLIGHT_PREFORK = 32,
    INFLIGHT_MIN = 64,
    RING_THREADED = 8 * 1024 * 1024,
    RING_PREFORK = 256 * 1024,
    SETTLED_US = 1000000 /* a supervisor that lived so long was sound */
};

/* What the parent's hooks need between restarts; NULLed with pconf. */
static struct {
    t2m_retained_t *retained;
    server_rec *server;
    t2m_board_t board; /* read-only */
    pid_t parent;
} runtime;

static apr_uint64_t power_of_two(apr_uint64_t size)
{
    apr_uint64_t power = 65536;

    while (power < size) {
        power *= 2;
    }
    return power;
}

static void choose_geometry(const t2m_global_config_t *global, t2m_geometry_t *geometry)
{
    int processes = 1, threads = 1, threaded = 0;

    (void)ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &processes);
    (void)ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    (void)ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    if (threaded == AP_MPMQ_NOT_SUPPORTED) {
        geometry->inflight_count = INFLIGHT_PREFORK;
        geometry->ring_size = RING_PREFORK;
    } else {
        geometry->inflight_count = (apr_uint32_t)(threads * 4);
        geometry->ring_size = RING_THREADED;
    }
    if (threaded != AP_MPMQ_NOT_SUPPORTED && geometry->inflight_count < INFLIGHT_MIN) {
        geometry->inflight_count = INFLIGHT_MIN;
    }
    if (geometry->inflight_count > T2M_INFLIGHT_MAX) {
        geometry->inflight_count = T2M_INFLIGHT_MAX;
    }
    if (global->buffer) {
        geometry->ring_size = power_of_two(global->buffer);
    }
    geometry->slot_count = (apr_uint32_t)(1 + processes
                           + (processes / 4 > SPARE_SLOTS ? processes / 4 : SPARE_SLOTS));
}

static int refuse(server_rec *server, apr_status_t status, const char *text, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, server, "%s: %s", text, what);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* In a container all streams may go to standard output, and nothing can be written anywhere. */
static int needs_directory(const server_rec *main_server, const char *directory)
{
    apr_size_t size = strlen(directory);
    const server_rec *server;
    int stream;

    for (server = main_server; server; server = server->next) {
        const t2m_server_config_t *config = t2m_config_server(server);

        for (stream = 0; config->enabled == 1 && stream < T2M_STREAM_COUNT; stream++) {
            const char *path = config->path[stream];

            if (path && strncmp(path, directory, size) == 0 && path[size] == '/') {
                return 1;
            }
        }
    }
    return 0;
}

static int refuse_taken(server_rec *server, const char *directory)
{
    return refuse(server, 0, "T2M0101: another server writes its logs there; "
                  "give each its own T2MLogDir", directory);
}

/* The first pass makes nothing, but it is the one whose failure the starter of httpd sees. */
static int look_ahead(server_rec *server)
{
    const char *directory = t2m_config_global(server)->directory;

    return needs_directory(server, directory) && t2m_log_directory_taken(directory)
         ? refuse_taken(server, directory) : OK;
}

static int open_directory(apr_pool_t *pool, server_rec *server)
{
    const t2m_global_config_t *global = t2m_config_global(server);
    apr_status_t status;

    if (!needs_directory(server, global->directory)) {
        return OK;
    }
    status = t2m_log_directory_open(pool, global->directory, global->user,
                                    &runtime.retained->directory_fd);
    if (status == APR_EBUSY) {
        return refuse_taken(server, global->directory);
    }
    if (status != APR_SUCCESS) {
        return refuse(server, status, "T2M0102: cannot make or open the log directory; "
                      "create it or name another with T2MLogDir", global->directory);
    }
    return OK;
}

static int make_memories(server_rec *server)
{
    t2m_retained_t *retained = runtime.retained;
    t2m_geometry_t geometry;
    const char *what;
    apr_status_t status;

    choose_geometry(t2m_config_global(server), &geometry);
    if (!t2m_retained_made(retained)) {
        status = t2m_retained_make(retained, server->process->pool, &geometry, &what);
        return status == APR_SUCCESS ? OK
             : refuse(server, status, "T2M0103: cannot make what the log needs", what);
    }
    if (retained->layout != T2M_LAYOUT_VERSION) {
        return refuse(server, 0, "T2M0104: the running server's memory is another version's",
                      "stop and start httpd");
    }
    if (geometry.ring_size != retained->geometry.ring_size) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "T2M0105: T2MLogBuffer changes with a stop and start of httpd only");
    }
    return OK;
}

static void tell_process(apr_pool_t *pconf)
{
    const t2m_retained_t *retained = runtime.retained;
    t2m_process_memory_t memory;

    memory.geometry = retained->geometry;
    memory.slots_fd = retained->slots_fd;
    memory.board_fd = retained->board_read_only_fd;
    memory.wake_fd = retained->wake_write_fd;
    memory.private_fds[0] = retained->board_fd;
    memory.private_fds[1] = retained->lifeline_read_fd;
    memory.private_fds[2] = retained->wake_read_fd;
    memory.private_fds[3] = retained->directory_fd;
    memory.private_fds[4] = retained->stderr_fd;
    memory.private_fds[5] = -1;
    memcpy(memory.address_key, retained->address_key, sizeof(memory.address_key));
    t2m_process_inherit(pconf, &memory);
}

static int writes_to(const char *path)
{
    const t2m_settings_t *settings = runtime.retained->settings;
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
    if (writes_to("/dev/stderr")) {
        return runtime.retained->stderr_fd >= 0 ? runtime.retained->stderr_fd : STDERR_FILENO;
    }
    return is_regular(STDERR_FILENO) ? STDERR_FILENO : -1;
}

static void on_supervisor(int reason, void *data, int status);

static int start_supervisor(server_rec *server, apr_pool_t *pconf)
{
    t2m_retained_t *retained = runtime.retained;
    t2m_supervisor_t start;
    apr_proc_t *process = apr_pcalloc(pconf, sizeof(*process));
    apr_status_t status;

    start.program = t2m_config_global(server)->program;
    start.slots_fd = retained->slots_fd;
    start.board_fd = retained->board_fd;
    start.directory_fd = retained->directory_fd;
    start.lifeline_fd = retained->lifeline_read_fd;
    start.wake_fd = retained->wake_read_fd;
    start.stdout_fd = writes_to("/dev/stdout") ? STDOUT_FILENO : -1;
    start.stderr_fd = error_descriptor();
    status = t2m_supervisor_start(server->process->pool, &start, &retained->supervisor);
    if (status != APR_SUCCESS) {
        retained->supervisor = 0;
        return refuse(server, status, "T2M0108: cannot start the writer", start.program);
    }
    retained->supervisor_born = apr_time_now();
    process->pid = retained->supervisor;
    apr_proc_other_child_register(process, on_supervisor, NULL, NULL, pconf);
    return OK;
}

/* Keeps an eye on a supervisor that an earlier generation started. */
static int keep_supervisor(server_rec *server, apr_pool_t *pconf)
{
    pid_t pid = runtime.retained->supervisor;
    apr_proc_t *process;

    if (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
        process = apr_pcalloc(pconf, sizeof(*process));
        process->pid = pid;
        apr_proc_other_child_register(process, on_supervisor, NULL, NULL, pconf);
        return OK;
    }
    return start_supervisor(server, pconf);
}

static int stopping(void)
{
    int state = 0;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

/* Called by the MPM that reaped it. A supervisor that dies at once is tried again by monitor. */
static void on_supervisor(int reason, void *data, int status)
{
    (void)data;
    if ((reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST) || !runtime.server
        || stopping()) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, runtime.server,
                 "T2M0109: the writer's supervisor ended (status %d); a new one takes over",
                 status);
    runtime.retained->supervisor = 0;
    if (apr_time_now() - runtime.retained->supervisor_born >= SETTLED_US) {
        (void)start_supervisor(runtime.server, runtime.server->process->pconf);
    }
}

/* Children that a stop or restart ends while they serve are no crashes. */
static void child_status(server_rec *server, pid_t pid, ap_generation_t generation, int slot,
                         mpm_child_status state)
{
    (void)server;
    (void)generation;
    (void)slot;
    if (state == MPM_CHILD_EXITED && runtime.server && stopping()) {
        (void)t2m_slot_note_stopped(runtime.retained->slots_fd, &runtime.retained->geometry, pid);
    }
}

static int httpd_level(apr_uint32_t level)
{
    return level >= T2M_LEVEL_ERROR ? APLOG_ERR
         : level == T2M_LEVEL_WARNING ? APLOG_WARNING : APLOG_INFO;
}

/* Copies what the writer said since the last look into the classic error log. */
static void pass_notices_on(void)
{
    const t2m_board_header_t *header = runtime.board.header;
    apr_uint64_t count = t2m_load(&header->notice_count);
    apr_uint64_t *seen = &runtime.retained->notices_seen;

    if (count - *seen > T2M_NOTICES) {
        *seen = count - T2M_NOTICES;
    }
    while (*seen < count) {
        t2m_notice_t notice = header->notices[*seen % T2M_NOTICES];

        (*seen)++;
        notice.text[T2M_NOTICE_SIZE - 1] = '\0';
        ap_log_error(APLOG_MARK, httpd_level(notice.level), 0, runtime.server, "%s", notice.text);
    }
}

static int monitor(apr_pool_t *pool, server_rec *server)
{
    (void)pool;
    if (!runtime.server || getpid() != runtime.parent) {
        return DECLINED;
    }
    pass_notices_on();
    if (runtime.retained->supervisor == 0) {
        (void)start_supervisor(server, server->process->pconf);
    }
    return DECLINED;
}

static apr_status_t forget(void *unused)
{
    (void)unused;
    if (getpid() == runtime.parent) {
        if (runtime.server) {
            pass_notices_on();
        }
        t2m_board_detach(&runtime.board);
    }
    runtime.server = NULL;
    runtime.retained = NULL;
    return APR_SUCCESS;
}

/* Maps the board for the notices and claims slot 0, so that the parent's own lines have a way. */
static int take_part(apr_pool_t *pconf, server_rec *server)
{
    apr_status_t status;

    tell_process(pconf);
    status = t2m_process_claim_parent();
    if (status == APR_SUCCESS) {
        status = t2m_board_attach(&runtime.board, runtime.retained->board_read_only_fd,
                                  &runtime.retained->geometry, 0, 0);
    }
    if (status != APR_SUCCESS) {
        return refuse(server, status, "T2M0110: cannot map the memories", "slots and board");
    }
    runtime.server = server;
    apr_pool_cleanup_register(pconf, NULL, forget, apr_pool_cleanup_null);
    return OK;
}

static int start(apr_pool_t *pconf, server_rec *server)
{
    int restart = t2m_retained_made(runtime.retained);
    int code = open_directory(pconf, server);

    if (code == OK || restart) { /* a running site goes on; its lines wait for the directory */
        code = make_memories(server);
    }
    if (code == OK) {
        code = t2m_publish_settings(runtime.retained, server);
    }
    if (code == OK) {
        code = take_part(pconf, server);
    }
    if (code == OK) {
        code = keep_supervisor(server, pconf);
    }
    if (code == OK) {
        t2m_early_replay(server);
    }
    return code;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL
        || !t2m_config_enabled_anywhere(server)) {
        return OK;
    }
    t2m_config_resolve(pconf, server);
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return look_ahead(server);
    }
    runtime.retained = t2m_retained_get();
    runtime.parent = getpid();
    return start(pconf, server);
}

/* Standard error as httpd was started with is the error log from the first pass on: kept only when
 * a directive may want it and httpd stays in the foreground, for a daemon lets go
 * of its terminal. */
static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    t2m_retained_t *retained = t2m_retained_get();

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG && retained->stderr_fd < 0
        && (ap_exists_config_define("FOREGROUND") || ap_exists_config_define("NO_DETACH")
            || ap_exists_config_define("DEBUG") || ap_exists_config_define("ONE_PROCESS"))) {
        retained->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return OK;
}

void t2m_runtime_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_child_init(t2m_process_child_init, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_child_status(child_status, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(monitor, NULL, NULL, APR_HOOK_MIDDLE);
}
