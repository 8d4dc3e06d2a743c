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

/* Tests modules/server/numbers.c: the numbers are the system's, in every thread and after a fork,
 * and are asked for once. */
#include "server/numbers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/crash_thread.h"
#include "tap.h"

static int asked;

long t2m_crash_thread_number(void)
{
    __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
    return syscall(SYS_gettid);
}

static int are_right(void)
{
    const t2m_numbers_t *numbers = t2m_numbers();
    t2m_text_t thread = t2m_numbers_thread(numbers);
    char want[32];
    int size = snprintf(want, sizeof(want), "%ld", syscall(SYS_gettid));

    return numbers->process == getpid() && thread.size == (apr_size_t)size
           && memcmp(thread.data, want, thread.size) == 0;
}

static void *run(void *right)
{
    int *counter = right;

    __atomic_add_fetch(counter, are_right() && are_right(), __ATOMIC_RELAXED);
    return NULL;
}

static int right_in_threads(int count)
{
    pthread_t threads[8];
    int i, right = 0;

    for (i = 0; i < count; i++) {
        (void)pthread_create(&threads[i], NULL, run, &right);
    }
    for (i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return right;
}

static void in_child(void)
{
    _exit(are_right() && right_in_threads(2) == 2 ? 0 : 1);
}

static int right_after_fork(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        in_child();
    }
    (void)waitpid(child, &status, 0);
    return status == 0;
}

int main(void)
{
    ok(are_right() && are_right(), "before the start");
    is_number(asked, 2, "asked for each time");
    ok(right_after_fork(), "right in a child that nobody announced");
    t2m_numbers_start();
    t2m_numbers_start();
    asked = 0;
    ok(are_right() && are_right(), "after it");
    is_number(asked, 0, "asked for no more");
    is_number(right_in_threads(8), 8, "right in threads");
    is_number(asked, 8, "asked for once in each");
    ok(right_after_fork(), "right in a child and its threads");
    ok(are_right(), "and still in the parent");
    return tap_done();
}
