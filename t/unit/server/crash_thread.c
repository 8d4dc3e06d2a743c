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

/* Tests modules/server/crash_thread.c. */
#include "server/crash_thread.h"

#include <pthread.h>
#include <signal.h>

#include "crash_world.h"

static t2m_inflight_t entry;

static void fill(const char *id)
{
    memset(&entry, 0, sizeof(entry));
    entry.busy = 1;
    entry.started_monotonic = 1000;
    entry.id_size = (unsigned char)strlen(id);
    memcpy(entry.id, id, strlen(id));
}

static void serves(void)
{
    char longest[128];

    is_number(t2m_crash_thread_entry(), 0, "a thread that never served");
    fill("request-1");
    t2m_crash_thread_enter(&entry, 5);
    is_number(t2m_crash_thread_entry(), 5, "serves its request");
    t2m_crash_thread_leave();
    is_number(t2m_crash_thread_entry(), 0, "and leaves it");
    t2m_crash_thread_enter(&entry, 6);
    t2m_crash_thread_enter(NULL, 0);
    is_number(t2m_crash_thread_entry(), 0, "one that is not in the table");
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    fill(longest);
    t2m_crash_thread_enter(&entry, 7);
    is_number(t2m_crash_thread_entry(), 7, "an id that is longer than what is kept of it");
}

/* The entry is another request's by now, in all the ways that this shows. */
static void doubts(void)
{
    fill("request-1");
    t2m_crash_thread_enter(&entry, 5);
    entry.busy = 0;
    is_number(t2m_crash_thread_entry(), 0, "the request has ended elsewhere");
    entry.busy = 2;
    is_number(t2m_crash_thread_entry(), 0, "the entry is being filled");
    fill("request-2");
    is_number(t2m_crash_thread_entry(), 0, "another id");
    fill("request");
    is_number(t2m_crash_thread_entry(), 0, "a shorter one");
    fill("request-1");
    entry.id_size--;
    is_number(t2m_crash_thread_entry(), 0, "a shorter one with the last one's end behind it");
    fill("request-1");
    entry.started_monotonic++;
    is_number(t2m_crash_thread_entry(), 0, "the same one, begun later");
    fill("request-1");
    is_number(t2m_crash_thread_entry(), 5, "as it was");
    t2m_crash_thread_leave();
}

/* Those that we make are compared to their last byte. */
static void whole_id(void)
{
    fill("017f22e2-79b0-7241-b9d3-851ca07681a7");
    t2m_crash_thread_enter(&entry, 8);
    is_number(t2m_crash_thread_entry(), 8, "an id of ours");
    fill("017f22e2-79b0-7241-b9d3-851ca07681a8");
    is_number(t2m_crash_thread_entry(), 0, "the next one");
    t2m_crash_thread_leave();
}

static void *look(void *data)
{
    stack_t stack;
    int *seen = data;

    seen[0] = (int)t2m_crash_thread_entry();
    t2m_crash_thread_enter(&entry, 9);
    seen[1] = (int)t2m_crash_thread_entry();
    (void)sigaltstack(NULL, &stack);
    seen[2] = !(stack.ss_flags & SS_DISABLE) && stack.ss_size >= 16384;
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    int seen[3] = { -1, -1, -1 }, i, right = 0;

    fill("request-1");
    t2m_crash_thread_enter(&entry, 5);
    for (i = 0; i < 1500; i++) { /* more than there are places: each gives its own back */
        if (pthread_create(&thread, NULL, look, seen) == 0) {
            (void)pthread_join(thread, NULL);
        }
        right += seen[0] == 0 && seen[1] == 9 && seen[2] == 1;
    }
    is_number(right, 1500, "a thread knows its own request and has a stack for its handler");
    is_number(t2m_crash_thread_entry(), 5, "while ours is still ours");
}

static void *wait_there(void *data)
{
    int *seen = data;

    t2m_crash_thread_enter(&entry, 3);
    *seen = (int)t2m_crash_thread_entry();
    pause();
    return NULL;
}

/* In a process of its own, which ends with them. */
static void fill_all_places(void)
{
    enum { MANY = 1030 };
    static int seen[MANY];
    pthread_attr_t small;
    pthread_t thread;
    int i;

    (void)pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, 65536);
    for (i = 0; i < MANY; i++) {
        seen[i] = -1;
        if (pthread_create(&thread, &small, wait_there, &seen[i]) != 0) {
            break;
        }
    }
    while (i > 0 && __atomic_load_n(&seen[i - 1], __ATOMIC_ACQUIRE) < 0) {
        (void)usleep(1000);
    }
    crash_world->numbers[0] = i;
    while (i-- > 0) {
        while (__atomic_load_n(&seen[i], __ATOMIC_ACQUIRE) < 0) {
            (void)usleep(1000);
        }
        crash_world->numbers[1] += seen[i] == 3;
        crash_world->numbers[2] += seen[i] == 0;
    }
}

static void places(void)
{
    (void)crash_world_run(fill_all_places);
    if (crash_world->numbers[0] < 1030) {
        ok(1, "so many threads # SKIP the system allows %d", crash_world->numbers[0]);
        return;
    }
    ok(crash_world->numbers[2] > 0 && crash_world->numbers[1] + crash_world->numbers[2] == 1030,
       "too many threads: some are not known by a request, and nothing else happens");
}

static void own_stack(void)
{
    static char memory[65536];
    stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) }, now;

    (void)sigaltstack(&stack, NULL);
    (void)t2m_crash_thread_start();
    t2m_crash_thread_enter(&entry, 1);
    (void)sigaltstack(NULL, &now);
    crash_world->numbers[0] = now.ss_sp == memory;
}

int main(void)
{
    crash_world_make();
    fill("early");
    t2m_crash_thread_enter(&entry, 4);
    is_number(t2m_crash_thread_entry(), 0, "before the start nothing is known");
    (void)crash_world_run(own_stack);
    is_number(crash_world->numbers[0], 1, "a stack that somebody gave the thread stays");
    ok(t2m_crash_thread_start() && t2m_crash_thread_start(), "started, twice");
    serves();
    doubts();
    whole_id();
    threads();
    places();
    t2m_crash_thread_stop();
    t2m_crash_thread_stop();
    ok(t2m_crash_thread_number() == (long)getpid(), "the first thread's number is the process's");
    return tap_done();
}
