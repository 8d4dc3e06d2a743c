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

/* The writer's control socket: a stream socket (0600) of this name in the log directory. A client
 * sends one line and reads the answer until its end:
 *
 *   rotate STREAM|all   the files of that stream are rotated now; answers when it is done
 *   status              the state as one JSON object
 *   audit COMMAND       the reading of logs that is about to begin, as a security record; answers
 *                       when the record is in its file
 *
 * The answer's first line is `ok` or `error REASON`; what follows belongs to the command. The
 * peer's user is taken from the socket (SO_PEERCRED), never from what it says.
 */
#ifndef T2M_WRITER_CONTROL_H
#define T2M_WRITER_CONTROL_H

#include <apr_errno.h>

#include "shared/handover.h"

enum { T2M_CONTROL_LINE_MAX = 1024, T2M_CONTROL_ANSWER_MAX = 1048576 };

/**
 * For the command line: sends a command (without its LF) to the writer of the open directory and
 * reads the whole answer into *answer (malloc, with a NUL; the first line `ok` is taken off).
 * Returns APR_SUCCESS; APR_ENOENT when no writer listens there; APR_EACCES when this user may not
 * ask; APR_EGENERAL when the writer refused (*answer is its reason); APR_TIMEUP after 15 seconds.
 */
apr_status_t t2m_control_ask(int directory, const char *command, char **answer);

#endif
