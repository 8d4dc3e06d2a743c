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

/* The heads of chains that the classic error log tells: what proves that no tail was cut off. */
#ifndef T2M_WRITER_VERIFY_ANCHORS_H
#define T2M_WRITER_VERIFY_ANCHORS_H

#include <apr_errno.h>

#include "core/chain.h"

enum { T2M_VERIFY_ANCHORS_MAX = 4194304 };

typedef struct {
    apr_uint64_t seq;
    unsigned path; /* index */
    unsigned char chain[T2M_CHAIN_SIZE];
} t2m_verify_anchor_t;

typedef struct {
    t2m_verify_anchor_t *list; /* by number once they are all there */
    apr_size_t count, room;
    char **paths;
    unsigned path_count;
} t2m_verify_anchors_t;

/**
 * Adds the anchors of an error log, packed or not; NULL: of standard input. Returns the failures of
 * t2m_log_reader_open, APR_ENOMEM, or APR_EGENERAL when there are more than
 * T2M_VERIFY_ANCHORS_MAX. Begin with a structure of zeros.
 */
apr_status_t t2m_verify_anchors_read(t2m_verify_anchors_t *anchors, const char *name);

/** Gives the memory back. */
void t2m_verify_anchors_free(t2m_verify_anchors_t *anchors);

/**
 * Which anchors are of the file: its path's, else (the file is a copy elsewhere) those of the only
 * path that ends in the same name. Returns an index for the next ones; -1: there are none.
 */
int t2m_verify_anchors_path(const t2m_verify_anchors_t *anchors, const char *path);

/** What the anchors say of the line with that number and HMAC: 0 nothing, 1 it is, -1 it is not. */
int t2m_verify_anchors_say(const t2m_verify_anchors_t *anchors, int path, apr_uint64_t seq,
                           const unsigned char chain[T2M_CHAIN_SIZE]);

/** The largest number of the path; 0: none. */
apr_uint64_t t2m_verify_anchors_last(const t2m_verify_anchors_t *anchors, int path);

#endif
