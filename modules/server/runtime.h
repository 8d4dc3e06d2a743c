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

/* The parent's part: making the memories, telling the writer its settings, starting and watching
 * the supervisor, passing the writer's notices on to the classic error log. */
#ifndef T2M_SERVER_RUNTIME_H
#define T2M_SERVER_RUNTIME_H

#include <httpd.h>

/**
 * Registers the hooks: post_config, before everybody's so that processes forked there can log;
 * child_init; monitor. Nothing is made in the first configuration pass, by `httpd -t`, or while
 * T2MLog is On nowhere.
 */
void t2m_runtime_register(apr_pool_t *pool);

/**
 * In the parent: notes for the writer which signal has just ended the child pid. httpd says so in a
 * line of its error log before it runs the hook child_status. Elsewhere it does nothing.
 */
void t2m_runtime_child_ended(int pid, int signal);

#endif
