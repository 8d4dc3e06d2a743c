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

/* Tests core/stack_node_line: what is a frame, a head, a title of Node.js, and what is none. */
#include "core/stack_node_line.h"

#include <stdlib.h>

#include "tap.h"

/* A copy of its own size, so that a byte too far is seen; freed by the next one. */
static t2m_text_t copy(const char *text)
{
    static char *last;
    size_t size = strlen(text);

    free(last);
    last = malloc(size ? size : 1);
    memcpy(last, text, size);
    return t2m_text_of(last, size);
}

static void is_text(t2m_text_t got, const char *want, const char *name)
{
    is_bytes(got.size ? got.data : "", got.size, want, name);
}

static const struct {
    const char *line, *function, *file; /* file NULL: no frame */
    unsigned number;
    int in_app;
} frames[] = {
    { "    at f (/srv/a.js:3:5)", "f", "/srv/a.js", 3, 1 },
    { "  at f (/srv/a.js:3:5) {", "f", "/srv/a.js", 3, 1 },
    { "    at f (/srv/a.js:3:5),", "f", "/srv/a.js", 3, 1 },
    { "    at f (/srv/a.js:3)", "f", "/srv/a.js", 3, 1 },
    { "    at /srv/a.js:3:5", "", "/srv/a.js", 3, 1 },
    { "    at async /srv/a.js:3:5", "", "/srv/a.js", 3, 1 },
    { "    at async Cart.add [as push] (/srv/a.js:3:5)", "Cart.add [as push]", "/srv/a.js", 3, 1 },
    { "    at new Cart (/srv/a b/(c)/a.js:3:5)", "new Cart", "/srv/a b/(c)/a.js", 3, 1 },
    { "    at f (file:///srv/a.mjs:3:5)", "f", "/srv/a.mjs", 3, 1 },
    { "    at f (file:///C:/app/a.mjs:3:5)", "f", "C:/app/a.mjs", 3, 1 },
    { "    at f (C:\\app\\a.js:3:5)", "f", "C:\\app\\a.js", 3, 1 },
    { "    at f (/srv/node_modules/x/a.js:3:5)", "f", "/srv/node_modules/x/a.js", 3, 0 },
    { "    at f (/usr/share/nodejs/x/a.js:3:5)", "f", "/usr/share/nodejs/x/a.js", 3, 0 },
    { "    at f (node:fs:3:5)", "f", "node:fs", 3, 0 },
    { "    at f (internal/modules/loader.js:3:5)", "f", "internal/modules/loader.js", 3, 0 },
    { "    at f (module.js:3:5)", "f", "module.js", 3, 0 },
    { "    at [eval]:1:7", "", "[eval]", 1, 1 },
    { "    at [eval]-wrapper:6:24", "", "[eval]-wrapper", 6, 0 },
    { "    at [stdin]:1:7", "", "[stdin]", 1, 1 },
    { "    at evalmachine.<anonymous>:1:7", "", "evalmachine.<anonymous>", 1, 1 },
    { "    at Array.map (<anonymous>)", "Array.map", "", 0, 0 },
    { "    at Array.map (native)", "Array.map", "", 0, 0 },
    { "    at native", "", "", 0, 0 },
    { "    at <anonymous>", "<anonymous>", "", 0, 0 },
    { "    at async Promise.all (index 0)", "Promise.all", "", 0, 0 },
    { "    at f (wasm://wasm/0a:wasm-function[3]:0x8f)", "f",
      "wasm://wasm/0a:wasm-function[3]:0x8f", 0, 1 },
    { "    at eval (eval at f (/srv/a.js:3:5), <anonymous>:1:7)", "eval", "/srv/a.js", 3, 1 },
    { "    at eval (eval at f (eval at g (/srv/a.js:3:5), <anonymous>:1:1), <anonymous>:1:7)",
      "eval", "/srv/a.js", 3, 1 },
    { "    at eval (eval at f (/srv/a.js:3:5))", "eval", "/srv/a.js:3:5)", 0, 1 },
    { "    at eval (eval at )", "eval", "eval at ", 0, 0 },
    { "at f (/srv/a.js:3:5)", NULL, NULL, 0, 0 },
    { "\tat f (/srv/a.js:3:5)", NULL, NULL, 0, 0 },
    { "    at com.example.A.f(A.java:3)", NULL, NULL, 0, 0 },
    { "   at Shop.Cart.Add() in /srv/a.cs:line 3", NULL, NULL, 0, 0 },
    { "    at noon", NULL, NULL, 0, 0 },
    { "    at ", NULL, NULL, 0, 0 },
    { "    at", NULL, NULL, 0, 0 },
    { "    attention (x)", NULL, NULL, 0, 0 },
    { "    at /srv/a.js:1234567890", NULL, NULL, 0, 0 },
    { "", NULL, NULL, 0, 0 },
};

static void test_frames(void)
{
    size_t i;

    for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        t2m_text_t line = copy(frames[i].line);
        t2m_stack_frame_t frame;

        memset(&frame, 0, sizeof(frame));
        if (!frames[i].file) {
            ok(!t2m_stack_node_line_is_frame(line), "no frame: %s", frames[i].line);
        }
        else if (ok(t2m_stack_node_line_is_frame(line), "%s", frames[i].line)) {
            t2m_stack_node_line_read_frame(line, &frame);
            is_text(frame.function, frames[i].function, "its function");
            is_text(frame.file, frames[i].file, "its file");
            is_number(frame.line, frames[i].number, "its line");
            is_number(frame.in_app, frames[i].in_app, "whether it is of the site");
        }
    }
}

static const struct {
    const char *line;
    int is;
} heads[] = {
    { "/srv/a.js:3", 1 },
    { "/srv/a b.js:3", 1 },
    { "file:///srv/a.mjs:3", 1 },
    { "node:internal/process/promises:288", 1 },
    { "<anonymous_script>:1", 1 },
    { "[eval]:1", 1 },
    { "undefined:1", 1 },
    { "evalmachine.<anonymous>:1", 1 },
    { "events.js:174", 1 },
    { "C:\\app\\a.js:3", 1 },
    { "src/a.js:3", 1 },
    { "/srv/a.js", 0 },
    { "/srv/a: x:3", 0 },
    { " /srv/a.js:3", 0 },
    { "Listening on port:80", 0 },
    { "http://127.0.0.1:8080", 0 },
    { "localhost:8080", 0 },
    { ":3", 0 },
    { "3", 0 },
    { "", 0 },
}, marks[] = {
    { "^", 1 }, { " \t ^^^", 1 }, { "", 0 }, { "  ", 0 }, { " ^ x", 0 }, { "^ ^", 0 },
};

static void test_heads(void)
{
    size_t i;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        is_number(t2m_stack_node_line_is_head(copy(heads[i].line)), heads[i].is, heads[i].line);
    }
    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        is_number(t2m_stack_node_line_is_marks(copy(marks[i].line)), marks[i].is, marks[i].line);
    }
}

static const struct {
    const char *line;
    int anything;
    const char *type, *message; /* type NULL: no title */
    const char *flags;          /* bracketed, open, properties */
} titles[] = {
    { "TypeError: x", 0, "TypeError", "x", "" },
    { "TypeError: x {", 0, "TypeError", "x {", "" },
    { "TypeError", 0, "TypeError", "", "" },
    { "TypeError:", 0, "TypeError", "", "" },
    { "TypeError:x", 0, NULL, NULL, "" },
    { "TypeError [ERR_X]: x", 0, "TypeError", "x", "" },
    { "Fault [ERR_X]: x", 0, "Fault", "x", "" },
    { "Fault [Error]: x", 0, "Fault", "x", "" },
    { "Fault [Error]", 0, "Fault", "", "" },
    { "Fault [Error", 0, NULL, NULL, "" },
    { "Fault [x]: x", 0, NULL, NULL, "" },
    { "Fault: x", 0, NULL, NULL, "" },
    { "Fault: x", 1, "Fault", "x", "" },
    { "fault: x", 1, NULL, NULL, "" },
    { "Fault of x", 1, NULL, NULL, "" },
    { "[Fault: x]", 1, "Fault", "x", "b" },
    { "[", 1, NULL, NULL, "" },
    { "$Error: x", 0, "$Error", "x", "" },
    { "\xc3\x9c" "berError: x", 0, "\xc3\x9c" "berError", "x", "" },
    { "2Error: x", 0, NULL, NULL, "" },
    { "GET / failed: HttpException: x", 0, "HttpException", "x", "" },
    { "GET / failed: Error", 0, "Error", "", "" },
    { "Internal Server Error", 0, NULL, NULL, "" },
    { "Uncaught TypeError: x", 0, "TypeError", "x", "" },
    { "(node:1) [DEP0005] DeprecationWarning: x", 0, "DeprecationWarning", "x", "" },
    { "(node:1) UnhandledPromiseRejectionWarning: RangeError: x", 0, "RangeError", "x", "" },
    { "(node:1) UnhandledPromiseRejectionWarning: x", 0, NULL, NULL, "" },
    { "Trace: x", 0, "Trace", "x", "" },
    { "UnhandledPromiseRejection: x", 0, "UnhandledPromiseRejection", "x", "" },
    { "RequestFailure: x", 0, "RequestFailure", "x", "" },
    { "a (TypeError: x", 0, "TypeError", "x", "" },
    { "[Error: x]", 0, "Error", "x", "b" },
    { "[Error: x] {", 0, "Error", "x", "bp" },
    { "[Error: x] { a: [1] }", 0, "Error", "x", "b" },
    { "[Error: x", 0, "Error", "x", "bo" },
    { "[Error]", 0, "Error", "", "b" },
    { "failed: [Error: x] {", 0, "Error", "x", "bp" },
    { "failed [Error: x]", 0, NULL, NULL, "" },
    { "", 1, NULL, NULL, "" },
};

static void test_titles(void)
{
    size_t i;

    for (i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        t2m_text_t line = copy(titles[i].line);
        t2m_stack_node_title_t title;
        int found = t2m_stack_node_line_read_title(line, titles[i].anything, &title);
        char flags[4];

        if (!titles[i].type) {
            ok(!found, "no title: %s", titles[i].line);
        }
        else if (ok(found, "%s", titles[i].line)) {
            snprintf(flags, sizeof(flags), "%s%s%s", title.bracketed ? "b" : "",
                     title.open ? "o" : "", title.properties ? "p" : "");
            is_text(title.type, titles[i].type, "its type");
            is_text(title.message, titles[i].message, "its message");
            is_bytes(flags, strlen(flags), titles[i].flags, "its form");
        }
    }
}

int main(void)
{
    test_frames();
    test_heads();
    test_titles();
    (void)copy("");
    is_number((long long)t2m_stack_node_line_indent(t2m_text("   x ")), 3, "an indentation");
    return tap_done();
}
