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


/* Tests core/stack_go_line: what each line that Go's runtime prints is. */
#include "core/stack_go_line.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
    const char *line;
    t2m_stack_go_line_e kind;
    const char *function; /* NULL: none */
} lines[] = {
    { "", T2M_STACK_GO_BLANK, NULL },
    { " \t", T2M_STACK_GO_BLANK, NULL },
    { "\tpanic: x", T2M_STACK_GO_PANIC, NULL },
    { "panic: x", T2M_STACK_GO_OTHER, NULL },
    { "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45]", T2M_STACK_GO_SIGNAL,
      NULL },
    { "PC=0x40268e m=0 sigcode=0", T2M_STACK_GO_COUNTER, NULL },
    { "goroutine 1 [running]:", T2M_STACK_GO_GOROUTINE, NULL },
    { "goroutine 7 [chan receive, 2 minutes, locked to thread]:", T2M_STACK_GO_GOROUTINE, NULL },
    { "goroutine 5 gp=0xc000004380 m=0 mp=0x5 [running]:", T2M_STACK_GO_GOROUTINE, NULL },
    { "goroutine 0 [idle]:", T2M_STACK_GO_STACK, NULL },
    { "goroutine x [running]:", T2M_STACK_GO_OTHER, NULL },
    { "goroutine 1[running]:", T2M_STACK_GO_OTHER, NULL },
    { "goroutine 1 running]:", T2M_STACK_GO_OTHER, NULL },
    { "goroutine 1 [running]", T2M_STACK_GO_OTHER, NULL },
    { "runtime stack:", T2M_STACK_GO_STACK, NULL },
    { "[originating from goroutine 5]:", T2M_STACK_GO_STACK, NULL },
    { "main.main()", T2M_STACK_GO_CALL, "main.main" },
    { "main.(*T).f(0x1, {0x2?, 0x3}, ...)", T2M_STACK_GO_CALL, "main.(*T).f" },
    { "main.each[...](...)", T2M_STACK_GO_CALL, "main.each[...]" },
    { "net/http.HandlerFunc.ServeHTTP(0x0, {0x1, 0x2})", T2M_STACK_GO_CALL,
      "net/http.HandlerFunc.ServeHTTP" },
    { "panic({0x489120, 0xc00008a220})", T2M_STACK_GO_CALL, "panic" },
    { "all is well (so far)", T2M_STACK_GO_OTHER, NULL },
    { "(so)", T2M_STACK_GO_OTHER, NULL },
    { ")", T2M_STACK_GO_OTHER, NULL },
    { "main.main(0x1", T2M_STACK_GO_OTHER, NULL },
    { "created by main.main", T2M_STACK_GO_CREATED, "main.main" },
    { "created by net/http.(*Server).Serve in goroutine 1", T2M_STACK_GO_CREATED,
      "net/http.(*Server).Serve" },
    { "\t/srv/app/main.go:12 +0x1d", T2M_STACK_GO_PLACE, NULL },
    { "        C:/srv/a b/main.go:12", T2M_STACK_GO_PLACE, NULL },
    { "\t/srv/app/main.go:12 fp=0xc0 sp=0xc1 pc=0x45", T2M_STACK_GO_PLACE, NULL },
    { "\t/srv/app/main.go:12 or so", T2M_STACK_GO_OTHER, NULL },
    { "\t/srv/app/main.go", T2M_STACK_GO_OTHER, NULL },
    { "\t/srv/app/main.go:", T2M_STACK_GO_OTHER, NULL },
    { "\t:12", T2M_STACK_GO_OTHER, NULL },
    { "/srv/app/main.go:12 +0x1d", T2M_STACK_GO_OTHER, NULL },
    { "...additional frames elided...", T2M_STACK_GO_ELIDED, NULL },
    { "...23232 frames elided...", T2M_STACK_GO_ELIDED, NULL },
    { "... frames", T2M_STACK_GO_OTHER, NULL },
    { "exit status 2", T2M_STACK_GO_EXIT, NULL },
    { "signal arrived during cgo execution", T2M_STACK_GO_NOTE, NULL },
    { "\tgoroutine running on other thread; stack unavailable", T2M_STACK_GO_NOTE, NULL },
    { "non-Go function", T2M_STACK_GO_NOTE, NULL },
    { "\tpc=0x7f01", T2M_STACK_GO_NOTE, NULL },
    { "-----", T2M_STACK_GO_NOTE, NULL },
    { "rax    0xca", T2M_STACK_GO_NOTE, NULL },
    { "r10    0x0", T2M_STACK_GO_NOTE, NULL },
    { "rflags 0x286", T2M_STACK_GO_NOTE, NULL },
    { "r 0x0", T2M_STACK_GO_OTHER, NULL },
    { "rax 12", T2M_STACK_GO_OTHER, NULL },
    { "rax\t0x1", T2M_STACK_GO_OTHER, NULL },
    { "rax", T2M_STACK_GO_OTHER, NULL },
    { "registers 0x1", T2M_STACK_GO_OTHER, NULL },
};

/* From memory of its own size, so that a byte read too far is seen. */
static char *copied(const char *string)
{
    size_t size = strlen(string);
    char *copy = malloc(size ? size : 1);

    memcpy(copy, string, size);
    return copy;
}

static void test_lines(void)
{
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char *copy = copied(lines[i].line);
        t2m_text_t line = t2m_text_of(copy, strlen(lines[i].line)), name;

        is_number((int)t2m_stack_go_line(line), (int)lines[i].kind, lines[i].line);
        if (lines[i].function) {
            name = t2m_stack_go_line_function(line);
            is_bytes(name.data, name.size, lines[i].function, "its function");
        }
        free(copy);
    }
    is_number((int)t2m_stack_go_line(t2m_text(NULL)), T2M_STACK_GO_BLANK, "nothing");
    is_number((long long)t2m_stack_go_line_function(t2m_text("x")).size, 0, "no function");
}

static const struct {
    const char *line, *file;
    unsigned number;
} places[] = {
    { "\t/srv/app/main.go:12 +0x1d", "/srv/app/main.go", 12 },
    { "\tC:/srv/main.go:7", "C:/srv/main.go", 7 },
    { "\t/srv/a:1/b:2x/main.go:3 fp=0x1", "/srv/a:1/b:2x/main.go", 3 },
    { "\t<autogenerated>:1 +0x45", "<autogenerated>", 1 },
    { "\ta.go:1234567890", NULL, 0 },
    { "", NULL, 0 },
};

static void test_places(void)
{
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char *copy = copied(places[i].line);
        t2m_text_t file = t2m_text(NULL);
        apr_uint32_t number = 0;
        int found = t2m_stack_go_line_place(t2m_text_of(copy, strlen(places[i].line)), &file,
                                            &number);

        if (is_number(found, places[i].file != NULL, places[i].line) && found) {
            is_bytes(file.data, file.size, places[i].file, "its file");
            is_number(number, places[i].number, "its number");
        }
        free(copy);
    }
}

static const struct {
    const char *line;
    t2m_stack_answer_e answer;
    const char *type, *message;
} heads[] = {
    { "panic: no", T2M_STACK_PERHAPS, "", "no" },
    { "panic: ", T2M_STACK_PERHAPS, "", "" },
    { "panic: runtime error: no", T2M_STACK_YES, "", "runtime error: no" },
    { "panic:no", T2M_STACK_NO, NULL, NULL },
    { "a panic: no", T2M_STACK_NO, NULL, NULL },
    { "fatal error: concurrent map writes", T2M_STACK_PERHAPS, "fatal error",
      "concurrent map writes" },
    { "fatal error: all goroutines are asleep - deadlock!", T2M_STACK_YES, "fatal error",
      "all goroutines are asleep - deadlock!" },
    { "2026/11/23 10:00:00 http: panic serving 127.0.0.1:1: a: b", T2M_STACK_YES, "", "a: b" },
    { "http2: panic serving [::1]:80: a", T2M_STACK_YES, "", "a" },
    { "http: panic serving 127.0.0.1:1", T2M_STACK_NO, NULL, NULL },
    { "tcp: panic serving 127.0.0.1:1: a", T2M_STACK_NO, NULL, NULL },
    { "SIGQUIT: quit", T2M_STACK_PERHAPS, "SIGQUIT", "quit" },
    { "SIG: quit", T2M_STACK_NO, NULL, NULL },
    { "SIGQUIT", T2M_STACK_NO, NULL, NULL },
    { "SIGNALS", T2M_STACK_NO, NULL, NULL },
    { "SIGn: x", T2M_STACK_NO, NULL, NULL },
    { "goroutine 1 [running]:", T2M_STACK_NO, NULL, NULL },
    { "", T2M_STACK_NO, NULL, NULL },
};

static void test_heads(void)
{
    t2m_stack_cause_t panic;
    size_t i;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        char *copy = copied(heads[i].line);
        t2m_stack_answer_e answer;

        answer = t2m_stack_go_line_head(t2m_text_of(copy, strlen(heads[i].line)), &panic);
        if (is_number((int)answer, (int)heads[i].answer, heads[i].line) && heads[i].type) {
            is_bytes(panic.type.data, panic.type.size, heads[i].type, "its type");
            is_bytes(panic.message.data, panic.message.size, heads[i].message, "its message");
        }
        free(copy);
    }
}

int main(void)
{
    test_lines();
    test_places();
    test_heads();
    return tap_done();
}
