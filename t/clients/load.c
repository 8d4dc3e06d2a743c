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

/* A client at a fixed rate, for the tests that do harm to the server meanwhile.
 *
 *   load PORT SEED SECONDS RECEIVED POOL...
 *
 * POOL is PATH,RATE,CONNECTIONS: so many requests a second for that path, over at most so many
 * keep-alive connections to 127.0.0.1. The schedule is an open loop: each millisecond its share of
 * the requests is due, whether or not the ones before were answered, and what they take counts
 * from then.
 *
 * Request NUMBER has the query `n=SEED-CONNECTION-NUMBER` and the header `X-Request-ID:
 * n-SEED-CONNECTION-NUMBER`; a number is sent at most once. When a connection that had been used
 * before is closed without a byte of the answer, the request is sent anew with another number, as
 * browsers do: servers close idle connections when they please. The file RECEIVED gets a line
 * `NUMBER` for each whole answer with status 200. When SECONDS are over or SIGTERM comes nothing
 * more is sent, the answers are waited for, and the summary is printed as JSON, with percentiles of
 * the first pool for each second, in microseconds. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "durations.h"

enum {
    POOLS_MAX = 4,
    ANSWER_MAX = 16384, /* the head of an answer; a body may be longer */
    REQUEST_MAX = 512,
    AGAIN_MAX = 4096,   /* requests that wait to be sent anew */
    SECONDS_MAX = 7200,
    LINGER_MS = 15000,  /* for the last answers */
    RETRY_MS = 20,      /* after a connection was refused */
    EVENTS_MAX = 256
};

typedef enum { CLOSED, CONNECTING, IDLE, BUSY } phase_e;

typedef struct pool_t pool_t;

typedef struct connection_t {
    pool_t *pool;
    struct connection_t *next; /* in the pool's list of idle or of closed ones */
    unsigned index;
    int fd;
    phase_e phase;
    int64_t due, retry;        /* of the request on its way; when to connect again; nanoseconds */
    unsigned number;
    size_t used;               /* bytes of the answer's head so far */
    size_t missing;            /* bytes of its body that are still to come */
    int in_body, status, closing;
    int used_before;           /* an answer came over it */
    char answer[ANSWER_MAX];
} connection_t;

struct pool_t {
    const char *path;
    double rate;
    unsigned count;
    connection_t *connections, *idle, *closed;
    connection_t **idle_end; /* they take turns: every process of the server has its share */
    uint64_t scheduled; /* requests sent */
    int64_t again[AGAIN_MAX]; /* when they were due */
    unsigned again_count;
};

typedef struct {
    uint64_t sent, received, failed, retried;
    uint64_t refused;      /* answers with another status */
    durations_t durations; /* of the first pool */
} second_t;

static pool_t pools[POOLS_MAX];
static unsigned pool_count, next_number;
static unsigned seed;
static int poller, port;
static FILE *received_file;
static second_t *seconds;
static uint64_t connects, statuses[600];
static int64_t started;
static unsigned seconds_used;
static volatile sig_atomic_t told_to_stop;

static void die(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void on_stop(int signal_number) { told_to_stop = signal_number; }

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The second that a request belongs to: that in which it was due. */
static second_t *second_of(int64_t due)
{
    int64_t index = (due - started) / 1000000000;

    index = index < 0 ? 0 : index < SECONDS_MAX ? index : SECONDS_MAX - 1;
    if ((unsigned)index >= seconds_used) {
        seconds_used = (unsigned)index + 1;
    }
    return &seconds[index];
}

static void note_duration(const connection_t *connection, int64_t now)
{
    if (connection->pool == pools) {
        durations_add(&second_of(connection->due)->durations,
                      (uint64_t)(now - connection->due) / 1000);
    }
}

/* ---- connections ----------------------------------------------------------------------------- */

static void watch(connection_t *connection, int operation, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };

    if (epoll_ctl(poller, operation, connection->fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void put_closed(connection_t *connection, int64_t retry)
{
    connection->phase = CLOSED;
    connection->fd = -1;
    connection->retry = retry;
    connection->next = connection->pool->closed;
    connection->pool->closed = connection;
}

static void put_idle(connection_t *connection)
{
    connection->phase = IDLE;
    connection->next = NULL;
    *connection->pool->idle_end = connection;
    connection->pool->idle_end = &connection->next;
}

static void take_idle(connection_t *connection)
{
    connection_t **link = &connection->pool->idle;

    while (*link != connection) {
        link = &(*link)->next;
    }
    *link = connection->next;
    if (connection->pool->idle_end == &connection->next) {
        connection->pool->idle_end = link;
    }
}

static void note_failure(const connection_t *connection)
{
    pool_t *pool = connection->pool;
    second_t *second = second_of(connection->due);

    if (connection->used_before && connection->used == 0 && pool->again_count < AGAIN_MAX) {
        pool->again[pool->again_count++] = connection->due;
        second->retried++;
    } else {
        second->failed++;
    }
}

/* The connection is over; a request that was on its way has no answer. */
static void drop(connection_t *connection)
{
    phase_e phase = connection->phase;

    if (phase == BUSY) {
        note_failure(connection);
    } else if (phase == IDLE) {
        take_idle(connection);
    }
    (void)close(connection->fd);
    put_closed(connection, phase == CONNECTING ? now_ns() + RETRY_MS * 1000000LL : 0);
}

static void open_one(connection_t *connection)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int on = 1;

    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        die("socket");
    }
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connects++;
    connection->used_before = 0;
    connection->phase = CONNECTING;
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0
        && errno != EINPROGRESS) {
        (void)close(connection->fd);
        put_closed(connection, now_ns() + RETRY_MS * 1000000LL);
        return;
    }
    watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
}

static void open_closed(pool_t *pool, int64_t now)
{
    connection_t **link = &pool->closed;

    while (*link) {
        connection_t *connection = *link;

        if (connection->retry > now) {
            link = &connection->next;
            continue;
        }
        *link = connection->next;
        open_one(connection);
        if (connection->phase == CLOSED) {
            return; /* it stands in the list again */
        }
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static void send_request(connection_t *connection, int64_t due)
{
    char text[REQUEST_MAX];
    int size;

    connection->number = next_number++;
    connection->due = due;
    connection->used = connection->missing = 0;
    connection->in_body = connection->status = connection->closing = 0;
    size = snprintf(text, sizeof(text), "GET %s?n=%06u-%u-%u HTTP/1.1\r\nHost: load.example\r\n"
                    "User-Agent: t2mlog-load\r\nX-Request-ID: n-%06u-%u-%u\r\n\r\n",
                    connection->pool->path, seed, connection->index, connection->number,
                    seed, connection->index, connection->number);
    connection->phase = BUSY;
    second_of(due)->sent++;
    if (send(connection->fd, text, (size_t)size, MSG_NOSIGNAL) != size) {
        drop(connection);
    }
}

/* When the pool's next request is due: in whole milliseconds, for a client that wakes up for each
 * single request takes half of a core from the server. */
static int64_t due_time(const pool_t *pool)
{
    return started + (int64_t)((double)pool->scheduled * 1e3 / pool->rate) * 1000000;
}

/* Sends what is due as far as there are connections; returns when the next one will be. */
static int64_t send_due(pool_t *pool, int64_t now)
{
    int64_t due;

    while (pool->again_count && pool->idle) {
        connection_t *connection = pool->idle;

        take_idle(connection);
        send_request(connection, pool->again[--pool->again_count]);
    }
    due = due_time(pool);
    while (due <= now && pool->idle) {
        connection_t *connection = pool->idle;

        take_idle(connection);
        pool->scheduled++;
        send_request(connection, due);
        due = due_time(pool);
    }
    /* Without a connection the next event comes from one. */
    return due <= now ? now + RETRY_MS * 1000000LL : due;
}

static void finish(connection_t *connection, int64_t now)
{
    second_t *second = second_of(connection->due);

    statuses[connection->status < 600 ? connection->status : 0]++;
    if (connection->status == 200) {
        second->received++;
        (void)fprintf(received_file, "%u\n", connection->number);
    } else {
        second->refused++;
    }
    note_duration(connection, now);
    connection->used_before = 1;
    if (connection->closing) {
        (void)close(connection->fd);
        put_closed(connection, 0);
    } else {
        put_idle(connection);
    }
}

/* Takes the head apart. Returns 0 when it is not whole, -1 when it is none. */
static int read_head(connection_t *connection)
{
    char *end, *line;
    size_t head;

    connection->answer[connection->used] = '\0';
    end = strstr(connection->answer, "\r\n\r\n");
    if (!end) {
        return connection->used == ANSWER_MAX - 1 ? -1 : 0;
    }
    head = (size_t)(end - connection->answer) + 4;
    if (strncmp(connection->answer, "HTTP/1.1 ", 9) != 0) {
        return -1;
    }
    connection->status = (int)strtol(connection->answer + 9, NULL, 10);
    for (line = connection->answer; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            connection->missing = (size_t)strtoul(line + 15, NULL, 10);
        } else if (strncasecmp(line, "Connection: close", 17) == 0) {
            connection->closing = 1;
        }
    }
    if (connection->used - head > connection->missing) {
        return -1;
    }
    connection->missing -= connection->used - head;
    connection->in_body = 1;
    return 1;
}

static int read_some(connection_t *connection)
{
    char *to = connection->answer + (connection->in_body ? 0 : connection->used);
    size_t room = ANSWER_MAX - 1 - (connection->in_body ? 0 : connection->used);
    ssize_t got = recv(connection->fd, to, room, 0);

    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    if (!connection->in_body) {
        connection->used += (size_t)got;
        return read_head(connection);
    }
    if ((size_t)got > connection->missing) {
        return -1;
    }
    connection->missing -= (size_t)got;
    return 1;
}

static void on_event(connection_t *connection, uint32_t events, int64_t now)
{
    if (connection->phase == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof(error);

        (void)getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error || (events & (EPOLLERR | EPOLLHUP))) {
            drop(connection);
            return;
        }
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
        put_idle(connection);
    } else if (connection->phase == IDLE) {
        drop(connection); /* the server closed it */
    } else if (connection->phase == BUSY) {
        int state = read_some(connection);

        if (state < 0) {
            drop(connection);
        } else if (state > 0 && connection->missing == 0) {
            finish(connection, now);
        }
    }
}

/* ---- the run --------------------------------------------------------------------------------- */

static void wait_until(int64_t moment)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t left = moment - now_ns();
    struct timespec timeout = { 0, 0 };
    int64_t now;
    int i, count;

    if (left > 0) {
        timeout = (struct timespec){ left / 1000000000, left % 1000000000 };
    }
    count = epoll_pwait2(poller, events, EVENTS_MAX, &timeout, NULL);
    if (count < 0 && errno != EINTR) {
        die("epoll_pwait2");
    }
    now = now_ns();
    for (i = 0; i < count; i++) {
        on_event(events[i].data.ptr, events[i].events, now);
    }
}

static unsigned busy(void)
{
    unsigned i, j, count = 0;

    for (i = 0; i < pool_count; i++) {
        for (j = 0; j < pools[i].count; j++) {
            count += pools[i].connections[j].phase == BUSY;
        }
    }
    return count;
}

/* Returns when the last request was due. */
static int64_t run(int64_t end)
{
    int64_t now, next, last;
    unsigned i;

    while ((now = now_ns()) < end && !told_to_stop) {
        next = end;
        for (i = 0; i < pool_count; i++) {
            int64_t due;

            open_closed(&pools[i], now);
            due = send_due(&pools[i], now);
            next = due < next ? due : next;
        }
        wait_until(next);
    }
    last = now < end ? now : end;
    end = last + LINGER_MS * 1000000LL;
    while (busy() && (now = now_ns()) < end) {
        wait_until(now + 10000000 < end ? now + 10000000 : end);
    }
    return last;
}

static uint64_t never_sent(double lasted)
{
    uint64_t count = 0;
    unsigned i;

    for (i = 0; i < pool_count; i++) {
        uint64_t due = (uint64_t)(lasted * pools[i].rate);

        count += due > pools[i].scheduled ? due - pools[i].scheduled : 0;
        count += pools[i].again_count;
    }
    return count;
}

static void print_second(const second_t *second, unsigned index)
{
    const durations_t *durations = &second->durations;

    (void)printf("%s{\"sent\":%lu,\"received\":%lu,\"failed\":%lu,\"retried\":%lu,"
                 "\"refused\":%lu,\"p50\":%lu,\"p99\":%lu,\"p999\":%lu,\"max\":%lu}",
                 index ? "," : "",
                 (unsigned long)second->sent, (unsigned long)second->received,
                 (unsigned long)second->failed, (unsigned long)second->retried,
                 (unsigned long)second->refused,
                 (unsigned long)durations_percentile(durations, 0.5),
                 (unsigned long)durations_percentile(durations, 0.99),
                 (unsigned long)durations_percentile(durations, 0.999),
                 (unsigned long)durations->longest);
}

static void print_summary(double lasted)
{
    second_t *all = calloc(1, sizeof(*all));
    struct rusage usage;
    unsigned i, j;

    if (!all) {
        die("calloc");
    }
    (void)printf("{\"seconds\":[");
    for (i = 0; i < seconds_used; i++) {
        const second_t *second = &seconds[i];

        print_second(second, i);
        all->sent += second->sent;
        all->received += second->received;
        all->failed += second->failed;
        all->retried += second->retried;
        all->refused += second->refused;
        durations_join(&all->durations, &second->durations);
    }
    (void)printf("],\"all\":[");
    print_second(all, 0);
    (void)printf("],\"statuses\":{");
    for (i = j = 0; i < 600; i++) {
        if (statuses[i]) {
            (void)printf("%s\"%u\":%lu", j++ ? "," : "", i, (unsigned long)statuses[i]);
        }
    }
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("},\"unanswered\":%u,\"never_sent\":%lu,\"connects\":%lu,\"numbers\":%u,"
                 "\"lasted\":%.3f,\"cpu\":%.3f}\n", busy(), (unsigned long)never_sent(lasted),
                 (unsigned long)connects, next_number, lasted,
                 (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    free(all);
}

static void read_pool(char *text)
{
    pool_t *pool = &pools[pool_count++];
    char *rate = strchr(text, ','), *count = rate ? strchr(rate + 1, ',') : NULL;
    unsigned i;

    if (!count) {
        errno = EINVAL;
        die(text);
    }
    *rate = *count = '\0';
    pool->path = text;
    pool->idle_end = &pool->idle;
    pool->rate = strtod(rate + 1, NULL);
    pool->count = (unsigned)strtoul(count + 1, NULL, 10);
    pool->connections = calloc(pool->count, sizeof(*pool->connections));
    if (pool->rate <= 0 || pool->count == 0 || !pool->connections
        || strlen(pool->path) > REQUEST_MAX / 2) {
        errno = EINVAL;
        die("PATH,RATE,CONNECTIONS");
    }
    for (i = 0; i < pool->count; i++) {
        pool->connections[i].pool = pool;
        pool->connections[i].index = pool_count * 1000 + i;
        put_closed(&pool->connections[i], 0);
    }
}

static void prepare(int argc, char **argv)
{
    struct sigaction action;
    int i;

    if (argc < 6 || argc - 5 > POOLS_MAX) {
        errno = EINVAL;
        die("load PORT SEED SECONDS RECEIVED PATH,RATE,CONNECTIONS...");
    }
    port = (int)strtol(argv[1], NULL, 10);
    seed = (unsigned)strtoul(argv[2], NULL, 10);
    received_file = fopen(argv[4], "we");
    seconds = calloc(SECONDS_MAX, sizeof(*seconds));
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!received_file || !seconds || poller < 0) {
        die(argv[4]);
    }
    for (i = 5; i < argc; i++) {
        read_pool(argv[i]);
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_stop;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
    unsigned i;
    double lasted;

    prepare(argc, argv);
    started = now_ns();
    lasted = (double)(run(started + (int64_t)(strtod(argv[3], NULL) * 1e9)) - started) / 1e9;
    if (fclose(received_file) != 0) {
        die(argv[4]);
    }
    print_summary(lasted);
    for (i = 0; i < pool_count; i++) {
        free(pools[i].connections);
    }
    free(seconds);
    return 0;
}
