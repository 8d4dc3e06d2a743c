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

/* The number of a log file's last line: numbers go on over restarts. */
#ifndef T2M_WRITER_LAST_SEQ_H
#define T2M_WRITER_LAST_SEQ_H

#include <apr.h>

/**
 * The `seq` of the last whole line of the open file, which is size bytes long; 0 when it is empty
 * or no line of its last 256 KiB ends in `"seq":N}`. *ragged is set nonzero when the last byte is
 * not an LF.
 */
apr_uint64_t t2m_last_seq(int fd, apr_uint64_t size, int *ragged);

/** The number in one line (without its LF) that ends in `"seq":N}`; 0 when it does not. */
apr_uint64_t t2m_seq_of_line(const char *line, apr_size_t size);

#endif
