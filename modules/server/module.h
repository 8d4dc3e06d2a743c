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

/* The module's record, by whose number httpd finds what is ours in its vectors. */
#ifndef T2M_SERVER_MODULE_H
#define T2M_SERVER_MODULE_H

#include <httpd.h>
#include <http_config.h>

/* All else is hidden; see AM_CFLAGS. */
extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA t2mlog_module;

#endif
