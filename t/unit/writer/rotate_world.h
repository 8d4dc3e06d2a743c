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

/* The worlds of t/unit/writer/rotate.c: directories of numbered files, and system calls that fail.
 *
 * A world is written as a word, one letter for each number from 1: '-' nothing, 'p' plain, 'g'
 * gzip, 'z' zstd, 'b' plain and gzip (a crash between compressing and deleting), 'u' the same of
 * two times (somebody's own doing), 'd' a directory, 'e' a directory beside a gzip file of ours.
 * A file's content is the number it had at first, and so is its time. */
#ifndef T2M_UNIT_ROTATE_WORLD_H
#define T2M_UNIT_ROTATE_WORLD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/step.h"

enum { NUMBERS = 16, LISTING = 1024 };

static const char live[] = "access.log";
static const char *const suffixes[] = { "", ".gz", ".zst" };
static char base[64];
static int directory;

/* ---- what goes wrong ----------------------------------------------------------------------- */

static jmp_buf killed;
static int steps, kill_at;

void t2m_model_step(const char *name)
{
    (void)name;
    if (++steps == kill_at) {
        longjmp(killed, 1);
    }
}

static struct {
    int no_renameat2;      /* as on NFS */
    int call, fail_call;   /* which call of renameat2 fails */
    int error;
    const char *fail_from; /* or which file cannot be moved */
    void (*meanwhile)(const char *from, const char *to);
    int stat_error, endless; /* fstatat fails, or finds a directory at each number */
    int no_memory;
} faults;

static void *last_memory; /* of a chain that was killed: its own death would have freed it */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    void *got = faults.no_memory ? NULL : __real_realloc(memory, size);

    if (got) {
        last_memory = got;
    }
    return got;
}

int __real_fstatat(int fd, const char *name, struct stat *information, int flags);
int __wrap_fstatat(int fd, const char *name, struct stat *information, int flags);
int __wrap_fstatat(int fd, const char *name, struct stat *information, int flags)
{
    int is_live = strcmp(name, live) == 0;

    if (faults.stat_error && !is_live) {
        errno = faults.stat_error;
        return -1;
    }
    if (faults.endless && !is_live) {
        faults.endless++;
        memset(information, 0, sizeof(*information));
        information->st_mode = S_IFDIR;
        return 0;
    }
    return __real_fstatat(fd, name, information, flags);
}

#ifdef RENAME_NOREPLACE
int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    if (faults.meanwhile) {
        faults.meanwhile(from, to);
    }
    if (faults.no_renameat2) {
        errno = faults.no_renameat2;
        return -1;
    }
    if (++faults.call == faults.fail_call
        || (faults.fail_from && strcmp(from, faults.fail_from) == 0)) {
        errno = faults.error;
        return -1;
    }
    return __real_renameat2(a, from, b, to, flags);
}
#endif

static void no_faults(void)
{
    memset(&faults, 0, sizeof(faults));
}

/* ---- worlds -------------------------------------------------------------------------------- */

static void put(const char *name, const char *content)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0640);

    if (fd < 0 || write(fd, content, strlen(content)) < 0) {
        abort();
    }
    (void)close(fd);
}

static const char *numbered(unsigned number, const char *suffix)
{
    static char name[64];

    (void)snprintf(name, sizeof(name), number ? "%s.%u%s" : "%s", live, number, suffix);
    return name;
}

static void put_number(unsigned number, const char *suffix)
{
    struct timespec times[2] = { { 1700000000 - number, 0 }, { 1700000000 - number, 0 } };
    char content[16];

    (void)snprintf(content, sizeof(content), "%u%s", number, suffix);
    put(numbered(number, suffix), content);
    (void)utimensat(directory, numbered(number, suffix), times, 0);
}

static void clear(void)
{
    DIR *stream = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY));
    struct dirent *entry;

    while (stream && (entry = readdir(stream)) != NULL) {
        if (unlinkat(directory, entry->d_name, 0) != 0) {
            (void)unlinkat(directory, entry->d_name, AT_REMOVEDIR);
        }
    }
    (void)closedir(stream);
}

static void make(const char *world)
{
    unsigned number;

    clear();
    put_number(0, "");
    for (number = 1; world[number - 1]; number++) {
        char letter = world[number - 1];

        if (strchr("pbu", letter)) {
            put_number(number, "");
        }
        if (strchr("gbue", letter)) {
            put_number(number, ".gz");
        }
        if (letter == 'u') {
            (void)utimensat(directory, numbered(number, ".gz"), NULL, 0);
        }
        if (letter == 'z') {
            put_number(number, ".zst");
        }
        if ((letter == 'd' || letter == 'e')
            && mkdirat(directory, numbered(number, ""), 0700) != 0) {
            abort();
        }
    }
}

/* Appends "3.gz=2.gz " for what has the name, or "3=directory ". */
static void list_one(unsigned number, const char *suffix, char *listing)
{
    char content[16] = "directory";
    int fd = openat(directory, numbered(number, suffix), O_RDONLY | O_NOFOLLOW);
    ssize_t size = fd < 0 ? -1 : read(fd, content, sizeof(content) - 1);
    size_t end = strlen(listing);

    if (size >= 0) {
        content[size] = '\0';
    }
    if (fd >= 0) {
        (void)snprintf(listing + end, LISTING - end, "%u%s=%s ", number, suffix, content);
        (void)close(fd);
    }
}

static const char *list(char *listing)
{
    unsigned number;
    int i;

    listing[0] = '\0';
    for (number = 0; number <= NUMBERS; number++) {
        for (i = 0; i < (number ? 3 : 1); i++) {
            list_one(number, suffixes[i], listing);
        }
    }
    return listing;
}

/* How many contents the listing has; -1 when one is younger than one with a lower number. */
static int contents_in_order(const char *listing)
{
    const char *at;
    int count = 0;
    long last = 0;

    for (at = listing; (at = strchr(at, '=')) != NULL;) {
        if (*++at != 'd') {
            long age = strtol(at, NULL, 10);

            if (age < last) {
                return -1;
            }
            last = age;
            count++;
        }
    }
    return count;
}

static int contents_of(const char *world)
{
    int count = 1;

    for (; *world; world++) {
        count += *world == 'b' || *world == 'u' ? 2 : *world != '-' && *world != 'd';
    }
    return count;
}

/* Nonzero when each directory is where it was. */
static int foreign_untouched(const char *world)
{
    struct stat information;
    unsigned number;

    for (number = 1; world[number - 1]; number++) {
        if ((world[number - 1] == 'd' || world[number - 1] == 'e')
            && (fstatat(directory, numbered(number, ""), &information, AT_SYMLINK_NOFOLLOW) != 0
                || !S_ISDIR(information.st_mode))) {
            return 0;
        }
    }
    return 1;
}

#endif
