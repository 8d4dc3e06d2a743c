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

/* Between the files of the confinement. */
#ifndef T2M_WRITER_CONFINE_INTERNAL_H
#define T2M_WRITER_CONFINE_INTERNAL_H

#include "writer/confine.h"

/** Lets no system call through but those the writer makes. Returns 0 or an errno. */
int t2m_confine_filter(void);

/**
 * Lets no file be reached but those of the settings and the few of the system that the C library
 * reads, and remembers which they were. Returns 0 or an errno: then all stays as it was.
 */
int t2m_confine_paths(const t2m_settings_t *settings);

/** t2m_confine_covers, of the paths alone. */
int t2m_confine_paths_cover(const t2m_settings_t *settings);

/** Calls visit with the directory of each log file and T2MLogDir, each once when in a row. */
void t2m_confine_directories(const t2m_settings_t *settings,
                             void (*visit)(const char *directory, void *baton), void *baton);

#endif
