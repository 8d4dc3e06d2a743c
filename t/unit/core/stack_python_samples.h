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

/* What python3 really prints (3.11, where not said otherwise; paths shortened), lines of other
 * programs, and what core/stack_python makes of them. */
#ifndef T2M_UNIT_STACK_PYTHON_SAMPLES_H
#define T2M_UNIT_STACK_PYTHON_SAMPLES_H

#define HEADER "Traceback (most recent call last):\n"
#define GROUP "  + Exception Group Traceback (most recent call last):\n"
#define DURING "During handling of the above exception, another exception occurred:\n"
#define CAUSE "The above exception was the direct cause of the following exception:\n"

/* What came of it: `* ` before each item, `= TYPE | MESSAGE` at a traceback's end, `> ` before
 * each ordinary line. */
typedef struct {
    const char *name, *lines, *want;
} sample_t;

static const sample_t samples[] = {
    { "plain, 3.11",
      HEADER
      "  File \"/srv/site/plain.py\", line 7, in <module>\n"
      "    handler(1)\n"
      "  File \"/srv/site/plain.py\", line 5, in handler\n"
      "    return divide(query, 0)\n"
      "           ^^^^^^^^^^^^^^^^\n"
      "  File \"/srv/site/plain.py\", line 2, in divide\n"
      "    return a / b\n"
      "           ~~^~~\n"
      "ZeroDivisionError: division by zero\n",
      "* File \"/srv/site/plain.py\", line 7, in <module>\nhandler(1)\n"
      "* File \"/srv/site/plain.py\", line 5, in handler\nreturn divide(query, 0)\n"
      "* File \"/srv/site/plain.py\", line 2, in divide\nreturn a / b\n"
      "= ZeroDivisionError | division by zero\n" },
    { "chained while handling",
      HEADER
      "  File \"/srv/site/during.py\", line 2, in <module>\n"
      "    {}[\"user\"]\n"
      "    ~~^^^^^^^^\n"
      "KeyError: 'user'\n"
      "\n" DURING "\n" HEADER
      "  File \"/srv/site/during.py\", line 4, in <module>\n"
      "    raise ValueError(\"no such user: 'x'\")\n"
      "ValueError: no such user: 'x'\n",
      "* File \"/srv/site/during.py\", line 4, in <module>\n"
      "raise ValueError(\"no such user: 'x'\")\n"
      "* Caused by: KeyError: 'user'\n"
      "* File \"/srv/site/during.py\", line 2, in <module>\n"
      "{}[\"user\"]\n"
      "= ValueError | no such user: 'x'\n" },
    { "chained by cause, 3.13",
      HEADER
      "  File \"/srv/site/cause.py\", line 2, in <module>\n"
      "    int(\"seven\")\n"
      "    ~~~^^^^^^^^^\n"
      "ValueError: invalid literal for int() with base 10: 'seven'\n"
      "\n" CAUSE "\n" HEADER
      "  File \"/srv/site/cause.py\", line 4, in <module>\n"
      "    raise RuntimeError(\"bad number\") from error\n"
      "RuntimeError: bad number\n",
      "* File \"/srv/site/cause.py\", line 4, in <module>\n"
      "raise RuntimeError(\"bad number\") from error\n"
      "* Caused by: ValueError: invalid literal for int() with base 10: 'seven'\n"
      "* File \"/srv/site/cause.py\", line 2, in <module>\n"
      "int(\"seven\")\n"
      "= RuntimeError | bad number\n" },
    { "no message",
      HEADER
      "  File \"/srv/site/nomsg.py\", line 1, in <module>\n"
      "    raise NotImplementedError\n"
      "NotImplementedError\n",
      "* File \"/srv/site/nomsg.py\", line 1, in <module>\nraise NotImplementedError\n"
      "= NotImplementedError | \n" },
    { "a type with its module, a library's frames",
      HEADER
      "  File \"/srv/site/dotted.py\", line 2, in <module>\n"
      "    json.loads(\"{\")\n"
      "  File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n"
      "    return _default_decoder.decode(s)\n"
      "           ^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
      "json.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)\n",
      "* File \"/srv/site/dotted.py\", line 2, in <module>\njson.loads(\"{\")\n"
      "* File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n"
      "return _default_decoder.decode(s)\n"
      "= json.decoder.JSONDecodeError | Expecting property name: line 1 column 2 (char 1)\n" },
    { "a class made in a function",
      HEADER
      "  File \"/srv/site/locals.py\", line 4, in make\n"
      "    raise Refused(\"no\")\n"
      "make.<locals>.Refused: no\n",
      "* File \"/srv/site/locals.py\", line 4, in make\nraise Refused(\"no\")\n"
      "= make.<locals>.Refused | no\n" },
    { "a syntax error in an imported file",
      HEADER
      "  File \"/srv/site/syntax_import.py\", line 1, in <module>\n"
      "    import syntax_main\n"
      "  File \"/srv/site/syntax_main.py\", line 1\n"
      "    def f(:\n"
      "          ^\n"
      "SyntaxError: invalid syntax\n",
      "* File \"/srv/site/syntax_import.py\", line 1, in <module>\nimport syntax_main\n"
      "* File \"/srv/site/syntax_main.py\", line 1\ndef f(:\n"
      "= SyntaxError | invalid syntax\n" },
    { "a syntax error in the main script has no header",
      "  File \"/srv/site/syntax_main.py\", line 1\n"
      "    def f(:\n"
      "          ^\n"
      "SyntaxError: invalid syntax\n",
      "* File \"/srv/site/syntax_main.py\", line 1\n"
      "def f(:\n"
      "= SyntaxError | invalid syntax\n" },
    { "recursion, 3.13",
      HEADER
      "  File \"/srv/site/recursion.py\", line 3, in <module>\n"
      "    down(0)\n"
      "    ~~~~^^^\n"
      "  File \"/srv/site/recursion.py\", line 2, in down\n"
      "    return down(n + 1)\n"
      "  [Previous line repeated 996 more times]\n"
      "RecursionError: maximum recursion depth exceeded\n",
      "* File \"/srv/site/recursion.py\", line 3, in <module>\ndown(0)\n"
      "* File \"/srv/site/recursion.py\", line 2, in down\nreturn down(n + 1)\n"
      "* [Previous line repeated 996 more times]\n"
      "= RecursionError | maximum recursion depth exceeded\n" },
    { "quotes in a message",
      HEADER
      "  File \"/srv/site/keyerror.py\", line 1, in <module>\n"
      "    {}[\"it's \\\"so\\\"\"]\n"
      "    ~~^^^^^^^^^^^^^^^\n"
      "KeyError: 'it\\'s \"so\"'\n",
      "* File \"/srv/site/keyerror.py\", line 1, in <module>\n{}[\"it's \\\"so\\\"\"]\n"
      "= KeyError | 'it\\'s \"so\"'\n" },
    { "a message of several lines ends where it is not indented",
      HEADER
      "  File \"/srv/site/multiline.py\", line 1, in <module>\n"
      "    raise ValueError(\"first\\nsecond\\n  third, indented\")\n"
      "ValueError: first\n"
      "second\n"
      "  third, indented\n",
      "* File \"/srv/site/multiline.py\", line 1, in <module>\n"
      "raise ValueError(\"first\\nsecond\\n  third, indented\")\n"
      "= ValueError | first\n"
      "> second\n"
      ">   third, indented\n" },
    { "a message that goes on indented",
      HEADER
      "NotImplementedError\n"
      "  more\n"
      "\n"
      "\tand more\n",
      "= NotImplementedError | more\n"
      "\n"
      "\tand more\n" },
    { "source of several lines, 3.13",
      HEADER
      "  File \"/srv/site/multisrc.py\", line 5, in <module>\n"
      "    f(2,\n"
      "    ~^^^\n"
      "      \"x\"),\n"
      "      ^^^^\n"
      "TypeError: unsupported operand type(s) for +: 'int' and 'str'\n",
      "* File \"/srv/site/multisrc.py\", line 5, in <module>\n"
      "f(2,\n"
      "\"x\"),\n"
      "= TypeError | unsupported operand type(s) for +: 'int' and 'str'\n" },
    { "a group with a group in it, 3.13",
      GROUP
      "  |   File \"/srv/site/group.py\", line 12, in <module>\n"
      "  |     collect()\n"
      "  |     ~~~~~~~^^\n"
      "  | ExceptionGroup: several (3 sub-exceptions)\n"
      "  +-+---------------- 1 ----------------\n"
      "    | Traceback (most recent call last):\n"
      "    |   File \"/srv/site/group.py\", line 2, in fail\n"
      "    |     raise kind(\"because\")\n"
      "    |     ~~~~^^^^^^\n"
      "    | ValueError: because\n"
      "    +---------------- 2 ----------------\n"
      "    | ExceptionGroup: inner (2 sub-exceptions)\n"
      "    +-+---------------- 1 ----------------\n"
      "      | TypeError: one\n"
      "      | two\n"
      "      +---------------- 2 ----------------\n"
      "      | FileNotFoundError: [Errno 2] gone\n"
      "      +------------------------------------\n"
      "next\n",
      "* File \"/srv/site/group.py\", line 12, in <module>\n"
      "collect()\n"
      "* Caused by: ValueError: because\n"
      "* File \"/srv/site/group.py\", line 2, in fail\n"
      "raise kind(\"because\")\n"
      "* Caused by: ExceptionGroup: inner (2 sub-exceptions)\n"
      "* Caused by: TypeError: one\n      | two\n"
      "* Caused by: FileNotFoundError: [Errno 2] gone\n"
      "= ExceptionGroup | several (3 sub-exceptions)\n"
      "> next\n" },
    { "a group in the middle of a chain",
      HEADER
      "  File \"/srv/site/group_chain.py\", line 3, in <module>\n"
      "    1 / 0\n"
      "    ~~^~~\n"
      "ZeroDivisionError: division by zero\n"
      "\n" CAUSE "\n" GROUP
      "  |   File \"/srv/site/group_chain.py\", line 5, in <module>\n"
      "  |     raise ExceptionGroup(\"after\", [ValueError(1)]) from error\n"
      "  | ExceptionGroup: after (1 sub-exception)\n"
      "  +-+---------------- 1 ----------------\n"
      "    | ValueError: 1\n"
      "    +------------------------------------\n"
      "\n" DURING "\n" HEADER
      "  File \"/srv/site/group_chain.py\", line 7, in <module>\n"
      "    raise SystemError(\"last\")\n"
      "SystemError: last\n",
      "* File \"/srv/site/group_chain.py\", line 7, in <module>\n"
      "raise SystemError(\"last\")\n"
      "* Caused by: ExceptionGroup: after (1 sub-exception)\n"
      "* File \"/srv/site/group_chain.py\", line 5, in <module>\n"
      "raise ExceptionGroup(\"after\", [ValueError(1)]) from error\n"
      "* Caused by: ValueError: 1\n"
      "* Caused by: ZeroDivisionError: division by zero\n"
      "* File \"/srv/site/group_chain.py\", line 3, in <module>\n"
      "1 / 0\n"
      "= SystemError | last\n" },
    { "a group's message of several lines",
      GROUP "  | ExceptionGroup: one\n  | two\n  |   three\n  | \n  |\n",
      "= ExceptionGroup | one\n  | two\n  |   three\n" },
    { "a group ends at a line without its margin",
      GROUP "  | A\n| x\n" GROUP "  | B\n | x\n" GROUP "  | C\n   \n  +\n  + x\n",
      "= A | \n> | x\n= B | \n>  | x\n= C | \n>   +\n>   + x\n" },
    { "a group ends at a frame without its margin",
      GROUP "  | ExceptionGroup: one\n  File \"x\", line 1\n",
      "= ExceptionGroup | one\n>   File \"x\", line 1\n" },
    { "a thread's, and a note",
      "Exception in thread worker:\n" HEADER
      "  File \"/srv/site/thread.py\", line 2, in <lambda>\n"
      "ZeroDivisionError: division by zero\n"
      "a note\n",
      "> Exception in thread worker:\n"
      "* File \"/srv/site/thread.py\", line 2, in <lambda>\n"
      "= ZeroDivisionError | division by zero\n"
      "> a note\n" },
    { "two, one behind the other",
      HEADER "  File \"a\", line 1, in a\nA: 1\n" HEADER "  File \"b\", line 2, in b\nB: 2\n",
      "* File \"a\", line 1, in a\n= A | 1\n* File \"b\", line 2, in b\n= B | 2\n" },
    { "broken off by another, of each kind",
      HEADER "  File \"a\", line 1, in a\n" HEADER "A\n" GROUP "  | B: 2\n" HEADER,
      "* File \"a\", line 1, in a\n"
      "= Traceback | \n"
      "= A | \n"
      "= B | 2\n"
      "> Traceback (most recent call last):\n" },
    { "a group's cause without a traceback of its own",
      GROUP "  | A: 1\n" CAUSE "\nB: 2\n",
      "* Caused by: A: 1\n"
      "= B | 2\n" },
    { "a source line without its frame",
      HEADER "    return 1\nA\n",
      "* return 1\n= A | \n" },
    { "broken off after a sentence",
      HEADER "A: 1\n" CAUSE "PHP Notice:  x in y on line 1\n",
      "= A | 1\n"
      "> PHP Notice:  x in y on line 1\n" },
    { "a sentence where it does not belong",
      DURING HEADER CAUSE,
      "> During handling of the above exception, another exception occurred:\n"
      "> Traceback (most recent call last):\n"
      "> The above exception was the direct cause of the following exception:\n" },
    { "a byte that means something to us, in each place",
      HEADER "  File \"a\x1e" "b\"\n    c\x1e" "d\nE: f\x1e" "g\n",
      "* File \"a b\"\n"
      "c d\n"
      "= E | f\036g\n" },
};

#endif
