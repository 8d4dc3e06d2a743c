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

/* Tests core/stack_node: traces of every form that Node.js prints, and their lines one by one. */
#include "core/stack.h"

#include "core/stack_told.h"

#define MAIN "    at node:internal/main/run_main_module:28:49"
#define VERSION "\nNode.js v20.20.2\n"

static const stack_case_t cases[] = {
    { "uncaught",
      "/srv/app/a.js:9\n"
      "    return item.price.amount;\n"
      "                      ^\n"
      "\n"
      "TypeError: Cannot read properties of null (reading 'amount')\n"
      "    at /srv/app/a.js:9:70\n"
      "    at Array.reduce (<anonymous>)\n"
      "    at new Cart (/srv/app/a.js:5:27)\n"
      "    at Object.<anonymous> (/srv/app/a.js:17:1)\n"
      "    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n" VERSION "more\n",
      "..+.++++++.+-",
      "TypeError: Cannot read properties of null (reading 'amount')\n"
      " a||/srv/app/a.js|9\n"
      " -|Array.reduce||0\n"
      " a|new Cart|/srv/app/a.js|5\n"
      " a|Object.<anonymous>|/srv/app/a.js|17\n"
      " -|Module._compile|node:internal/modules/cjs/loader|1521\n" },
    { "causes",
      "/srv/app/a.js:22\n        throw failure;\n        ^\n\n"
      "Error: page failed\n"
      "    at page (/srv/app/a.js:20:25)\n"
      "    ... 5 lines matching cause stack trace ...\n" MAIN " {\n"
      "  status: 503,\n"
      "  [cause]: RangeError: no answer to\n"
      "  SELECT 1\n"
      "      at query (/srv/app/a.js:12:15)\n"
      "      ... 6 lines matching cause stack trace ...\n" "  " MAIN " {\n"
      "    [cause]: TypeError: cannot reach db1\n"
      "        at connect (/srv/app/a.js:3:19) {\n"
      "      code: 'E_HOST',\n"
      "      [cause]: 'timed out'\n"
      "    }\n  }\n}\n" VERSION,
      "..+.+++++++++++++++++.+",
      "Error: page failed\n"
      " a|page|/srv/app/a.js|20\n"
      " -||node:internal/main/run_main_module|28\n"
      "= RangeError: no answer to\n  SELECT 1\n"
      " a|query|/srv/app/a.js|12\n"
      " -||node:internal/main/run_main_module|28\n"
      "= TypeError: cannot reach db1\n"
      " a|connect|/srv/app/a.js|3\n"
      "= : timed out\n" },
    { "a cause without frames, and one too deep",
      "Error: x\n    at f (/srv/a.js:1:2) {\n  [cause]: [Error: y] { code: 'X' }\n}\n"
      "Error: other\n",
      ".+++-",
      "Error: x\n a|f|/srv/a.js|1\n= Error: y\n" },
    { "a cause that inspect did not show",
      "Error: x\n    at f (/srv/a.js:1:2) {\n  [cause]: [Error]\n}\n",
      ".+++", "Error: x\n a|f|/srv/a.js|1\n= Error: \n" },
    { "AggregateError",
      "node:internal/process/promises:391\n    triggerUncaughtException(err, true);\n    ^\n\n"
      "[AggregateError: All promises were rejected] {\n"
      "  [errors]: [\n"
      "    Error: first\n"
      "        at first (/srv/app/a.js:6:11)\n"
      "        at async Promise.any (index 0)\n"
      "        at async main (/srv/app/a.js:14:12),\n"
      "    'second',\n"
      "    [Error: third] {\n      code: 'X'\n    },\n"
      "    RangeError: fourth\n"
      "        at g (/srv/app/a.js:8:1) {\n"
      "      errno: -2\n    }\n"
      "  ],\n    none: 1\n}\n" VERSION,
      "..+.+++++++++++++++++.+",
      "AggregateError: All promises were rejected\n"
      "= Error: first\n"
      " a|first|/srv/app/a.js|6\n -|Promise.any||0\n a|main|/srv/app/a.js|14\n"
      "= : second\n= Error: third\n= RangeError: fourth\n a|g|/srv/app/a.js|8\n" },
    { "several lines of a message",
      "node:assert:90\n  throw new AssertionError(obj);\n  ^\n\n"
      "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n\n1 !== 2\n\n"
      "    at check (/srv/app/a.js:5:12) {\n  code: 'ERR_ASSERTION'\n}\n" VERSION,
      "..+.+...+++.+",
      "AssertionError: Expected values to be strictly equal:\n\n1 !== 2\n"
      " a|check|/srv/app/a.js|5\n" },
    { "a message that begins below its title",
      "Error: \nbelow\n    at f (/srv/a.js:1:2)\n", "..+",
      "Error: below\n a|f|/srv/a.js|1\n" },
    { "what is thrown need not be an error",
      "\n/srv/app/a.js:3\n    throw reason;\n    ^\nout of stock\n"
      "(Use `node --trace-uncaught ...` to show where the exception was thrown)\n" VERSION,
      "-", ": out of stock\n a||/srv/app/a.js|3\n" },
    { "its lines", "/srv/app/a.js:3\n    throw reason;\n    ^\nout\nof\n"
      "(Use `node --trace-uncaught ...` to show where the exception was thrown)\n" VERSION,
      "..++.+.+", ": out\nof\n a||/srv/app/a.js|3\n" },
    { "a list of values is thrown", "/srv/app/a.js:3\nthrow [1, a]\n^\n[ 1,\n  2 ]\n" VERSION,
      "..++..+", ": [ 1,\n  2 ]\n a||/srv/app/a.js|3\n" },
    { "an error without frames", "/srv/app/a.js:3\nthrow e;\n^\n\n[TypeError: x]\n" VERSION,
      "..+.+.+", "TypeError: x\n a||/srv/app/a.js|3\n" },
    { "any class of an error",
      "/srv/app/a.js:3\nthrow e;\n^\n\nFault: x\n    at f (/srv/a.js:1:2)\n"
      VERSION "    at g (/srv/a.js:2:2)\n",
      "..+.++.+-", "Fault: x\n a|f|/srv/a.js|1\n" },
    { "where it was thrown",
      "/srv/app/a.js:4\n    throw { status: 503 };\n    ^\n{ status: 503 }\nThrown at:\n"
      "    at stop (/srv/app/a.js:4:5)\n\n" VERSION,
      "..++++..+", ": { status: 503 }\n a|stop|/srv/app/a.js|4\n" },
    { "a rejection by what is no error",
      "node:internal/process/promises:288\n    triggerUncaughtException(err, true);\n    ^\n\n"
      "[UnhandledPromiseRejection: This error originated either by throwing inside of an async\n"
      "function. The promise rejected with the reason \"x\".] {\n"
      "  code: 'ERR_UNHANDLED_REJECTION'\n}\n" VERSION,
      "..+.++++.+",
      "UnhandledPromiseRejection: This error originated either by throwing inside of an async\n"
      "function. The promise rejected with the reason \"x\".\n" },
    { "the warning of Node 14",
      "(node:12) UnhandledPromiseRejectionWarning: TypeError: x\n    at f (/srv/a.js:1:2)\n",
      ".+", "TypeError: x\n a|f|/srv/a.js|1\n" },
    { "the one without an error",
      "(node:12) UnhandledPromiseRejectionWarning: Unhandled promise rejection.\n", "-", NULL },
    { "a deprecation",
      "(node:1) [DEP0005] DeprecationWarning: Buffer() is deprecated\n"
      "    at new Buffer (node:buffer:269:3)\n",
      ".+", "DeprecationWarning: Buffer() is deprecated\n -|new Buffer|node:buffer|269\n" },
    { "a warning without frames", "(node:1) Warning: x\n(Use `node --trace-warnings ...`)\n",
      "..", NULL },
    { "a module's mistake of syntax",
      "file:///srv/app/b.mjs:1\nimport { a } from './c.mjs';\n         ^\n"
      "SyntaxError: './c.mjs' does not provide an export named 'a'\n"
      "    at ModuleJob._instantiate (node:internal/modules/esm/module_job:213:21)\n"
      "    at async ModuleJob.run (node:internal/modules/esm/module_job:320:5)\n" VERSION,
      "..++++.+",
      "SyntaxError: './c.mjs' does not provide an export named 'a'\n"
      " a||/srv/app/b.mjs|1\n"
      " -|ModuleJob._instantiate|node:internal/modules/esm/module_job|213\n"
      " -|ModuleJob.run|node:internal/modules/esm/module_job|320\n" },
    { "a SyntaxError at run time",
      "/srv/app/a.js:1\nnew RegExp('(');\n^\n\nSyntaxError: Invalid regular expression: /(/\n"
      "    at new RegExp (<anonymous>)\n    at Object.<anonymous> (/srv/app/a.js:1:1)\n",
      "..+.+++",
      "SyntaxError: Invalid regular expression: /(/\n -|new RegExp||0\n"
      " a|Object.<anonymous>|/srv/app/a.js|1\n" },
    { "code made from text",
      "<anonymous_script>:1\n(function render(data) { return data.user.name; })\n      ^\n\n"
      "TypeError: x\n"
      "    at render (eval at template (eval at g (/srv/a.js:3:12), <anonymous>:1:1), "
      "<anonymous>:1:43)\n",
      "..+.++", "TypeError: x\n a|render|/srv/a.js|3\n" },
    { "logged", "GET /cart failed: SyntaxError: Unexpected end of JSON input\n"
      "    at JSON.parse (<anonymous>)\n    at async file:///srv/app/a.mjs:3:17\n"
      "    at <anonymous>\nnext\n",
      ".+++-",
      "SyntaxError: Unexpected end of JSON input\n -|JSON.parse||0\n a||/srv/app/a.mjs|3\n"
      " -|<anonymous>||0\n" },
    { "a class without a name of its own",
      "Fault [Error]: hm\n    at f (/srv/a.js:1:2)\n", ".+", "Fault: hm\n a|f|/srv/a.js|1\n" },
    { "within an object",
      "  err: Error\n      at f (/srv/a.js:1:2) {\n    code: 1\n  }\n}\n", ".++++",
      "Error: \n a|f|/srv/a.js|1\n" },
    { "within an object, without properties", "  err: Error: x\n      at f (/srv/a.js:1:2)\n}\nx\n",
      ".++-", "Error: x\n a|f|/srv/a.js|1\n" },
    { "an event", "node:events:502\n      throw er; // Unhandled 'error' event\n      ^\n\n"
      "Error: listen EADDRINUSE: address already in use :::80\n"
      "    at listenInCluster (node:net:1965:12)\n"
      "Emitted 'error' event on Server instance at:\n"
      "    at emitErrorNT (node:net:1944:8) {\n  code: 'EADDRINUSE'\n}\n" VERSION,
      "..+.++++++.+",
      "Error: listen EADDRINUSE: address already in use :::80\n"
      " -|listenInCluster|node:net|1965\n -|emitErrorNT|node:net|1944\n" },
    { "source maps of Node 12", "Error: x\n    at f (/srv/app/dist/a.js:1:2)\n"
      "        -> /srv/app/src/a.ts:7:3\n", ".++", "Error: x\n a|f|/srv/app/src/a.ts|7\n" },
    { "causes of libraries", "Error: x\n    at f (/srv/a.js:1:2)\ncaused by: Error: y\n"
      "    at g (/srv/a.js:5:6)\nCaused By: Error: z\n    at h (/srv/a.js:8:9)\n", ".+++++",
      "Error: x\n a|f|/srv/a.js|1\n= Error: y\n a|g|/srv/a.js|5\n= Error: z\n a|h|/srv/a.js|8\n" },
    { "properties alone", "[Error: ENOENT: no such file] {\n  errno: -2,\n\n  path: '/x'\n}\nx\n",
      ".+.++-", "Error: ENOENT: no such file\n" },
    { "no properties", "[Error: x]\n", "-", NULL },
    { "a line that is not indented ends properties",
      "Error: x\n    at f (/srv/a.js:1:2) {\n  a: 1,\nnext\n", ".++-",
      "Error: x\n a|f|/srv/a.js|1\n" },
    { "properties that are cut", "Error: x\n    at f (/srv/a.js:1:2) {\nNode.js v20.20.2\n", ".++",
      "Error: x\n a|f|/srv/a.js|1\n" },
    { "titles alone", "TypeError: x\nanother\n", "..", NULL },
    { "frames of Java, and of Ruby", "IOError: x\n\tat f (/srv/a.js:1:2)\n", ".-", NULL },
    { "a head without marks", "/srv/app/a.js:3\nx\ny\n", "..-", NULL },
    { "a head that is cut", "/srv/app/a.js:3\n", ".", NULL },
    { "a head whose source is cut", "/srv/app/a.js:3\nx\n", "..", NULL },
    { "a head without a title", "/srv/app/a.js:3\nx\n^\n\n\n\n\n", "..+...-", NULL },
    { "nothing", "", "", NULL },
    { "blank lines", "\n\n", "-", NULL },
    { "a plain line", "Listening on http://127.0.0.1:8080\n", "-", NULL },
};

/* Lines of a message are held no longer than a message may be. */
static void test_limits(void)
{
    int i;

    long_size = 0;
    write_text("TypeError: x\n");
    for (i = 0; i < 30; i++) {
        write_text("line\n");
    }
    is_number((long long)strlen(answers_of(&t2m_stack_node, long_text)), 18,
              "a message without a head: 16 lines");
    long_size = 0;
    write_text("/srv/a.js:1\nx\n^\n\nTypeError: x\n");
    for (i = 0; i < 150; i++) {
        write_text("line\n");
    }
    is_number((long long)strlen(answers_of(&t2m_stack_node, long_text)), 106,
              "a message with one: 100 lines");
    ok(told_by(&t2m_stack_node, long_text), "it is a trace");
}

static void test_many(void)
{
    int i;

    long_size = 0;
    write_text("Error: x\n");
    for (i = 1; i <= 150; i++) {
        write_text("    at f%d (/srv/a.js:%d:1)\n", i, i);
    }
    for (i = 1; i <= 10; i++) {
        write_text("caused by: Error: %d\n    at g%d (/srv/b.js:%d:1)\n", i, i, i);
    }
    ok(told_by(&t2m_stack_node, long_text), "more frames and causes than there is room for");
    ok(strncmp(told, "Error: x!\n a|f1|", 16) == 0, "it is truncated");
    ok(strstr(told, " a|g8|") && !strstr(told, "g9") && !strstr(told, "g10"),
       "frames of a cause without room are left out");
}

static void test_text(void)
{
    static const char trace[] = "Error: x\n    at async f (/srv/a.js:1:2) {\n  a: 1\n}\n"
                                "Error: y\n    at g (/srv/a.js:1:2)\n"
                                "    ... 4 lines matching cause stack trace ...\n";
    t2m_stack_t *stack = malloc(sizeof(*stack));

    ok(t2m_stack_node.parse(t2m_text(trace), stack) && stack->innermost_first, "innermost first");
    is_bytes(stack->frames[0].text.data, stack->frames[0].text.size, "at async f (/srv/a.js:1:2)",
             "the text of a frame");
    is_bytes(stack->frames[1].text.data, stack->frames[1].text.size,
             "at g (/srv/a.js:1:2)\n    ... 4 lines matching cause stack trace ...",
             "with what it says of others");
    free(stack);
}

int main(void)
{
    check_cases(&t2m_stack_node, cases, sizeof(cases) / sizeof(cases[0]));
    ok(count_cuts(&t2m_stack_node, cases[1].text) > 400, "a trace that is cut is one");
    test_limits();
    test_many();
    test_text();
    return tap_done();
}
