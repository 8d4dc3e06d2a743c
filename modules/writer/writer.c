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

/* The writer's loop: drain, look after dead owners, sleep until woken.
 *
 * While there is work it looks every few milliseconds without being woken; it says that it sleeps
 * only after a quiet while, so that workers, who wake it at most once in 50 ms, never wake it in
 * vain.
 */
#include "writer/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <openssl/crypto.h>

#include "shared/atomic.h"
#include "shared/handover.h"
#include "writer/chain_head.h"
#include "writer/chain_key.h"
#include "writer/chores.h"
#include "writer/confine.h"
#include "writer/drain.h"
#include "writer/group_file.h"
#include "writer/ledger.h"
#include "writer/owners.h"
#include "writer/peer.h"
#include "writer/quarantine.h"
#include "writer/roll.h"
#include "writer/tell.h"

enum {
    LOOK_MS = 5,         /* between two looks while there is work */
    QUIET_US = 150000,   /* no work for so long: sleep */
    SETTLE_US = 5000000, /* what others have to say of the last lines comes within so long */
    SLEEP_MS = 1000,     /* until then, and when nobody would wake us */
    IDLE_MS = 60000,
    OWNERS_US = 200000,  /* between two looks at the slots' owners */
    RETRY_MS = 100,      /* after a file refused */
    GIVE_UP_US = 8000000, /* at the end, for a file that refuses: before the supervisor does */
    LOOKS_AT_END = 8,    /* at the owners, for the parent's word on how one of them ended */
    ASKED_US = 500000    /* so long the ledger is kept up after an ask */
};

typedef struct {
    t2m_drain_t drain;
    t2m_chores_t *chores;
    t2m_owners_t *owners;
    t2m_tell_t tell;
    apr_int64_t last_work, last_owners; /* monotonic microseconds */
    int untold; /* heads of chains are due */
    apr_uint64_t supervised; /* when the supervisor began, as t2m_owners_began says */
    t2m_chain_heads_t *heads;
    apr_uint64_t refused; /* claims of slots, at the last look at the owners */
    pid_t supervisor;
    t2m_peer_t above, server; /* the supervisor, httpd's parent */
    int unburied; /* owners that are gone, of whom the last word is not said */
    int again; /* what it needs now lies outside of its confinement */
    int alone; /* the lifeline hung up: no producer is left */
} writer_t;

static apr_int64_t monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Writes what there is. Returns nonzero when there was anything. */
static int drain_once(writer_t *writer)
{
    int moved = 0;
    apr_status_t status = t2m_drain_pass(&writer->drain, apr_time_now(), &moved);

    if (writer->drain.asked && apr_time_now() - writer->drain.asked < ASKED_US) {
        t2m_ledger_publish(&writer->drain, apr_time_now(), monotonic());
        writer->last_work = monotonic(); /* whoever asked may wait for the next passes too */
    }
    (void)t2m_add(&writer->drain.board.header->passes, 1);
    t2m_tell_refusals(&writer->tell, &writer->drain, moved);
    if (status != APR_SUCCESS) {
        writer->last_work = monotonic(); /* it is tried again without a wake-up */
        (void)poll(NULL, 0, RETRY_MS);
        return 1;
    }
    if (moved || t2m_drain_refusing(&writer->drain)) {
        writer->last_work = monotonic(); /* a file that refuses is asked again without a wake-up */
    }
    return moved;
}

static int has_requests(const t2m_drain_t *drain, apr_uint32_t slot)
{
    t2m_inflight_t request;
    apr_uint32_t i;

    for (i = 0; i < drain->slots.geometry.inflight_count; i++) {
        if (t2m_slots_inflight(&drain->slots, slot, i, drain->board.heads[slot], &request)) {
            return 1;
        }
    }
    return 0;
}

static int left_a_word(const t2m_drain_t *drain, apr_uint32_t slot)
{
    t2m_crash_t crash;

    t2m_slots_crash(&drain->slots, slot, &crash);
    return crash.signal != 0 || crash.exited != 0;
}

/* The parent, which reaped the process, says a moment later how it ended; where there is no parent
 * any more nobody does. */
static int is_too_early(const writer_t *writer, apr_uint32_t slot, apr_uint64_t owner,
                        unsigned gone, t2m_drain_end_t *end)
{
    return !t2m_drain_end(&writer->drain, slot, owner, writer->alone, end) && gone < LOOKS_AT_END
        && (has_requests(&writer->drain, slot) || left_a_word(&writer->drain, slot));
}

static void bury(writer_t *writer, apr_uint32_t slot, apr_uint64_t owner, unsigned gone)
{
    t2m_drain_t *drain = &writer->drain;
    apr_uint64_t head = drain->board.heads[slot];
    t2m_drain_end_t end;

    if ((t2m_slots_tail(&drain->slots, slot, head) != head /* its records first */
         && !t2m_quarantine_has(&drain->board, &drain->slots, slot))
        || is_too_early(writer, slot, owner, gone, &end)) {
        return;
    }
    (void)t2m_drain_bury(drain, slot, owner, &end, apr_time_now(), monotonic());
}

/* From time to time, and at once when somebody asked for a slot in vain. */
static int owners_are_due(writer_t *writer)
{
    apr_uint64_t refused = t2m_slots_refused(&writer->drain.slots);
    apr_int64_t now = monotonic();

    if (!writer->alone && refused == writer->refused && now - writer->last_owners < OWNERS_US) {
        return 0;
    }
    writer->refused = refused;
    writer->last_owners = now;
    return 1;
}

static void look_after_owners(writer_t *writer)
{
    t2m_drain_t *drain = &writer->drain;
    apr_uint32_t slot;

    if (!owners_are_due(writer)) {
        return;
    }
    writer->unburied = 0;
    for (slot = 0; slot < drain->slots.geometry.slot_count; slot++) {
        apr_uint64_t owner = t2m_slots_owner(&drain->slots, slot);
        unsigned gone = owner == 0 ? 0 : writer->alone ? 2
                      : t2m_owners_gone(writer->owners, slot, owner);

        if (gone) {
            bury(writer, slot, owner, gone);
            writer->unburied += t2m_slots_owner(&drain->slots, slot) != 0;
        }
    }
}

static int hung_up(void)
{
    struct pollfd lifeline = { T2M_FD_LIFELINE, 0, 0 };

    return poll(&lifeline, 1, 0) > 0 && (lifeline.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void empty_wake_pipe(void)
{
    char bytes[64];

    while (read(T2M_FD_WAKE, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
    }
}

/* Of no interest once it has ended: it would be readable for ever. */
static int living_fd(const t2m_peer_t *peer)
{
    return t2m_peer_gone(peer) ? -1 : t2m_peer_fd(peer);
}

/* Whoever has something to say wakes us: workers with a record, httpd's parent with the end of a
 * worker or new settings, the chores with news, the ends of parent and supervisor. When one of
 * those two is gone, an owner is not buried yet, or workers are still there that were born before
 * the supervisor and wake another one's writer, it is looked again and again. */
static int sleep_ms(const writer_t *writer)
{
    apr_int64_t quiet = monotonic() - writer->last_work;
    apr_interval_time_t next;

    if (writer->unburied) {
        return OWNERS_US / 1000;
    }
    if (quiet < SETTLE_US || writer->untold || living_fd(&writer->above) < 0
        || living_fd(&writer->server) < 0
        || t2m_owners_has_older(writer->owners, &writer->drain.slots, writer->supervised)) {
        return SLEEP_MS;
    }
    next = t2m_roll_next(&writer->drain, apr_time_now()) / 1000 + 1;
    return next < LOOK_MS ? LOOK_MS : next < IDLE_MS ? (int)next : IDLE_MS;
}

/* Says so, looks once more (a record may have come before it was said), sleeps. */
static void sleep_until_woken(writer_t *writer)
{
    t2m_board_header_t *header = writer->drain.board.header;
    struct pollfd wait[5] = { { T2M_FD_WAKE, POLLIN, 0 }, { T2M_FD_LIFELINE, 0, 0 },
                              { t2m_chores_fd(writer->chores), POLLIN, 0 } };

    t2m_peer_follow(&writer->above, writer->supervisor);
    t2m_peer_follow(&writer->server,
                    t2m_slots_owner_pid(t2m_slots_owner(&writer->drain.slots, 0)));
    wait[3] = (struct pollfd){ living_fd(&writer->above), POLLIN, 0 };
    wait[4] = (struct pollfd){ living_fd(&writer->server), POLLIN, 0 };
    t2m_store(&header->asleep, 1);
    t2m_fence();
    if (!t2m_drain_waiting(&writer->drain)) {
        (void)poll(wait, 5, sleep_ms(writer));
    }
    t2m_store(&header->asleep, 0);
    if (wait[0].revents & POLLIN) {
        empty_wake_pipe();
        writer->last_work = monotonic();
    }
}

static void rest(writer_t *writer)
{
    if (monotonic() - writer->last_work < QUIET_US) {
        (void)poll(NULL, 0, LOOK_MS);
    } else {
        sleep_until_woken(writer);
    }
}

/* Nobody is left to pass a notice on: the classic log has it from here. */
static void give_up(const writer_t *writer)
{
    const t2m_drain_t *drain = &writer->drain;
    apr_uint64_t bytes = 0;
    apr_uint32_t i;

    for (i = 0; i < T2M_SPILLS; i++) {
        const t2m_spill_t *spill = &drain->board.header->spills[i];

        bytes += spill->used ? spill->size : 0;
    }
    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        apr_uint64_t head = drain->board.heads[i];

        bytes += t2m_slots_tail(&drain->slots, i, head) - head;
    }
    (void)fprintf(stderr, "T2M0213: the server has ended and %s refuses (%s): %" APR_UINT64_T_FMT
                  " bytes of log records are lost\n",
                  drain->settings->files[drain->failed_file].path,
                  strerror(writer->tell.last_error),
                  bytes);
}

/* Nonzero when all that waits in rings and spills is in the files. A file that refuses for long
 * keeps its own; what is out of reach is left to the next writer. */
static int drain_all(writer_t *writer)
{
    apr_int64_t end = monotonic() + GIVE_UP_US;

    while (drain_once(writer) || t2m_drain_waiting(&writer->drain)
           || t2m_drain_refusing(&writer->drain)) {
        if (t2m_confine_outdated()) {
            return 0;
        }
        if (writer->tell.last_error == APR_SUCCESS) {
            end = monotonic() + GIVE_UP_US;
        } else if (monotonic() > end) {
            return 0;
        } else {
            (void)poll(NULL, 0, LOOK_MS);
        }
    }
    return 1;
}

/* The server is gone: all that is left in the memory goes into the files. One that refuses keeps
 * no other from its last lines. */
static void drain_the_rest(writer_t *writer)
{
    int all;

    writer->alone = 1;
    all = drain_all(writer);
    if (t2m_confine_outdated()) {
        return;
    }
    look_after_owners(writer);
    (void)t2m_drain_tell(&writer->drain, apr_time_now()); /* what fails now has no reader left */
    if ((!all || !drain_all(writer)) && !t2m_confine_outdated()) {
        give_up(writer);
    }
    t2m_chain_heads_end(writer->heads, &writer->drain.board, writer->drain.settings, stderr);
}

/* Its supervisor is gone and the next one's writer waits. */
static int is_relieved(const writer_t *writer)
{
    return writer->supervisor > 0 && getppid() != writer->supervisor
        && t2m_load(&writer->drain.board.header->successor) != 0;
}

static t2m_confine_t confinement(const writer_t *writer)
{
    t2m_confine_t what = { writer->drain.settings, writer->drain.settings->confine != 0 };

    return what;
}

/* While a file refuses a batch, the list of files stays; what the chores found does not wait: a
 * revoked token, or that the file which fills the disk was taken away. */
static void between_batches(writer_t *writer)
{
    if (!t2m_drain_pending(&writer->drain) && t2m_drain_settings(&writer->drain)) {
        const t2m_confine_t what = confinement(writer);

        if (!t2m_confine_covers(&what)) {
            writer->again = 1;
            return;
        }
        t2m_drain_settle(&writer->drain);
    }
    writer->again |= t2m_confine_outdated();
    if (writer->chores) {
        (void)t2m_chores_exchange(writer->chores, &writer->drain);
    }
}

static int run(writer_t *writer)
{
    while (!hung_up()) {
        if (is_relieved(writer)) {
            t2m_chores_stop(writer->chores);
            return T2M_WRITER_DRAINED;
        }
        between_batches(writer);
        if (writer->again) {
            t2m_chores_stop(writer->chores);
            return T2M_WRITER_AGAIN;
        }
        if (!drain_once(writer)) {
            rest(writer);
        }
        look_after_owners(writer);
        t2m_tell_drops(&writer->tell, &writer->drain);
        t2m_tell_clock(&writer->tell, &writer->drain);
        t2m_tell_sync(&writer->tell, &writer->drain);
        writer->untold = t2m_chain_heads_tell(writer->heads, &writer->drain.board,
                                              writer->drain.settings, monotonic());
    }
    t2m_chores_stop(writer->chores);
    (void)t2m_drain_settings(&writer->drain);
    drain_the_rest(writer);
    if (t2m_confine_outdated()) {
        return T2M_WRITER_AGAIN;
    }
    t2m_chores_groups_end(writer->chores, stderr);
    return T2M_WRITER_DRAINED;
}

static int lock_board(int command)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    while (fcntl(T2M_FD_BOARD, command, &whole) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Nonzero unless another process that lives has said that it waits. */
static int is_next(const apr_uint32_t *successor)
{
    apr_uint32_t other = t2m_load(successor);

    return other == 0 || other == (apr_uint32_t)getpid()
        || (kill((pid_t)other, 0) != 0 && errno == ESRCH);
}

/*
 * One writer at any time: a lock on the board, which the kernel drops with its holder. A
 * predecessor that outlived its supervisor goes on until it sees that somebody waits for its
 * place. Two may wait, when a supervisor was relieved just as its writer was new: then the one
 * that has the place first sees that the other waits.
 */
static int wait_for_predecessor(t2m_board_t *board)
{
    apr_uint32_t *successor = &board->header->successor;
    int error = lock_board(F_SETLK);

    while (error == EAGAIN || error == EACCES) {
        if (is_next(successor)) { /* said again and again: one who had waited may unsay it */
            t2m_store(successor, (apr_uint32_t)getpid());
        }
        (void)poll(NULL, 0, LOOK_MS);
        error = lock_board(F_SETLK);
    }
    if (error == 0 && is_next(successor)) {
        t2m_store(successor, 0);
    }
    return error;
}

static const char *become(const char *name)
{
    struct passwd *user;

    if (!*name || geteuid() != 0) {
        return NULL;
    }
    user = getpwnam(name);
    if (!user) {
        return "T2MLogUser: no such user";
    }
    if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0
        || setuid(user->pw_uid) != 0) {
        return "T2MLogUser: cannot become that user";
    }
    return NULL;
}

static void name_process(void)
{
#ifdef PR_SET_NAME
    (void)prctl(PR_SET_NAME, "t2mlog"); /* it was started as /proc/self/exe */
#endif
}

/* Before there is a second thread. What this kernel lacks is told once. */
static void confine(writer_t *writer)
{
    const t2m_confine_t what = confinement(writer);
    t2m_level_e level;
    const char *told = t2m_confine(&what, &level);

    if (told && (level > T2M_LEVEL_INFO || writer->drain.board.header->writers == 0)) {
        t2m_board_notice(&writer->drain.board, level, told);
    }
}

static int unusable(const char *what)
{
    (void)fprintf(stderr, "t2mlog writer: %s\n", what);
    return T2M_WRITER_UNUSABLE;
}

/* Without a key the lines carry no prev: the administrator is told, and all else goes on. */
static void load_chain(writer_t *writer)
{
    unsigned char key[T2M_CHAIN_KEY_SIZE];
    char text[T2M_NOTICE_SIZE];
    const char *why;

    if (!t2m_chores_has_directory()) {
        return; /* all goes to standard output */
    }
    if (t2m_chain_key_load(T2M_FD_DIRECTORY, key, &why) == APR_SUCCESS
        && t2m_chain_make(key, &writer->drain.chain) != APR_SUCCESS) {
        why = "libcrypto has no HMAC-SHA-256";
    }
    OPENSSL_cleanse(key, sizeof(key));
    if (!writer->drain.chain) {
        (void)snprintf(text, sizeof(text), "T2M0220: %.120s/%s: %s; security lines carry no chain "
                       "until it is mended", writer->drain.settings->directory, T2M_CHAIN_KEY, why);
        t2m_board_notice(&writer->drain.board, T2M_LEVEL_ERROR, text);
    }
}

/* Into a new board, before its first batch: an error that comes again is no new one. */
static void load_groups(writer_t *writer)
{
    t2m_board_t *board = &writer->drain.board;
    char text[T2M_NOTICE_SIZE];
    const char *why = NULL;
    apr_status_t status = APR_SUCCESS;
    unsigned groups;

    if (t2m_chores_has_directory()) {
        status = t2m_group_file_load(T2M_FD_DIRECTORY, board, &groups, &why);
    }
    t2m_store(&board->tables->restored, 1); /* a directory that comes later is not asked */
    if (why) {
        (void)snprintf(text, sizeof(text), "T2M0222: %.80s/%s: %.60s; the error groups begin anew"
                       "%s", writer->drain.settings->directory, T2M_GROUP_FILE, why,
                       status == APR_EINVAL ? ", and it is kept as " T2M_GROUP_FILE ".damaged"
                                            : "");
        t2m_board_notice(board, T2M_LEVEL_WARNING, text);
    }
}

/* The site goes first: waking up takes no processor away from whoever answers a request. The rings
 * bridge what that lasts. */
static void give_way(void)
{
#ifdef SCHED_BATCH
    const struct sched_param parameters = { .sched_priority = 0 };

    (void)sched_setscheduler(0, SCHED_BATCH, &parameters);
#endif
}

int t2m_writer_main(int argc, char **argv)
{
    static writer_t writer;
    const char *problem;
    int code;

    (void)umask(027);
    if (t2m_drain_open(&writer.drain, T2M_FD_SLOTS, T2M_FD_BOARD) != APR_SUCCESS) {
        return unusable("no memories of this version under its descriptors: httpd starts it");
    }
    if (wait_for_predecessor(&writer.drain.board) != 0) {
        return T2M_WRITER_FAILED;
    }
    (void)t2m_drain_newest_settings(&writer.drain); /* who it is and what it may reach */
    t2m_confine_bound(writer.drain.settings->confine != 0);
    problem = become(writer.drain.settings->user);
    if (problem) {
        return unusable(problem);
    }
    name_process();
    give_way();
    (void)t2m_chores_enter(writer.drain.settings->directory);
    load_chain(&writer);
    load_groups(&writer);
    confine(&writer);
    writer.drain.sync = t2m_sync_start();
    writer.supervisor = argc > 1 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
    writer.supervised = t2m_owners_began((int)writer.supervisor);
    writer.owners = t2m_owners_create(writer.drain.slots.geometry.slot_count);
    if (!writer.owners) {
        return T2M_WRITER_FAILED;
    }
    t2m_store(&writer.drain.board.header->writer_pid, (apr_uint32_t)getpid());
    (void)t2m_add(&writer.drain.board.header->writers, 1);
    writer.last_work = monotonic();
    writer.heads = t2m_chain_heads_make();
    writer.chores = t2m_chores_start(&writer.drain);
    (void)t2m_drain_settings(&writer.drain); /* by which the last writer's batch was made */
    if (t2m_drain_finish(&writer.drain) == APR_SUCCESS) { /* else it is tried again */
        (void)t2m_drain_settings(&writer.drain);
        t2m_drain_settle(&writer.drain);
    }
    code = run(&writer);
    t2m_sync_stop(writer.drain.sync);
    return code;
}
