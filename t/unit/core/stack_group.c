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

/* Tests core/stack_group: which exceptions are one problem. */
#include "core/stack_group.h"

#include "tap.h"

typedef char group_t[T2M_ERROR_GROUP_SIZE];

static t2m_stack_t stack;

static void begin(const char *type)
{
    memset(&stack, 0, sizeof stack);
    stack.type = t2m_text(type);
}

static t2m_stack_frame_t *add(const char *file, const char *function, unsigned line, int in_app)
{
    t2m_stack_frame_t *frame = &stack.frames[stack.frame_count++];

    frame->file = t2m_text(file);
    frame->function = t2m_text(function);
    frame->line = line;
    frame->in_app = (unsigned char)in_app;
    frame->text = t2m_text("x");
    return frame;
}

static void group(const char *pattern, group_t out)
{
    t2m_stack_group(&stack, t2m_text(pattern), out);
}

static int is_same(const group_t one, const group_t other)
{
    return memcmp(one, other, sizeof(group_t)) == 0;
}

/* /srv/app/main.py run -> cart.py add, as it is told by a language whose innermost frame is the
 * last. */
static void usual(const char *type, const char *function, unsigned line)
{
    begin(type);
    add("/srv/app/main.py", "run", 10, 1);
    add("/srv/app/releases/20260102/cart.py", function, line, 1);
}

static void test_what_counts(void)
{
    group_t first, other;

    usual("KeyError", "add", 7);
    group("'a'", first);
    usual("KeyError", "add", 9);
    group("'b'", other);
    ok(is_same(first, other), "neither the line nor the message counts");
    usual("ValueError", "add", 7);
    group("'a'", other);
    ok(!is_same(first, other), "the type does");
    usual("KeyError", "remove", 7);
    group("'a'", other);
    ok(!is_same(first, other), "and the function");
    usual("KeyError", "add", 7);
    stack.frames[1].file = t2m_text("/srv/app/releases/20260203/cart.py");
    group("'a'", other);
    ok(is_same(first, other), "a release's directory does not");
    stack.frames[1].file = t2m_text("/srv/app/releases/20260203/basket.py");
    group("'a'", other);
    ok(!is_same(first, other), "but the file's name");
    usual("KeyError", "", 7);
    group("'a'", first);
    usual("KeyError", "", 9);
    group("'a'", other);
    ok(!is_same(first, other), "without a function the line counts");
}

static void test_order(void)
{
    group_t first, other;

    usual("E", "add", 7);
    group("", first);
    begin("E");
    stack.innermost_first = 1;
    add("/srv/app/releases/20260102/cart.py", "add", 7, 1);
    add("/srv/app/main.py", "run", 10, 1);
    group("", other);
    ok(is_same(first, other), "the same frames in the other order");
    begin("E");
    for (int i = 0; i < 5; i++) {
        add(i < 2 ? "/srv/app/other.py" : "/srv/app/main.py", i == 2 ? "a" : i == 3 ? "b" : "c",
            1, 1);
    }
    group("", first);
    stack.frames[0].function = t2m_text("another");
    group("", other);
    ok(is_same(first, other), "only the innermost three count");
    stack.frames[2].function = t2m_text("another");
    group("", other);
    ok(!is_same(first, other), "and they all do");
}

static void test_libraries(void)
{
    group_t first, other;

    usual("E", "add", 7);
    group("", first);
    add("/usr/lib/python3/json.py", "decode", 3, 0);
    group("", other);
    ok(is_same(first, other), "a library's frames do not count");
    begin("E");
    add("/usr/lib/python3/json.py", "decode", 3, 0);
    group("", first);
    begin("E");
    add("/usr/lib/python3/json.py", "encode", 3, 0);
    group("", other);
    ok(!is_same(first, other), "but where there is nothing else");
    begin("E");
    group("one", first);
    group("two", other);
    ok(!is_same(first, other), "without frames the message counts");
    add("", "", 0, 1);
    group("one", other);
    ok(is_same(first, other), "a frame without a name is none");
}

static void test_repeats_and_causes(void)
{
    group_t first, other;

    begin("RecursionError");
    add("/srv/app/main.py", "run", 10, 1);
    add("/srv/app/main.py", "deep", 11, 1);
    group("", first);
    add("/srv/app/main.py", "deep", 11, 1);
    add("/srv/app/main.py", "deep", 11, 1);
    group("", other);
    ok(is_same(first, other), "one that calls itself counts once");
    usual("E", "add", 7);
    group("", first);
    add("/srv/app/db.py", "query", 3, 1)->cause = 1;
    group("", other);
    ok(is_same(first, other), "what it was caused by does not count");
}

int main(void)
{
    test_what_counts();
    test_order();
    test_libraries();
    test_repeats_and_causes();
    return tap_done();
}
