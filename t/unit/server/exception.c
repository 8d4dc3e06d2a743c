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

/* Tests server/exception: what is told of a stack trace. */
#include "server/exception.h"

#include <stdlib.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "tap.h"

static apr_pool_t *pool;
static t2m_mask_t *mask;
static t2m_stack_t stack;
static t2m_exception_t exception;
static t2m_exception_room_t *room;

static t2m_stack_frame_t *add(const char *file, const char *function, unsigned line, int in_app)
{
    t2m_stack_frame_t *frame = t2m_stack_add_frame(&stack, t2m_text("a frame"));

    frame->file = t2m_text(file);
    frame->function = t2m_text(function);
    frame->line = line;
    frame->in_app = (unsigned char)in_app;
    return frame;
}

static void begin(const char *type, const char *message)
{
    t2m_stack_clear(&stack);
    stack.type = t2m_text(type);
    stack.message = t2m_text(message);
}

/* Rows and lines with their separators as signs that can be read. */
static const char *shown(t2m_text_t text)
{
    char *copy = apr_pstrmemdup(pool, text.size ? text.data : "", text.size);

    for (char *at = copy; *at; at++) {
        *at = *at == '\x1e' ? '/' : *at == '\x1f' ? ',' : *at;
    }
    return copy;
}

static int shows(t2m_text_t text, const char *want, const char *name)
{
    const char *got = shown(text);

    return is_bytes(got, strlen(got), want, name);
}

static void tell(void)
{
    t2m_exception_tell(&exception, &stack, mask, room);
}

static void test_frames(void)
{
    begin("KeyError", "'a'");
    add("main.py", "run", 10, 1);
    add("json.py", "decode", 0, 0);
    tell();
    shows(exception.type, "KeyError", "type");
    shows(exception.message, "'a'", "message");
    shows(exception.frames, "run,main.py,10,1,/decode,json.py,,0,/",
              "frames: function, file, line, in_app, cause");
    shows(exception.lines, "a frame/a frame", "lines");
    shows(exception.causes, "", "no causes");
    is_number(exception.truncated, 0, "all of it");
    stack.innermost_first = 1;
    tell();
    shows(exception.frames, "decode,json.py,,0,/run,main.py,10,1,/",
              "the outermost first whatever language it is");
    begin("E", "");
    add("", "", 0, 1);
    tell();
    shows(exception.frames, "", "a frame of which nothing is known is none");
    begin("E", "");
    tell();
    shows(exception.frames, "", "no frames");
}

static void test_causes(void)
{
    begin("Outer", "o");
    stack.innermost_first = 1;
    add("a", "a1", 1, 1);
    add("a", "a2", 2, 1);
    (void)t2m_stack_add_cause(&stack, t2m_text("Inner"), t2m_text("i"));
    add("b", "b1", 1, 1);
    add("b", "b2", 2, 1);
    (void)t2m_stack_add_cause(&stack, t2m_text("Root"), t2m_text("password=hunter2"));
    tell();
    shows(exception.frames, "a2,a,2,1,/a1,a,1,1,/b2,b,2,1,1/b1,b,1,1,1/",
              "the frames of a cause come behind, with its number");
    shows(exception.causes, "Inner,i/Root,password=[REDACTED]/",
              "causes, without their secrets");
    shows(exception.lines, "a frame/a frame/Caused by: Inner: i/a frame/a frame/"
              "Caused by: Root: password=hunter2", "lines, which the record masks");
}

static void test_secrets(void)
{
    begin("E", "");
    add("/srv/a.php?token=abcdef123456", "f(password=hunter2)", 1, 1);
    tell();
    ok(!strstr(shown(exception.frames), "hunter2") && !strstr(shown(exception.frames), "abcdef"),
       "names without secrets");
}

static void test_room(void)
{
    static char names[T2M_STACK_FRAMES_MAX][256];
    const char *text;
    t2m_text_t rest;

    for (int first = 0; first < 2; first++) {
        begin("E", "");
        stack.innermost_first = (unsigned char)first;
        for (int i = 0; i < T2M_STACK_FRAMES_MAX; i++) {
            memset(names[i], 'x', 200);
            apr_snprintf(names[i] + 200, 50, "_%d", first ? T2M_STACK_FRAMES_MAX - 1 - i : i);
            add("/srv/app/main.py", names[i], 1, 1);
        }
        tell();
        rest = exception.frames;
        ok(rest.size > T2M_EXCEPTION_FRAMES / 4 && rest.size <= T2M_EXCEPTION_FRAMES,
           "of many frames some are told");
        is_number(exception.truncated != 0, 1, "and it says so");
        text = shown(rest);
        ok(strstr(text, "x_99,") && !strstr(text, "x_1,"), "the innermost ones");
        ok(strstr(text, "x_99,") > strstr(text, "x_98,"), "in their order");
    }
    begin("E", "");
    memset(names, 'y', sizeof names - 1);
    add("a", names[0], 1, 1);
    tell();
    is_number(exception.truncated != 0, 1, "a name that is cut");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    mask = t2m_mask_create(pool);
    room = malloc(sizeof *room);
    test_frames();
    test_causes();
    test_secrets();
    test_room();
    free(room);
    apr_pool_destroy(pool);
    return tap_done();
}
