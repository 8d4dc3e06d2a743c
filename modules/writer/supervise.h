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

/* `t2mlog supervise`: keeps one writer alive. Started by httpd, never by hand. */
#ifndef T2M_WRITER_SUPERVISE_H
#define T2M_WRITER_SUPERVISE_H

/**
 * Starts `t2mlog writer` again whenever it dies, within milliseconds. Ends with 0 when the lifeline
 * hung up and the writer has drained everything, with 1 when that took longer than ten
 * seconds (the writer is then killed) or no writer can be started.
 */
int t2m_supervise_main(int argc, char **argv);

#endif
