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

/* See rotate.h. First the numbers are surveyed upwards, each once, as far as the chain will reach;
 * then files move downwards. Numbers that take a file are called places: those not foreign. With
 * t the place for the live file, the file with the lowest number goes to the place after t, the
 * next one to the place after that, until one has nothing in its way. */
#include "writer/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/step.h"

enum { SUFFIXES = 3, ENTRY_MAX = 256 };
enum { FOREIGN = 1 << SUFFIXES, OURS = FOREIGN - 1 }; /* of a state; bit i: suffixes[i] is ours */
enum { REACH = 64 }; /* numbers searched for the other end of an interrupted move */
enum { IMMOVABLE_MAX = 1000 };

static const char *const suffixes[SUFFIXES] = { "", ".gz", ".zst" };

typedef enum { NOTHING, OWN, LINKED, STRANGE } kind_e;

typedef struct {
    int directory;
    const char *name;
    unsigned char *states; /* of the numbers 0 (not used) to surveyed */
    unsigned surveyed, room;
} chain_t;

/* ---- names and files ----------------------------------------------------------------------- */

/* Number 0 is the live file. The length was checked. */
static void write_entry(char entry[ENTRY_MAX], const char *name, unsigned number, int suffix)
{
    if (number) {
        (void)snprintf(entry, ENTRY_MAX, "%s.%u%s", name, number, suffixes[suffix]);
    } else {
        (void)snprintf(entry, ENTRY_MAX, "%s", name);
    }
}

static apr_status_t check_name(const char *name)
{
    if (!*name || strchr(name, '/')) {
        return EINVAL;
    }
    return strlen(name) + sizeof(".999999.zst") > ENTRY_MAX ? ENAMETOOLONG : APR_SUCCESS;
}

/* *information is only good when something is there. */
static apr_status_t look_at(int directory, const char *entry, struct stat *information,
                            kind_e *kind)
{
    *kind = NOTHING;
    if (fstatat(directory, entry, information, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? APR_SUCCESS : errno;
    }
    if (!S_ISREG(information->st_mode) || information->st_uid != geteuid()
        || !(information->st_mode & S_IRUSR) || information->st_nlink > 2) {
        *kind = STRANGE;
    } else {
        *kind = information->st_nlink == 2 ? LINKED : OWN;
    }
    return APR_SUCCESS;
}

/* ---- one move ------------------------------------------------------------------------------ */

/* Where the file system cannot refuse to replace. A kill between the two is mended by undo. */
static apr_status_t link_and_unlink(int directory, const char *from, const char *to)
{
    if (linkat(directory, from, directory, to, 0) != 0) {
        return errno;
    }
    T2M_STEP("second name made");
    return unlinkat(directory, from, 0) != 0 ? errno : APR_SUCCESS;
}

static apr_status_t move(int directory, const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) {
        return APR_SUCCESS;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
#endif
    return link_and_unlink(directory, from, to);
}

/*
 * An interrupted link_and_unlink: one file has two names. When the other one is the same with one
 * of the next numbers, that goes, and *kind becomes OWN. No content is lost: the file keeps a name.
 */
static apr_status_t undo(const chain_t *chain, unsigned number, int suffix,
                         const struct stat *one, kind_e *kind)
{
    char entry[ENTRY_MAX];
    struct stat other;
    kind_e other_kind;
    apr_status_t status = APR_SUCCESS;
    unsigned next;

    for (next = number + 1; next <= number + REACH && status == APR_SUCCESS; next++) {
        write_entry(entry, chain->name, next, suffix);
        status = look_at(chain->directory, entry, &other, &other_kind);
        if (status == APR_SUCCESS && other_kind == LINKED && other.st_ino == one->st_ino
            && other.st_dev == one->st_dev) {
            *kind = OWN;
            status = unlinkat(chain->directory, entry, 0) != 0 ? errno : APR_SUCCESS;
            T2M_STEP("second name undone");
            return status;
        }
    }
    return status;
}

static apr_status_t find(const chain_t *chain, unsigned number, int suffix, kind_e *kind,
                         struct stat *information)
{
    char entry[ENTRY_MAX];
    apr_status_t status;

    write_entry(entry, chain->name, number, suffix);
    status = look_at(chain->directory, entry, information, kind);
    if (status == APR_SUCCESS && *kind == LINKED) {
        status = undo(chain, number, suffix, information, kind);
    }
    return status;
}

/* ---- survey -------------------------------------------------------------------------------- */

static apr_status_t make_room(chain_t *chain)
{
    unsigned room = chain->room ? chain->room * 2 : 64;
    unsigned char *states = realloc(chain->states, room);

    if (!states) {
        return ENOMEM;
    }
    chain->states = states;
    chain->room = room;
    return APR_SUCCESS;
}

/* Adds the next number. Upwards, so that the lower end of an interrupted move is met first. */
static apr_status_t survey_next(chain_t *chain)
{
    unsigned number = chain->surveyed + 1;
    unsigned char state = 0;
    struct stat information;
    kind_e kind;
    apr_status_t status = APR_SUCCESS;
    int i;

    if (number > T2M_ROTATE_MAX) {
        return ERANGE;
    }
    if (number >= chain->room) {
        status = make_room(chain);
    }
    for (i = 0; i < SUFFIXES && status == APR_SUCCESS; i++) {
        status = find(chain, number, i, &kind, &information);
        if (kind != NOTHING) {
            state = (unsigned char)(state | (kind == OWN ? 1U << i : FOREIGN));
        }
    }
    if (status == APR_SUCCESS) {
        chain->states[number] = state;
        chain->surveyed = number;
    }
    return status;
}

/* Surveys up to the number, which may be at most one more than was surveyed. */
static apr_status_t survey(chain_t *chain, unsigned number)
{
    return number > chain->surveyed ? survey_next(chain) : APR_SUCCESS;
}

/* Raises *place to the place after it. */
static apr_status_t next_place(chain_t *chain, unsigned *place)
{
    apr_status_t status;

    do {
        ++*place;
        status = survey(chain, *place);
    } while (status == APR_SUCCESS && (chain->states[*place] & FOREIGN));
    return status;
}

/* The place for the highest file that must move; for the live file when none must. */
static apr_status_t plan(chain_t *chain, unsigned *place)
{
    unsigned number;
    apr_status_t status;

    *place = 0;
    status = next_place(chain, place);
    for (number = 1; status == APR_SUCCESS && number <= *place; number++) {
        if (chain->states[number] & OURS) {
            status = next_place(chain, place);
        }
    }
    return status;
}

/* ---- the chain ----------------------------------------------------------------------------- */

/* Moves what has the number to a place. What has vanished needs no move. */
static apr_status_t move_number(chain_t *chain, unsigned number, unsigned place)
{
    char from[ENTRY_MAX], to[ENTRY_MAX];
    int i;

    for (i = 0; i < SUFFIXES; i++) {
        unsigned bit = 1U << i;
        apr_status_t status;

        if (!(chain->states[number] & bit)) {
            continue;
        }
        write_entry(from, chain->name, number, i);
        write_entry(to, chain->name, place, i);
        status = move(chain->directory, from, to);
        T2M_STEP("rotated file moved");
        if (status != APR_SUCCESS && status != ENOENT) {
            return status;
        }
        chain->states[number] = (unsigned char)(chain->states[number] & ~bit);
        chain->states[place] = (unsigned char)(chain->states[place]
                                               | (status == APR_SUCCESS ? bit : 0));
    }
    return APR_SUCCESS;
}

/* Moves files up, the first one to *place; then *place is the one for the live file. APR_EAGAIN:
 * one file cannot be moved, it counts as foreign from now on, make a new plan. */
static apr_status_t make_way(chain_t *chain, unsigned *place)
{
    unsigned number;

    for (number = *place - 1; number >= 1; number--) {
        apr_status_t status;

        if (!(chain->states[number] & OURS)) {
            continue;
        }
        status = move_number(chain, number, *place);
        if (status == EPERM || status == EACCES || status == EBUSY) {
            chain->states[number] = FOREIGN;
            return APR_EAGAIN;
        }
        if (status != APR_SUCCESS) {
            return status;
        }
        do {
            --*place;
        } while (chain->states[*place] & FOREIGN);
    }
    return APR_SUCCESS;
}

static apr_status_t check_live(const chain_t *chain)
{
    struct stat information;
    kind_e kind;
    apr_status_t status = find(chain, 0, 0, &kind, &information);

    if (status != APR_SUCCESS || kind == OWN) {
        return status;
    }
    if (kind == NOTHING) {
        return ENOENT;
    }
    return S_ISREG(information.st_mode) && information.st_nlink == 1 ? EPERM : EMLINK;
}

static apr_status_t move_live(const chain_t *chain, unsigned place)
{
    char to[ENTRY_MAX];
    apr_status_t status;

    write_entry(to, chain->name, place, 0);
    T2M_STEP("way made");
    status = move(chain->directory, chain->name, to);
    T2M_STEP("live file moved");
    return status;
}

apr_status_t t2m_rotate_chain(int directory, const char *name)
{
    chain_t chain = { directory, name, NULL, 0, 0 };
    unsigned place = 0, immovable = 0;
    apr_status_t status = check_name(name);

    if (status == APR_SUCCESS) {
        status = check_live(&chain);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    do {
        status = plan(&chain, &place);
        if (status == APR_SUCCESS) {
            status = make_way(&chain, &place);
        }
    } while (status == APR_EAGAIN && ++immovable < IMMOVABLE_MAX);
    if (status == APR_SUCCESS) {
        status = move_live(&chain, place);
    }
    free(chain.states);
    return status;
}

apr_status_t t2m_rotate_mend(int directory, const char *name)
{
    chain_t chain = { directory, name, NULL, 0, 0 };
    struct stat information;
    kind_e kind;
    apr_status_t status = check_name(name);

    return status == APR_SUCCESS ? find(&chain, 0, 0, &kind, &information) : status;
}

apr_status_t t2m_rotate_sync(int directory)
{
    while (fsync(directory) != 0) {
        if (errno != EINTR) {
            return errno == EINVAL ? APR_SUCCESS : errno;
        }
    }
    return APR_SUCCESS;
}
