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

/* kill(pid, 0) tells whether a pid is in use, its start time in /proc whether by the same
 * process. */
#include "writer/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    apr_uint64_t owner;   /* the word that started belongs to */
    apr_uint64_t started; /* 0: unknown */
    unsigned checks;
    unsigned gone;        /* how often it was found gone */
} seen_t;

struct t2m_owners_t {
    apr_uint32_t slot_count;
    seen_t seen[];
};

/* Reading /proc costs more than kill: a reused pid is noticed at every so many-th check. */
enum { CHECKS_PER_START = 16 };

t2m_owners_t *t2m_owners_create(apr_uint32_t slot_count)
{
    t2m_owners_t *owners = calloc(1, sizeof(*owners) + slot_count * sizeof(seen_t));

    if (owners) {
        owners->slot_count = slot_count;
    }
    return owners;
}

/* Field 22 of /proc/PID/stat (proc(5)): start time in ticks since boot. 0 where there is none. */
apr_uint64_t t2m_owners_began(int pid)
{
    char path[32], text[512], *at;
    int fd, field;
    ssize_t size;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    size = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    at = strrchr(text, ')'); /* the name in field 2 may hold blanks and parentheses */
    for (field = 2; at && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

static int is_gone(seen_t *seen, apr_uint64_t owner)
{
    int pid = t2m_slots_owner_pid(owner);

    if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH)) {
        return 1;
    }
    return ++seen->checks % CHECKS_PER_START == 0 && seen->started != 0
        && t2m_owners_began(pid) != seen->started;
}

unsigned t2m_owners_gone(t2m_owners_t *owners, apr_uint32_t slot, apr_uint64_t owner)
{
    seen_t *seen = &owners->seen[slot];

    owner &= ~T2M_OWNER_STOPPED;
    if (seen->owner != owner) {
        memset(seen, 0, sizeof(*seen));
        seen->owner = owner;
        seen->started = t2m_owners_began(t2m_slots_owner_pid(owner));
    }
    if (!is_gone(seen, owner)) {
        return 0;
    }
    return ++seen->gone;
}

int t2m_owners_has_older(const t2m_owners_t *owners, const t2m_slots_t *slots,
                         apr_uint64_t moment)
{
    apr_uint32_t slot;

    for (slot = 1; slot < owners->slot_count; slot++) {
        const seen_t *seen = &owners->seen[slot];

        if (seen->started && seen->started < moment
            && (t2m_slots_owner(slots, slot) & ~T2M_OWNER_STOPPED) == seen->owner) {
            return 1;
        }
    }
    return 0;
}
