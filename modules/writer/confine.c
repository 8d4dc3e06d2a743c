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

/* See confine.h: privileges. The files are confine_paths.c's, the system calls confine_filter.c's.
 *
 * Root without capabilities is an ordinary user who owns root's files. That is enough wherever the
 * log directory is root's, which httpd asks for; where root got there only by overriding
 * permissions (a home directory that is closed to others, a file without the write bit), that one
 * capability stays and is told of. The group of the directory, which new files get, becomes one
 * of the process's own.
 */
#include "writer/confine_internal.h"

#include <stdio.h>
#include <string.h>

#include "writer/sink.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

enum { CAPABILITIES_MAX = 64, GROUPS_MAX = 64 };

static int confined_on; /* -1: t2m_confine was not called */

typedef struct {
    struct __user_cap_data_struct half[2];
} capabilities_t;

/* What of root's powers the writer cannot do without, and the first path that says so. */
typedef struct {
    int search, override;
    char path[T2M_PATH_MAX];
    capabilities_t all; /* as the process has them */
} needs_t;

/* ---- capabilities ---------------------------------------------------------------------------- */

static int get_capabilities(capabilities_t *capabilities)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

    memset(capabilities, 0, sizeof(*capabilities));
    return syscall(SYS_capget, &header, capabilities->half) == 0 ? 0 : errno;
}

static int set_capabilities(const capabilities_t *capabilities)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

    return syscall(SYS_capset, &header, capabilities->half) == 0 ? 0 : errno;
}

void t2m_confine_bound(int on)
{
    int number;

    for (number = 0; on && number < CAPABILITIES_MAX; number++) {
        if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) {
            (void)prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
        }
    }
}

static void let_rest(const needs_t *needs)
{
    capabilities_t resting = needs->all;

    resting.half[0].effective = resting.half[1].effective = 0;
    (void)set_capabilities(&resting);
}

/* May this be done without capabilities? They rest now. access() would look at root's. */
static int may(int directory, const char *name, int mode)
{
    struct stat information;
    mode_t bits = (mode & W_OK ? S_IWUSR : 0) | (mode & R_OK ? S_IRUSR : 0)
                | (mode & X_OK ? S_IXUSR : 0);

#ifdef SYS_faccessat2
    if (syscall(SYS_faccessat2, directory, name, mode, AT_EACCESS) == 0) {
        return 1;
    }
    if (errno != ENOSYS) {
        return errno != EACCES;
    }
#endif
    return fstatat(directory, name, &information, 0) != 0
        || (information.st_uid == geteuid() && (information.st_mode & bits) == bits);
}

static void note(needs_t *needs, int *which, const char *path)
{
    if (!*needs->path) {
        (void)snprintf(needs->path, sizeof(needs->path), "%s", path);
    }
    *which = 1;
}

static void judge_directory(const char *path, void *baton)
{
    needs_t *needs = baton;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), again;

    if (directory < 0) {
        return;
    }
    let_rest(needs);
    again = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0 && errno == EACCES) {
        note(needs, &needs->search, path);
    } else if (again >= 0) {
        (void)close(again);
    }
    if (!may(directory, ".", W_OK | X_OK)) {
        note(needs, &needs->override, path);
    }
    (void)set_capabilities(&needs->all);
    (void)close(directory);
}

/* Another user's file is refused in any case (sink.c); this is about the modes of its own. */
static void judge_file(needs_t *needs, int directory, const char *name, int mode, int *which)
{
    struct stat information;

    if (fstatat(directory, name, &information, 0) != 0 || !S_ISREG(information.st_mode)
        || information.st_uid != geteuid()) {
        return;
    }
    let_rest(needs);
    if (!may(directory, name, mode)) {
        note(needs, which, name);
    }
    (void)set_capabilities(&needs->all);
}

/* How its directory is reached is judge_directory's. */
static void judge_log(needs_t *needs, const char *path)
{
    const char *name;
    int directory;

    if (t2m_sink_directory(path, &directory, &name) == APR_SUCCESS) {
        judge_file(needs, directory, name, R_OK | W_OK, &needs->override);
        (void)close(directory);
    }
}

static void find_needs(const t2m_settings_t *settings, needs_t *needs)
{
    apr_uint32_t i;

    memset(needs, 0, sizeof(*needs));
    if (geteuid() != 0 || get_capabilities(&needs->all) != 0
        || (needs->all.half[0].effective | needs->all.half[1].effective) == 0) {
        return;
    }
    t2m_confine_directories(settings, judge_directory, needs);
    for (i = 0; i < settings->file_count; i++) {
        if (!settings->files[i].to_descriptor) {
            judge_log(needs, settings->files[i].path);
        }
    }
    if (*settings->token_file) {
        judge_file(needs, AT_FDCWD, settings->token_file, R_OK, &needs->search);
    }
}

/* The stronger one does for both. */
static unsigned kept(const needs_t *needs)
{
    return needs->override ? 1U << CAP_DAC_OVERRIDE
         : needs->search ? 1U << CAP_DAC_READ_SEARCH : 0;
}

static int drop_capabilities(const needs_t *needs)
{
    capabilities_t left;

    memset(&left, 0, sizeof(left));
    left.half[0].effective = left.half[0].permitted = kept(needs) & needs->all.half[0].permitted;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* Linux before 4.3: none */
    return set_capabilities(&left);
}

/* ---- groups ---------------------------------------------------------------------------------- */

typedef struct {
    gid_t groups[GROUPS_MAX];
    int count, added;
} groups_t;

static void add_group(const char *path, void *baton)
{
    groups_t *groups = baton;
    struct stat information;
    int i;

    if (stat(path, &information) != 0 || information.st_gid == getegid()) {
        return;
    }
    for (i = 0; i < groups->count; i++) {
        if (groups->groups[i] == information.st_gid) {
            return;
        }
    }
    if (groups->count < GROUPS_MAX) {
        groups->groups[groups->count++] = information.st_gid;
        groups->added = 1;
    }
}

/* Whoever owns a file may give it to a group of his own. */
static void join_groups(const t2m_settings_t *settings)
{
    groups_t groups = { .count = getgroups(GROUPS_MAX, groups.groups) };

    if (geteuid() != 0 || groups.count < 0) {
        return;
    }
    t2m_confine_directories(settings, add_group, &groups);
    if (groups.added) {
        (void)setgroups((size_t)groups.count, groups.groups); /* a courtesy, as in sink.c */
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Libraries that read files or load code when they are first used do so now. */
static void use_libraries(void)
{
    unsigned char random[8], digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    tzset();
    (void)getpwuid(geteuid());
    (void)apr_generate_random_bytes(random, sizeof(random));
    (void)HMAC(EVP_sha256(), random, sizeof(random), random, sizeof(random), digest, &size);
    json_object_seed(0);
}

/* Whoever reads the memory has the key of the security chain. */
static void hide_memory(void)
{
    struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void add_missing(char *text, size_t size, const char *what, int error)
{
    size_t length = strlen(text);

    if (error) {
        (void)snprintf(text + length, size - length, "%s%s (%s)", length ? ", " : "", what,
                       strerror(error));
    }
}

static const char *tell(const char *missing, const needs_t *needs, t2m_level_e *level)
{
    static char text[T2M_NOTICE_SIZE];
    char keeps[T2M_NOTICE_SIZE / 2] = "";

    if (kept(needs)) {
        (void)apr_snprintf(keeps, sizeof(keeps), "%swith %s, for the modes keep root out of %.60s",
                       *missing ? " and " : "",
                       needs->override ? "CAP_DAC_OVERRIDE" : "CAP_DAC_READ_SEARCH", needs->path);
    }
    *level = *keeps ? T2M_LEVEL_WARNING : T2M_LEVEL_INFO;
    if (!*keeps && !*missing) {
        return NULL;
    }
    (void)apr_snprintf(text, sizeof(text), "T2M0219: the writer runs %s%s%s",
                   *missing ? "without " : "", missing, keeps);
    return text;
}

const char *t2m_confine(const t2m_confine_t *what, t2m_level_e *level)
{
    char missing[T2M_NOTICE_SIZE / 2] = "";
    needs_t needs;

    *level = T2M_LEVEL_INFO;
    confined_on = what->on;
    if (!what->on) {
        return NULL;
    }
    use_libraries();
    find_needs(what->settings, &needs);
    join_groups(what->settings);
    add_missing(missing, sizeof(missing), "no_new_privs",
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno);
    add_missing(missing, sizeof(missing), "Landlock", t2m_confine_paths(what->settings));
    add_missing(missing, sizeof(missing), "loss of capabilities", drop_capabilities(&needs));
    hide_memory();
    add_missing(missing, sizeof(missing), "seccomp", t2m_confine_filter());
    return tell(missing, &needs, level);
}

int t2m_confine_covers(const t2m_confine_t *what)
{
    return what->on == confined_on && (!what->on || t2m_confine_paths_cover(what->settings));
}

#else /* any other system: nothing of this is there */

void t2m_confine_bound(int on)
{
    (void)on;
}

const char *t2m_confine(const t2m_confine_t *what, t2m_level_e *level)
{
    (void)what;
    *level = T2M_LEVEL_INFO;
    return NULL;
}

int t2m_confine_covers(const t2m_confine_t *what)
{
    (void)what;
    return 1;
}

#endif
