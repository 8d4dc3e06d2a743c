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

/* The native stack of a crashed thread as texts, found and written within its signal handler:
 * nothing is allocated, no lock taken, no file but /proc/self/maps read.
 *
 * The unwinder is libgcc's. With glibc 2.35 and newer it finds a module's tables by
 * _dl_find_object, without a lock; before that, or where code registered tables at run time, it
 * takes one, and the caller bounds the time that it has. */
#ifndef T2M_SERVER_CRASH_TRACE_H
#define T2M_SERVER_CRASH_TRACE_H

#include "shared/layout.h"

/** Loads and warms up what the trace needs, so that nothing is loaded in the handler. */
void t2m_crash_trace_prepare(void);

/**
 * Fills crash->frames from the crashed instruction outwards, `module+0x1234` each, frame_count
 * growing with them. The number is an offset from where the module's file begins in memory, as
 * addr2line -e takes it; for a caller it lies within the call. context: the handler's third
 * argument. The texts of code that belongs to no file are `0x1234`. Async-signal-safe; once at a
 * time.
 */
void t2m_crash_trace(void *context, t2m_crash_t *crash);

/**
 * Writes the text for an address into out (T2M_CRASH_FRAME_SIZE bytes, with a NUL). Returns nonzero
 * when code may run there. Async-signal-safe; once at a time.
 */
int t2m_crash_trace_name(apr_uintptr_t address, char *out);

#endif
