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

/* The directives: one table, which is the truth that the reference configuration, the manual and
 * `httpd -L` are compared with. Setters run while the configuration is read, in one thread. */
#ifndef T2M_SERVER_DIRECTIVES_H
#define T2M_SERVER_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/* Ends with an empty entry. */
extern const command_rec t2m_directives[];

#endif
