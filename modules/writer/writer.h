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

/* `t2mlog writer`: the process that writes. Started by the supervisor, never by hand. */
#ifndef T2M_WRITER_WRITER_H
#define T2M_WRITER_WRITER_H

/* Exit codes: the supervisor ends with the first, starts a new writer after any other. */
enum { T2M_WRITER_DRAINED = 0, T2M_WRITER_FAILED = 1, T2M_WRITER_UNUSABLE = 3,
       T2M_WRITER_AGAIN = 4 };

/**
 * Writes until the lifeline hangs up and every slot is drained, then returns T2M_WRITER_DRAINED.
 * T2M_WRITER_AGAIN: what it needs now lies outside of what it was confined to; another one can.
 * T2M_WRITER_UNUSABLE: the memories cannot be used by this program; another try would not help.
 */
int t2m_writer_main(int argc, char **argv);

#endif
