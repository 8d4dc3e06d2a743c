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

/* Reads the bytes of a log file, packed or not: gzip and zstd are told by their first bytes, which
 * no log line begins with. One thread at a time. */
#ifndef T2M_WRITER_COMPRESSED_H
#define T2M_WRITER_COMPRESSED_H

#include <apr_errno.h>

#include "core/rotation.h"

typedef struct t2m_compressed_t t2m_compressed_t;

/**
 * Opens name in the directory (a descriptor, or AT_FDCWD). Refuses a symbolic link (ELOOP) and what
 * is no regular file (EINVAL), without waiting; APR_ENOTIMPL for zstd in a build without it.
 * *compressed is NULL on failure.
 */
apr_status_t t2m_compressed_open(int directory, const char *name, t2m_compressed_t **compressed);

/** The same for an open descriptor, read from where it stands; it is closed, also on failure. */
apr_status_t t2m_compressed_of(int fd, t2m_compressed_t **compressed);

/**
 * Unpacks the beginning of an open file, which is plain or packed, into bytes: *size at most, which
 * becomes how many they are, 0 when it is empty. As little is read as that takes; *taken becomes
 * how much it was. The descriptor stays open, at the file's start. Failures as above.
 */
apr_status_t t2m_compressed_peek(int fd, void *bytes, apr_size_t *size, apr_uint64_t *taken);

/** How it is packed. */
t2m_compression_e t2m_compressed_kind(const t2m_compressed_t *compressed);

/**
 * Reads at most *size bytes, at least one; *size says how many. APR_EOF at the end, with 0 bytes: a
 * plain file may have grown at the next call. APR_INCOMPLETE when a packed file ends too early,
 * APR_EGENERAL when it is damaged (what could be read was given before), else the system's error.
 */
apr_status_t t2m_compressed_read(t2m_compressed_t *compressed, void *bytes, apr_size_t *size);

/** How many bytes of the file were read until now. */
apr_uint64_t t2m_compressed_taken(const t2m_compressed_t *compressed);

/** Closes it; harmless with NULL. */
void t2m_compressed_close(t2m_compressed_t *compressed);

#endif
