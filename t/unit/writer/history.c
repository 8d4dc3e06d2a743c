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

/* Tests modules/writer/history.c and history_files.c, also against a process that writes, rotates
 * and packs meanwhile. */
#include "writer/history.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <zlib.h>

#include "tap.h"
#include "writer/folder.h"
#include "writer/last_seq.h"

static char path[256], text[4096], told[4096];
static t2m_log_line_t line;

static void put(const char *name, const char *content)
{
    folder_put(name, content, strlen(content));
}

static void append(const char *name, const char *content)
{
    int fd = openat(folder, name, O_WRONLY | O_APPEND | O_CREAT, 0640);

    (void)write(fd, content, strlen(content));
    (void)close(fd);
}

static void pack(const char *name, const char *content, size_t cut)
{
    char file[512], bytes[4096];
    gzFile out;
    ssize_t size;

    (void)snprintf(file, sizeof(file), "%s/%s", folder_path, name);
    out = gzopen(file, "w");
    (void)gzwrite(out, content, (unsigned)strlen(content));
    (void)gzclose(out);
    size = folder_get(name, bytes, sizeof(bytes));
    folder_put(name, bytes, (size_t)size - cut);
}

static void report(void *context, const char *file, apr_status_t status)
{
    size_t at = strlen(told);

    (void)context;
    (void)snprintf(told + at, sizeof(told) - at, "%s=%d ", strrchr(file, '/') + 1, status);
}

static t2m_history_t *opened(const char *name)
{
    t2m_history_t *history;

    (void)snprintf(path, sizeof(path), "%s/%s", folder_path, name);
    *told = '\0';
    if (t2m_history_open(path, report, NULL, &history) != APR_SUCCESS) {
        abort();
    }
    return history;
}

/* Everything that comes, with a comma behind each line. */
static const char *all_of(t2m_history_t *history)
{
    size_t at = 0;

    *text = '\0';
    while (t2m_history_next(history, &line) == APR_SUCCESS) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s,", (int)line.size, line.bytes);
    }
    return text;
}

static void gives(t2m_history_t *history, const char *want, const char *what)
{
    (void)all_of(history);
    is_bytes(text, strlen(text), want, what);
}

static void order(void)
{
    t2m_history_t *history;
    t2m_history_sum_t sum;

    put("a", "8\n9\nhal");
    put("a.1", "6\n7");
    put("a.2", "4\n5\n");
    pack("a.10.gz", "2\n3\n", 0);
    pack("a.999999.gz", "1\n", 0);
    put("a.01", "no\n");
    put("a.1.bak", "no\n");
    put("b", "no\n");
    (void)mkdirat(folder, "a.3", 0700);
    (void)symlinkat("b", folder, "a.4");
    history = opened("a");
    t2m_history_sum(history, &sum);
    ok(sum.live && sum.live_size == 7 && sum.rotated == 4 && sum.rotated_size > 7, "the sums");
    gives(history, "1,2,3,4,5,6,7,8,9,", "the oldest first, the live one last");
    is_bytes(told, strlen(told), "a.999999.gz=0 a.10.gz=0 a.2=0 a.1=0 a=0 ", "each file is named");
    is_number(t2m_history_next(history, &line), APR_EOF, "the end");
    ok(t2m_history_waits(history), "a line is begun");
    append("a", "f\n10\n");
    gives(history, "half,10,", "what comes later");
    ok(!t2m_history_waits(history) && !t2m_history_rest(history, &line), "which was all");
    append("a", "re");
    is_number(t2m_history_next(history, &line), APR_EOF, "a line begins");
    ok(t2m_history_rest(history, &line) && line.size == 2 && !line.whole, "and is given up");
    ok(!t2m_history_waits(history), "once");
    t2m_history_close(history);
    t2m_history_close(NULL);
    folder_empty();
}

static void doubles(void)
{
    t2m_history_t *history;

    put("a", "3\n");
    put("a.1", "2\n");
    (void)linkat(folder, "a.1", folder, "a.2", 0);
    put("a.3", "1\n");
    pack("a.3.gz", "1\n", 0);
    history = opened("a");
    gives(history, "1,2,3,", "a file with two names and one that is being packed are read once");
    t2m_history_close(history);
    folder_empty();
}

static void damage(void)
{
    char want[128];
    t2m_history_t *history;

    put("a", "4\n");
    pack("a.1.gz", "3\n", 9);
    pack("a.2.gz", "1\n2\n", 4);
    history = opened("a");
    gives(history, "1,2,3,4,", "what comes before the damage, and after");
    (void)snprintf(want, sizeof(want), "a.2.gz=0 a.2.gz=%d a.1.gz=0 a.1.gz=%d a=0 ",
                   APR_INCOMPLETE, APR_INCOMPLETE);
    is_bytes(told, strlen(told), want, "it is told");
    t2m_history_close(history);
    folder_empty();
}

static void missing(void)
{
    t2m_history_t *history = opened("none");

    gives(history, "", "no file at all");
    is_number(t2m_history_again(history, 0), APR_EOF, "nothing new");
    put("none", "1\n");
    is_number(t2m_history_again(history, 0), APR_SUCCESS, "a file has come");
    gives(history, "1,", "its lines");
    t2m_history_close(history);
    is_number(t2m_history_open("/none/such/file", NULL, NULL, &history), ENOENT, "no directory");
    ok(!history, "no history");
    folder_empty();
}

/* Those with an "x", then a full stop for each step without one. */
static void finds(t2m_history_t *history, const char *want, const char *what)
{
    size_t at = 0;
    apr_status_t status;

    *text = '\0';
    while ((status = t2m_history_find(history, "x", 1, &line)) != APR_EOF) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s%s",
                               status == APR_SUCCESS ? (int)line.size : 0,
                               line.size ? line.bytes : "", status == APR_SUCCESS ? "," : ".");
    }
    is_bytes(text, strlen(text), want, what);
}

static void cost(void *context, const char *file, apr_uint64_t taken, apr_uint64_t size,
                 int searched)
{
    size_t at = strlen(told);

    (void)context;
    (void)snprintf(told + at, sizeof(told) - at, "%s=%d/%d%s ", strrchr(file, '/') + 1, (int)taken,
                   (int)size, searched ? "!" : "");
}

static void searches(void)
{
    t2m_history_t *history;

    put("a", "7\nx8\nx9");
    put("a.1", "5x\nx6");
    put("a.2", "3\n4");
    pack("a.3.gz", "1x\n2\n", 9);
    (void)mkdirat(folder, "a.4", 0700);
    history = opened("a");
    is_number(t2m_history_find(history, "x", 1, &line), APR_SUCCESS, "the first that has it");
    is_bytes(line.bytes, line.size, "1x", "is that");
    *told = '\0';
    t2m_history_costs(history, cost, NULL);
    ok(strncmp(told, "a.3.gz=", 7) == 0 && strstr(told, "! a.2=0/3 a.1=0/5 a=0/7 "),
       "what it has cost: %s", told);
    t2m_history_rewind(history);
    finds(history, "1x,.....5x,x6,..x8,", "over all files, damage and missing ends");
    *told = '\0';
    t2m_history_costs(history, cost, NULL);
    ok(strstr(told, "! a.2=3/3! a.1=5/5! a=7/7! ") != NULL, "what that has cost: %s", told);
    ok(t2m_history_waits(history), "a line is begun");
    is_number((long long)t2m_history_latest(history), 0, "no time is known");
    t2m_history_close(history);
    folder_empty();
    history = opened("none");
    is_number(t2m_history_find(history, "x", 1, &line), APR_EOF, "of no file");
    t2m_history_close(history);
}

static void last_is(unsigned most, unsigned count, const char *want)
{
    t2m_history_t *history = opened("a");

    is_number((long long)t2m_history_last(history, most), count, "as many as there are");
    gives(history, want, "the last lines");
    t2m_history_close(history);
}

static void last(void)
{
    t2m_history_t *history;

    put("a", "8\n9\nhalf");
    put("a.1", "6\n7");
    pack("a.2.gz", "3\n4\n5", 0);
    put("a.3", "1\n2\n");
    last_is(0, 0, "");
    last_is(1, 1, "9,");
    last_is(2, 2, "8,9,");
    last_is(3, 3, "7,8,9,");
    last_is(4, 4, "6,7,8,9,");
    last_is(5, 5, "5,6,7,8,9,");
    last_is(7, 7, "3,4,5,6,7,8,9,");
    last_is(8, 8, "2,3,4,5,6,7,8,9,");
    last_is(9, 9, "1,2,3,4,5,6,7,8,9,");
    last_is(1000000, 9, "1,2,3,4,5,6,7,8,9,");
    history = opened("a");
    (void)t2m_history_last(history, 0);
    append("a", "way\n");
    gives(history, "halfway,", "a line that was begun is kept until it is whole");
    t2m_history_close(history);
    folder_empty();
    put("a.1", "6\n7");
    last_is(0, 0, "");
    last_is(1, 1, "7,");
    folder_empty();
    last_is(3, 0, "");
}

/* Lines longer than what is read at once, from behind. */
static void last_long(void)
{
    size_t size = 3 * T2M_LOG_LINE_MAX;
    char *bytes = malloc(size);
    t2m_history_t *history;
    size_t i;

    memset(bytes, 'x', size);
    for (i = 1; i <= 3; i++) {
        bytes[i * T2M_LOG_LINE_MAX - 1] = '\n';
    }
    folder_put("a", bytes, size);
    history = opened("a");
    is_number((long long)t2m_history_last(history, 2), 2, "two long lines");
    ok(t2m_history_next(history, &line) == APR_SUCCESS && line.size == T2M_LOG_LINE_MAX - 1
       && t2m_history_next(history, &line) == APR_SUCCESS
       && t2m_history_next(history, &line) == APR_EOF, "come whole");
    t2m_history_close(history);
    free(bytes);
    folder_empty();
}

static void move(const char *from, const char *to)
{
    (void)renameat(folder, from, folder, to);
}

static void again_is(t2m_history_t *history, apr_uint64_t seq, const char *want, const char *what)
{
    size_t at = 0;

    *told = '\0';
    *text = '\0';
    while (t2m_history_again(history, seq) == APR_SUCCESS) {
        while (t2m_history_next(history, &line) == APR_SUCCESS) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s,", (int)line.size,
                                   line.bytes);
        }
    }
    is_bytes(text, strlen(text), want, what);
}

static void follows(void)
{
    t2m_history_t *history;

    put("a.1", "{\"seq\":1}\n");
    put("a", "{\"seq\":2}\n");
    history = opened("a");
    (void)all_of(history);
    again_is(history, 2, "", "nothing new");
    append("a", "{\"seq\":3}\n");
    move("a.1", "a.2");
    move("a", "a.1");
    gives(history, "{\"seq\":3},", "what was written before a rotation");
    again_is(history, 3, "", "the file is missing for a moment");
    put("a", "{\"seq\":4}\n");
    again_is(history, 3, "{\"seq\":4},", "the new file");
    append("a", "{\"seq\":5}\n");
    move("a.2", "a.3");
    move("a.1", "a.2");
    move("a", "a.1");
    put("a", "{\"seq\":6}\n");
    again_is(history, 4, "{\"seq\":5},{\"seq\":6},", "the rest of the old one comes first");
    move("a.1", "a.3");
    move("a", "a.2");
    put("a.1", "{\"seq\":7}\n");
    put("a", "{\"seq\":8}\n");
    again_is(history, 6, "{\"seq\":7},{\"seq\":8},", "two rotations at once");
    t2m_history_close(history);
    folder_empty();
}

static void follows_odd_ways(void)
{
    t2m_history_t *history;

    put("a.1", "{\"seq\":1}\n");
    put("a", "{\"seq\":2}\n");
    history = opened("a");
    (void)all_of(history);
    move("a", "elsewhere");
    put("a", "{\"seq\":3}\n");
    again_is(history, 2, "{\"seq\":3},", "the file was moved to another name");
    pack("a.2.gz", "{\"seq\":3}\n", 0);
    put("a.1", "{\"seq\":4}\n");
    (void)unlinkat(folder, "a", 0);
    put("a", "{\"seq\":5}\n");
    again_is(history, 3, "{\"seq\":4},{\"seq\":5},", "it was packed meanwhile");
    put("a", "{\"s\":1}\n");
    again_is(history, 5, "{\"s\":1},", "it was cut short");
    move("a", "a.3");
    put("a.2", "{\"s\":2}\n");
    put("a.1", "{\"s\":3}\n");
    put("a", "{\"s\":4}\n");
    again_is(history, 0, "{\"s\":2},{\"s\":3},{\"s\":4},", "lines without numbers");
    (void)unlinkat(folder, "a", 0);
    put("a", "{\"s\":5}\n");
    again_is(history, 0, "{\"s\":5},", "nor an old file");
    move("a", "b");
    again_is(history, 0, "", "moved away");
    move("b", "a");
    again_is(history, 0, "", "and back");
    append("a", "{\"s\":6}\n");
    again_is(history, 0, "", "which is the same file");
    gives(history, "{\"s\":6},", "that is read on");
    t2m_history_close(history);
    folder_empty();
}

/* At the start there was no live file; what was read is not read again. */
static void follows_from_backup(void)
{
    t2m_history_t *history;

    put("a.2", "{\"seq\":1}\n");
    put("a.1", "{\"seq\":2}\n");
    history = opened("a");
    gives(history, "{\"seq\":1},{\"seq\":2},", "two backups");
    put("a", "{\"seq\":3}\n");
    again_is(history, 2, "{\"seq\":3},", "then a live file");
    t2m_history_close(history);
    folder_empty();
}

static void too_many(void)
{
    struct rlimit limit, few = { 0, 0 };
    t2m_history_t *history;
    char name[16];
    int i;

    for (i = 1; i <= 30; i++) {
        (void)snprintf(name, sizeof(name), "a.%d", i);
        put(name, "x\n");
    }
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    few = limit;
    few.rlim_cur = 20;
    (void)setrlimit(RLIMIT_NOFILE, &few);
    (void)snprintf(path, sizeof(path), "%s/a", folder_path);
    is_number(t2m_history_open(path, NULL, NULL, &history), EMFILE, "more than may be open");
    ok(!history, "no history");
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    folder_empty();
}

enum { LINES = 4000, PER_FILE = 40 };

static void rotate(unsigned *backups)
{
    char from[32], to[32];
    unsigned i;

    for (i = *backups; i > 0; i--) {
        (void)snprintf(from, sizeof(from), i > 2 ? "s.%u.gz" : "s.%u", i);
        (void)snprintf(to, sizeof(to), i > 2 ? "s.%u.gz" : "s.%u", i + 1);
        move(from, to);
    }
    move("s", "s.1");
    ++*backups;
    if (*backups >= 3) {
        char bytes[4096];
        ssize_t size = folder_get("s.3", bytes, sizeof(bytes) - 1);

        bytes[size] = '\0';
        pack("s.3.gz.tmp", bytes, 0);
        move("s.3.gz.tmp", "s.3.gz");
        (void)unlinkat(folder, "s.3", 0);
    }
}

/* What the writer does, as fast as it gets. */
static void write_all(void)
{
    char bytes[32];
    unsigned i, backups = 0;

    for (i = 1; i <= LINES; i++) {
        (void)snprintf(bytes, sizeof(bytes), "{\"seq\":%u}\n", i);
        append("s", bytes);
        if (i % PER_FILE == 0 && i < LINES) {
            rotate(&backups);
        }
        (void)usleep(100);
    }
    _exit(0);
}

/* Reads on from seq; every line must be the next one. */
static apr_uint64_t read_on(t2m_history_t *history, apr_uint64_t seq, int *wrong)
{
    while (t2m_history_next(history, &line) == APR_SUCCESS) {
        *wrong += t2m_seq_of_line(line.bytes, line.size) != ++seq;
    }
    return seq;
}

static void storm(void)
{
    t2m_history_t *history = opened("s"), *other;
    apr_uint64_t seq = 0, before = 0, now;
    int wrong = 0, wrong_again = 0, back = 0, rounds = 0, looks = 0;
    pid_t pid = fork();

    if (pid == 0) {
        write_all();
    }
    while (seq < LINES && rounds++ < 20000) {
        seq = read_on(history, seq, &wrong);
        (void)usleep(rounds % 50 == 0 ? 30000 : 1000);
        if (t2m_history_again(history, seq) != APR_SUCCESS && rounds % 5 == 0
            && t2m_history_open(path, NULL, NULL, &other) == APR_SUCCESS) {
            now = read_on(other, 0, &wrong_again);
            back += now < before || now < seq;
            before = now;
            looks++;
            t2m_history_close(other);
        }
    }
    (void)waitpid(pid, NULL, 0);
    is_number((long long)seq, LINES, "all lines were followed");
    is_number(wrong, 0, "each once, in order");
    ok(looks > 5, "looked at the whole %d times", looks);
    is_number(wrong_again, 0, "each line once, in order");
    is_number(back, 0, "none was missing");
    t2m_history_close(history);
    folder_empty();
}

int main(void)
{
    folder_make();
    order();
    doubles();
    damage();
    missing();
    searches();
    last();
    last_long();
    follows();
    follows_odd_ways();
    follows_from_backup();
    too_many();
    storm();
    folder_remove();
    return tap_done();
}
