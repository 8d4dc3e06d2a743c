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

/* Tests modules/writer/token_file.c on real files. */
#include "writer/token_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "tap.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char directory[] = "/tmp/t2mlog-token-XXXXXX";
static char path[256];
static t2m_tokens_t tokens;
static const char *why;
static const unsigned char zeroes[T2M_TOKEN_HASH_SIZE];

static const char *in_directory(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void put(const char *content, mode_t mode)
{
    FILE *stream = fopen(path, "w");

    if (stream) {
        (void)fputs(content, stream);
        (void)fclose(stream);
    }
    (void)chmod(path, mode);
}

static void content_is(const char *want, const char *name)
{
    static char bytes[T2M_TOKEN_FILE_MAX];
    FILE *stream = fopen(path, "r");
    size_t size = stream ? fread(bytes, 1, sizeof(bytes), stream) : 0;

    if (stream) {
        (void)fclose(stream);
    }
    is_bytes(bytes, size, want, name);
}

static int mode_of(const char *file)
{
    struct stat information;

    return stat(file, &information) == 0 ? (int)(information.st_mode & 07777) : -1;
}

static void names(void)
{
    static const char *const good[] = { "a", "Z9", "0", "ops-1", "a.b_c-d" };
    static const char *const bad[] = { "",    ".a",  "-a",       "_a", "a b",
                                       "a:b", "a\n", "\xc3\xa4", "a/b" };
    char longest[65];
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(t2m_token_name_valid(good[i]), "a name: %s", good[i]);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(!t2m_token_name_valid(bad[i]), "no name (%zu)", i);
    }
    memset(longest, 'x', sizeof(longest));
    longest[64] = '\0';
    ok(!t2m_token_name_valid(longest), "64 characters are too many");
    longest[63] = '\0';
    ok(t2m_token_name_valid(longest), "63 are not");
}

static void reads(const char *content, apr_uint32_t count, const char *what)
{
    (void)in_directory("read");
    put(content, 0600);
    is_number(t2m_token_file_read(path, &tokens, &why), APR_SUCCESS, what);
    ok(tokens.count == count && !tokens.refused, "%s: %u tokens", what, count);
}

static void reading(void)
{
    reads("", 0, "an empty file");
    reads("# a comment\n\n", 0, "a comment and an empty line");
    reads("ops:" HASH "\n", 1, "a token");
    ok(strcmp(tokens.tokens[0].name, "ops") == 0, "its name");
    ok(tokens.tokens[0].hash[0] == 0x01 && tokens.tokens[0].hash[31] == 0xef, "its hash");
    reads("ops:" HASH "\n# b:c\nb:" HASH, 2, "without an end of the last line");
    put("a:" HASH "\n", 0400);
    is_number(t2m_token_file_read(path, &tokens, &why), APR_SUCCESS, "0400 will do");
}

static void refuses(const char *name, apr_status_t status, const char *what)
{
    why = NULL;
    tokens.count = 7;
    is_number(t2m_token_file_read(in_directory(name), &tokens, &why), status, what);
    ok(tokens.refused && tokens.count == 0 && why, "%s: no token counts, with a reason", what);
    why = NULL;
    ok(t2m_token_file_add(path, "more", zeroes, &why) != APR_SUCCESS && why,
       "%s: nothing is added", what);
}

static void refuses_content(const char *content, const char *what)
{
    (void)in_directory("content");
    put(content, 0600);
    refuses("content", EINVAL, what);
    (void)in_directory("content");
    content_is(content, "and the file is as it was");
}

static void refuses_modes(void)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0601, 0610, 0644, 0666 };
    size_t i;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        (void)in_directory("mode");
        put("a:" HASH "\n", modes[i]);
        refuses("mode", EACCES, "a file that is not for its owner alone");
    }
}

static void refusals(void)
{
    char target[256];

    is_number(t2m_token_file_read(in_directory("missing"), &tokens, &why), ENOENT, "missing");
    ok(tokens.refused == 1, "is refused");
    refuses("none/missing", ENOENT, "a missing directory");
    refuses_modes();
    (void)in_directory("target");
    put("a:" HASH "\n", 0600);
    (void)snprintf(target, sizeof(target), "%s", path);
    (void)symlink(target, in_directory("symbolic"));
    refuses("symbolic", ELOOP, "a symbolic link");
    (void)mkdir(in_directory("directory"), 0700);
    is_number(t2m_token_file_read(path, &tokens, &why), EINVAL, "a directory");
    ok(t2m_token_file_add(path, "a", zeroes, &why) == EISDIR, "nothing is added to one");
    (void)mkfifo(in_directory("fifo"), 0600);
    refuses("fifo", EINVAL, "a pipe with a name, without waiting for its writer");
    refuses_content("foreign\n", "a foreign line");
    refuses_content("a:" HASH "\nb:0123\n", "a short hash");
    refuses_content("a:" HASH "0\n", "a long one");
    refuses_content("a:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n",
                    "upper case");
    refuses_content("a:" HASH "\r\n", "a line of another system");
    refuses_content(".a:" HASH "\n", "a name that is none");
    refuses_content(" a:" HASH "\n", "a blank");
}

static void refuses_large(void)
{
    FILE *stream = fopen(in_directory("large"), "w");
    int i;

    for (i = 0; stream && i < T2M_TOKEN_FILE_MAX / 16; i++) {
        (void)fputs("#23456789abcdef\n", stream);
    }
    if (stream) {
        (void)fclose(stream);
    }
    (void)chmod(path, 0600);
    is_number(t2m_token_file_read(path, &tokens, &why), APR_SUCCESS, "64 KiB are read");
    is_number(t2m_token_file_add(path, "a", zeroes, &why), APR_ENOSPC, "but take nothing more");
    stream = fopen(path, "a");
    if (stream) {
        (void)fputs("#\n", stream);
        (void)fclose(stream);
    }
    refuses("large", EINVAL, "more than 64 KiB");
}

static void adds(mode_t mask)
{
    mode_t before = umask(mask);

    (void)unlink(in_directory("new"));
    is_number(t2m_token_file_add(path, "ops", zeroes, &why), APR_SUCCESS, "a missing file is made");
    is_number(mode_of(path), 0600, "0600");
    is_number(t2m_token_file_add(path, "second", zeroes, &why), APR_SUCCESS, "another token");
    is_number(mode_of(path), 0600, "still 0600");
    (void)umask(before);
    is_number(t2m_token_file_read(path, &tokens, &why), APR_SUCCESS, "it is read");
    ok(tokens.count == 2 && strcmp(tokens.tokens[1].name, "second") == 0, "both are there");
    is_number(t2m_token_file_add(path, "ops", zeroes, &why), APR_EEXIST, "a name only once");
    is_number(t2m_token_file_add(path, "a b", zeroes, &why), EINVAL, "no name that is none");
}

static void keeps_what_is_there(void)
{
    (void)in_directory("kept");
    put("# mine\nops:" HASH, 0600);
    if (geteuid() == 0) {
        (void)chown(path, 12345, 12346);
    }
    (void)t2m_token_file_add(path, "b", zeroes, &why);
    content_is("# mine\nops:" HASH "\nb:0000000000000000000000000000000000000000000000000000000000"
               "000000\n", "comments stay, a line that has no end gets one");
    if (geteuid() == 0) {
        struct stat information;

        ok(stat(path, &information) == 0 && information.st_uid == 12345
           && information.st_gid == 12346, "the owner stays");
    }
    is_number(mode_of(path), 0600, "the mode stays");
}

static void removes(void)
{
    (void)in_directory("remove");
    put("# a:b\na:" HASH "\nab:" HASH "\na:" HASH "\nb:" HASH, 0600);
    is_number(t2m_token_file_remove(path, "c", &why), APR_ENOENT, "no such name");
    is_number(t2m_token_file_remove(path, "# a", &why), APR_ENOENT, "a comment is no token");
    is_number(t2m_token_file_remove(path, "a", &why), APR_SUCCESS, "a token goes");
    content_is("# a:b\nab:" HASH "\nb:" HASH, "and nothing else");
    is_number(t2m_token_file_remove(path, "b", &why), APR_SUCCESS, "the last line goes");
    content_is("# a:b\nab:" HASH "\n", "and nothing else");
    is_number(mode_of(path), 0600, "0600");
    is_number(t2m_token_file_remove(in_directory("missing"), "a", &why), APR_ENOENT, "no file");
    ok(access(path, F_OK) != 0, "which is not made");
}

/* 8 processes, 8 tokens each, all at once: 64 are as many as there may be. */
static void crowd(void)
{
    char name[16];
    int i, j, status, failed = 0;

    (void)unlink(in_directory("crowd"));
    for (i = 0; i < 8; i++) {
        if (fork() == 0) {
            for (j = 0; j < 8; j++) {
                (void)snprintf(name, sizeof(name), "t%d-%d", i, j);
                failed |= t2m_token_file_add(path, name, zeroes, &why) != APR_SUCCESS;
            }
            _exit(failed);
        }
    }
    while (wait(&status) > 0) {
        failed |= status;
    }
    ok(!failed, "all are added");
    is_number(t2m_token_file_read(path, &tokens, &why), APR_SUCCESS, "the file is read");
    is_number(tokens.count, T2M_TOKENS_MAX, "all have landed");
    is_number(t2m_token_file_add(path, "more", zeroes, &why), APR_ENOSPC, "one more is refused");
    is_number(t2m_token_file_remove(path, "t3-3", &why), APR_SUCCESS, "one less");
    is_number(t2m_token_file_add(path, "more", zeroes, &why), APR_SUCCESS, "makes room");
}

static void too_many(void)
{
    FILE *stream = fopen(in_directory("many"), "w");
    int i;

    for (i = 0; stream && i <= T2M_TOKENS_MAX; i++) {
        (void)fprintf(stream, "t%d:%s\n", i, HASH);
    }
    if (stream) {
        (void)fclose(stream);
    }
    (void)chmod(path, 0600);
    refuses("many", EINVAL, "65 tokens");
}

static void makes(void)
{
    char token[T2M_TOKEN_TEXT_MAX], other[T2M_TOKEN_TEXT_MAX];
    unsigned char hash[T2M_TOKEN_HASH_SIZE], want[T2M_TOKEN_HASH_SIZE];
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int i, good = 1;

    for (i = 0; i < 200; i++) {
        good &= t2m_token_make(token, hash) == APR_SUCCESS && strncmp(token, "t2m_", 4) == 0
             && strlen(token) == 47 && strspn(token + 4, digits) == 43;
    }
    ok(good, "256 bits in base64url");
    (void)EVP_Digest(token, 47, want, NULL, EVP_sha256(), NULL);
    ok(memcmp(hash, want, sizeof(want)) == 0, "the hash is that of the whole text");
    (void)t2m_token_make(other, hash);
    ok(strcmp(token, other) != 0, "the next is another one");
}

/* A user who may write the directory, but cannot give the new file the old one's group. */
static void not_his_group(void)
{
    int status = 1;

    if (geteuid() != 0) {
        return;
    }
    (void)mkdir(in_directory("his"), 0700);
    (void)chown(path, 12345, 12345);
    (void)in_directory("his/tokens");
    put("a:" HASH "\n", 0600);
    (void)chown(path, 12345, 12346);
    (void)chmod(directory, 0755);
    if (fork() == 0) {
        _exit(setegid(12345) != 0 || seteuid(12345) != 0
              || t2m_token_file_add(path, "b", zeroes, &why) == APR_SUCCESS || !why);
    }
    (void)wait(&status);
    is_number(status, 0, "an owner that cannot be kept");
    content_is("a:" HASH "\n", "leaves the file as it was");
}

/* What a user may not, he is told. */
static void not_allowed(void)
{
    int status = 1;

    if (geteuid() != 0) {
        return;
    }
    (void)chmod(directory, 0755);
    (void)in_directory("mine");
    put("a:" HASH "\n", 0600);
    (void)chown(path, 12345, 12345);
    if (fork() == 0) { /* may change the file but not its directory */
        int wrong = setegid(12345) != 0 || seteuid(12345) != 0
                 || t2m_token_file_add(path, "b", zeroes, &why) != EACCES || !why
                 || t2m_token_file_add(in_directory("kept2"), "b", zeroes, &why) != EACCES
                 || t2m_token_file_read(in_directory("target"), &tokens, &why) != EACCES;

        _exit(wrong);
    }
    (void)wait(&status);
    is_number(status, 0, "a user who may not is told so");
    content_is("a:" HASH "\n", "and the file is as it was");
}

static void leaves_nothing(void)
{
    char command[256];

    (void)snprintf(command, sizeof(command), "test -z \"$(ls %s %s/his 2>&1 | grep '\\.......$')\"",
                   directory, directory);
    is_number(system(command), 0, "no temporary file is left");
    (void)snprintf(command, sizeof(command), "rm -r %s", directory);
    (void)system(command);
}

int main(void)
{
    if (!mkdtemp(directory)) {
        return 1;
    }
    names();
    reading();
    refusals();
    refuses_large();
    too_many();
    adds(022);
    adds(0);
    adds(0777);
    keeps_what_is_there();
    removes();
    crowd();
    makes();
    not_allowed();
    not_his_group();
    leaves_nothing();
    return tap_done();
}
