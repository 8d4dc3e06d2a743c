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
    free(owners);
    return tap_done();
}
