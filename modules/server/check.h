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

/* Checks of the configuration as a whole, run by `httpd -t` too (hook check_config), so that a
 * mistake stops the server with one line that names its cure before anything is created. */
#ifndef T2M_SERVER_CHECK_H
#define T2M_SERVER_CHECK_H

#include <httpd.h>

/**
 * Hook check_config; completes the configuration first. Refuses: a log directory that cannot be
 * made, is no directory, is a symbolic link, is writable by group or others, or belongs to another
 * than the writer; a file's directory likewise, and when it is missing; a file that is no regular
 * file; one file for two streams or with two ways to rotate; more files than T2M_FILES_MAX; a
 * virtual host's T2MLogRotate without
 * a T2MLogFile of its own, more T2MLogFields with the inherited ones than a stream takes, or one
 * less that is not there; a file of tokens that is missing or not its owner's alone; a
 * T2MLogProgram that cannot be run; an unknown T2MLogUser. Warns of insecure settings, at start.
 * Creates nothing, opens nothing for writing. Returns OK or HTTP_INTERNAL_SERVER_ERROR after
 * logging each reason at level error; at a restart always OK, so that nothing but a start fails.
 */
int t2m_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);

#endif
