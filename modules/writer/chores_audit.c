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

/* Whoever reads logs with the command line is logged first: the second thread is a producer like
 * any other, with a slot of its own. */
#include "writer/chores_internal.h"

#include <pwd.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "core/encode.h"
#include "core/extra.h"
#include "core/record.h"
#include "shared/atomic.h"
#include "shared/handover.h"

enum { AUDIT_LINE_MAX = 4096 };

static const char event[] = "admin_log_access";

static apr_status_t claim(t2m_chores_t *chores)
{
    if (chores->slot.index != T2M_SLOTS_MAX) {
        return APR_SUCCESS;
    }
    return t2m_slot_claim(&chores->slot, T2M_FD_SLOTS, T2M_FD_BOARD,
                          &chores->drain->slots.geometry, T2M_SLOTS_MAX, 1);
}

/* The main server's file of the stream; T2M_FILES_MAX: it is off. */
static apr_uint32_t security_file(t2m_chores_t *chores)
{
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        if (file.settings.stream == T2M_STREAM_SECURITY && !file.settings.retired) {
            return i;
        }
    }
    return T2M_FILES_MAX;
}

static void fill(t2m_record_t *record, const char *user, pid_t process, const char *command)
{
    t2m_record_begin(record, T2M_STREAM_SECURITY, T2M_LEVEL_INFO, apr_time_now());
    t2m_record_string(record, "message", T2M_CONTENT_SAFE, "Security event: admin_log_access");
    t2m_record_string(record, "event", T2M_CONTENT_SAFE, event);
    t2m_record_string(record, "severity", T2M_CONTENT_SAFE, "info");
    t2m_record_string(record, "endpoint", T2M_CONTENT_SAFE, "t2mlog");
    t2m_record_integer(record, "attempts", 1);
    t2m_record_boolean(record, "blocked", 0);
    t2m_record_string(record, "detail", T2M_CONTENT_MESSAGE, command);
    t2m_record_string(record, "result", T2M_CONTENT_SAFE, "granted");
    t2m_record_string(record, "user", T2M_CONTENT_NAME, user);
    t2m_record_integer(record, "process", process);
}

static t2m_layout_e chores_layout(t2m_chores_t *chores)
{
    apr_uint32_t layout;

    (void)pthread_mutex_lock(&chores->lock);
    layout = chores->shared.layout;
    (void)pthread_mutex_unlock(&chores->lock);
    return (t2m_layout_e)layout;
}

static apr_status_t push(t2m_chores_t *chores, const t2m_record_t *record, apr_uint32_t file)
{
    char line[AUDIT_LINE_MAX + sizeof(event)];
    t2m_ring_record_t header = { 0 };

    header.size = (apr_uint32_t)t2m_encode(record, line, AUDIT_LINE_MAX);
    header.file = (apr_uint16_t)file;
    header.stream = T2M_STREAM_SECURITY;
    header.level = T2M_LEVEL_INFO;
    header.time = record->time;
    header.name_size = sizeof(event) - 1;
    memcpy(line + header.size, event, sizeof(event) - 1);
    return t2m_slot_push(&chores->slot, T2M_SLOT_WAIT, &header, line, NULL);
}

/* Until the thread that writes has passed over it. */
static apr_status_t wait_until_written(t2m_chores_t *chores)
{
    const apr_uint64_t *head = chores->slot.head;
    apr_uint64_t tail = chores->slot.tail;
    int tries;

    for (tries = 0; tries < 500; tries++) {
        if (t2m_load(head) >= tail) {
            return APR_SUCCESS;
        }
        if (t2m_load(&chores->stop)) { /* the other thread waits for this one's end */
            return APR_TIMEUP;
        }
        (void)pthread_mutex_lock(&chores->lock);
        t2m_chores_news(chores);
        (void)pthread_mutex_unlock(&chores->lock);
        apr_sleep(10000);
    }
    return APR_TIMEUP;
}

apr_status_t t2m_chores_audit(t2m_chores_t *chores, uid_t user, pid_t process,
                              const char *command)
{
    const struct passwd *known = getpwuid(user); /* this thread alone asks for users */
    apr_uint32_t file = security_file(chores);
    apr_status_t status = claim(chores);
    t2m_record_t record;
    apr_pool_t *pool;
    char number[16];

    if (file == T2M_FILES_MAX) {
        return APR_ENOENT;
    }
    if (status != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return status != APR_SUCCESS ? status : APR_ENOMEM;
    }
    (void)apr_snprintf(number, sizeof(number), "%u", (unsigned)user);
    fill(&record, known ? known->pw_name : number, process, command);
    t2m_record_mask(&record, t2m_mask_create(pool));
    t2m_extra_arrange(&record, chores_layout(chores));
    status = push(chores, &record, file);
    apr_pool_destroy(pool);
    return status == APR_SUCCESS ? wait_until_written(chores) : status;
}
