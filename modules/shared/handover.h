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

/* What httpd hands to `t2mlog supervise`, and that to `t2mlog writer`: open descriptors under fixed
 * numbers. Everything above is closed before the program starts. The last ones end with the
 * supervisor: they close when it starts a writer. */
#ifndef T2M_SHARED_HANDOVER_H
#define T2M_SHARED_HANDOVER_H

/* The writer's control socket in the log directory: no log file may have its name. */
#define T2M_CONTROL_SOCKET "t2mlog.sock"

/* The key of the security stream's chain there: no log file may have a name that begins so. */
#define T2M_CHAIN_KEY "t2mlog.key"

/* The error groups of before a stop, likewise. */
#define T2M_GROUP_FILE "t2mlog.groups"

enum {
    T2M_FD_SLOTS = 3,     /* the slots memory, writable */
    T2M_FD_BOARD = 4,     /* the board, writable */
    T2M_FD_DIRECTORY = 5, /* the log directory; holds its lock against a second server */
    T2M_FD_LIFELINE = 6,  /* read end of a pipe that hangs up when no httpd process is left */
    T2M_FD_WAKE = 7,      /* read end of the pipe that wakes the writer */
    T2M_FD_END = 8,
    T2M_FD_FORMER_DIRECTORY = 8, /* the one before T2M_FD_DIRECTORY; holds that one's lock */
    T2M_FD_PREDECESSOR = 9,      /* write end of a pipe that nobody reads any more when the writer
                                  * of memories of another layout has ended */
    T2M_FD_PROGRAM = 10,         /* the program's file, for its start */
    T2M_FD_SUPERVISOR_END = 11
};

/* supervise PROGRAM [after]: with the second, not before T2M_FD_PREDECESSOR says so. */
#define T2M_SUPERVISE_AFTER "after"
/* supervise --fits LAYOUT: does nothing; exits with 0 if the program has this layout, else so. */
#define T2M_SUPERVISE_FITS "--fits"
enum { T2M_EXIT_UNFIT = 3 };

#endif
