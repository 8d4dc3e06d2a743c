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

/* Tests modules/writer/chores_tokens.c. */
#include "writer/chores_internal.h"

#include "writer/chores_world.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const t2m_tokens_t *tokens(void)
{
    return &drain.board.tables->tokens;
}

/* Looks; says whether the file was read. */
static int look(void)
{
    (void)t2m_chores_exchange(chores, &drain);
    t2m_chores_tokens(chores);
    return t2m_chores_exchange(chores, &drain);
}

static void put(const char *text, mode_t mode)
{
    folder_put("tokens", text, strlen(text));
    (void)fchmodat(folder, "tokens", mode, 0);
}

static void use(const char *name)
{
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "%s%s%s",
                   *name ? folder_path : "", *name ? "/" : "", name);
    chores_publish();
}

int main(void)
{
    apr_uint64_t notices;

    chores_make();
    chores_idle();
    (void)look();
    ok(!look() && tokens()->count == 0 && !tokens()->refused, "no file: no token, no mistake");
    put("one:" HASH "\n", 0600);
    use("tokens");
    ok(look(), "a file");
    ok(tokens()->count == 1 && !tokens()->refused && strcmp(tokens()->tokens[0].name, "one") == 0
       && tokens()->tokens[0].hash[1] == 0x11, "its token");
    ok(!look(), "is read once");
    put("one:" HASH "\ntwo:" HASH "\n", 0600);
    ok(look() && tokens()->count == 2, "written again: read again");
    put("six:" HASH "\nten:" HASH "\n", 0600);
    ok(look() && strcmp(tokens()->tokens[0].name, "six") == 0, "also of the same size");
    folder_put("new", "new:" HASH "\n", 5 + 64);
    (void)fchmodat(folder, "new", 0600, 0);
    (void)renameat(folder, "new", folder, "tokens");
    ok(look() && tokens()->count == 1, "another one put in its place");
    notices = drain.board.header->notice_count;
    (void)fchmodat(folder, "tokens", 0644, 0);
    ok(look() && tokens()->refused && tokens()->count == 0, "readable by others: no token counts");
    ok(strstr(chores_notice(), "T2M0207") && drain.board.header->notice_count == notices + 1,
       "which is told");
    ok(!look(), "once");
    (void)fchmodat(folder, "tokens", 0600, 0);
    ok(look() && tokens()->count == 1 && !tokens()->refused, "mended");
    put("no hash\n", 0600);
    ok(look() && tokens()->refused, "a line that is none");
    (void)unlinkat(folder, "tokens", 0);
    ok(look() && tokens()->refused && tokens()->count == 0, "a file that is gone");
    put("back:" HASH "\n", 0600);
    ok(look() && tokens()->count == 1, "and back");
    use("others");
    ok(look() && tokens()->refused, "another file that is not there");
    use("tokens");
    ok(look() && tokens()->count == 1, "the first again");
    use("");
    ok(look() && tokens()->count == 0 && !tokens()->refused, "none any more");
    ok(tokens()->row.sequence % 2 == 0, "the row is whole");
    folder_remove();
    return tap_done();
}
