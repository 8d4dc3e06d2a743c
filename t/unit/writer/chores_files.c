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

/* Tests modules/writer/chores_files.c. */
#include "writer/chores_internal.h"

#include "writer/chores_world.h"

/* Looks and lets the writer act. Returns whether app's file was opened anew. */
static int look(void)
{
    apr_uint64_t inode = drain.sinks[T2M_STREAM_APP].inode;
    int fd = drain.sinks[T2M_STREAM_APP].fd, news;

    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_files(chores);
    news = chores_pass(CHORES_NOW);
    return news && drain.sinks[T2M_STREAM_APP].regular
        && (fd != drain.sinks[T2M_STREAM_APP].fd || inode != drain.sinks[T2M_STREAM_APP].inode
            || drain.board.files[T2M_STREAM_APP].size == 0);
}

static void line(const char *text)
{
    chores_push(T2M_STREAM_APP, text);
    (void)chores_pass(CHORES_NOW);
}

int main(void)
{
    chores_make();
    chores_idle();
    line("{\"n\":1");
    ok(!look(), "a file that is where it was");
    (void)renameat(folder, "talk2me.log", folder, "talk2me.log.backup");
    ok(look() && folder_has("talk2me.log"), "moved away: a new one is made");
    line("{\"n\":2");
    chores_file_is("talk2me.log", "{\"n\":2,\"seq\":2}\n", "the next line is in it");
    chores_file_is("talk2me.log.backup", "{\"n\":1,\"seq\":1}\n", "and the ones before in the old");
    (void)renameat(folder, "talk2me.log", folder, "talk2me.log.1");
    folder_put("talk2me.log", "", 0);
    ok(look(), "moved away and made by somebody else");
    line("{\"n\":3");
    chores_file_is("talk2me.log", "{\"n\":3,\"seq\":3}\n", "it is written to");
    (void)unlinkat(folder, "talk2me.log", 0);
    ok(look() && folder_has("talk2me.log"), "deleted: made again");
    line("{\"n\":4");
    chores_file_is("talk2me.log", "{\"n\":4,\"seq\":4}\n", "with the next number");
    (void)truncate(chores_path(T2M_STREAM_APP), 0);
    ok(look(), "cut to nothing: seen");
    is_number((long)drain.sinks[T2M_STREAM_APP].size, 0, "its size is known");
    line("{\"n\":5");
    chores_file_is("talk2me.log", "{\"n\":5,\"seq\":5}\n", "it begins anew");
    is_number((long)drain.board.files[T2M_STREAM_APP].size, 16, "and is counted so");
    ok(!look(), "then all is well");
    (void)unlinkat(folder, "talk2me.log", 0);
    (void)symlinkat("/etc/passwd", folder, "talk2me.log");
    (void)look();
    ok(drain.sinks[T2M_STREAM_APP].fd < 0, "a link in its place is not followed");
    chores_push(T2M_STREAM_APP, "{\"n\":6");
    (void)chores_pass(CHORES_NOW);
    ok(t2m_drain_spilled(&drain, T2M_STREAM_APP) == 1, "the line waits until there can be a file");
    (void)unlinkat(folder, "talk2me.log", 0);
    (void)look();
    (void)chores_pass(CHORES_NOW + apr_time_from_sec(1));
    chores_file_is("talk2me.log", "{\"n\":6,\"seq\":6}\n", "and is not lost");
    chores->shared.files[T2M_STREAM_APP].inode = 0;
    (void)unlinkat(folder, "talk2me.log", 0);
    t2m_chores_files(chores);
    is_number(chores->shared.news, 0, "a file that is not open is not looked for");
    folder_remove();
    return tap_done();
}
