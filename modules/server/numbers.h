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

/* The system's numbers of the calling process and thread, which are asked for once: a fork begins
 * anew. */
#ifndef T2M_SERVER_NUMBERS_H
#define T2M_SERVER_NUMBERS_H

#include <sys/types.h>

#include "core/text.h"

typedef struct {
    pid_t process; /* 0: not known yet */
    unsigned char thread_size;
    char thread[23]; /* decimal, no NUL; as the classic log and the tools of the system show it */
} t2m_numbers_t;

/** To be called before there are threads; again changes nothing. Before it nothing is kept. */
void t2m_numbers_start(void);

/** The numbers of the caller. Lives as long as its thread. Not for signal handlers. */
const t2m_numbers_t *t2m_numbers(void);

/** The thread's as a text. */
static inline t2m_text_t t2m_numbers_thread(const t2m_numbers_t *numbers)
{
    return t2m_text_of(numbers->thread, numbers->thread_size);
}

#endif
