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

/* See group_file.h. The file gets its name when it is whole and on the disk. */
#include "writer/group_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "core/timestamp.h"
#include "shared/atomic.h"
#include "shared/handover.h"
#include "shared/step.h"
#include "writer/group_json.h"

#define TEMPORARY T2M_GROUP_FILE ".tmp"
#define DAMAGED T2M_GROUP_FILE ".damaged"
#define BEFORE T2M_GROUP_FILE ".before"
#define FORMAT "t2mlog-error-groups"

enum {
    SHA256_SIZE = 32,
    SHA256_DIGITS = 64,
    ROW_TRIES = 50, /* a row that is being changed is soon done, unless the writer is stopped */
    ROW_WAIT_US = 1000
};

/* What is being written. */
typedef struct {
    FILE *out;
    const t2m_board_t *board;
    unsigned count; /* of ids */
    char ids[T2M_GROUPS_MAX][T2M_FINGERPRINT_SIZE];
    t2m_kept_group_t kept;
} save_t;

apr_uint64_t t2m_group_file_mark(const t2m_board_t *board)
{
    apr_uint64_t mark = 0;
    unsigned i;

    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        mark += t2m_load(&board->tables->groups[i].row.sequence);
    }
    return mark;
}

/* ---- writing --------------------------------------------------------------------------------- */

static apr_status_t put_line(FILE *out, json_t *object)
{
    int done = object && json_dumpf(object, out, JSON_COMPACT | JSON_SORT_KEYS) == 0
            && fputc('\n', out) != EOF;

    json_decref(object);
    return done ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t put_head(const save_t *save)
{
    const t2m_tables_t *tables = save->board->tables;
    char written[T2M_TIMESTAMP_SIZE + 1] = "";

    t2m_timestamp_write(apr_time_now(), written);
    return put_line(save->out,
                    json_pack("{s:s,s:i,s:s,s:I,s:I}", "format", FORMAT, "version",
                              T2M_GROUP_FILE_VERSION, "written", written, "forgotten",
                              (json_int_t)t2m_load(&tables->forgotten), "evictions",
                              (json_int_t)t2m_load(&tables->evictions[1])));
}

static apr_status_t read_row(const void *row, void *copy, apr_size_t size)
{
    int tries;

    for (tries = 0; tries < ROW_TRIES; tries++) {
        if (t2m_board_read(row, copy, size)) {
            return APR_SUCCESS;
        }
        apr_sleep(ROW_WAIT_US);
    }
    return APR_EAGAIN;
}

/* A group that lost its row and got another one while the rows are read would be there twice. */
static int is_new(save_t *save, const t2m_group_t *group)
{
    unsigned i;

    for (i = 0; i < save->count; i++) {
        if (memcmp(save->ids[i], group->id, sizeof(group->id)) == 0) {
            return 0;
        }
    }
    memcpy(save->ids[save->count++], group->id, sizeof(group->id));
    return 1;
}

static int is_wanted(save_t *save)
{
    t2m_group_t *group = &save->kept.group;

    group->used = group->used && save->kept.number > 0 && t2m_group_json_has_id(group)
               && is_new(save, group);
    return group->used || group->total || group->evicted;
}

static apr_status_t put_group(save_t *save, apr_uint32_t number)
{
    const t2m_tables_t *tables = save->board->tables;
    t2m_kept_group_t *kept = &save->kept;
    apr_status_t status = read_row(&tables->groups[number], &kept->group, sizeof(kept->group));
    int i;

    kept->number = number;
    if (status != APR_SUCCESS || !is_wanted(save)) {
        return status;
    }
    for (i = 0; kept->group.used && i < T2M_SAMPLES && status == APR_SUCCESS; i++) {
        status = read_row(&tables->samples[number][i], &kept->samples[i],
                          sizeof(kept->samples[i]));
    }
    return status == APR_SUCCESS ? put_line(save->out, t2m_group_json_make(kept)) : status;
}

static apr_status_t put_groups(FILE *out, const t2m_board_t *board)
{
    save_t *save = calloc(1, sizeof(*save));
    apr_status_t status;
    apr_uint32_t i;

    if (!save) {
        return APR_ENOMEM;
    }
    save->out = out;
    save->board = board;
    status = put_head(save);
    for (i = 0; status == APR_SUCCESS && i < T2M_GROUPS_MAX; i++) {
        status = put_group(save, i);
    }
    free(save);
    return status;
}

static int digest_of(const char *bytes, apr_size_t size, char digits[SHA256_DIGITS + 1])
{
    unsigned char digest[SHA256_SIZE];
    unsigned made = 0, i;

    if (EVP_Digest(bytes, size, digest, &made, EVP_sha256(), NULL) != 1 || made != SHA256_SIZE) {
        return 0;
    }
    for (i = 0; i < SHA256_SIZE; i++) {
        (void)snprintf(digits + 2 * (apr_size_t)i, 3, "%02x", digest[i]);
    }
    return 1;
}

static apr_status_t put_sum(FILE *out, char *const *text, const size_t *size)
{
    char digits[SHA256_DIGITS + 1];

    return fflush(out) == 0 && digest_of(*text, *size, digits)
               ? put_line(out, json_pack("{s:s}", "sha256", digits)) : APR_ENOMEM;
}

/* The whole file, to be freed. */
static apr_status_t make_text(const t2m_board_t *board, char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    apr_status_t status;

    if (!out) {
        return APR_ENOMEM;
    }
    status = put_groups(out, board);
    if (status == APR_SUCCESS) {
        status = put_sum(out, text, size);
    }
    return fclose(out) == 0 ? status : APR_ENOMEM;
}

static apr_status_t write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);

        if (written < 0 && errno != EINTR) {
            return errno;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
        T2M_STEP("part of the groups written");
    }
    return fsync(fd) == 0 ? APR_SUCCESS : errno;
}

/* Only a courtesy to whoever reads the directory, as with the log files. */
static void give_to_group(int directory, int fd)
{
    struct stat information;

    if (fstat(directory, &information) == 0 && fchown(fd, (uid_t)-1, information.st_gid) == 0) {
        (void)fchmod(fd, 0640);
    }
}

static apr_status_t put_file(int directory, const char *text, size_t size)
{
    int fd;
    apr_status_t status;

    (void)unlinkat(directory, TEMPORARY, 0); /* what a writer left that was killed */
    fd = openat(directory, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0) {
        return errno;
    }
    give_to_group(directory, fd);
    status = write_all(fd, text, size);
    (void)close(fd);
    T2M_STEP("groups written");
    if (status == APR_SUCCESS && renameat(directory, TEMPORARY, directory, T2M_GROUP_FILE) != 0) {
        status = errno;
    }
    T2M_STEP("groups named");
    if (status != APR_SUCCESS) {
        (void)unlinkat(directory, TEMPORARY, 0);
    }
    (void)fsync(directory);
    return status;
}

apr_status_t t2m_group_file_save(int directory, const t2m_board_t *board)
{
    size_t size = 0;
    char *text = NULL;
    apr_status_t status = make_text(board, &text, &size);

    if (status == APR_SUCCESS) {
        status = put_file(directory, text, size);
    }
    free(text);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The next line of the text, which it leaves; 0 at its end. */
static int next_line(const char **at, const char *end, const char **line, apr_size_t *size)
{
    const char *newline = *at < end ? memchr(*at, '\n', (apr_size_t)(end - *at)) : NULL;

    *line = *at;
    if (!newline) {
        return 0;
    }
    *size = (apr_size_t)(newline - *at);
    *at = newline + 1;
    return 1;
}

static json_t *parse(const char *line, apr_size_t size)
{
    return json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

/* What the last line says of all before it; *end is then where they end. */
static const char *check_sum(const char *bytes, apr_size_t size, const char **end)
{
    const char *last = size > 1 ? memrchr(bytes, '\n', size - 1) : NULL;
    char digits[SHA256_DIGITS + 1];
    const char *said;
    json_t *object;
    int right;

    if (!last || bytes[size - 1] != '\n') {
        return "it ends too early";
    }
    *end = last + 1;
    object = parse(*end, (apr_size_t)(bytes + size - *end));
    said = json_string_value(json_object_get(object, "sha256"));
    right = said && digest_of(bytes, (apr_size_t)(*end - bytes), digits)
         && strcmp(said, digits) == 0;
    json_decref(object);
    return right ? NULL : "its checksum is wrong";
}

static const char *check_head(const json_t *head)
{
    const char *format = json_string_value(json_object_get(head, "format"));

    if (!format || strcmp(format, FORMAT) != 0) {
        return "it is not of this format";
    }
    return json_integer_value(json_object_get(head, "version")) == T2M_GROUP_FILE_VERSION
               ? NULL : "it is of another version";
}

/* What was read so far. */
typedef struct {
    t2m_kept_group_t kept;
    unsigned char rows[T2M_GROUPS_MAX];
    unsigned count; /* of ids */
    char ids[T2M_GROUPS_MAX][T2M_FINGERPRINT_SIZE];
} read_t;

/* No row twice and no group. */
static int is_first(read_t *so_far)
{
    const t2m_kept_group_t *kept = &so_far->kept;
    unsigned i;

    if (so_far->rows[kept->number]++) {
        return 0;
    }
    for (i = 0; kept->group.used && i < so_far->count; i++) {
        if (memcmp(so_far->ids[i], kept->group.id, sizeof(kept->group.id)) == 0) {
            return 0;
        }
    }
    if (kept->group.used) {
        memcpy(so_far->ids[so_far->count++], kept->group.id, sizeof(kept->group.id));
    }
    return 1;
}

static const char *check_group(const char *line, apr_size_t size, read_t *so_far)
{
    json_t *object = parse(line, size);
    int sound = t2m_group_json_read(object, &so_far->kept) && is_first(so_far);

    json_decref(object);
    return sound ? NULL : "one of its groups is none";
}

static void put(t2m_board_t *board, void *row, void *contents, apr_size_t size)
{
    memcpy(contents, row, sizeof(t2m_row_t)); /* sequence and batch stay */
    t2m_board_replace(board, row, contents, size);
}

static void take_group(t2m_board_t *board, t2m_kept_group_t *kept)
{
    int i;

    put(board, &board->tables->groups[kept->number], &kept->group, sizeof(kept->group));
    for (i = 0; i < T2M_SAMPLES; i++) {
        if (kept->samples[i].size) {
            put(board, &board->tables->samples[kept->number][i], &kept->samples[i],
                offsetof(t2m_sample_t, line) + kept->samples[i].size);
        }
    }
}

static void take_head(t2m_board_t *board, const json_t *head)
{
    json_int_t forgotten = json_integer_value(json_object_get(head, "forgotten"));
    json_int_t evictions = json_integer_value(json_object_get(head, "evictions"));

    board->tables->forgotten = forgotten > 0 ? (apr_uint64_t)forgotten : 0;
    board->tables->evictions[1] = evictions > 0 ? (apr_uint64_t)evictions : 0;
}

/* All groups between at and end; into the board only where take is. */
static const char *read_groups(const char *at, const char *end, t2m_board_t *board, int take,
                               unsigned *groups)
{
    read_t *so_far = calloc(1, sizeof(*so_far));
    const char *line, *why = so_far ? NULL : "there is no memory to read it";
    apr_size_t size;

    while (!why && next_line(&at, end, &line, &size)) {
        why = check_group(line, size, so_far);
        if (!why && take) {
            take_group(board, &so_far->kept);
            T2M_STEP("group taken");
        }
    }
    *groups = why ? 0 : so_far->count;
    free(so_far);
    return why;
}

const char *t2m_group_file_read(const char *bytes, apr_size_t size, t2m_board_t *board,
                                unsigned *groups)
{
    const char *end, *line, *at = bytes, *why = check_sum(bytes, size, &end);
    apr_size_t head_size;
    json_t *head;

    *groups = 0;
    if (why) {
        return why;
    }
    head = next_line(&at, end, &line, &head_size) ? parse(line, head_size) : NULL;
    why = check_head(head);
    if (!why) {
        why = read_groups(at, end, board, 0, groups);
    }
    if (!why) {
        take_head(board, head);
        why = read_groups(at, end, board, 1, groups);
    }
    json_decref(head);
    return why;
}

static apr_status_t open_file(int directory, int *fd, apr_size_t *size)
{
    struct stat information;

    *fd = openat(directory, T2M_GROUP_FILE,
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &information) != 0) {
        return errno;
    }
    if (!S_ISREG(information.st_mode)) {
        return APR_EINVAL;
    }
    *size = (apr_size_t)information.st_size;
    return information.st_size <= T2M_GROUP_FILE_MAX ? APR_SUCCESS : EFBIG;
}

/* *size bytes, or fewer when there are no more. */
static apr_status_t read_all(int fd, char *bytes, apr_size_t *size)
{
    apr_size_t wanted = *size;
    ssize_t got = 1;

    for (*size = 0; got > 0 && *size < wanted; *size += (apr_size_t)got) {
        do {
            got = read(fd, bytes + *size, wanted - *size);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

/* The file's bytes, to be freed. */
static apr_status_t read_file(int directory, char **bytes, apr_size_t *size)
{
    int fd;
    apr_status_t status = open_file(directory, &fd, size);

    *bytes = status == APR_SUCCESS ? malloc(*size + 1) : NULL;
    if (status == APR_SUCCESS) {
        status = *bytes ? read_all(fd, *bytes, size) : APR_ENOMEM;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static const char *read_into(int directory, t2m_board_t *board, unsigned *groups,
                             apr_status_t *status)
{
    apr_size_t size = 0;
    char *bytes;
    const char *why = NULL;

    *status = read_file(directory, &bytes, &size);
    if (*status == APR_SUCCESS) {
        why = t2m_group_file_read(bytes, size, board, groups);
    } else if (*status != APR_ENOENT) {
        why = *status == APR_EINVAL ? "it is no regular file" : strerror(*status);
    }
    free(bytes);
    return why;
}

/* Device and inode of a directory. */
static apr_status_t identify(int directory, apr_uint64_t identity[2])
{
    struct stat information;

    if (fstat(directory, &information) != 0) {
        return errno;
    }
    identity[0] = (apr_uint64_t)information.st_dev;
    identity[1] = (apr_uint64_t)information.st_ino;
    return APR_SUCCESS;
}

static void note_directory(t2m_board_t *board, const apr_uint64_t identity[2])
{
    t2m_store(&board->tables->groups_directory[0], identity[0]);
    t2m_store(&board->tables->groups_directory[1], identity[1]);
}

apr_status_t t2m_group_file_own(int directory, t2m_board_t *board, int *aside)
{
    apr_uint64_t identity[2];
    apr_status_t status = identify(directory, identity);

    *aside = 0;
    if (status != APR_SUCCESS
        || memcmp(identity, board->tables->groups_directory, sizeof(identity)) == 0) {
        return status;
    }
    if (renameat(directory, T2M_GROUP_FILE, directory, BEFORE) == 0) {
        *aside = 1;
    } else if (errno != ENOENT) {
        return errno;
    }
    note_directory(board, identity);
    return APR_SUCCESS;
}

/* A board that has seen a batch has groups of its own. */
static int is_new_board(t2m_board_t *board)
{
    return !board->tables->restored && board->header->done_batch == 0
        && board->header->intent.phase == T2M_INTENT_NONE;
}

apr_status_t t2m_group_file_load(int directory, t2m_board_t *board, unsigned *groups,
                                 const char **why)
{
    apr_status_t status = APR_SUCCESS;
    apr_uint64_t identity[2];

    *groups = 0;
    *why = NULL;
    if (is_new_board(board)) {
        t2m_board_undo(board); /* of a writer that was killed in doing this */
        (void)unlinkat(directory, TEMPORARY, 0);
        *why = read_into(directory, board, groups, &status);
        if (identify(directory, identity) == APR_SUCCESS) {
            note_directory(board, identity);
        }
    }
    if (*why) {
        status = renameat(directory, T2M_GROUP_FILE, directory, DAMAGED) == 0 ? APR_EINVAL : errno;
    }
    T2M_STEP("groups restored");
    t2m_store(&board->tables->restored, 1);
    return status;
}
