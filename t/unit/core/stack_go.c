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


/* Tests core/stack_go: what Go's runtime, net/http and runtime/debug print. */
#include "core/stack.h"

#include <stdlib.h>

#include "stack_shown.h"
#include "tap.h"

#define STACK "\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n"
#define FRAME "* main.f /srv/a.go:1\n"

/* What parse finds, as stack_shown.h shows it; want NULL: no trace. */
static const struct {
    const char *name, *text, *want;
} samples[] = {
    { "a text", "panic: no: such\n\ngoroutine 1 [running]:\nmain.f(0x1, ...)\n"
      "\t/srv/app/main.go:12 +0x1d\nmain.(*T).g({0x1?, 0x2})\n\t/srv/app/t.go:7\n"
      "main.main()\n\t/srv/app/main.go:3 +0x2\nexit status 2\n",
      "panic | no: such\n* main.f /srv/app/main.go:12\n* main.(*T).g /srv/app/t.go:7\n"
      "* main.main /srv/app/main.go:3\n" },
    { "lines that end in CR LF", "panic: no\r\n\r\ngoroutine 1 [running]:\r\nmain.f(0x1)\r\n"
      "\t/srv/a.go:1 +0x1d\r\n", "panic | no\n" FRAME },
    { "a runtime error", "panic: runtime error: index out of range [5] with length 3\n" STACK,
      "runtime error | index out of range [5] with length 3\n" FRAME },
    { "a signal in a panic", "panic: runtime error: invalid memory address or nil pointer "
      "dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45]\nnoise\n"
      STACK, "runtime error | invalid memory address or nil pointer dereference\n" FRAME },
    { "errors of the runtime that do not say so", "panic: send on closed channel\n" STACK,
      "runtime error | send on closed channel\n" FRAME },
    { "another", "panic: close of nil channel\n" STACK,
      "runtime error | close of nil channel\n" FRAME },
    { "others", "panic: close of closed channel [recovered]\n"
      "\tpanic: interface conversion: interface {} is string, not int\n" STACK,
      "runtime error | interface conversion: interface {} is string, not int\n" FRAME
      "= runtime error | close of closed channel\n" },
    { "a fatal error", "fatal error: all goroutines are asleep - deadlock!\n\n"
      "goroutine 1 [chan receive]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n\n"
      "goroutine 5 [chan receive]:\nmain.g()\n\t/srv/a.go:2\n",
      "fatal error | all goroutines are asleep - deadlock!\n" FRAME },
    { "a stack overflow", "runtime: goroutine stack exceeds 1000000000-byte limit\n"
      "runtime: sp=0xc0200e0398 stack=[0xc0200e0000, 0xc0400e0000]\nfatal error: stack overflow\n\n"
      "runtime stack:\nruntime.throw({0x471f36?, 0x4d3d00?})\n"
      "\t/usr/lib/go/src/runtime/panic.go:1047 +0x5d fp=0x7f sp=0x7e pc=0x42f7fd\n\n"
      "goroutine 1 [running]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x33 fp=0xc0 sp=0xc1 pc=0x46\n"
      "...additional frames elided...\ncreated by main.main\n\t/srv/a.go:9 +0x1\n",
      "fatal error | stack overflow\n" FRAME "* main.main /srv/a.go:9\n!" },
    { "elided before any frame", "panic: x\n\ngoroutine 1 [running]:\n\t/srv/b.go:1 +0x1\n"
      "...23232 frames elided...\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n\t/srv/c.go:2 +0x1d\n",
      "panic | x\n" FRAME "!" },
    { "a fatal error of a signal", "unexpected fault address 0x7f0000000000\nfatal error: fault\n"
      "[signal SIGBUS: bus error code=0x2 addr=0x7f0000000000 pc=0x45]\n" STACK,
      "SIGBUS | fault\n" FRAME },
    { "a signal without a name", "fatal error: unexpected signal\n[signal 0x29 code=0x2]\n" STACK,
      "0x29 | unexpected signal\n" FRAME },
    { "a signal", "SIGQUIT: quit\nPC=0x40268e m=0 sigcode=0\n"
      "signal arrived during cgo execution\n\n"
      "goroutine 0 [idle]:\nruntime.futex()\n\t/usr/lib/go/src/runtime/sys.s:1 +0x1\n\n"
      "goroutine 1 [running, locked to thread]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n\n"
      "rax    0xca\nrip    0x40268e\nexit status 2\n", "SIGQUIT | quit\n" FRAME },
    { "panics in deferred functions",
      "panic: one [recovered]\n\tpanic: two\n\tpanic: three\n" STACK,
      "panic | three\n" FRAME "= panic | two\n= panic | one\n" },
    { "the same value again", "panic: one [recovered]\n\tpanic: one\n" STACK,
      "panic | one\n" FRAME },
    { "the same value again, since 1.25", "panic: one [recovered, repanicked]\n" STACK,
      "panic | one\n" FRAME },
    { "a panic without a value", "panic: one\n\tpanic: \n" STACK,
      "panic | \n" FRAME "= panic | one\n" },
    { "more panics than there is room for", "panic: 1\n\tpanic: 2\n\tpanic: 3\n\tpanic: 4\n"
      "\tpanic: 5\n\tpanic: 6\n\tpanic: 7\n\tpanic: 8\n\tpanic: 9\n\tpanic: 10\n" STACK,
      "panic | 10\n" FRAME "= panic | 9\n= panic | 8\n= panic | 7\n= panic | 6\n= panic | 5\n"
      "= panic | 4\n= panic | 3\n= panic | 2\n!" },
    { "a message of lines", "panic: one\n\ntwo: three\n\tfour(5) [recovered]\n"
      "\tpanic: six\n\tseven\n" STACK,
      "panic | six\xc2\xb6\tseven\n" FRAME
      "= panic | one\xc2\xb6\xc2\xb6two: three\xc2\xb6\tfour(5)\n" },
    { "net/http", "2026/11/23 10:00:00 start\n2026/11/23 10:00:00 http: panic serving [::1]:55156: "
      "runtime error: integer divide by zero\ngoroutine 5 [running]:\n"
      "net/http.(*conn).serve.func1()\n\t/usr/lib/go/src/net/http/server.go:1850 +0xbf\n"
      "panic({0x66b380, 0xc0000160d0})\n\t/usr/lib/go/src/runtime/panic.go:890 +0x262\n"
      "main.f(0x1)\n\t/srv/a.go:1 +0x1d\n"
      "created by net/http.(*Server).Serve in goroutine 1\n"
      "\t/usr/lib/go/src/net/http/server.go:3102 +0x4db\n2026/11/23 10:00:01 main.g()\n",
      "runtime error | integer divide by zero\n"
      "- net/http.(*conn).serve.func1 /usr/lib/go/src/net/http/server.go:1850\n"
      "- panic /usr/lib/go/src/runtime/panic.go:890\n" FRAME
      "- net/http.(*Server).Serve /usr/lib/go/src/net/http/server.go:3102\n" },
    { "a bare stack", "2026/11/23 10:00:00 here\ngoroutine 7 [running]:\nruntime/debug.Stack()\n"
      "\t/usr/lib/go/src/runtime/debug/stack.go:24 +0x65\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n",
      " | goroutine 7 [running]\n"
      "- runtime/debug.Stack /usr/lib/go/src/runtime/debug/stack.go:24\n" FRAME },
    { "a bare stack of a panic", "goroutine 7 [running]:\npanic({0x1, 0x2})\n"
      "\t/usr/lib/go/src/runtime/panic.go:884 +0x212\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n"
      "panic: late\n",
      "panic | goroutine 7 [running]\n- panic /usr/lib/go/src/runtime/panic.go:884\n" FRAME },
    { "goroutine 0 alone", "goroutine 0 [idle]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n", NULL },
    { "packages", "panic: x\n\ngoroutine 1 [running]:\n"
      "encoding/json.f()\n\t/usr/lib/go/src/encoding/json/a.go:1 +0x1\n"
      "shop/cart.Add()\n\t/srv/cart/a.go:2 +0x1\n"
      "github.com/x/y%2ez.F()\n\t/root/go/pkg/mod/github.com/x/y.z@v1.2.3/a.go:3 +0x1\n"
      "github.com/x/own.F()\n\t/srv/own/a.go:4 +0x1\n"
      "golang.org/x/net.F()\n\t/srv/app/vendor/golang.org/x/net/a.go:5 +0x1\n"
      "go.example/app.F()\n\t/srv/app/a.go:6 +0x1\ngo/types.f()\n\ttypes/a.go:7 +0x1\n"
      "x_cgo_start()\n\t/srv/b.c:8 +0x1\n",
      "panic | x\n- encoding/json.f /usr/lib/go/src/encoding/json/a.go:1\n"
      "* shop/cart.Add /srv/cart/a.go:2\n"
      "- github.com/x/y%2ez.F /root/go/pkg/mod/github.com/x/y.z@v1.2.3/a.go:3\n"
      "* github.com/x/own.F /srv/own/a.go:4\n"
      "- golang.org/x/net.F /srv/app/vendor/golang.org/x/net/a.go:5\n"
      "* go.example/app.F /srv/app/a.go:6\n- go/types.f types/a.go:7\n- x_cgo_start /srv/b.c:8\n" },
    { "calls behind the stack", "panic: x\n" STACK "\nmain.g(0x1)\n\t/srv/a.go:2\n",
      "panic | x\n" FRAME },
    { "no blank lines", "panic: x\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/srv/a.go:1 +0x1d\n"
      "goroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2\n", "panic | x\n" FRAME },
    { "cut behind the panic", "panic: runtime error: no\n", "runtime error | no\n" },
    { "cut in a frame", "panic: x\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/srv/a",
      "panic | x\n* main.f :0\n" },
    { "nothing but the end", "panic: x\nexit status 2\nmore\n", "panic | x\n" },
    { "Perl's", "panic: memory wrap at /srv/a.pl line 3.\n", NULL },
    { "a compiler's", "fatal error: a.h: No such file or directory\ncompilation terminated.\n",
      NULL },
    { "another exit", "exit status 2\n[signal SIGSEGV: x]\nmain.f()\n\t/srv/a.go:1 +0x1\n", NULL },
    { "nothing", "", NULL },
};

static void test_samples(void)
{
    size_t i;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        is_shown(&t2m_stack_go, samples[i].text, samples[i].want, samples[i].name);
    }
}

/* The values of panics. */
static const struct {
    const char *value, *type, *message;
} values[] = {
    { "nil", "panic", "nil" },
    { "", "panic", "" },
    { " x ", "panic", "x" },
    { "main.Code(5)", "main.Code", "5" },
    { "main.Code(-5)", "main.Code", "-5" },
    { "main.Share(+1.500000e+000)", "main.Share", "+1.500000e+000" },
    { "main.Wave(+1.0e+000-2.0e+000i)", "main.Wave", "+1.0e+000-2.0e+000i" },
    { "main.Flag(true)", "main.Flag", "true" },
    { "main.Flag(false)", "main.Flag", "false" },
    { "main.Flag(perhaps)", "panic", "main.Flag(perhaps)" },
    { "main.Reason(\"no \"paper\"\")", "main.Reason", "no \"paper\"" },
    { "main.Reason(\")", "panic", "main.Reason(\")" },
    { "main.Reason()", "panic", "main.Reason()" },
    { "main.T{Code:1, Text:\"x\"}", "main.T", "{Code:1, Text:\"x\"}" },
    { "main.T{Code:1", "panic", "main.T{Code:1" },
    { "*shop/cart.Full[int]{}", "*shop/cart.Full[int]", "{}" },
    { "main.T", "panic", "main.T" },
    { "main.(5)", "panic", "main.(5)" },
    { ".T(5)", "panic", ".T(5)" },
    { "Code(5)", "panic", "Code(5)" },
    { "json.Unmarshal(nil)", "panic", "json.Unmarshal(nil)" },
    { "at main.T(5)", "panic", "at main.T(5)" },
    { "main.T(5) failed", "panic", "main.T(5) failed" },
    { "(*main.T) 0xc000012345", "*main.T", "0xc000012345" },
    { "(main.T) {...}", "main.T", "{...}" },
    { "(main.T) (0x459f40,0x4b3c40)", "main.T", "(0x459f40,0x4b3c40)" },
    { "(main.T) x", "panic", "(main.T) x" },
    { "(main.T)", "panic", "(main.T)" },
    { "() 0x1", "panic", "() 0x1" },
    { "x [recovered] y", "panic", "x [recovered] y" },
    { "assignment to entry in nil map", "runtime error", "assignment to entry in nil map" },
    { "assignment to entry in nil map x", "panic", "assignment to entry in nil map x" },
};

static void test_values(void)
{
    static t2m_stack_t stack;
    char text[200];
    size_t i;
    int found;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int size = snprintf(text, sizeof(text), "panic: %s\n" STACK, values[i].value);
        char *copy = stack_parsed(&t2m_stack_go, text, (size_t)size, &stack, &found);

        if (ok(found, "panic: %s", values[i].value)) {
            is_bytes(stack.type.data, stack.type.size, values[i].type, "its type");
            is_bytes(stack.message.data, stack.message.size, values[i].message, "its message");
        }
        free(copy);
    }
    is_number(stack.innermost_first, 1, "innermost first");
}

static const struct {
    const char *text, *want;
} lines[] = {
    { "panic: x\n" STACK "main.g(0x1, 0x2)\nexit status 2\n\n", "??YYYYYN" },
    { "panic: runtime error: x\n[signal SIGSEGV: y]\n\ngoroutine 1 [running]:\n\n"
      "goroutine 2 [select]:\ncreated by main.g\n...9 frames elided...\nmore\n", "YY?Y?YYYN" },
    { "panic: x [recovered]\n\tpanic: y\n\tz\n\ngoroutine 1 [running]:\n\tpanic: x\n", "?Y??YN" },
    { "panic: x\npanic: y\n", "?N" },
    { "panic: x\nexit status 2\ngoroutine 1 [running]:\n", "?YN" },
    { "fatal error: x\n\nruntime stack:\nruntime.f()\n\t/a.go:1 +0x1\nrax    0x1\n2026 x\n",
      "??YYYYN" },
    { "SIGQUIT: quit\nPC=0x1\n\ngoroutine 0 [idle]:\n", "?Y?Y" },
    { "runtime: x\n\tstack=y\nruntime: z\nfatal error: a\n" STACK, "???Y?YYY" },
    { "runtime: x\nmore\n", "?N" },
    { "unexpected fault address 0x1\nfatal error: fault\n[signal SIGBUS: x]\n", "?YY" },
    { "x http: panic serving 1.2.3.4:5: y\ngoroutine 5 [running]:\nmain.f()\nx: y\n", "YYYN" },
    { "goroutine 5 [running]:\nmain.f()\n", "YY" },
    { "goroutine 0 [idle]:\n", "N" },
    { "main.f()\n", "N" },
    { "\n", "N" },
};

static void test_lines(void)
{
    char got[128];
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        stack_answers(&t2m_stack_go, lines[i].text, got);
        is_bytes(got, strlen(got), lines[i].want, lines[i].text);
    }
}

/* Further lines of a message are taken up to a limit. */
static void test_message_limit(void)
{
    static const struct {
        const char *first, *more, *proof;
        int count;
    } heads[] = {
        { "panic: x", "more", "goroutine 1 [running]:", 16 },
        { "panic: runtime error: x", "more", "goroutine 1 [running]:", 64 },
        { "runtime: x", "runtime: y", "fatal error: z", 16 },
    };
    t2m_stack_stage_t stage;
    size_t i;
    int count;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        memset(&stage, 0, sizeof(stage));
        t2m_stack_go.begins(t2m_text(heads[i].first), &stage);
        for (count = 0; t2m_stack_go.continues(t2m_text(heads[i].more), &stage); count++) {
        }
        is_number(count, heads[i].count, heads[i].first);
        is_number(t2m_stack_go.continues(t2m_text(heads[i].proof), &stage), T2M_STACK_YES,
                  "what proves it is taken behind them");
    }
}

/* The text of a frame is its call and its place. */
static void test_texts(void)
{
    static const char text[] = "panic: x\n\ngoroutine 1 [running]:\nmain.f(0x1)\n"
                               "\t/srv/a.go:1 +0x1d\n...9 frames elided...\ncreated by main.g\n"
                               "\t/srv/a.go:2 +0x1\nexit status 2\n";
    static t2m_stack_t stack;
    int found;
    char *copy = stack_parsed(&t2m_stack_go, text, strlen(text), &stack, &found);

    is_number(stack.frame_count, 2, "two frames");
    is_bytes(stack.frames[0].text.data, stack.frames[0].text.size,
             "main.f(0x1)\n\t/srv/a.go:1 +0x1d\n...9 frames elided...", "with those left out");
    is_bytes(stack.frames[1].text.data, stack.frames[1].text.size,
             "created by main.g\n\t/srv/a.go:2 +0x1", "who started the goroutine");
    free(copy);
}

/* Cut anywhere behind the first frame it is still a trace; nowhere is a byte read too far. */
static void test_cuts(void)
{
    static t2m_stack_t stack;
    size_t i, size, first;
    int found, lost = 0;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const char *frame = strstr(samples[i].text, "main.f(0x1)");

        first = frame && samples[i].want ? (size_t)(frame - samples[i].text) + 11 : SIZE_MAX;
        for (size = 0; size <= strlen(samples[i].text); size++) {
            free(stack_parsed(&t2m_stack_go, samples[i].text, size, &stack, &found));
            lost += size >= first && !found;
        }
    }
    is_number(lost, 0, "a trace that was cut behind its first frame is one");
}

int main(void)
{
    test_samples();
    test_values();
    test_lines();
    test_message_limit();
    test_texts();
    test_cuts();
    is_number(t2m_stack_go.begins(t2m_text(NULL), &(t2m_stack_stage_t){ 0, 0, 0 }), T2M_STACK_NO,
              "nothing begins nothing");
    return tap_done();
}
