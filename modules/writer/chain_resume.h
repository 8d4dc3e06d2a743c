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

/* Where a chain goes on after the server was started anew: at the last line of its file. */
#ifndef T2M_WRITER_CHAIN_RESUME_H
#define T2M_WRITER_CHAIN_RESUME_H

#include "core/chain.h"
#include "shared/settings.h"

/**
 * What the next security line of the file has to carry, from the last line that has a number (in a
 * file that several streams share: that is of the stream security) in the file or, when it has
 * none, in the one that was rotated last. Looks back 64 MiB in each. Where there is none, and for
 * standard output and error, the chain begins: the value of the first line. Returns nonzero when
 * it goes on. Reads and changes nothing else; a writer that finds the value on the board has no
 * need of it. *seq becomes the line's number, 0 where there is none.
 */
int t2m_chain_resume(const t2m_chain_t *chain, const t2m_settings_file_t *file,
                     unsigned char out[T2M_CHAIN_SIZE], apr_uint64_t *seq);

#endif
