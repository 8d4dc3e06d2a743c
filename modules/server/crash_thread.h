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

/* What a signal handler must know of the thread that crashed: which request it served. And a stack
 * of its own for that handler, without which nobody learns of an overflow of the thread's.
 *
 * A thread has its place from the first request that it serves to its end. Not kept in thread-local
 * memory: touching that in a signal handler may allocate. */
#ifndef T2M_SERVER_CRASH_THREAD_H
#define T2M_SERVER_CRASH_THREAD_H

#include "shared/layout.h"

/** Makes ready for t2m_crash_thread_enter. Returns 0 when the system has no more keys. */
int t2m_crash_thread_start(void);

/** Ends it: no thread that ends afterwards comes back to this code, which may be unloaded. */
void t2m_crash_thread_stop(void);

/**
 * Notes that the calling thread serves the request of entry, whose number is t2m_process's. The
 * first time it gets its stack. Does nothing before t2m_crash_thread_start. entry may be NULL.
 */
void t2m_crash_thread_enter(const t2m_inflight_t *entry, apr_uint32_t number);

/** Notes that the calling thread is done with that request, or turns to something else. */
void t2m_crash_thread_leave(void);

/**
 * The number of the entry whose request the calling thread serves; 0: none, or not certain: when
 * the entry belongs to another request by now. Async-signal-safe.
 */
apr_uint32_t t2m_crash_thread_entry(void);

/** The system's number of the calling thread. Async-signal-safe. */
long t2m_crash_thread_number(void);

#endif
