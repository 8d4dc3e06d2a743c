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

/* Tests modules/writer/owners.c. */
#include "writer/owners.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/* Who wakes another writer: workers born before the supervisor, while they have their slots. */
static void older(apr_uint64_t self)
{
    t2m_slots_t slots = { .geometry = { .slot_count = 4, .inflight_count = 1,
                                        .ring_size = 65536 } };
    t2m_owners_t *owners = t2m_owners_create(4);
    apr_uint64_t began = t2m_owners_began((int)getpid());
    t2m_directory_t *directory;

    t2m_slots_map(&slots.geometry, &slots.map);
    slots.memory = calloc(1, slots.map.settings);
    directory = (t2m_directory_t *)(slots.memory + slots.map.directory);
    ok(began > 0 && t2m_owners_began(-1) == 0, "a process began at some time");
    directory->owner[0] = directory->owner[2] = self;
    (void)t2m_owners_gone(owners, 0, self);
    ok(!t2m_owners_has_older(owners, &slots, began + 1), "not the parent, nor who is not known");
    (void)t2m_owners_gone(owners, 2, self);
    ok(t2m_owners_has_older(owners, &slots, began + 1), "a worker of before");
    ok(!t2m_owners_has_older(owners, &slots, began), "is not older than itself");
    ok(!t2m_owners_has_older(owners, &slots, 0), "nor than what is not known");
    directory->owner[2] |= T2M_OWNER_STOPPED;
    ok(t2m_owners_has_older(owners, &slots, began + 1), "also when it is to end");
    directory->owner[2] = 0;
    ok(!t2m_owners_has_older(owners, &slots, began + 1), "until it has given its slot back");
    free(slots.memory);
    free(owners);
}

int main(void)
{
    t2m_owners_t *owners = t2m_owners_create(4);
    apr_uint64_t self = (apr_uint64_t)getpid() | (apr_uint64_t)5 << 32;
    pid_t child = fork();
    unsigned gone = 0;
    int i;

    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    for (i = 0; i < 100; i++) {
        gone += t2m_owners_gone(owners, 1, self);
    }
    is_number(gone, 0, "this process lives, however often one asks");
    ok(!t2m_owners_gone(owners, 2, (apr_uint64_t)child), "so does a child");
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    is_number(t2m_owners_gone(owners, 2, (apr_uint64_t)child), 1, "until it is killed");
    is_number(t2m_owners_gone(owners, 2, (apr_uint64_t)child | T2M_OWNER_STOPPED), 2,
              "gone for the second time, noted as stopped meanwhile");
    is_number(t2m_owners_gone(owners, 2, (apr_uint64_t)child | (apr_uint64_t)7 << 32), 1,
              "another owner with that pid is counted anew");
    is_number(t2m_owners_gone(owners, 3, 0), 1, "no pid is nobody");
    older(self);
    free(owners);
    return tap_done();
}
