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

/* A process that is to crash: a child whose last word goes to memory that the test sees. */
#ifndef T2M_UNIT_SERVER_CRASH_WORLD_H
#define T2M_UNIT_SERVER_CRASH_WORLD_H

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/layout.h"
#include "tap.h"

typedef struct {
    t2m_crash_t crash;
    t2m_inflight_t entries[2];
    int numbers[8];
} crash_world_t;

static crash_world_t *crash_world;

__attribute__((unused)) static t2m_crash_t *crash_world_area(void)
{
    return &crash_world->crash;
}

__attribute__((unused)) static void crash_world_make(void)
{
    struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
    crash_world = mmap(NULL, sizeof(*crash_world), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crash_world == MAP_FAILED) {
        abort();
    }
}

/* Runs it in a child of its own; returns its wait status. */
__attribute__((unused)) static int crash_world_run(void (*body)(void))
{
    pid_t child;
    int status = -1;

    memset(crash_world, 0, sizeof(*crash_world));
    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        (void)close(2); /* what sanitizers say of a crash on purpose */
        body();
        _exit(0);
    }
    (void)waitpid(child, &status, 0);
    return status;
}

#endif
