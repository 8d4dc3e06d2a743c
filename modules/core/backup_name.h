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

/* The names of rotated files: access.log.1, access.log.2.gz and so on. Nothing else in a log's
 * directory is ever renamed, packed or deleted. Pure; any thread. */
#ifndef T2M_CORE_BACKUP_NAME_H
#define T2M_CORE_BACKUP_NAME_H

#include <apr.h>

#include "core/rotation.h"

enum {
    T2M_BACKUP_NUMBER_MAX = 999999,
    T2M_BACKUP_NAME_MAX = 256 /* a name and its NUL */
};

/**
 * Nonzero when entry is exactly `base.N`, `base.N.gz` or `base.N.zst`, N being 1 to 999999 without
 * leading zeros; then *number and *compression are set, else both are left alone. An empty base has
 * no backups.
 */
int t2m_backup_name_parse(const char *base, const char *entry, apr_uint32_t *number,
                          t2m_compression_e *compression);

/** The same for what an unfinished compression leaves: `base.N.gz.tmp` and `base.N.zst.tmp`. */
int t2m_backup_name_parse_temporary(const char *base, const char *entry, apr_uint32_t *number,
                                    t2m_compression_e *compression);

/**
 * Writes the name of a backup, which ends in a NUL, into the size bytes at out. Returns its length;
 * 0 (and an empty text where there is room) when it does not fit, when the number is not 1 to
 * 999999, when base is empty or the compression is none that is known.
 */
apr_size_t t2m_backup_name_write(char *out, apr_size_t size, const char *base, apr_uint32_t number,
                                 t2m_compression_e compression);

/** The same for the temporary name; there is none for T2M_COMPRESSION_NONE. */
apr_size_t t2m_backup_name_write_temporary(char *out, apr_size_t size, const char *base,
                                           apr_uint32_t number, t2m_compression_e compression);

#endif
