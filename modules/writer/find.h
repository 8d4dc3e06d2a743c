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

/* The sub-command find: every line of one request, trace or group of errors. */
#ifndef T2M_WRITER_FIND_H
#define T2M_WRITER_FIND_H

/** Returns the exit code: 0 found, 1 nothing found, 2 not done. */
int t2m_find_main(int argc, char **argv);

#endif
