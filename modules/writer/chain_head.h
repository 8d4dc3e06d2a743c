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

/* Tells the heads of the chains for the classic error log: when a file was rotated, and once a
 * minute when lines came. The writer's thread. */
#ifndef T2M_WRITER_CHAIN_HEAD_H
#define T2M_WRITER_CHAIN_HEAD_H

#include <stdio.h>

#include "shared/board.h"
#include "shared/settings.h"

typedef struct t2m_chain_heads_t t2m_chain_heads_t;

/** Nothing told yet; NULL: no memory, and nothing will be. Lives until the exit. */
t2m_chain_heads_t *t2m_chain_heads_make(void);

/**
 * Leaves a notice (T2M0218) for each chain whose head is due; a few at a time, so that other
 * notices have room. now: monotonic microseconds. heads may be NULL. Returns nonzero when that kept
 * some back: call it again in a few seconds.
 */
int t2m_chain_heads_tell(t2m_chain_heads_t *heads, t2m_board_t *board,
                          const t2m_settings_t *settings, apr_int64_t now);

/** Writes those that were not told yet to out, at the end, when nobody passes notices on. */
void t2m_chain_heads_end(t2m_chain_heads_t *heads, const t2m_board_t *board,
                         const t2m_settings_t *settings, FILE *out);

#endif
