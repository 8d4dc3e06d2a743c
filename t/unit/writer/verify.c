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

/* Tests modules/writer/verify.c: what it reads. What it makes of the numbers and of the chain is
 * tested where that is done. */
#include "writer/verify.h"

#include <pthread.h>
#include <stdio.h>
#include <zlib.h>

#include "folder.h"

static t2m_verify_anchors_t anchors;
static t2m_verify_result_t result;
static char path[200], trouble[300];

static void complain(void *context, const char *name, apr_status_t status)
{
    (void)context;
    (void)snprintf(trouble, sizeof(trouble), "%s %d", name + strlen(folder_path) + 1, status);
}

/* `kind first@file:line` of each finding. */
static const char *verify(apr_interval_time_t patience)
{
    static char text[2000];
    const t2m_verify_how_t how = { NULL, &anchors, patience, complain, NULL };
    int size = 0;
    unsigned i;

    t2m_verify_free(&result);
    trouble[0] = text[0] = '\0';
    if (t2m_verify(path, &how, &result) != APR_SUCCESS) {
        return "failed";
    }
    for (i = 0; i < result.findings.count; i++) {
        const t2m_verify_finding_t *f = &result.findings.list[i];

        size += snprintf(text + size, sizeof(text) - (size_t)size,
                         "%s%s %d@%s:%d", i ? ", " : "", t2m_verify_kind_name(f->kind),
                        (int)f->first, f->at.file ? f->at.file + strlen(folder_path) + 1 : "",
                        (int)f->at.line);
    }
    return text;
}

static void says(const char *want, const char *what)
{
    const char *got = verify(0);

    (void)is_bytes(got, strlen(got), want, what);
}

#define PUT(name, text) folder_put(name, text, sizeof(text) - 1)

static void put_gzip(const char *name, const char *text)
{
    char whole[300];
    gzFile file;

    (void)snprintf(whole, sizeof(whole), "%s/%s", folder_path, name);
    file = gzopen(whole, "wb");
    (void)gzwrite(file, text, (unsigned)strlen(text));
    (void)gzclose(file);
}

static void check_files(void)
{
    says("", "no file");
    is_number(result.files, 0, "is none");
    PUT("a.log", "{\"timestamp\":\"2026-11-22T14:41:55.404Z\",\"seq\":5}\n{\"seq\":6}\n");
    PUT("a.log.1", "{\"seq\":3}\n{\"seq\":4}\n");
    put_gzip("a.log.2.gz", "{\"seq\":1}\n{\"seq\":2}\n");
    PUT("a.log.old", "{\"seq\":99}\n");
    says("", "all of a log, oldest first");
    is_number(result.files, 3, "three files");
    is_number((long long)result.lines, 6, "six lines");
    ok(result.first_seq == 1 && result.last_seq == 6, "of these numbers");
    PUT("a.log.1", "{\"seq\":4}\n");
    says("lost 3@a.log.2.gz:2", "a line is gone from between");
    (void)unlinkat(folder, "a.log.1", 0);
    says("lost 3@a.log.2.gz:2", "or a whole file");
    is_number((long long)result.findings.list[0].last, 4, "both numbers");
    is_bytes(result.findings.list[0].to.time, strlen(result.findings.list[0].to.time),
             "2026-11-22T14:41:55.404Z", "with the time");
    (void)unlinkat(folder, "a.log.2.gz", 0);
    says("", "the oldest may be gone");
    is_number((long long)result.first_seq, 5, "which is said");
    PUT("a.log.1", "\x1f\x8b\x08garbage");
    says("", "a damaged file");
    ok(result.unreadable && strncmp(trouble, "a.log.1 ", 8) == 0, "is told");
    (void)unlinkat(folder, "a.log.1", 0);
}

static void check_lines(void)
{
    static char big[80000];

    PUT("a.log", "{\"seq\":1}\nnonsense\n{\"seq\":3}\n");
    says("malformed 2@a.log:2", "no JSON");
    PUT("a.log", "{\"seq\":1}\n[{\"seq\":2}\n{\"seq\":3}\n");
    says("malformed 2@a.log:2", "a number, but no object");
    PUT("a.log", "{\"seq\":1}\n[2]\n{\"seq\":3}\n");
    says("malformed 2@a.log:2", "no object");
    PUT("a.log", "{\"seq\":1}\n{\"a\":\"\xff\",\"seq\":2}\n{\"seq\":3}\n");
    says("malformed 2@a.log:2", "no UTF-8");
    PUT("a.log", "{\"seq\":1}\n{\"seq\":2,\"a\":1}\n{\"seq\":3}\n");
    says("malformed 2@a.log:2", "the number is not at the end");
    PUT("a.log", "{\"seq\":1}\n\n{\"seq\":2}\n");
    says("malformed 0@a.log:2", "an empty line too many");
    PUT("a.log", "{\"seq\":1}\n{\"a\":\"\\u0000\",\"seq\":2}\n");
    says("", "an escaped NUL is one of ours");
    memset(big, 'x', sizeof(big));
    memcpy(big, "{\"seq\":1}\n{\"a\":\"", 16);
    memcpy(big + 70000, "\",\"seq\":2}\n{\"seq\":3}\n", 21);
    folder_put("a.log", big, 70021);
    says("malformed 2@a.log:2", "too long");
    memcpy(big + 60000, "\",\"seq\":2}\n{\"seq\":3}\n", 21);
    folder_put("a.log", big, 60021);
    says("", "nearly too long");
}

static void check_gaps(void)
{
#define GAP(first, last, count, own) \
    "{\"level\":\"ERROR\",\"message\":\"gap\",\"stream\":\"app\",\"count\":" count \
    ",\"first_seq\":" first ",\"last_seq\":" last ",\"seq\":" own "}\n"
    PUT("a.log", "{\"seq\":1}\n" GAP("2", "4", "3", "5") "{\"seq\":6}\n");
    says("", "what a gap record names is not lost");
    ok(result.gaps == 1 && result.gap_numbers == 3, "and counted");
    PUT("a.log", "{\"seq\":1}\n" GAP("2", "4", "4", "5") "{\"seq\":6}\n");
    says("lost 2@a.log:1", "one that contradicts itself names nothing");
    PUT("a.log", "{\"seq\":1}\n" GAP("4", "2", "3", "5") "{\"seq\":6}\n");
    says("lost 2@a.log:1", "nor one that goes backwards");
    PUT("a.log", "{\"seq\":1}\n" GAP("\"2\"", "4", "3", "5") "{\"seq\":6}\n");
    says("lost 2@a.log:1", "nor one whose numbers are none");
    PUT("a.log", "{\"seq\":1}\n" GAP("0", "4", "5", "5") "{\"seq\":6}\n");
    says("lost 2@a.log:1", "nor one from 0 on");
    PUT("a.log", "{\"seq\":1}\n{\"message\":\"a \\\"message\\\":\\\"gap\\\"\",\"first_seq\":2,"
                 "\"last_seq\":4,\"count\":3,\"seq\":5}\n");
    says("lost 2@a.log:1", "nor another message");
    PUT("a.log", "{\"seq\":1}\n{\"message\":\"gaps\",\"a\":{\"message\":\"gap\"},\"first_seq\":2,"
                 "\"last_seq\":4,\"count\":3,\"seq\":5}\n");
    says("lost 2@a.log:1", "or one within it");
}

static void check_ends(void)
{
    PUT("a.log", "{\"seq\":1}\n{\"seq\":2}");
    says("torn 2@a.log:2", "no end");
    PUT("a.log", "{\"seq\":1}\n{\"se");
    says("torn 0@a.log:2", "half a line");
    PUT("a.log.1", "{\"seq\":1}\n{\"se");
    PUT("a.log", "{\"seq\":2}\n");
    says("torn 0@a.log.1:2", "in a rotated file");
    PUT("a.log", "{\"seq\":3}\n");
    says("torn 2@a.log.1:2", "with the number that is missing");
    (void)unlinkat(folder, "a.log.1", 0);
}

static void *append_late(void *text)
{
    int fd = openat(folder, "a.log", O_WRONLY | O_APPEND);

    (void)usleep(100000);
    if (write(fd, text, strlen(text)) < 0) {
        abort();
    }
    (void)close(fd);
    return NULL;
}

/* A writer that is in the midst of a line. */
static void check_patience(void)
{
    static char rest[] = "q\":2}\n{\"seq\":3}\n{\"seq\"";
    pthread_t thread;
    const char *got;

    PUT("a.log", "{\"seq\":1}\n{\"se");
    (void)pthread_create(&thread, NULL, append_late, rest);
    got = verify(apr_time_from_sec(1));
    (void)pthread_join(thread, NULL);
    (void)is_bytes(got, strlen(got), "torn 0@a.log:4", "waits for the rest, and not for ever");
    is_number((long long)result.last_seq, 3, "what came meanwhile is read");
}

int main(void)
{
    folder_make();
    (void)snprintf(path, sizeof(path), "%s/a.log", folder_path);
    check_files();
    check_lines();
    check_gaps();
    check_ends();
    check_patience();
    (void)snprintf(path, sizeof(path), "%s/none/a.log", folder_path);
    says("failed", "no directory");
    t2m_verify_free(&result);
    folder_remove();
    return tap_done();
}
