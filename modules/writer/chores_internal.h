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

/* Between the files of the chores: what both threads share, and what only the second one has. */
#ifndef T2M_WRITER_CHORES_INTERNAL_H
#define T2M_WRITER_CHORES_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "core/retention.h"
#include "shared/slot.h"
#include "writer/chores.h"

/* A file as the thread that writes holds it. */
typedef struct {
    t2m_settings_file_t settings;
    apr_uint64_t device, inode; /* 0, 0: not open */
    apr_uint64_t size;
    apr_uint64_t seq, lines, rotations;
} t2m_chores_file_t;

enum { T2M_CHORES_NOTICES = 8 };

/* Under the lock. */
typedef struct {
    apr_uint32_t file_count;
    t2m_chores_file_t *files;     /* T2M_FILES_MAX */
    char token_file[T2M_PATH_MAX];
    char directory[T2M_PATH_MAX];
    t2m_limit_t max_total, min_free;
    apr_uint64_t passes;
    apr_int64_t made;
    apr_uint64_t generation;      /* of the settings */
    apr_uint32_t layout;          /* t2m_layout_e */
    apr_uint64_t batch;           /* the last one that is done */
    int active;                   /* lines were written, or the settings are new */
    int idle;                     /* the second thread waits until somebody wakes it */

    /* The other way. */
    int news;
    apr_uint64_t *moved;          /* inode of an open file that its path no longer names; 0 */
    unsigned char *rotate;        /* asked for by the command line */
    apr_status_t rotate_status;   /* the last failure */
    int tokens_new;
    t2m_tokens_t tokens;
    apr_uint64_t disk_size, disk_free, logs_size, deleted, compressed;
    apr_uint32_t shed;
    apr_uint32_t notice_count;
    struct { t2m_level_e level; char text[T2M_NOTICE_SIZE]; } notices[T2M_CHORES_NOTICES];
} t2m_chores_shared_t;

struct t2m_chores_t {
    pthread_t thread;
    pthread_mutex_t lock;
    t2m_chores_shared_t shared;
    t2m_drain_t *drain;
    int stop;                     /* atomic */
    int wake_fds[2];              /* a pipe that ends the second thread's waiting */
    int news_fds[2];              /* and one that ends the first one's */

    /* The second thread's own. */
    int socket_fd;
    struct {
        int fd;                   /* of inotify(7); -1: none */
        int complete;             /* whatever others may do is noticed */
        int stale;                /* what is watched was moved or removed */
        apr_uint64_t generation;  /* of the settings */
    } watch;
    apr_int64_t last_active, last_watch;
    apr_int64_t last_files, last_tokens, last_space, last_disk, last_retain; /* monotonic, us */
    apr_time_t last_complaint;
    int retain_again;
    apr_uint64_t rotations;       /* of all files, at the last retention */
    t2m_retention_clock_t clock;
    struct { apr_int64_t modified; apr_uint64_t size, inode; int failed; } token_seen;
    struct {
        apr_uint64_t mark;        /* of the groups as they were last saved */
        apr_uint64_t directory[2]; /* device and inode: where */
        apr_int64_t tried;        /* monotonic, us, when last; 0: never */
        apr_status_t failed;      /* what was told of */
    } groups;
    char token_path[T2M_PATH_MAX];
    t2m_slot_t slot;              /* a producer of its own, for the audit of the command line */
};

/** t2m_chores_start without the thread. */
t2m_chores_t *t2m_chores_make(t2m_drain_t *drain);

/** A copy of a file's row; 0 behind the last. */
int t2m_chores_file(t2m_chores_t *chores, apr_uint32_t i, t2m_chores_file_t *file);

/** Leaves a notice for the administrator. */
void t2m_chores_notice(t2m_chores_t *chores, t2m_level_e level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Marks that there is something for the thread that writes; with the lock held. */
void t2m_chores_news(t2m_chores_t *chores);

/** The chores, each when it is due; now and monotonic are microseconds. */
void t2m_chores_files(t2m_chores_t *chores);
void t2m_chores_watch(t2m_chores_t *chores); /* before the others: what comes later is an event */
void t2m_chores_space(t2m_chores_t *chores);
void t2m_chores_disk(t2m_chores_t *chores, apr_time_t now, apr_int64_t monotonic);
void t2m_chores_tokens(t2m_chores_t *chores);
void t2m_chores_groups(t2m_chores_t *chores, apr_int64_t monotonic);

/** Before there is a second thread: finds out whether the groups are those of their file. */
void t2m_chores_groups_begin(t2m_chores_t *chores);

/** Microseconds until t2m_chores_groups has something to do; APR_INT64_MAX: nothing changed. */
apr_int64_t t2m_chores_groups_next(const t2m_chores_t *chores, apr_int64_t monotonic);

/**
 * Takes the events of what t2m_chores_watch watches. Nonzero when somebody has changed something
 * there that a chore may have to see to.
 */
int t2m_chores_watched(t2m_chores_t *chores);

/**
 * Nonzero when nothing can happen that nobody would tell the second thread of: others' doings are
 * watched, also to the directories above, none of which is behind a link.
 */
int t2m_chores_watch_suffices(const t2m_chores_t *chores);

/**
 * For a chore that takes long, from time to time and without a lock held: does those of the others
 * that are due. Nonzero when the long one is to end.
 */
int t2m_chores_meanwhile(t2m_chores_t *chores);

/** The control socket: made, or -1; one client served; closed and unlinked. */
int t2m_control_listen(void);

/**
 * A chore: the descriptor T2M_FD_DIRECTORY follows when another directory stands under the name
 * (moved away and made again, mounted over, another T2MLogDir), and the socket is made where there
 * is none. Without it the command line would find no writer, and no record of who reads be made.
 */
void t2m_control_follow(t2m_chores_t *chores);
void t2m_control_serve(t2m_chores_t *chores);
void t2m_control_close(int fd);

/**
 * Writes an admin_log_access record of the command line and waits until it is in its file.
 * Returns APR_SUCCESS or why there is none: APR_ENOENT when the stream security is off.
 */
apr_status_t t2m_chores_audit(t2m_chores_t *chores, uid_t user, pid_t process,
                              const char *command);

#endif
