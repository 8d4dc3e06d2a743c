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

/* The error_log hook: each line that httpd or a module logs becomes a record of the stream app, and
 * from level ERROR on one of errors.
 *
 * The lines of a Python traceback that a script wrote to its stderr become one errors record, at
 * the request's end or when the script says something else. Any thread of any process of the
 * server; lines of one request come one at a time.
 */
#ifndef T2M_SERVER_ERRORLOG_H
#define T2M_SERVER_ERRORLOG_H

#include <httpd.h>

#include "server/request.h"

/**
 * For log_transaction, before the access record: writes the traceback that is still held, and an
 * errors record for a status of 500 and above that no error line explained.
 */
void t2m_errorlog_end_request(t2m_request_t *state, const request_rec *origin, int status);

/** Registers the hook error_log. */
void t2m_errorlog_register(apr_pool_t *pool);

#endif
