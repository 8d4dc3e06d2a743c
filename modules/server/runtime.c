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
 * the cure. A restart ends no site: what fails is told, and what was there goes on. */
#include "server/runtime.h"

#include <fcntl.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <mpm_common.h>

#include "shared/atomic.h"
#include "shared/board.h"

#include "server/config.h"
#include "server/early.h"
#include "server/keeper.h"
#include "server/log_directory.h"
#include "server/private.h"
#include "server/process.h"
#include "server/publish.h"
#include "server/retained.h"
#include "server/stay.h"

enum {
    SPARE_SLOTS = 8,
    INFLIGHT_PREFORK = 32,
    INFLIGHT_MIN = 64,
    RING_THREADED = 8 * 1024 * 1024,
    RING_PREFORK = 256 * 1024
};

/* What the parent's hooks need between restarts; NULLed with pconf. */
static struct {
    t2m_retained_t *retained;
    server_rec *server;
    const t2m_board_t *board; /* read-only, of our own slot; NULL: it could not be claimed */
    pid_t parent;
    int restart;     /* httpd runs already */
    int unpublished; /* the writer could not be told of the settings */
    pid_t signalled; /* the child that httpd has just told of */
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
    ap_log_error(APLOG_MARK, runtime.restart ? APLOG_ERR : APLOG_CRIT, status, server, "%s: %s",
                 text, what);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* In a container all streams may go to standard output, and nothing can be written anywhere. */
static int needs_directory(const server_rec *main_server, const char *directory)
{
    const server_rec *server;
    int stream;

    for (server = main_server; server; server = server->next) {
        const t2m_server_config_t *config = t2m_config_server(server);

        for (stream = 0; config->enabled == 1 && stream < T2M_STREAM_COUNT; stream++) {
            if (t2m_stay_is_below(config->path[stream], directory)) {
                return 1;
            }
        }
    }
    return 0;
}

/* The first pass makes nothing, but it is the one whose failure the starter of httpd sees. */
static int refuse_taken(apr_pool_t *pool, server_rec *server, const char *now)
{
    const char *directory = t2m_config_global(server)->directory;
    long pid = t2m_log_directory_writer(directory);

    return refuse(server, 0, "T2M0101: another server writes its logs there; "
                  "give each its own T2MLogDir",
                  pid > 0 ? apr_psprintf(pool, "%s (its writer is process %ld)%s", directory, pid,
                                         now)
                          : apr_pstrcat(pool, directory, now, NULL));
}

static int look_ahead(apr_pool_t *pool, server_rec *server)
{
    const char *directory = t2m_config_global(server)->directory;

    return needs_directory(server, directory) && t2m_log_directory_taken(directory)
         ? refuse_taken(pool, server, "") : OK;
}

/* A restart that cannot have its directory goes on in the one that it has. */
static void stay(apr_pool_t *pconf, server_rec *server)
{
    const t2m_retained_t *retained = runtime.retained;

    t2m_stay_in_directory(pconf, server, retained->front.directory_fd >= 0 && retained->settings
                                         ? retained->settings->directory : NULL);
}

static int open_directory(apr_pool_t *pconf, server_rec *server)
{
    const t2m_global_config_t *global = t2m_config_global(server);
    t2m_retained_front_t *front = &runtime.retained->front;
    const char *now = runtime.restart ? "; until it can be had, lines go where they went" : "";
    apr_status_t status;
    int code;

    if (!needs_directory(server, global->directory)) {
        return OK;
    }
    status = t2m_log_directory_open(pconf, global->directory, global->user, !runtime.restart,
                                    &front->directory_fd, &front->former_directory_fd);
    if (status == APR_SUCCESS) {
        return OK;
    }
    code = status == APR_EBUSY
         ? refuse_taken(pconf, server, now)
         : refuse(server, status, "T2M0102: cannot make or open the log directory; create it or "
                  "name another with T2MLogDir", apr_pstrcat(pconf, global->directory, now, NULL));
    if (runtime.restart) {
        stay(pconf, server);
    }
    return code;
}

static void tell_of_upgrade(server_rec *server)
{
    apr_uint32_t found = runtime.retained->found_layout;

    if (found) {
        runtime.retained->found_layout = 0;
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "T2M0104: the memory of the running server has layout %u and this version's "
                     "has %d: the lines of old processes are written first, those of new ones wait "
                     "in memory until the old ones have ended, and counts begin anew; stop and "
                     "start httpd soon", found, T2M_LAYOUT_VERSION);
    }
}

static int make_memories(server_rec *server)
{
    t2m_retained_t *retained = runtime.retained;
    t2m_geometry_t geometry;
    const char *what;
    apr_status_t status;

    choose_geometry(t2m_config_global(server), &geometry);
    if (!t2m_retained_made(retained)) {
        tell_of_upgrade(server);
        status = t2m_retained_make(retained, server->process->pool, &geometry, &what);
        return status == APR_SUCCESS ? OK
             : refuse(server, status, "T2M0103: cannot make what the log needs", what);
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
    const t2m_retained_front_t *front = &retained->front;
    const int private_fds[T2M_PROCESS_PRIVATE_FDS] = {
        front->board_fd, front->lifeline_read_fd, front->wake_read_fd, front->directory_fd,
        front->former_directory_fd, front->stderr_fd, front->program_fd, front->supervisor_fd,
        front->predecessor_fd, -1, -1, -1
    };
    t2m_process_memory_t memory;

    memory.geometry = retained->geometry;
    memory.slots_fd = front->slots_fd;
    memory.board_fd = front->board_read_only_fd;
    memory.wake_fd = front->wake_write_fd;
    memory.block = retained->settings->block != 0;
    memcpy(memory.private_fds, private_fds, sizeof(private_fds));
    memcpy(memory.address_key, front->address_key, sizeof(memory.address_key));
    t2m_process_inherit(pconf, &memory);
}

void t2m_runtime_child_ended(int pid, int signal)
{
    if (runtime.server && getpid() == runtime.parent) {
        runtime.signalled = pid;
        (void)t2m_slot_note_end(runtime.retained->front.slots_fd, &runtime.retained->geometry,
                                pid, signal);
    }
}

/* Of a child whose signal httpd did not tell all that is known is that it is gone. */
static void note_child_end(pid_t pid)
{
    if (pid != runtime.signalled) {
        (void)t2m_slot_note_end(runtime.retained->front.slots_fd, &runtime.retained->geometry,
                                pid, 0);
    }
    runtime.signalled = 0;
}

/* Asleep, the writer sees neither the end of a worker nor new settings by itself. */
static void poke_writer(void)
{
    ssize_t ignored = write(runtime.retained->front.wake_write_fd, "", 1); /* full: it is awake */

    (void)ignored;
}

/* Children that a stop or restart ends while they serve are no crashes. */
static void child_status(server_rec *server, pid_t pid, ap_generation_t generation, int slot,
                         mpm_child_status state)
{
    (void)server;
    (void)generation;
    (void)slot;
    if (state != MPM_CHILD_EXITED || !runtime.server) {
        return;
    }
    if (t2m_keeper_stopping()) {
        (void)t2m_slot_note_stopped(runtime.retained->front.slots_fd,
                                    &runtime.retained->geometry, pid);
    }
    note_child_end(pid); /* who waits for it finds the other note there */
    poke_writer();
}

static int httpd_level(apr_uint32_t level)
{
    return level >= T2M_LEVEL_ERROR ? APLOG_ERR
         : level == T2M_LEVEL_WARNING ? APLOG_WARNING
         : level == T2M_LEVEL_INFO ? APLOG_NOTICE : APLOG_INFO;
}

/* Copies what the writer said since the last look into the classic error log. */
static void pass_notices_on(void)
{
    const t2m_board_header_t *header;
    apr_uint64_t *seen = &runtime.retained->notices_seen;
    apr_uint64_t count;

    if (!runtime.board) {
        return;
    }
    header = runtime.board->header;
    count = t2m_load(&header->notice_count);
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

static int publish(server_rec *server)
{
    int code = t2m_publish_settings(runtime.retained, server, runtime.restart,
                                    &runtime.unpublished);

    poke_writer();
    return runtime.restart ? OK : code;
}

static int monitor(apr_pool_t *pool, server_rec *server)
{
    (void)pool;
    if (!runtime.server || getpid() != runtime.parent) {
        return DECLINED;
    }
    pass_notices_on();
    if (runtime.unpublished) {
        (void)publish(server);
    }
    t2m_keeper_look();
    return DECLINED;
}

static apr_status_t forget(void *unused)
{
    (void)unused;
    if (getpid() == runtime.parent && runtime.server) {
        pass_notices_on();
    }
    runtime.board = NULL;
    t2m_keeper_forget();
    runtime.server = NULL;
    runtime.retained = NULL;
    return APR_SUCCESS;
}

/* Claims slot 0, so that the parent's own lines have a way, and with it the board, where the writer
 * leaves notices. Without it the children still have theirs. */
static int take_part(apr_pool_t *pconf, server_rec *server)
{
    apr_status_t status;

    tell_process(pconf);
    status = t2m_process_claim_parent();
    runtime.board = status == APR_SUCCESS ? t2m_process_board() : NULL;
    if (status != APR_SUCCESS && refuse(server, status, "T2M0110: cannot map the memories",
                                        "slots and board") && !runtime.restart) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    runtime.server = server;
    apr_pool_cleanup_register(pconf, NULL, forget, apr_pool_cleanup_null);
    return OK;
}

static int start(apr_pool_t *pconf, server_rec *server)
{
    int code = open_directory(pconf, server);

    if (code == OK || runtime.restart) {
        code = make_memories(server);
    }
    if (code == OK) {
        code = publish(server);
    }
    if (code == OK) {
        code = take_part(pconf, server);
    }
    if (code == OK) {
        code = t2m_keeper_arrange(runtime.retained, server, pconf, runtime.restart);
    }
    if (code == OK || runtime.restart) {
        t2m_early_replay(server);
    }
    return runtime.restart ? OK : code;
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
        return look_ahead(ptemp, server);
    }
    runtime.retained = t2m_retained_get();
    runtime.parent = getpid();
    runtime.restart = ap_state_query(AP_SQ_CONFIG_GEN) > 1;
    if (runtime.restart) {
        t2m_stay_with_user(pconf, server, runtime.retained);
    }
    return start(pconf, server);
}

/* Standard error as httpd was started with is the error log from the first pass on: kept only when
 * a directive may want it and httpd stays in the foreground, for a daemon lets go
 * of its terminal. */
static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
        && t2m_retained_get()->front.stderr_fd < 0
        && (ap_exists_config_define("FOREGROUND") || ap_exists_config_define("NO_DETACH")
            || ap_exists_config_define("DEBUG") || ap_exists_config_define("ONE_PROCESS"))) {
        t2m_retained_get()->front.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
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
