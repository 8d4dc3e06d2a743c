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

/* Which files are taken for a key, and that one that is made is one. */
#include "shared/debug_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_general.h>

#include "tap.h"

static char directory[] = "/tmp/t2mlog-key-XXXXXX";
static char path[64];
static t2m_debug_key_t key;
static const char *why;

static void write_file(const char *bytes, size_t size, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ok(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && fchmod(fd, mode) == 0, "a file");
    (void)close(fd);
}

static void test_sizes(void)
{
    static const struct {
        size_t size;
        int newline, good;
    } cases[] = { { 31, 0, 0 }, { 31, 1, 0 }, { 32, 0, 1 }, { 32, 1, 1 }, { 512, 0, 1 },
                  { 512, 1, 1 }, { 513, 0, 0 }, { 513, 1, 0 }, { 5000, 1, 0 }, { 0, 0, 0 },
                  { 0, 1, 0 } };
    static char bytes[5001];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_status_t status;

        memset(bytes, 'k', sizeof(bytes));
        bytes[cases[i].size] = '\n';
        write_file(bytes, cases[i].size + (size_t)cases[i].newline, 0600);
        status = t2m_debug_key_read(path, &key, &why);
        ok((status == APR_SUCCESS) == cases[i].good && (why != NULL) == !cases[i].good
               && key.size == (cases[i].good ? cases[i].size : 0),
           "%d bytes%s: %s", (int)cases[i].size, cases[i].newline ? " and an LF" : "",
           cases[i].good ? "a key" : "none");
    }
}

static void test_modes(void)
{
    static const mode_t good[] = { 0600, 0400 }, bad[] = { 0640, 0604, 0620, 0602, 0601, 0644 };
    static const char bytes[] = "0123456789abcdef0123456789abcdef";
    size_t i;

    for (i = 0; i < 2; i++) {
        write_file(bytes, 32, good[i]);
        ok(t2m_debug_key_read(path, &key, &why) == APR_SUCCESS && !memcmp(key.bytes, bytes, 32),
           "mode %o", (unsigned)good[i]);
    }
    for (i = 0; i < 6; i++) {
        write_file(bytes, 32, bad[i]);
        ok(t2m_debug_key_read(path, &key, &why) != APR_SUCCESS && key.size == 0
               && strstr(why, "others than its owner"), "mode %o", (unsigned)bad[i]);
    }
}

static void test_no_files(void)
{
    char other[80];

    (void)unlink(path);
    ok(t2m_debug_key_read(path, &key, &why) == APR_ENOENT && strstr(why, "--create"), "missing");
    ok(t2m_debug_key_read(directory, &key, &why) != APR_SUCCESS && strstr(why, "regular"),
       "a directory");
    (void)snprintf(other, sizeof(other), "%s.x", path);
    write_file("0123456789abcdef0123456789abcdef", 32, 0600);
    ok(rename(path, other) == 0 && symlink(other, path) == 0, "a link");
    ok(t2m_debug_key_read(path, &key, &why) != APR_SUCCESS && strstr(why, "link"), "is refused");
    ok(t2m_debug_key_make(path, &why) == APR_EEXIST && strstr(why, "already"), "and never written");
    (void)unlink(path);
    ok(mkfifo(path, 0600) == 0 && t2m_debug_key_read(path, &key, &why) != APR_SUCCESS, "a pipe");
    (void)unlink(path);
    (void)unlink(other);
    ok(t2m_debug_key_make("/nowhere/at/all", &why) == APR_ENOENT && why, "nowhere to make it");
    if (geteuid() != 0) {
        write_file("0123456789abcdef0123456789abcdef", 32, 0200);
        ok(t2m_debug_key_read(path, &key, &why) == APR_EACCES, "not for this user");
    }
}

static void test_made(void)
{
    t2m_debug_key_t second;
    struct stat information;

    (void)unlink(path);
    (void)umask(0);
    ok(t2m_debug_key_make(path, &why) == APR_SUCCESS && !why, "made");
    ok(stat(path, &information) == 0 && (information.st_mode & 07777) == 0400
           && information.st_size == 65, "for its owner alone, 64 digits and an LF");
    ok(t2m_debug_key_read(path, &key, &why) == APR_SUCCESS && key.size == 64
           && strspn(key.bytes, "0123456789abcdef") == 64, "and read");
    ok(t2m_debug_key_make(path, &why) == APR_EEXIST, "never over another");
    ok(t2m_debug_key_read(path, &second, &why) == APR_SUCCESS
           && !memcmp(&key, &second, sizeof(key)), "which stays");
    (void)unlink(path);
    ok(t2m_debug_key_make(path, &why) == APR_SUCCESS
           && t2m_debug_key_read(path, &second, &why) == APR_SUCCESS
           && memcmp(&key, &second, sizeof(key)) != 0, "the next is another");
}

int main(void)
{
    apr_initialize();
    if (!mkdtemp(directory)) {
        return 1;
    }
    (void)snprintf(path, sizeof(path), "%s/key", directory);
    test_sizes();
    test_modes();
    test_no_files();
    test_made();
    (void)unlink(path);
    ok(rmdir(directory) == 0, "nothing is left behind");
    apr_terminate();
    return tap_done();
}
