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

/* See crash.h. */
#include "server/crash.h"

#include <ap_mpm.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_request.h>
#include <mpm_common.h>
#include <unistd.h>

#include "server/config.h"
#include "server/crash_handler.h"
#include "server/crash_thread.h"
#include "server/process.h"
#include "shared/atomic.h"

static pid_t installed; /* in which process; 0: none */

void t2m_crash_serving(const t2m_inflight_t *entry)
{
    t2m_crash_thread_enter(entry, t2m_process_entry_number(entry));
}

/* A child ends by its MPM. When that does not know of it, something called exit(3). */
static void note_exit(void)
{
    t2m_crash_t *crash = t2m_process_crash();
    int state = AP_MPMQ_STOPPING;

    (void)ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    if (crash && state != AP_MPMQ_STOPPING) {
        crash->thread = (apr_uint32_t)t2m_crash_thread_number();
        crash->entry = t2m_crash_thread_entry();
        crash->time = apr_time_now();
        t2m_store(&crash->exited, 1);
    }
}

/* The module's code is unmapped a moment later. */
static apr_status_t end(void *unused)
{
    (void)unused;
    if (installed == getpid()) {
        note_exit();
        t2m_crash_handler_remove();
        t2m_crash_thread_stop();
        installed = 0;
    }
    return APR_SUCCESS;
}

static void child_init(apr_pool_t *pool, server_rec *server)
{
    if (!t2m_process_ready()) {
        return;
    }
    installed = getpid();
    (void)t2m_crash_thread_start();
    t2m_crash_handler_install(t2m_process_crash, t2m_config_global(server)->crash_trace == 1);
    apr_pool_cleanup_register(pool, NULL, end, apr_pool_cleanup_null);
}

static int process_connection(conn_rec *connection)
{
    (void)connection;
    t2m_crash_thread_leave();
    return DECLINED;
}

/* The request may go on elsewhere: when it is written, or woken. */
static void suspend_connection(conn_rec *connection, request_rec *request)
{
    (void)connection;
    (void)request;
    t2m_crash_thread_leave();
}

/* The next request of a connection, whose last one may still be on its way out. */
static int create_request(request_rec *request)
{
    if (!request->main && !request->prev) {
        t2m_crash_thread_leave();
    }
    return OK;
}

void t2m_crash_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_process_connection(process_connection, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_suspend_connection(suspend_connection, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_create_request(create_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
