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

/* Tests modules/writer/chores_watch.c, and that the second thread is woken by lines. */
#include "writer/chores_internal.h"

#include <sys/stat.h>
#include <unistd.h>

#include "writer/chores_world.h"

static char token_file[256];

/* Whether anything happened since the last time; all is watched anew then. */
static int seen(void)
{
    int any = t2m_chores_watched(chores);

    t2m_chores_watch(chores);
    (void)t2m_chores_watched(chores);
    return any;
}

static void exchange(void)
{
    (void)t2m_chores_exchange(chores, &drain);
}

static void files(void)
{
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    ok(!seen(), "our own lines are no events");
    (void)renameat(folder, "talk2me.log", folder, "talk2me.log.taken");
    ok(seen(), "a file that was moved away");
    (void)unlinkat(folder, "talk2me.log.taken", 0);
    ok(seen(), "one that was deleted");
    folder_put("other", "x", 1);
    ok(seen(), "one that was made");
    (void)truncate(chores_path(T2M_STREAM_ACCESS), 0);
    (void)seen();
    folder_put("other", "", 0);
    ok(seen(), "one that was cut to nothing by who wrote to it");
    ok(!seen(), "nothing");
}

static void directory_moves(void)
{
    char moved[256];

    (void)snprintf(moved, sizeof(moved), "%s.moved", folder_path);
    (void)rename(folder_path, moved);
    ok(t2m_chores_watched(chores) && chores->watch.stale, "the directory was moved away");
    ok(!t2m_chores_watch_suffices(chores), "sleep would miss something");
    t2m_chores_watch(chores);
    ok(!t2m_chores_watch_suffices(chores), "as long as there is none in its place");
    (void)rename(moved, folder_path);
    t2m_chores_watch(chores);
    ok(t2m_chores_watch_suffices(chores), "and not when it is there again");
}

/* What is watched has its name only as long as nothing above it is moved or turned. */
static void above(void)
{
    char link[256], target[256];

    (void)snprintf(link, sizeof(link), "%s/link", folder_path);
    (void)snprintf(target, sizeof(target), "%s/deep", folder_path);
    (void)mkdir(target, 0755);
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "%s/deep/tokens",
                   folder_path);
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
    (void)t2m_chores_watched(chores);
    ok(t2m_chores_watch_suffices(chores), "a token file two levels down");
    (void)symlink("deep", link);
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "%s/link/tokens",
                   folder_path);
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
    ok(!t2m_chores_watch_suffices(chores), "behind a link, which may be turned, somebody looks");
    (void)unlink(link);
    (void)rmdir(target);
    settings->token_file[0] = '\0';
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
    (void)t2m_chores_watched(chores);
}

static void tokens(void)
{
    (void)snprintf(token_file, sizeof(token_file), "%s/tokens", folder_path);
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "%s", token_file);
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
    (void)t2m_chores_watched(chores);
    ok(t2m_chores_watch_suffices(chores), "a token file that is missing");
    folder_put("tokens", "a", 1);
    ok(seen(), "is seen when it is made");
    folder_put("tokens", "b", 1);
    ok(seen(), "and when it is written to");
    (void)chmod(token_file, 0644);
    ok(seen(), "and when its mode changes");
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "/nonexistent/d/tokens");
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
    ok(!t2m_chores_watch_suffices(chores), "one that cannot be watched");
    settings->token_file[0] = '\0';
    chores_publish();
    exchange();
    t2m_chores_watch(chores);
}

static void without(void)
{
    int fd = chores->watch.fd;

    chores->watch.fd = -1;
    ok(!t2m_chores_watched(chores), "where there is no inotify nothing is seen");
    ok(!t2m_chores_watch_suffices(chores), "so that somebody has to look");
    chores->watch.fd = fd;
}

/* Returns whether the second thread is woken. */
static int woken(void)
{
    char byte;
    int any = read(chores->wake_fds[0], &byte, 1) == 1;

    return any;
}

static void lines_wake(void)
{
    exchange();
    chores->shared.active = 0; /* the second thread has seen it, */
    chores->shared.idle = 1;   /* and sleeps */
    exchange();
    ok(!woken(), "no line wakes nobody");
    chores_push(T2M_STREAM_APP, "{\"n\":2");
    (void)chores_pass(CHORES_NOW);
    exchange();
    ok(woken(), "a line wakes the second thread");
    ok(!chores->shared.idle && chores->shared.active, "which knows why");
    exchange();
    ok(!woken(), "once");
}

int main(void)
{
    chores_make();
    chores_idle();
    ok(!t2m_chores_watch_suffices(chores), "nothing is watched yet");
    t2m_chores_watch(chores);
    ok(t2m_chores_watch_suffices(chores), "all is watched");
    (void)t2m_chores_watched(chores);
    files();
    tokens();
    above();
    directory_moves();
    without();
    lines_wake();
    folder_remove();
    return tap_done();
}
