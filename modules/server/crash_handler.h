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

/* The last word of a process that a signal ends: written into its slot by a signal handler, which
 * then leaves the signal to whoever handled it before: httpd, which changes to CoreDumpDirectory,
 * or the system.
 *
 * Only async-signal-safe means. Of several threads that crash at the same time the first one is
 * told; a crash of the handler itself goes straight to the former handler. */
#ifndef T2M_SERVER_CRASH_HANDLER_H
#define T2M_SERVER_CRASH_HANDLER_H

#include "shared/layout.h"

/**
 * Installs the handler for SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGSYS SIGTRAP, but for those that
 * are ignored, in the calling process; a process that it forks is not told of. area: where the last
 * word goes, NULL when there is nowhere; async-signal-safe. trace: with the native stack. For
 * the process's first thread, once.
 */
void t2m_crash_handler_install(t2m_crash_t *(*area)(void), int trace);

/** Gives the signals back to their former handlers, but for those that somebody took over. */
void t2m_crash_handler_remove(void);

#endif
