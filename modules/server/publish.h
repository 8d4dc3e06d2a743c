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

/* What of the configuration the writer must know: the settings in the slots memory. */
#ifndef T2M_SERVER_PUBLISH_H
#define T2M_SERVER_PUBLISH_H

#include <httpd.h>

#include "server/retained.h"

/**
 * Gives every server's files their numbers (t2m_server_config_t.file_id) and publishes the
 * settings. Parent only, in post_config, after the memories were made. Returns OK, or
 * HTTP_INTERNAL_SERVER_ERROR with the reason in the error log.
 *
 * restart: httpd runs already. Then a stream whose file cannot have a number is off, and all else
 * is published. *again: the memory could not be reached; another call may.
 */
int t2m_publish_settings(t2m_retained_t *retained, server_rec *server, int restart, int *again);

#endif
