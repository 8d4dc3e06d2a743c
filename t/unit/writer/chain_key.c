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

/* Tests modules/writer/chain_key.c, which is killed at each of its steps. */
#include "writer/chain_key.h"

#include <errno.h>
#include <sys/wait.h>

#include "folder.h"
#include "shared/handover.h"
#include "shared/step.h"

static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static unsigned char key[T2M_CHAIN_KEY_SIZE];
static const char *why;
static int step, kill_at;

void t2m_model_step(const char *name)
{
    (void)name;
    if (++step == kill_at) {
        _exit(7);
    }
}

static unsigned mode_of(const char *name)
{
    struct stat information;

    return fstatat(folder, name, &information, AT_SYMLINK_NOFOLLOW) == 0
               ? information.st_mode & 07777 : 0;
}

static int is_zero(void)
{
    static const unsigned char zero[T2M_CHAIN_KEY_SIZE];

    return memcmp(key, zero, sizeof(key)) == 0;
}

static void put(const char *text, size_t size)
{
    folder_empty();
    folder_put(T2M_CHAIN_KEY, text, size);
    (void)fchmodat(folder, T2M_CHAIN_KEY, 0600, 0);
}

static void check_new(void)
{
    unsigned char again[T2M_CHAIN_KEY_SIZE];
    char text[100];

    is_number(t2m_chain_key_load(folder, key, &why), APR_SUCCESS, "a key is made");
    ok(why == NULL && !is_zero(), "without a complaint");
    is_number(mode_of(T2M_CHAIN_KEY), 0400, "for its owner alone");
    is_number(folder_get(T2M_CHAIN_KEY, text, sizeof(text)), 65, "64 digits and a line's end");
    is_number(folder_count(), 1, "and nothing else is left");
    is_number(t2m_chain_key_load(folder, again, &why), APR_SUCCESS, "it is read");
    ok(memcmp(key, again, sizeof(key)) == 0, "the same");
    folder_empty();
    is_number(t2m_chain_key_load(folder, again, &why), APR_SUCCESS, "and another one is made");
    ok(memcmp(key, again, sizeof(key)) != 0, "which is another");
    put(digits, 65);
    is_number(t2m_chain_key_load(folder, key, &why), APR_SUCCESS, "one that somebody has put");
    ok(key[0] == 0 && key[1] == 1 && key[31] == 31, "is taken");
    is_number(mode_of(T2M_CHAIN_KEY), 0600, "as it is");
}

static void refused(const char *what, const char *reason, apr_status_t status)
{
    unsigned before = mode_of(T2M_CHAIN_KEY);

    memset(key, 1, sizeof(key));
    is_number(t2m_chain_key_load(folder, key, &why), status, what);
    ok(why && strstr(why, reason), "%s: %s", what, why ? why : "no reason");
    ok(is_zero(), "%s: no key", what);
    ok(mode_of(T2M_CHAIN_KEY) == before, "%s: stays as it is", what);
}

static void check_refused(void)
{
    static const unsigned modes[] = { 0640, 0604, 0620, 0602, 0610, 0601 };
    char text[sizeof(digits)];
    size_t i;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        put(digits, 65);
        (void)fchmodat(folder, T2M_CHAIN_KEY, (mode_t)modes[i], 0);
        refused("others may use it", "others than its owner", APR_EACCES);
    }
    put(digits, 64);
    refused("no line's end", "64 hex digits", APR_EINVAL);
    put(digits, 0);
    refused("empty", "64 hex digits", APR_EINVAL);
    put(digits, 66); /* its NUL */
    refused("too long", "64 hex digits", APR_EINVAL);
    for (i = 0; i < 65; i++) {
        memcpy(text, digits, sizeof(digits));
        text[i] = i == 64 ? 'f' : 'g';
        put(text, 65);
        is_number(t2m_chain_key_load(folder, key, &why), APR_EINVAL, "a wrong byte");
    }
    put(digits, 65);
    (void)linkat(folder, T2M_CHAIN_KEY, folder, "second", 0);
    refused("two names", "second name", APR_EACCES);
    folder_empty();
    (void)symlinkat("elsewhere", folder, T2M_CHAIN_KEY);
    refused("a link to nowhere", "symbolic link", ELOOP);
    is_number(folder_count(), 1, "makes no file elsewhere");
    folder_empty();
    (void)mkdirat(folder, T2M_CHAIN_KEY, 0700);
    refused("a directory", "no regular file", APR_EINVAL);
    folder_empty();
    (void)mkfifoat(folder, T2M_CHAIN_KEY, 0600);
    refused("a pipe", "no regular file", APR_EINVAL);
    if (geteuid() == 0) {
        put(digits, 65);
        (void)fchownat(folder, T2M_CHAIN_KEY, 1, (gid_t)-1, 0);
        refused("of another user", "another user", APR_EACCES);
    }
    is_number(t2m_chain_key_load(-1, key, &why), EBADF, "no directory");
    ok(is_zero() && why != NULL, "no key");
}

/* Two that make one at once, or what a rename would replace. */
static void check_left(void)
{
    folder_empty();
    folder_put(T2M_CHAIN_KEY ".tmp", "half", 4);
    is_number(t2m_chain_key_load(folder, key, &why), APR_SUCCESS, "what a killed writer left");
    is_number(folder_count(), 1, "is gone");
    folder_empty();
    (void)mkdirat(folder, T2M_CHAIN_KEY ".tmp", 0700);
    refused("a directory in the way", "refuses", EEXIST);
}

static void check_kills(void)
{
    int at, died = 1;

    for (at = 1; died; at++) {
        int status, kept;
        pid_t pid;

        folder_empty();
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            step = 0;
            kill_at = at;
            _exit(t2m_chain_key_load(folder, key, &why) == APR_SUCCESS ? 0 : 1);
        }
        (void)waitpid(pid, &status, 0);
        died = WEXITSTATUS(status) == 7;
        kept = folder_has(T2M_CHAIN_KEY);
        ok(WEXITSTATUS(status) != 1 && (kept || died), "killed at step %d", at);
        is_number(t2m_chain_key_load(folder, key, &why), APR_SUCCESS, "the next one has a key");
        is_number(folder_count(), 1, "and nothing else is left");
    }
    ok(at > 3, "there are steps");
}

static void check_read(void)
{
    int open_to_others;

    put(digits, 65);
    is_number(t2m_chain_key_read(folder, T2M_CHAIN_KEY, key, &open_to_others, &why), APR_SUCCESS,
              "whoever verifies reads it");
    ok(key[31] == 31 && !open_to_others, "and sees that it is secret");
    (void)fchmodat(folder, T2M_CHAIN_KEY, 0644, 0);
    is_number(t2m_chain_key_read(folder, T2M_CHAIN_KEY, key, &open_to_others, &why), APR_SUCCESS,
              "also when it is not");
    ok(open_to_others, "which is said");
    is_number(t2m_chain_key_read(folder, "none", key, &open_to_others, &why), APR_ENOENT,
              "none is made");
    ok(is_zero() && strstr(why, "does not exist") && !folder_has("none"), "that is said too");
    put(digits, 60);
    is_number(t2m_chain_key_read(folder, T2M_CHAIN_KEY, key, &open_to_others, &why), APR_EINVAL,
              "what is no key is refused");
    ok(is_zero(), "and gives none");
}

int main(void)
{
    folder_make();
    check_new();
    check_refused();
    check_left();
    check_kills();
    check_read();
    folder_remove();
    return tap_done();
}
