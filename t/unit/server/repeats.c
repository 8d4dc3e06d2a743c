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

/* Tests modules/server/repeats.c: what one process thins out by its own count and the board's; the
 * slot's part is played by a few functions. t/61-repeats.t has the rest. */
#include "server/repeats.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/process.h"
#include "tap.h"

enum { HANGS = 20 }; /* seconds, after which a test that waits for a lock is ended */

static t2m_tables_t *tables;
static t2m_board_t board;
static int has_board = 1, has_room = 1;
static void (*meanwhile)(void); /* called while an error is counted in the slot */

static const t2m_repeat_rule_t rule = { .first = 5, .every = apr_time_from_sec(60) };
static const t2m_repeat_rule_t off = { .off = 1 };

const t2m_board_t *t2m_process_board(void)
{
    return has_board ? &board : NULL;
}

int t2m_process_suppress(const t2m_suppression_t *suppression)
{
    (void)suppression;
    if (meanwhile) {
        meanwhile();
    }
    return has_room;
}

static t2m_suppression_t error_of(const char *id, apr_time_t time)
{
    t2m_suppression_t error = { .id = id, .level = T2M_LEVEL_ERROR, .time = time };

    return error;
}

static int holds(const char *id, apr_time_t time)
{
    t2m_suppression_t error = error_of(id, time);

    return t2m_repeats_hold(&rule, &error);
}

static const apr_time_t start = apr_time_from_sec(1000000);

static void begin(void)
{
    t2m_repeats_start();
    memset(tables, 0, sizeof(*tables));
    meanwhile = NULL;
    has_board = has_room = 1;
}

/* The numbers, from 1, of those of count errors at a time that are pushed. */
static const char *pushed(const char *id, int count, apr_time_t time)
{
    static char text[256];
    int i;

    text[0] = '\0';
    for (i = 1; i <= count; i++) {
        if (!holds(id, time)) {
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " %d", i);
        }
    }
    return text;
}

/* ---- the own count --------------------------------------------------------------------------- */

static void test_own(void)
{
    t2m_suppression_t error = error_of("0123456789ab", start);
    const char *text;

    begin();
    text = pushed("0123456789ab", 100, start);
    is_bytes(text, strlen(text), " 1 2 3 4 5 10 20 40 80", "the first ones and the milestones");
    ok(!holds("0123456789ac", start), "another group has a count of its own");
    ok(holds("0123456789ab", start + rule.every - 1), "nothing more for a while");
    ok(!holds("0123456789ab", start + rule.every), "then one");
    ok(holds("0123456789ab", start + rule.every), "and no other at once");
    ok(!t2m_repeats_hold(&off, &error), "without a rule each is pushed");
    has_board = 0;
    ok(!holds("0123456789ab", start + rule.every), "and without a slot");
    has_board = 1;
    has_room = 0;
    ok(!holds("0123456789ab", start + rule.every), "and what finds no place to be counted in");
}

/* What was pushed last may lie ahead of the clock. */
static void test_clock(void)
{
    const apr_time_t before = start - apr_time_from_sec(24 * 60 * 60);

    begin();
    (void)pushed("0123456789ab", 11, start);
    ok(holds("0123456789ab", before), "no time has gone when the clock was set back");
    ok(holds("0123456789ab", before + rule.every - 1), "it is counted from there");
    ok(!holds("0123456789ab", before + rule.every), "so that one is pushed in time");
}

/* ---- the board's ----------------------------------------------------------------------------- */

/* A row as the writer leaves it when it has written `count` errors, the last one at that time. */
static void fold(unsigned row, const char *id, apr_uint64_t count, apr_time_t time)
{
    t2m_group_t *group = &tables->groups[row];

    memcpy(group->id, id, sizeof(group->id));
    group->used = 1;
    group->row.batch++;
    group->repeat.count = count;
    group->repeat.next = 160;
    group->repeat.last = group->repeat.written = time;
}

static void test_board(void)
{
    const char *text;

    begin();
    fold(7, "0123456789ab", 100, start);
    text = pushed("0123456789ab", 10, start);
    is_bytes(text, strlen(text), " 1 2 3 4 5", "the row is looked for when a group comes often");
    text = pushed("0123456789ab", 30, start);
    is_bytes(text, strlen(text), "", "all processes together had enough");
    fold(7, "0123456789ab", 159, start);
    ok(!holds("0123456789ab", start), "the milestone of all of them");
    fold(7, "fedcba987654", 1, start);
    text = pushed("0123456789ab", 6, start);
    is_bytes(text, strlen(text), " 1 2 3 4", "the row is another group's: the own count goes on");
    fold(7, "0123456789ab", 159, start);
    tables->groups[7].row.sequence = 1;
    ok(holds("0123456789ab", start), "also while it is changing");
    tables->groups[7].row.sequence = 2;
    ok(!holds("0123456789ab", start), "then the board's counts again");
}

/* ---- who may call ---------------------------------------------------------------------------- */

static int nested;

static void log_again(void)
{
    meanwhile = NULL;
    nested = holds("0123456789ab", start);
}

static void test_nested(void)
{
    begin();
    (void)pushed("0123456789ab", 7, start);
    meanwhile = log_again;
    nested = 1;
    (void)alarm(HANGS);
    ok(holds("0123456789ab", start) && nested == 0,
       "a signal handler that logs in the middle does not wait for itself, but pushes");
    (void)alarm(0);
}

static int entered[2], go_on[2];

static void wait_to_go_on(void)
{
    char byte = 0;

    meanwhile = NULL;
    (void)!write(entered[1], &byte, 1);
    (void)!read(go_on[0], &byte, 1);
}

static void *flood(void *result)
{
    *(int *)result = holds("0123456789ab", start);
    return NULL;
}

static void test_fork(void)
{
    pthread_t thread;
    int held = 0, status = -1;
    char byte = 0;
    pid_t child;

    begin();
    (void)pushed("0123456789ab", 7, start);
    (void)!pipe(entered);
    (void)!pipe(go_on);
    meanwhile = wait_to_go_on;
    (void)pthread_create(&thread, NULL, flood, &held);
    (void)!read(entered[0], &byte, 1);
    child = fork();
    if (child == 0) {
        (void)alarm(HANGS);
        _exit(!holds("0123456789ab", start));
    }
    (void)waitpid(child, &status, 0);
    (void)!write(go_on[1], &byte, 1);
    (void)pthread_join(thread, NULL);
    is_number(status, 0, "a process that is forked while a thread counts does not wait for it");
    ok(held, "nor is the thread disturbed");
}

int main(void)
{
    tables = calloc(1, sizeof(*tables));
    board.tables = tables;
    test_own();
    test_clock();
    test_board();
    test_nested();
    test_fork();
    free(tables);
    return tap_done();
}
