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

/* Tests modules/writer/sink.c on real files. */
#include "writer/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char directory[] = "/tmp/t2mlog-sink-XXXXXX";
static t2m_settings_file_t file;
static t2m_sink_t sink;
static const char *why;

static const char *in_directory(const char *name)
{
    (void)snprintf(file.path, sizeof(file.path), "%s/%s", directory, name);
    return file.path;
}

static void content_is(const char *want, const char *name)
{
    char bytes[256];
    FILE *stream = fopen(file.path, "r");
    size_t size = stream ? fread(bytes, 1, sizeof(bytes), stream) : 0;

    if (stream) {
        (void)fclose(stream);
    }
    is_bytes(bytes, size, want, name);
}

static void put(const char *content)
{
    FILE *stream = fopen(file.path, "w");

    if (stream) {
        (void)fputs(content, stream);
        (void)fclose(stream);
    }
}

static void opens(void)
{
    struct stat information;

    (void)in_directory("new.log");
    is_number(t2m_sink_open(&sink, &file, &why), APR_SUCCESS, "a missing file is made");
    ok(stat(file.path, &information) == 0 && (information.st_mode & 0777) == 0640, "0640");
    is_number((long)sink.last_seq, 0, "it has no number yet");
    is_number(t2m_sink_write(&sink, "{\"seq\":1}\n", 10), APR_SUCCESS, "it takes a line");
    t2m_sink_close(&sink);
    t2m_sink_close(&sink);
    is_number(t2m_sink_open(&sink, &file, &why), APR_SUCCESS, "it is opened again");
    ok(sink.size == 10 && sink.last_seq == 1, "where it ended");
    t2m_sink_close(&sink);
}

static void refuses(const char *name, apr_status_t status, const char *what)
{
    (void)in_directory(name);
    is_number(t2m_sink_open(&sink, &file, &why), status, what);
    ok(sink.fd < 0 && (why != NULL || status == ENOENT), "%s: with a reason", what);
}

static void refusals(void)
{
    char target[1200], fifo[1200];

    (void)snprintf(target, sizeof(target), "%s", in_directory("new.log"));
    (void)symlink(target, in_directory("symbolic.log"));
    refuses("symbolic.log", ELOOP, "a symbolic link");
    (void)link(target, in_directory("hard.log"));
    refuses("hard.log", EMLINK, "a second name");
    (void)unlink(in_directory("hard.log"));
    (void)snprintf(fifo, sizeof(fifo), "%s", in_directory("fifo.log"));
    (void)mkfifo(fifo, 0600);
    refuses("fifo.log", EMLINK, "a pipe with a name, without waiting for its reader");
    (void)mkdir(in_directory("directory.log"), 0700);
    refuses("directory.log", EISDIR, "a directory");
    refuses("missing/x.log", ENOENT, "a missing directory");
    if (geteuid() == 0) {
        put("");
        (void)in_directory("foreign.log");
        put("");
        (void)chown(file.path, 12345, 12345);
        refuses("foreign.log", EPERM, "another user's file");
    }
}

static void mends(void)
{
    (void)in_directory("ragged.log");
    put("{\"seq\":4}\n{\"torn");
    (void)t2m_sink_open(&sink, &file, &why);
    ok(sink.ragged && sink.last_seq == 4, "a torn last line is seen");
    is_number(t2m_sink_mend(&sink), APR_SUCCESS, "and ended");
    is_number(t2m_sink_mend(&sink), APR_SUCCESS, "once");
    (void)t2m_sink_write(&sink, "next\n", 5);
    content_is("{\"seq\":4}\n{\"torn\nnext\n", "the next line stands on its own");
    t2m_sink_close(&sink);
}

static void rewinds(void)
{
    (void)in_directory("rewind.log");
    put("old\nnew l");
    (void)t2m_sink_open(&sink, &file, &why);
    is_number(t2m_sink_rewind(&sink, 4, 9), APR_SUCCESS, "half an append is cut away");
    content_is("old\n", "down to where it began");
    is_number(t2m_sink_rewind(&sink, 4, 9), APR_SUCCESS, "nothing of it: nothing to do");
    (void)t2m_sink_write(&sink, "new line\n", 9);
    is_number(t2m_sink_rewind(&sink, 4, 9), APR_EEXIST, "all of it: it is there");
    content_is("old\nnew line\n", "and stays");
    is_number(t2m_sink_rewind(&sink, 400, 9), APR_SUCCESS, "truncated by somebody: write again");
    t2m_sink_close(&sink);
}

/* A limit on the file's size is what a full disk is: a short write, then an error. */
static void full(void)
{
    struct rlimit old, small;
    char line[101];

    memset(line, 'x', 99);
    line[99] = '\n';
    line[100] = '\0';
    (void)in_directory("full.log");
    (void)t2m_sink_open(&sink, &file, &why);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 150;
    (void)setrlimit(RLIMIT_FSIZE, &small);
    is_number(t2m_sink_write(&sink, line, 100), APR_SUCCESS, "a line that fits");
    is_number(t2m_sink_write(&sink, line, 100), EFBIG, "one that does not");
    (void)setrlimit(RLIMIT_FSIZE, &old);
    ok(sink.size == 100 && !sink.ragged, "leaves nothing behind");
    is_number(t2m_sink_write(&sink, line, 100), APR_SUCCESS, "and goes when there is room");
    t2m_sink_close(&sink);
}

static void descriptors(void)
{
    memset(&file, 0, sizeof(file));
    file.to_descriptor = 1;
    is_number(t2m_sink_open(&sink, &file, &why), APR_SUCCESS, "standard output");
    ok(sink.fd == 1 && !sink.regular, "is used as it is");
    t2m_sink_close(&sink);
    ok(fcntl(1, F_GETFD) >= 0, "and never closed");
}

/* What it took before is not given to it again, and each piece counts at once. */
static void hands_on(void)
{
    static char bytes[3 * PIPE_BUF], got[sizeof(bytes)];
    apr_uint64_t taken = 2;
    int ends[2];

    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, "abc", 3);
    ok(pipe(ends) == 0, "a pipe");
    t2m_sink_reset(&sink);
    sink.fd = ends[1];
    is_number(t2m_sink_hand_on(&sink, bytes, sizeof(bytes), &taken), APR_SUCCESS, "takes the rest");
    ok(read(ends[0], got, sizeof(got)) == (ssize_t)sizeof(bytes) - 2 && got[0] == 'c',
       "and not what it had");
    ok(taken == sizeof(bytes) && sink.size == sizeof(bytes) - 2, "which is counted");
    taken = 0;
    while (t2m_sink_hand_on(&sink, bytes, sizeof(bytes), &taken) == APR_SUCCESS) {
        taken = 0;
    }
    ok(taken % PIPE_BUF == 0 && taken < sizeof(bytes), "also up to where it took no more");
    (void)close(ends[0]);
    (void)close(ends[1]);
    t2m_sink_reset(&sink);
}

int main(void)
{
    if (!mkdtemp(directory)) {
        return 1;
    }
    t2m_sink_reset(&sink);
    opens();
    refusals();
    mends();
    rewinds();
    full();
    descriptors();
    hands_on();
    (void)snprintf(file.path, sizeof(file.path), "rm -r %s", directory);
    return system(file.path) == 0 ? tap_done() : 1;
}
