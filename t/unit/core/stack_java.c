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


/* Tests core/stack_java: what the JDK, other languages of the JVM and loggers print. */
#include "core/stack.h"

#include <stdlib.h>

#include "stack_shown.h"
#include "tap.h"

/* What parse finds, as stack_shown.h shows it; want NULL: no trace. */
static const struct {
    const char *name, *text, *want;
} samples[] = {
    { "thread", "Exception in thread \"main\" java.lang.IllegalStateException: boom\n"
      "\tat shop.Cart.add(Cart.java:12)\n"
      "\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)\n"
      "\tat java.base@17.0.1/jdk.internal.misc.Unsafe.park(Native Method)\n"
      "\tat app//shop.Main.<init>(Main.java)\n"
      "\tat plugins/shop.mod@1.2/shop.Main.run(Unknown Source)\n",
      "java.lang.IllegalStateException | boom\n* shop.Cart.add Cart.java:12\n"
      "- java.util.ArrayList.forEach ArrayList.java:1511\n- jdk.internal.misc.Unsafe.park :0\n"
      "* shop.Main.<init> Main.java:0\n* shop.Main.run :0\n" },
    { "causes", "a.b.C: one\r\n\tat a.b.C.f(C.java:1)\r\n\t... 12 more\r\n"
      "Caused by: x.Y: two: three\r\n\tat a.b.D.g(D.java:2)\r\n"
      "Caused by: x.Z\r\n\t... 13 more\r\n",
      "a.b.C | one\n* a.b.C.f C.java:1\n= x.Y | two: three\n* a.b.D.g D.java:2\n= x.Z | \n" },
    { "suppressed", "a.C: one\n\tat a.C.f(C.java:1)\n\tSuppressed: a.D: two\n\tmore\n"
      "\t\tat a.D.g(D.java:2)\n\t\t... 1 more\n\tCaused by: a.E: no cause\n\t\tat a.E.h(E.java:3)\n"
      "\t\tSuppressed: a.F\n\t\t\tat a.F.i(F.java:4)\nCaused by: a.G: cause\n"
      "\tat a.G.j(G.java:5)\n",
      "a.C | one\n* a.C.f C.java:1\n= a.G | cause\n* a.G.j G.java:5\n" },
    { "suppressed without a frame before", "a.C: one\n\tSuppressed: a.D: two\n"
      "\t\tat a.D.g(D.java:2)\n", "a.C | one\n!" },
    { "circular", "a.C: one\n\tat a.C.f(C.java:1)\nCaused by: a.D\n\tat a.C.g(C.java:2)\n"
      "Caused by: [CIRCULAR REFERENCE: a.C: one]\n",
      "a.C | one\n* a.C.f C.java:1\n= a.D | \n* a.C.g C.java:2\n" },
    { "circular, JDK 8", "a.C: one\n\tat a.C.f(C.java:1)\n\t[CIRCULAR REFERENCE:a.C: one]\n",
      "a.C | one\n* a.C.f C.java:1\n" },
    { "message of lines", "Exception in thread \"main\" a.C: \n one\n\n two: x\n... three\n"
      "a.D: four\n"
      "\tat the end\n\tat a.C.f(C.java:1)\nCaused by: a.E: five\n six\n\n\tat a.C.g(C.java:2)\n",
      "a.C |  one\xc2\xb6\xc2\xb6 two: x\xc2\xb6... three\xc2\xb6" "a.D: four\xc2\xb6\tat the end"
      "\n* a.C.f C.java:1\n= a.E | five\xc2\xb6 six\n* a.C.g C.java:2\n" },
    { "log line before", "2024-05-01 10:00:00 ERROR c.e.X - msg\njava.lang.Error\n"
      "\tat a.C.f(C.java:1)\n2024-05-01 10:00:01 INFO c.e.X - more\n\tat a.C.g(C.java:2)\n",
      "java.lang.Error | \n* a.C.f C.java:1\n" },
    { "in a log line", "10:00 ERROR [a.b] (main) failed x.Ex: y: shop.OutException: no paper\n"
      "\tat a.C.f(C.java:1)\n", "shop.OutException | no paper\n* a.C.f C.java:1\n" },
    { "in a log line, then told again", "ERROR x: shop.OutException: no paper\n"
      "shop.OutException: no ink\n\tat a.C.f(C.java:1)\n",
      "shop.OutException | no ink\n* a.C.f C.java:1\n" },
    { "two in log lines", "ERROR x: shop.OutException: no paper\nnor shop.OffException: no ink\n"
      "\tat a.C.f(C.java:1)\n",
      "shop.OutException | no paper\xc2\xb6nor shop.OffException: no ink\n* a.C.f C.java:1\n" },
    { "an exception within the message", "a.C: one\nby an a.b.DException: two\n"
      "\tat a.C.f(C.java:1)\n",
      "a.C | one\xc2\xb6" "by an a.b.DException: two\n* a.C.f C.java:1\n" },
    { "JULI's margin", "01-May-2024 SEVERE [main] o.a.X failed\n\ta.C: one\n"
      "\t\tat a.C.f(C.java:1)\n"
      "\t\tSuppressed: a.D\n\t\t\tat a.D.f(D.java:1)\n\t\tCaused by: a.F\n"
      "\tCaused by: a.E: two\n\t\tat a.C.g(C.java:2)\n",
      "a.C | one\n* a.C.f C.java:1\n= a.E | two\n* a.C.g C.java:2\n" },
    { "no margins", "a.C: one\nat a.C.f(C.java:1)\n... 2 more\nCaused by: a.D\n"
      "at a.C.g(C.java:2)\n",
      "a.C | one\n* a.C.f C.java:1\n= a.D | \n* a.C.g C.java:2\n" },
    { "Logback's packaging data", "java.lang.Error: x\n"
      "\tat org.springframework.web.A.b(A.java:1) ~[spring-web-5.3.jar:5.3]\n"
      "\tat shop.Cart.add(Cart.java:2) [classes/:na]\n\tat shop.Cart.all(Cart.java:3) [2 skipped]\n"
      "\t... 53 common frames omitted\n",
      "java.lang.Error | x\n- org.springframework.web.A.b A.java:1\n* shop.Cart.add Cart.java:2\n"
      "* shop.Cart.all Cart.java:3\n" },
    { "frames that a logger leaves out", "a.C: x\n\tat a.C.f(C.java:1)\n\t... suppressed 27 lines\n"
      "\tat a.C.g(C.java:2)\n", "a.C | x\n* a.C.f C.java:1\n* a.C.g C.java:2\n!" },
    { "root cause first", "a.Root: one\n\tat a.C.f(C.java:1)\n\t... 9 common frames omitted\n"
      "Wrapped by: a.Middle: two\n\tat a.C.g(C.java:2)\n\t... 9 common frames omitted\n"
      "Wrapped by: a.Outer: three\n\tat a.C.h(C.java:3)\n",
      "a.Outer | three\n* a.C.h C.java:3\n= a.Middle | two\n* a.C.g C.java:2\n= a.Root | one\n"
      "* a.C.f C.java:1\n" },
    { "Kotlin", "Exception in thread \"main\" kotlin.KotlinNullPointerException\n"
      "\tat shop.MainKt.main(Main.kt:5)\n\tat shop.MainKt$main$1.invoke(Main.kt)\n"
      "\tat shop.CartTest.returns 404 when absent(CartTest.kt:12)\n"
      "\tat \b\b\b(Coroutine boundary.\b(\b)\n"
      "\tat _COROUTINE._BOUNDARY._(CoroutineDebugging.kt:46)\n"
      "\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:108)\n",
      "kotlin.KotlinNullPointerException | \n* shop.MainKt.main Main.kt:5\n"
      "* shop.MainKt$main$1.invoke Main.kt:0\n* shop.CartTest.returns 404 when absent "
      "CartTest.kt:12\n- _COROUTINE._BOUNDARY._ CoroutineDebugging.kt:46\n"
      "- kotlinx.coroutines.DispatchedTask.run DispatchedTask.kt:108\n" },
    { "Scala", "scala.MatchError: 3 (of class java.lang.Integer)\n"
      "\tat shop.Main$.$anonfun$main$1(Main.scala:5)\n"
      "\tat shop.Main$$anonfun$add$1.apply$mcVI$sp(Main.scala:7)\n"
      "\tat scala.collection.immutable.Range.foreach$mVc$sp(Range.scala:190)\n",
      "scala.MatchError | 3 (of class java.lang.Integer)\n* shop.Main$.$anonfun$main$1 "
      "Main.scala:5\n* shop.Main$$anonfun$add$1.apply$mcVI$sp Main.scala:7\n"
      "- scala.collection.immutable.Range.foreach$mVc$sp Range.scala:190\n" },
    { "classes made at run time", "a.C\n"
      "\tat a.Main$$Lambda$14/0x0000000800c03000.run(Unknown Source)\n"
      "\tat a.Cart$$EnhancerBySpringCGLIB$$a1.add(<generated>)\n"
      "\tat com.sun.proxy.$Proxy12.find(Unknown Source)\n\tat a.Lib.call(Native Method)\n",
      "a.C | \n- a.Main$$Lambda$14/0x0000000800c03000.run :0\n"
      "- a.Cart$$EnhancerBySpringCGLIB$$a1.add <generated>:0\n"
      "- com.sun.proxy.$Proxy12.find :0\n* a.Lib.call :0\n" },
    { "a file's name with a blank", "a.C\n\tat Script1.run(My Script.groovy:3)\n",
      "a.C | \n* Script1.run My Script.groovy:3\n" },
    { "SAXParseException", "org.xml.sax.SAXParseException; lineNumber: 1; no\n"
      "\tat a.C.f(C.java:1)\n",
      "org.xml.sax.SAXParseException | lineNumber: 1; no\n* a.C.f C.java:1\n" },
    { "a class without a package", "RefusedException: no\n\tat Main.main(Main.java:3)\n",
      "RefusedException | no\n* Main.main Main.java:3\n" },
    { "letters of any kind", "p\xc3\xa4.\xc3\x84rger: x\n\tat p\xc3\xa4.A.f(A.java:1)\n",
      "p\xc3\xa4.\xc3\x84rger | x\n* p\xc3\xa4.A.f A.java:1\n" },
    { "quotes in the thread's name", "Exception in thread \"a \"b\" c\" a.C: x\n",
      "a.C | x\n" },
    { "a toString of its own", "Exception in thread \"main\" closed until 9:00\n"
      "\tat a.C.f(C.java:1)\nCaused by: also closed\n\tat a.C.g(C.java:2)\n",
      " | closed until 9:00\n* a.C.f C.java:1\n=  | also closed\n* a.C.g C.java:2\n" },
    { "thrown by the handler", "Exception: java.lang.OutOfMemoryError thrown from the "
      "UncaughtExceptionHandler in thread \"main\"\n",
      "java.lang.OutOfMemoryError | thrown from the UncaughtExceptionHandler in thread "
      "\"main\"\n" },
    { "the launcher's error before it", "Error: A JNI error has occurred\n"
      "Exception in thread \"main\" java.lang.NoClassDefFoundError: a/B\n",
      "java.lang.NoClassDefFoundError | a/B\n" },
    { "no frames, but a cause", "a.C: one\nCaused by: a.D: two\n", "a.C | one\n= a.D | two\n" },
    { "cut in a frame", "a.C: one\n\tat a.C.f(C.java:1)\n\tat a.C.g(C.ja",
      "a.C | one\n* a.C.f C.java:1\n" },
    { "a number that is none", "a.C\n\tat a.C.f(C.java:1234567890)\n\tat a.C.f(:3)\n",
      "a.C | \n* a.C.f C.java:1234567890:0\n* a.C.f :3:0\n" },
    { "the next exception is another one", "a.C: one\n\tat a.C.f(C.java:1)\na.D: two\n"
      "\tat a.C.g(C.java:2)\n", "a.C | one\n* a.C.f C.java:1\n" },
    { "blank lines between", "a.C: one\n\n\tat a.C.f(C.java:1)\n\n\tat a.C.g(C.java:2)\n",
      "a.C | one\n* a.C.f C.java:1\n* a.C.g C.java:2\n" },
    { "causes that say nothing", "a.C: x\n\tat a.C.f(C.java:1)\nCaused by: \n"
      "\tat a.C.g(C.java:2)\n"
      "Caused by: a.D\n\tat a.C.h(C.java:3)\n",
      "a.C | x\n* a.C.f C.java:1\n= a.D | \n* a.C.h C.java:3\n" },
    { "an exception that says nothing", "Exception in thread \"main\" \n\tat a.C.f(C.java:1)\n",
      NULL },
    { "nothing", "", NULL },
    { "no frame", "a.b.C: one\ntwo\n", NULL },
    { "no exception", "\tat a.C.f(C.java:1)\n", NULL },
    { "a lower-case name", "a.b.c: one\n\tat a.C.f(C.java:1)\n", NULL },
    { "a class that is not called so", "Boom: one\n\tat a.C.f(C.java:1)\n", NULL },
    { "a thread without an exception", "Exception in thread \"main\"\n", NULL },
    { "Node", "TypeError: x\n    at f (/srv/a.js:1:2)\n    at Object.<anonymous> (/srv/a.js:3:4)\n"
      "    at node:internal/main:1:2\n", NULL },
    { ".NET", "System.Exception: x\n   at Shop.Cart.Add(String name, Int32 n)\n"
      "   at Shop.Cart.All(String) in C:\\a.cs:line 3\n   at Shop.Cart.None()\n", NULL },
    { "no place", "a.C: x\n\tat a.C.f\n\tat a.C.f(C.java:1\n\tat (C.java:1)\n\tat main(C.java:1)\n",
      NULL },
    { "a cause that is none", "a.C: x\nCaused by: rain\n", NULL },
};

static void test_samples(void)
{
    size_t i;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        is_shown(&t2m_stack_java, samples[i].text, samples[i].want, samples[i].name);
    }
}

static const struct {
    const char *text, *want;
} lines[] = {
    { "Exception in thread \"main\" a.C: x\n\tat a.C.f(C.java:1)\n\t... 3 more\n"
      "Caused by: a.D\n\t... 1 more\n\t[CIRCULAR REFERENCE:a.C]\nINFO x\n", "YYYYYYN" },
    { "a.C: x\n\tat a.C.f(C.java:1)\n\tat odd\n\t... 2 frames excluded\n"
      "\tSuppressed: a.D: y\nmore\n"
      "\n\t\tat a.D.f(D.java:1)\n\n\tat a.C.g(C.java:1)\nat once\n", "?YYYY??Y?YN" },
    { "a.C: x\nmore\n\nCaused by: a.D\n", "???Y" },
    { "a.C: x\nCaused by: rain\n\tSuppressed: it\n\t... 3 more\n\tat the end\n", "?????" },
    { "a.C: x\na.D: y\n\tat a.D.f(D.java:1)\na.E: z\n\tat a.E.f(E.java:1)\n", "?NN?Y" },
    { "Exception in thread \"x\" a.C: x\na.D: y\nException in thread \"x\" a.C: x\n", "Y?N" },
    { "ERROR it: a.CException: x\n\tat a.C.f(C.java:1)\n", "?Y" },
    { "TypeError: x\nmore\n", "?N" },
    { "TypeError: x\n\tat a.C.f(C.java:1)\n", "?Y" },
    { "Error: x\n", "N" },
    { "Exception: x\n", "?" },
    { "Exception in thread \"main\n", "N" },
    { "\n", "N" },
    { "1.A: x\n", "N" }, { "a.1A: x\n", "N" }, { "a.b.: x\n", "N" }, { "a.B:x\n", "N" },
    { "a.B(x)\n", "N" }, { "a.B\n", "?" }, { "a.B:\n", "?" }, { "http://a.B/\n", "N" },
    { "x at y.ZException in b\n", "N" }, { "x y.Z: b\n", "N" }, { "x ZException: b\n", "N" },
};

static void test_lines(void)
{
    char got[128];
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        stack_answers(&t2m_stack_java, lines[i].text, got);
        is_bytes(got, strlen(got), lines[i].want, lines[i].text);
    }
}

/* Further lines of a message are taken up to a limit, which a frame sets back. */
static void test_message_limit(void)
{
    static const struct {
        const char *first;
        int count;
    } heads[] = { { "a.C: x", 16 }, { "Exception in thread \"main\" a.C: x", 64 } };
    t2m_stack_stage_t stage;
    size_t i;
    int count;

    for (i = 0; i < 2; i++) {
        memset(&stage, 0, sizeof(stage));
        t2m_stack_java.begins(t2m_text(heads[i].first), &stage);
        for (count = 0; t2m_stack_java.continues(t2m_text("more"), &stage); count++) {
        }
        is_number(count, heads[i].count, heads[i].first);
        is_number(t2m_stack_java.continues(t2m_text("\tat a.C.f(C.java:1)"), &stage),
                  T2M_STACK_YES, "a frame is taken behind them");
        t2m_stack_java.continues(t2m_text("Caused by: it"), &stage);
        for (count = 0; t2m_stack_java.continues(t2m_text("more"), &stage); count++) {
        }
        is_number(count, 64, "a cause's message has its own");
    }
}

/* The text of a frame is its line, without the margin, and what belongs to no frame of its own. */
static void test_texts(void)
{
    static const char text[] = "a.C: x\n\tat a.C.f(C.java:1) [a.jar:1]\n\tat odd\n"
                               "\tSuppressed: a.D: y\n\t\tat a.D.f(D.java:1)\n"
                               "Caused by: a.E\n\tat a.E.f(E.java:1)\n\t... 1 more\n";
    static t2m_stack_t stack;
    int found;
    char *copy = stack_parsed(&t2m_stack_java, text, strlen(text), &stack, &found);

    is_number(stack.frame_count, 2, "two frames");
    is_number(stack.innermost_first, 1, "innermost first");
    is_bytes(stack.frames[0].text.data, stack.frames[0].text.size,
             "at a.C.f(C.java:1) [a.jar:1]\n\tat odd\n\tSuppressed: a.D: y\n"
             "\t\tat a.D.f(D.java:1)", "the suppressed exception is told with the frame before it");
    is_bytes(stack.frames[1].text.data, stack.frames[1].text.size,
             "at a.E.f(E.java:1)\n\t... 1 more", "the frames that are shared, too");
    free(copy);
}

/* More frames and causes than there is room for. */
static void test_many(void)
{
    static t2m_stack_t stack;
    size_t size;
    char *text = NULL, *copy;
    FILE *out = open_memstream(&text, &size);
    int i, found;

    fputs("Exception in thread \"main\" java.lang.StackOverflowError\n", out);
    for (i = 1; i <= 1024; i++) {
        fprintf(out, "\tat a.C.f(C.java:%d)\n", i);
    }
    fclose(out);
    copy = stack_parsed(&t2m_stack_java, text, size, &stack, &found);
    ok(found && stack.truncated && stack.frame_count == T2M_STACK_FRAMES_MAX
       && stack.frames[0].line == 1 && stack.frames[T2M_STACK_FRAMES_MAX - 1].line == 1024,
       "of 1024 frames the first and the last are there");
    free(copy);
    free(text);

    text = NULL;
    out = open_memstream(&text, &size);
    fputs("a.C: x\n\tat a.C.f(C.java:1)\n", out);
    for (i = 1; i <= T2M_STACK_CAUSES_MAX + 2; i++) {
        fprintf(out, "Caused by: a.D: %d\n%s\tat a.D.f(D.java:%d)\n", i, i % 2 ? "" : "and more\n",
                i);
    }
    fclose(out);
    copy = stack_parsed(&t2m_stack_java, text, size, &stack, &found);
    ok(found && stack.truncated && stack.cause_count == T2M_STACK_CAUSES_MAX
       && stack.frame_count == T2M_STACK_CAUSES_MAX + 1
       && stack.frames[T2M_STACK_CAUSES_MAX].line == T2M_STACK_CAUSES_MAX,
       "of many causes the nearest are there");
    is_bytes(stack.frames[T2M_STACK_CAUSES_MAX].text.data,
             stack.frames[T2M_STACK_CAUSES_MAX].text.size, "at a.D.f(D.java:8)",
             "and nothing of the others");
    free(copy);
    free(text);
}

/* Cut anywhere behind the first frame it is still a trace; nowhere is a byte read too far. */
static void test_cuts(void)
{
    static t2m_stack_t stack;
    size_t i, size, first;
    int found, lost = 0;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const char *frame = strstr(samples[i].text, "(C.java:1)");

        first = frame && samples[i].want ? (size_t)(frame - samples[i].text) + 10 : SIZE_MAX;
        for (size = 0; size <= strlen(samples[i].text); size++) {
            free(stack_parsed(&t2m_stack_java, samples[i].text, size, &stack, &found));
            lost += size >= first && !found;
        }
    }
    is_number(lost, 0, "a trace that was cut behind its first frame is one");
}

int main(void)
{
    test_samples();
    test_lines();
    test_message_limit();
    test_texts();
    test_many();
    test_cuts();
    is_number(t2m_stack_java.begins(t2m_text(NULL), &(t2m_stack_stage_t){ 0, 0, 0 }),
              T2M_STACK_NO, "nothing begins nothing");
    return tap_done();
}
