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

/* Landlock, by its bare system calls: a program built on an old system uses it on a new one.
 *
 * Its rules hold for inodes. A directory that is removed and made again is another one, and no rule
 * for its parent is made in case of that: /var/log holds more than ours. Instead the chores look
 * whether what stands under a path is still what the rule was made for; if not, the writer ends and
 * the supervisor starts one with new rules.
 */
#include "writer/confine_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/atomic.h"

typedef struct {
    dev_t device;
    ino_t inode;
} place_t;

/* Written before there is a second thread, only read after. */
static struct {
    int applied;
    apr_size_t count, room;
    place_t *places; /* sorted */
} confined;

static int outdated; /* atomic */

static const char *const system_files[] = { "/etc/passwd", "/etc/nsswitch.conf" };

/* ---- what the settings name ------------------------------------------------------------------ */

/* The directory of a path, without its last slash. Returns zero when it is none or too long. */
static int directory_of(const char *path, char directory[T2M_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    apr_size_t size = slash ? (apr_size_t)(slash - path) : 0;

    if (!slash || size >= T2M_PATH_MAX) {
        return 0;
    }
    size = size ? size : 1;
    memcpy(directory, path, size);
    directory[size] = '\0';
    return 1;
}

void t2m_confine_directories(const t2m_settings_t *settings,
                             void (*visit)(const char *directory, void *baton), void *baton)
{
    char before[T2M_PATH_MAX], directory[T2M_PATH_MAX];
    apr_uint32_t i;

    memcpy(before, settings->directory, sizeof(before));
    if (*before) {
        visit(before, baton);
    }
    for (i = 0; i < settings->file_count; i++) {
        const t2m_settings_file_t *file = &settings->files[i];

        if (!file->to_descriptor && directory_of(file->path, directory)
            && strcmp(directory, before) != 0) {
            memcpy(before, directory, sizeof(before));
            visit(directory, baton);
        }
    }
}

/* ---- is it still the same -------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const place_t *one = a, *other = b;

    if (one->device != other->device) {
        return one->device < other->device ? -1 : 1;
    }
    return one->inode < other->inode ? -1 : one->inode > other->inode;
}

int t2m_confine_reaches(const char *path)
{
    struct stat information;
    place_t place;

    if (!confined.applied || stat(path, &information) != 0) {
        return 1;
    }
    place.device = information.st_dev;
    place.inode = information.st_ino;
    if (bsearch(&place, confined.places, confined.count, sizeof(place), compare)) {
        return 1;
    }
    t2m_store(&outdated, 1);
    return 0;
}

int t2m_confine_reaches_beside(const char *path)
{
    char directory[T2M_PATH_MAX];

    return !directory_of(path, directory) || t2m_confine_reaches(directory);
}

int t2m_confine_reaches_system(void)
{
    int all = 1;
    apr_size_t i;

    for (i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++) {
        all &= t2m_confine_reaches(system_files[i]);
    }
    return all;
}

int t2m_confine_outdated(void)
{
    return t2m_load(&outdated);
}

static void look(const char *directory, void *baton)
{
    int *all = baton;

    *all &= t2m_confine_reaches(directory);
}

int t2m_confine_paths_cover(const t2m_settings_t *settings)
{
    int all = 1;

    t2m_confine_directories(settings, look, &all);
    if (*settings->token_file) {
        look(settings->token_file, &all);
    }
    return all;
}

#if defined(__linux__)

#include <sys/prctl.h>
#include <sys/syscall.h>

/* As in <linux/landlock.h>, which older systems do not have. */
enum {
    CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, /* on all architectures */
    ASK_VERSION = 1,
    RULE_PATH_BENEATH = 1
};

#define FS(bit) ((apr_uint64_t)1 << (bit))

enum { WRITE_FILE = 1, READ_FILE = 2, READ_DIR = 3, REMOVE_FILE = 5, MAKE_REG = 8, MAKE_SOCK = 9,
       TRUNCATE = 14 };

typedef struct {
    apr_uint64_t files, network, scopes;
} ruleset_t;

typedef struct {
    apr_uint64_t allowed;
    apr_int32_t parent;
} __attribute__((packed)) beneath_t;

/* Rights of the file system and bytes of the structure, by the version that the kernel has. */
static const struct {
    int rights, size;
} versions[] = { { 13, 8 }, { 14, 8 }, { 15, 8 }, { 15, 16 }, { 16, 16 }, { 16, 24 } };

enum { VERSIONS = sizeof(versions) / sizeof(versions[0]) };

#define NETWORK_TCP 3            /* to bind and to connect */
#define SCOPE_ABSTRACT_SOCKET 1  /* signals stay: kill(pid, 0) tells whether a worker lives */

typedef struct {
    int ruleset, error;
    apr_uint64_t handled;
} rules_t;

static int remember(const struct stat *information)
{
    place_t *place;

    if (confined.count == confined.room) {
        apr_size_t room = confined.room ? confined.room * 2 : 64;
        place_t *places = realloc(confined.places, room * sizeof(*places));

        if (!places) {
            return ENOMEM;
        }
        confined.places = places;
        confined.room = room;
    }
    place = &confined.places[confined.count++];
    place->device = information->st_dev;
    place->inode = information->st_ino;
    return 0;
}

/* What is not there needs no rule; when it comes, it is another than was remembered. */
static void allow(rules_t *rules, const char *path, apr_uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC), error = 0;
    struct stat information;
    beneath_t rule;

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &information) != 0) {
        error = errno;
    } else {
        rule.parent = fd;
        rule.allowed = rights & rules->handled;
        if (!S_ISDIR(information.st_mode)) {
            rule.allowed &= FS(READ_FILE) | FS(WRITE_FILE) | FS(TRUNCATE);
        }
        error = syscall(ADD_RULE, rules->ruleset, RULE_PATH_BENEATH, &rule, 0) == 0
              ? remember(&information) : errno;
    }
    rules->error = rules->error ? rules->error : error;
    (void)close(fd);
}

static void allow_logs(const char *directory, void *baton)
{
    allow(baton, directory, FS(READ_FILE) | FS(READ_DIR) | FS(WRITE_FILE) | FS(TRUNCATE)
                            | FS(REMOVE_FILE) | FS(MAKE_REG) | FS(MAKE_SOCK));
}

static void allow_all(rules_t *rules, const t2m_settings_t *settings)
{
    apr_size_t i;

    t2m_confine_directories(settings, allow_logs, rules);
    if (*settings->token_file) {
        allow(rules, settings->token_file, FS(READ_FILE));
    }
    for (i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++) {
        allow(rules, system_files[i], FS(READ_FILE));
    }
    allow(rules, "/etc/localtime", FS(READ_FILE));
    allow(rules, "/usr/share/zoneinfo", FS(READ_FILE));
    allow(rules, "/proc", FS(READ_FILE) | FS(READ_DIR)); /* start times of processes */
    allow(rules, "/dev/urandom", FS(READ_FILE));
    allow(rules, "/dev/null", FS(READ_FILE) | FS(WRITE_FILE));
}

static int make_ruleset(rules_t *rules)
{
    ruleset_t handled = { 0, NETWORK_TCP, SCOPE_ABSTRACT_SOCKET };
    long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

    if (version < 1) {
        return version < 0 ? errno : ENOSYS;
    }
    version = version < VERSIONS ? version : VERSIONS;
    handled.files = rules->handled = FS(versions[version - 1].rights) - 1;
    rules->ruleset = (int)syscall(CREATE_RULESET, &handled, versions[version - 1].size, 0);
    return rules->ruleset < 0 ? errno : 0;
}

int t2m_confine_paths(const t2m_settings_t *settings)
{
    rules_t rules = { -1, 0, 0 };
    int error;

#ifdef T2M_COVERAGE /* whose counts are written beside the objects */
    return ENOTSUP;
#endif
    error = make_ruleset(&rules);
    if (error) {
        return error;
    }
    (void)fcntl(rules.ruleset, F_SETFD, FD_CLOEXEC);
    allow_all(&rules, settings);
    error = rules.error;
    if (!error && syscall(RESTRICT_SELF, rules.ruleset, 0) != 0) {
        error = errno;
    }
    (void)close(rules.ruleset);
    qsort(confined.places, confined.count, sizeof(*confined.places), compare);
    confined.applied = !error;
    return error;
}

#else

int t2m_confine_paths(const t2m_settings_t *settings)
{
    (void)settings;
    return ENOSYS;
}

#endif
