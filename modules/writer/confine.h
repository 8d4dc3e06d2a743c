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

/* What the writer takes away from itself before it reads the first record, so that somebody who
 * could make it run code of his own would have gained hardly more than the log files. */
#ifndef T2M_WRITER_CONFINE_H
#define T2M_WRITER_CONFINE_H

#include "core/level.h"
#include "shared/settings.h"

typedef struct {
    const t2m_settings_t *settings;
    int on; /* T2MLogConfine; 0: nothing is taken away */
} t2m_confine_t;

/**
 * Empties the capability bounding set, which only root can: before the process becomes another
 * user, and t2m_confine is called. What it holds already stays. Of the calling thread only: before
 * there is another.
 */
void t2m_confine_bound(int on);

/**
 * Confines this process for good: no new privileges, no capabilities, no core file, not to be
 * traced; no files but those of the settings (Landlock) and no system calls but those that writing
 * takes (seccomp). Once, after the process has become the user it stays, with all it inherits open
 * and before there is a second thread: Landlock and capabilities are each thread's own.
 *
 * Returns NULL, or what could not be done or had to be kept, as a notice with its number; *level
 * is its level. The text is static. It never fails: a writer less confined is better than none.
 */
const char *t2m_confine(const t2m_confine_t *what, t2m_level_e *level);

/**
 * Nonzero when the settings need nothing that lies outside. When zero, the process can only end
 * with T2M_WRITER_AGAIN, so that the supervisor, which is not confined, starts another.
 */
int t2m_confine_covers(const t2m_confine_t *what);

/**
 * Nonzero unless the path (of any kind) exists and is not the one that was there when the process
 * was confined: a directory removed and made again, a file replaced. Zero once makes
 * t2m_confine_outdated nonzero. From any thread.
 */
int t2m_confine_reaches(const char *path);

/** The same of the directory that holds the path. */
int t2m_confine_reaches_beside(const char *path);

/** The same of the files of the system that the writer reads. */
int t2m_confine_reaches_system(void);

/** Nonzero once something that is needed was found to lie outside. From any thread. */
int t2m_confine_outdated(void);

#endif
