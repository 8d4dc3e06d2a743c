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

/* See numbers.h. Of a forked process only the thread that forked is left. */
#include "server/numbers.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "server/crash_thread.h"

static int forks_are_seen;
static __thread t2m_numbers_t own;

static void forked(void)
{
    own.process = 0;
}

void t2m_numbers_start(void)
{
    if (!forks_are_seen) {
        forks_are_seen = pthread_atfork(NULL, NULL, forked) == 0;
    }
}

const t2m_numbers_t *t2m_numbers(void)
{
    if (!own.process || !forks_are_seen) {
        own.process = getpid();
        own.thread_size = (unsigned char)snprintf(own.thread, sizeof own.thread, "%ld",
                                                  t2m_crash_thread_number());
    }
    return &own;
}
