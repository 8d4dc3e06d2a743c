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

/* The log directory: made when it is missing, locked against a second server. Parent only. */
#ifndef T2M_SERVER_LOG_DIRECTORY_H
#define T2M_SERVER_LOG_DIRECTORY_H

#include <httpd.h>

/**
 * Opens the directory, after making it (0750, owned by user if one is given), and locks it for this
 * server. *fd keeps the lock; it is what it was before when the same directory was open already.
 * When it was another one, that goes on being held as *former: lines of old processes are still
 * written there; the one that was held so far is given up. patient: waits up to two seconds for the
 * lock, which a writer of a server that ended a moment ago has. Returns APR_EBUSY when another
 * server holds the lock, else the system's error; *fd and *former are then what they were.
 */
apr_status_t t2m_log_directory_open(apr_pool_t *pool, const char *path, const char *user,
                                    int patient, int *fd, int *former);

/**
 * Nonzero when another server holds the directory's lock, and does not give it up in two seconds.
 * Creates nothing and keeps nothing: for the first configuration pass, whose failure httpd's
 * starter still sees.
 */
int t2m_log_directory_taken(const char *path);

/** The pid of the writer that serves the control socket in the directory; 0: not known. */
long t2m_log_directory_writer(const char *path);

#endif
