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

/* The sub-command trace: shows what is read of a stack trace. */
#ifndef T2M_WRITER_TRACE_COMMAND_H
#define T2M_WRITER_TRACE_COMMAND_H

/** Returns the exit code: 0 done, 1 there was no stack trace, 2 not read or not written. */
int t2m_trace_main(int argc, char **argv);

#endif
