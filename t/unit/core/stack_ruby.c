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

/* Tests core/stack_ruby: traces of every form that Ruby and its frameworks print. */
#include "core/stack.h"

#include "core/stack_told.h"

static const stack_case_t cases[] = {
    { "uncaught",
      "/srv/app/a.rb:14:in `Integer': invalid value for Integer(): \"12.50\" (ArgumentError)\n"
      "\tfrom /srv/app/a.rb:8:in `block in total'\n"
      "\tfrom /usr/lib/ruby/3.1.0/set.rb:511:in `each'\n"
      "\tfrom /srv/app/a.rb:24:in `<main>'\n"
      "next\n",
      "++++-",
      "ArgumentError: invalid value for Integer(): \"12.50\"\n"
      " a|Integer|/srv/app/a.rb|14\n a|block in total|/srv/app/a.rb|8\n"
      " -|each|/usr/lib/ruby/3.1.0/set.rb|511\n a|<main>|/srv/app/a.rb|24\n" },
    { "Ruby 3.4",
      "/srv/app/a.rb:14:in 'Integer#/': divided by 0 (ZeroDivisionError)\n"
      "\tfrom /srv/app/a.rb:8:in 'block (2 levels) in Shop::Cart.total'\n"
      "\tfrom /var/lib/gems/3.4.0/gems/rack-3.1/lib/rack.rb:5:in 'Rack.call'\n",
      "+++",
      "ZeroDivisionError: divided by 0\n a|Integer#/|/srv/app/a.rb|14\n"
      " a|block (2 levels) in Shop::Cart.total|/srv/app/a.rb|8\n"
      " -|Rack.call|/var/lib/gems/3.4.0/gems/rack-3.1/lib/rack.rb|5\n" },
    { "causes",
      "/srv/a.rb:21:in `rescue in page': page failed (PageError)\n"
      "\tfrom /srv/a.rb:18:in `page'\n"
      "/srv/a.rb:14:in `query': no answer (Store::QueryError)\n"
      "\tfrom /srv/a.rb:11:in `query'\n"
      "/srv/a.rb:8:in `connect': IOError (IOError)\n",
      "+++++",
      "PageError: page failed\n a|rescue in page|/srv/a.rb|21\n a|page|/srv/a.rb|18\n"
      "= Store::QueryError: no answer\n a|query|/srv/a.rb|14\n a|query|/srv/a.rb|11\n"
      "= IOError: IOError\n a|connect|/srv/a.rb|8\n" },
    { "source and suggestion",
      "/srv/a.rb:5:in `greet': undefined method `capitalise' for \"ada\":String (NoMethodError)\n"
      "\n  \"Hello #{user.name.capitalise}\"\n                    ^^^^^^^^^^^\n"
      "Did you mean?  capitalize\n\tfrom /srv/a.rb:8:in `<main>'\n",
      "+..+++",
      "NoMethodError: undefined method `capitalise' for \"ada\":String\n"
      " a|greet|/srv/a.rb|5\n a|<main>|/srv/a.rb|8\n" },
    { "a suggestion alone",
      "/srv/a.rb:5:in `f': uninitialized constant Carts (NameError)\nDid you mean?  Cart\n", "++",
      "NameError: uninitialized constant Carts\n a|f|/srv/a.rb|5\n" },
    { "several lines of a message",
      "/srv/a.rb:9:in `check': order is invalid (Invalid)\n- no address\n\n- no items\n"
      "\tfrom /srv/a.rb:12:in `<main>'\n",
      "+...+",
      "Invalid: order is invalid (Invalid)\n- no address\n\n- no items\n"
      " a|check|/srv/a.rb|9\n a|<main>|/srv/a.rb|12\n" },
    { "recursion",
      "/srv/a.rb:3:in `f': stack level too deep (SystemStackError)\n"
      "\tfrom /srv/a.rb:3:in `f'\n\t ... 10068 levels...\n\tfrom /srv/a.rb:8:in `<main>'\n",
      "++++",
      "SystemStackError: stack level too deep!\n a|f|/srv/a.rb|3\n a|f|/srv/a.rb|3\n"
      " a|<main>|/srv/a.rb|8\n" },
    { "the most recent call last",
      "Traceback (most recent call last):\n"
      "\t10: from /srv/a.rb:13:in `<main>'\n\t 1: from /srv/a.rb:3:in `inner'\n"
      "<internal:kernel>:173:in `Float': invalid value (ArgumentError)\n"
      "\t1: from /srv/a.rb:13:in `<main>'\n"
      "/srv/a.rb:9:in `rescue in outer': no number (KeyError)\nnext\n",
      ".+++++.",
      "KeyError: no number (KeyError)\nnext\n"
      " a|<main>|/srv/a.rb|13\n a|rescue in outer|/srv/a.rb|9\n"
      "= ArgumentError: invalid value\n"
      " a|<main>|/srv/a.rb|13\n a|inner|/srv/a.rb|3\n -|Float|<internal:kernel>|173\n" },
    { "so, without frames",
      "Traceback (most recent call last):\n/srv/a.rb:9:in `f': x (KeyError)\n",
      ".+", "KeyError: x\n a|f|/srv/a.rb|9\n" },
    { "so, cut behind a cause",
      "Traceback (most recent call last):\n/srv/a.rb:9:in `f': x (KeyError)\n"
      "\t1: from /srv/a.rb:13:in `<main>'\n",
      ".++", "KeyError: x!\n a|f|/srv/a.rb|9\n" },
    { "so, cut before the error",
      "Traceback (most recent call last):\n\t1: from /srv/a.rb:13:in `<main>'\n\n",
      ".+-", ": \n a|<main>|/srv/a.rb|13\n" },
    { "so, with a mistake of syntax",
      "Traceback (most recent call last):\n"
      "/srv/a.rb:5:in `eval': (eval):1: syntax error, unexpected end (SyntaxError)\n",
      ".+", "SyntaxError: (eval):1: syntax error, unexpected end\n a|eval|/srv/a.rb|5\n"
      " a||(eval)|1\n" },
    { "Python's", "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n", ".-",
      NULL },
    { "the program's syntax",
      "/srv/a.rb:4: syntax error, unexpected `end', expecting '}'\n", "+",
      "SyntaxError: syntax error, unexpected `end', expecting '}'\n a||/srv/a.rb|4\n" },
    { "its syntax in Ruby 3.4",
      "/srv/a.rb:1: syntax errors found (SyntaxError)\n> 1 | def\n    |    ^ unexpected end\n",
      "+.+",
      "SyntaxError: syntax errors found\n a||/srv/a.rb|1\n" },
    { "the syntax of what is required",
      "<internal:/usr/lib/ruby/vendor_ruby/rubygems/core_ext/kernel_require.rb>:85:in `require': "
      "/srv/b.rb:4: syntax error, unexpected `end' (SyntaxError)\n\tfrom /srv/a.rb:1:in `a'\n",
      "++",
      "SyntaxError: /srv/b.rb:4: syntax error, unexpected `end'\n a||/srv/b.rb|4\n"
      " -|require|<internal:/usr/lib/ruby/vendor_ruby/rubygems/core_ext/kernel_require.rb>|85\n"
      " a|a|/srv/a.rb|1\n" },
    { "the program is not there", "ruby: No such file or directory -- a.rb (LoadError)\n", "+",
      "LoadError: No such file or directory -- a.rb\n" },
    { "an error without a message",
      "/srv/a.rb:9:in `stop': Shop::Stop\n\tfrom /srv/a.rb:12\n", "++",
      "Shop::Stop: \n a|stop|/srv/a.rb|9\n a||/srv/a.rb|12\n" },
    { "a RuntimeError without one", "/srv/a.rb:1:in `<main>': unhandled exception\n", "+",
      "RuntimeError: \n a|<main>|/srv/a.rb|1\n" },
    { "an error without a class's name", "/srv/a.rb:1:in `f': hello\n\tfrom /srv/a.rb:3:in `g'\n",
      ".+", ": hello\n a|f|/srv/a.rb|1\n a|g|/srv/a.rb|3\n" },
    { "a place alone", "/srv/a.rb:1:in `f': hello\n", ".", NULL },
    { "a deadlock",
      "/srv/a.rb:2:in `pop': No live threads left. Deadlock? (fatal)\n2 threads, 2 sleeps\n"
      "\tfrom /srv/a.rb:2:in `<main>'\n",
      "+.+", "fatal: No live threads left. Deadlock? (fatal)\n2 threads, 2 sleeps\n"
      " a|pop|/srv/a.rb|2\n a|<main>|/srv/a.rb|2\n" },
    { "a thread, and its owner",
      "#<Thread:0x00007f16 /srv/a.rb:6 run> terminated with exception "
      "(report_on_exception is true):\n"
      "/srv/a.rb:6:in `block in <main>': job failed (RuntimeError)\n\tfrom /srv/a.rb:3:in `each'\n"
      "/srv/a.rb:8:in `f': why (IOError)\n"
      "/srv/a.rb:6:in `block in <main>': job failed (RuntimeError)\n\tfrom /srv/a.rb:3:in `each'\n"
      "/srv/a.rb:8:in `f': why (IOError)\n",
      ".++++++",
      "RuntimeError: job failed\n a|block in <main>|/srv/a.rb|6\n a|each|/srv/a.rb|3\n"
      "= IOError: why\n a|f|/srv/a.rb|8\n" },
    { "a thread whose cause begins as it does",
      "#<Thread:0x00007f16 /srv/a.rb:6 run> terminated with exception "
      "(report_on_exception is true):\n"
      "/srv/a.rb:6:in `f': x (E) (E)\n/srv/a.rb:6:in `f': x (E)\n",
      ".++", "E: x (E)\n a|f|/srv/a.rb|6\n= E: x\n a|f|/srv/a.rb|6\n" },
    { "a thread alone",
      "#<Thread:0x00007f16 /srv/a.rb:6 run> terminated with exception "
      "(report_on_exception is true):\n"
      "next\n", ".-", NULL },
    { "code made from text",
      "(erb):1:in `fetch': key not found: :name (KeyError)\n"
      "\tfrom (eval at /srv/a.rb:7):1:in 'render'\n\tfrom -e:1:in `<main>'\n",
      "+++", "KeyError: key not found: :name\n a|fetch|(erb)|1\n a|render|/srv/a.rb|7\n"
      " a|<main>|-e|1\n" },
    { "Logger",
      "E, [2026-11-23T04:17:25.542753 #16397] ERROR -- : declined: 12 (ArgumentError)\n"
      "/srv/a.rb:5:in `charge'\n/srv/a.rb:9:in `<main>'\n\nnext\n",
      ".++.-", "ArgumentError: declined: 12\n a|charge|/srv/a.rb|5\n a|<main>|/srv/a.rb|9\n" },
    { "Rails",
      "NoMethodError (undefined method `f' for nil):\n  \n"
      "app/controllers/carts_controller.rb:12:in `index'\n"
      "vendor/bundle/ruby/3.1.0/gems/rack-2.2/lib/rack.rb:3:in `call'\n",
      "..++",
      "NoMethodError: undefined method `f' for nil\n"
      " a|index|app/controllers/carts_controller.rb|12\n"
      " -|call|vendor/bundle/ruby/3.1.0/gems/rack-2.2/lib/rack.rb|3\n" },
    { "Rails with tags, and a cause",
      "[0a1b] [web] ActionView::Template::Error (x):\n"
      "[0a1b] [web] Caused by: KeyError (y)\n"
      "[0a1b] [web] \n[0a1b] [web] Information for: ActionView::Template::Error (x):\n"
      "[0a1b] [web]     1: <%= f %>\n"
      "[0a1b] [web] app/views/a.html.erb:1:in `f'\n[0a1b] [web] \n"
      "[0a1b] [web] Information for cause: KeyError (y):\n[0a1b] [web]   \n"
      "[0a1b] [web] app/models/a.rb:7:in `g'\n[0a1b] [web] next\n",
      ".....+.+.+-",
      "ActionView::Template::Error: x\n a|f|app/views/a.html.erb|1\n"
      "= KeyError: y\n a|g|app/models/a.rb|7\n" },
    { "Rails, a message of two lines",
      "NameError (no x\nDid you mean? y):\n\napp/a.rb:1:in `f'\n", "...+",
      "NameError: no x\n a|f|app/a.rb|1\n" },
    { "WEBrick",
      "[2026-11-23 04:17:25] ERROR IOError: closed\n\t/srv/a.rb:1:in `f'\n", ".+",
      "IOError: closed\n a|f|/srv/a.rb|1\n" },
    { "Sinatra",
      "2026-11-23 04:17:25 - Shop::Closed - come: later:\n\t/srv/a.rb:1:in `f'\n", ".+",
      "Shop::Closed: come: later\n a|f|/srv/a.rb|1\n" },
    { "Passenger",
      "[ E 2026-11-23 04:17:25 ]: *** Exception RuntimeError in Rack application object (boom (x)) "
      "(process 123, thread 0x00007(Thread)):\n\tfrom /srv/a.rb:1:in `f'\n",
      ".+", "RuntimeError: boom (x)\n a|f|/srv/a.rb|1\n" },
    { "a title alone", "IOError: closed\nnext\n", "..", NULL },
    { "no title", "closed\n", "-", NULL },
    { "nothing", "\n", "-", NULL },
    { "empty", "", "", NULL },
};

static void test_limits(void)
{
    int i;

    long_size = 0;
    write_text("IOError: x\n");
    for (i = 0; i < 30; i++) {
        write_text("line\n");
    }
    is_number((long long)strlen(answers_of(&t2m_stack_ruby, long_text)), 14,
              "a message below a title: 12 lines");
    long_size = 0;
    write_text("a.rb:1:in `f': x (IOError)\n");
    for (i = 0; i < 60; i++) {
        write_text("line\n");
    }
    is_number((long long)strlen(answers_of(&t2m_stack_ruby, long_text)), 34,
              "a message below a place: 32 lines");
}

/* More causes than there is room for: those that are told first stay. */
static void test_many(void)
{
    int i;

    long_size = 0;
    for (i = 0; i <= 10; i++) {
        write_text("a.rb:%d:in `f%d': x%d (E%d)\n", i + 1, i, i, i);
    }
    ok(told_by(&t2m_stack_ruby, long_text) && strncmp(told, "E0: x0!\n", 8) == 0, "many causes");
    ok(strstr(told, "= E8: x8\n a|f8|") && !strstr(told, "f9"), "without those that have no room");
    long_size = 0;
    write_text("Traceback (most recent call last):\n");
    for (i = 0; i <= 10; i++) {
        write_text("\t1: from a.rb:1:in `g%d'\na.rb:%d:in `f%d': x%d (E%d)\n", i, i + 1, i, i, i);
    }
    ok(told_by(&t2m_stack_ruby, long_text) && strncmp(told, "E8: x8!\n a|g8|", 14) == 0
           && !strstr(told, "g9") && !strstr(told, "f9"), "so when the last is told first");
}

static void test_text(void)
{
    static const char trace[] = "a.rb:5:in `f': x (NameError)\n\ny.x\n ^^\n\tfrom b.rb:8:in `g'\n";
    t2m_stack_t *stack = malloc(sizeof(*stack));

    ok(t2m_stack_ruby.parse(t2m_text(trace), stack) && stack->innermost_first, "innermost first");
    is_bytes(stack->frames[0].text.data, stack->frames[0].text.size,
             "a.rb:5:in `f': x (NameError)\n\ny.x\n ^^", "the text of a place with its source");
    is_bytes(stack->frames[1].text.data, stack->frames[1].text.size, "b.rb:8:in `g'",
             "the text of a frame");
    ok(t2m_stack_ruby.parse(t2m_text(cases[7].text), stack) && !stack->innermost_first,
       "innermost last");
    free(stack);
}

int main(void)
{
    check_cases(&t2m_stack_ruby, cases, sizeof(cases) / sizeof(cases[0]));
    ok(count_cuts(&t2m_stack_ruby, cases[2].text) > 100, "a trace that is cut is one");
    test_limits();
    test_many();
    test_text();
    return tap_done();
}
