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

/* Tests modules/writer/chores_audit.c: the command line's readings, in the security stream. */
#include "writer/chores_internal.h"

#include <jansson.h>
#include <pthread.h>

#include "shared/atomic.h"
#include "writer/chores_world.h"

typedef struct {
    const char *command;
    apr_status_t status;
    int done;
} audit_t;

static void *ask(void *data)
{
    audit_t *audit = data;

    audit->status = t2m_chores_audit(chores, geteuid(), 4242, audit->command);
    t2m_store(&audit->done, 1);
    return NULL;
}

/* Asks in a second thread, as the writer has it, while this one writes (or not). */
static apr_status_t audit(const char *command, int writes)
{
    audit_t one = { command, APR_EGENERAL, 0 };
    pthread_t thread;

    if (pthread_create(&thread, NULL, ask, &one) != 0) {
        return APR_EGENERAL;
    }
    while (!t2m_load(&one.done)) {
        if (writes) {
            (void)chores_pass(CHORES_NOW);
        }
        apr_sleep(2000);
    }
    (void)pthread_join(thread, NULL);
    return one.status;
}

static json_t *last_record(void)
{
    char bytes[8192], *end, *start;
    ssize_t size = folder_get("security.log", bytes, sizeof(bytes) - 1);

    bytes[size < 0 ? 0 : size] = '\0';
    end = strrchr(bytes, '\n');
    if (!end) {
        return NULL;
    }
    *end = '\0';
    start = strrchr(bytes, '\n');
    return json_loads(start ? start + 1 : bytes, 0, NULL);
}

static void member_is(const json_t *record, const char *name, const char *want)
{
    const char *value = json_string_value(json_object_get(record, name));

    is_bytes(value ? value : "", value ? strlen(value) : 0, want, name);
}

static void records(void)
{
    json_t *record;

    is_number(audit("tail -f access", 1), APR_SUCCESS, "a reading is written");
    record = last_record();
    if (!ok(record != NULL, "when the answer is there, the record is in the file")) {
        return;
    }
    member_is(record, "message", "Security event: admin_log_access");
    member_is(record, "event", "admin_log_access");
    member_is(record, "endpoint", "t2mlog");
    member_is(record, "detail", "tail -f access");
    member_is(record, "result", "granted");
    member_is(record, "severity", "info");
    if (geteuid() == 0) {
        member_is(record, "user", "root");
    }
    is_number(json_integer_value(json_object_get(record, "process")), 4242, "process");
    is_number(json_integer_value(json_object_get(record, "attempts")), 1, "attempts");
    is_number(json_integer_value(json_object_get(record, "seq")), 1, "seq");
    json_decref(record);
    is_number((long)drain.board.tables->events[1].count, 1, "it counts as an event");
}

static void is_masked(void)
{
    json_t *record;
    const char *detail;

    is_number(audit("find password=hunter2hunter2", 1), APR_SUCCESS, "one with a secret");
    record = last_record();
    detail = json_string_value(json_object_get(record, "detail"));
    ok(detail && !strstr(detail, "hunter2"), "is masked");
    json_decref(record);
    is_number(audit("find \x01\xff\"", 1), APR_SUCCESS, "one of odd bytes");
    record = last_record();
    ok(record != NULL, "is a record all the same");
    json_decref(record);
}

static void fails(void)
{
    t2m_slot_t others[3];
    int i;

    settings->files[T2M_STREAM_SECURITY].retired = 1;
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    is_number(audit("tail", 0), APR_ENOENT, "the stream is off: no record, no reading");
    settings->files[T2M_STREAM_SECURITY].retired = 0;
    chores_publish();
    (void)t2m_chores_exchange(chores, &drain);
    is_number(audit("tail", 0), APR_TIMEUP, "nobody writes: no answer before it is written");
    (void)chores_pass(CHORES_NOW);
    t2m_slot_release(&chores->slot);
    t2m_slot_reset(&chores->slot);
    for (i = 0; i < 3; i++) {
        (void)world_claim(&world, &others[i]);
    }
    is_number(audit("tail", 1), APR_EAGAIN, "no slot is free");
    for (i = 0; i < 3; i++) {
        t2m_slot_release(&others[i]);
    }
}

int main(void)
{
    (void)apr_initialize();
    chores_make();
    chores_idle();
    records();
    is_masked();
    fails();
    folder_remove();
    return tap_done();
}
