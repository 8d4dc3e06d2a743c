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

/* What another version of the module left in a running server. Parent only.
 *
 * Its memories stay with those who know them: old processes go on writing there, and the old
 * program drains them until the last of those has ended. We give up our ends of them. Our own
 * supervisor is told to wait: the end of the pipe that wakes the old writer has no reader any more
 * when old supervisor and writer are gone, whatever ended them. */
#ifndef T2M_SERVER_UPGRADE_H
#define T2M_SERVER_UPGRADE_H

#include "server/retained.h"

/** Nonzero when what is retained has another form than ours or its memories another layout. */
int t2m_upgrade_needed(const t2m_retained_front_t *front);

/**
 * Takes over into retained, which is empty, what goes on (directories, standard error, the key of
 * addresses, the predecessor to wait for) and closes the rest: each descriptor of front once, its
 * lifeline among them. front is of no use afterwards.
 */
void t2m_upgrade_take_over(t2m_retained_t *retained, t2m_retained_front_t *front);

/**
 * Nonzero while the predecessor still writes. When it has ended, predecessor and predecessor_fd
 * are given up.
 */
int t2m_upgrade_drains(t2m_retained_t *retained);

#endif
