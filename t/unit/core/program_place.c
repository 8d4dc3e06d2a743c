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

/* Tests core/program_place: what is a place, what only looks like one, and which segments vary. */
#include "core/program_place.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
    const char *text, *file, *rest; /* file NULL: none */
} places[] = {
    { "/app/a.php on line 3", "/app/a.php", " on line 3" },
    { "/app/a on line 12.", "/app/a", " on line 12" },
    { "/app/a.php  on line 3", NULL, NULL },
    { "a on line 3", NULL, NULL },
    { "C:\\app\\a.php on line 3", "C:\\app\\a.php", " on line 3" },
    { "a.pl line 3.", "a.pl", " line 3" },
    { "-e line 1.", "-e", " line 1" },
    { "xe line 1.", NULL, NULL },
    { "/usr/bin/tool line 3, <STDIN>", "/usr/bin/tool", " line 3" },
    { "/cgi-bin/a: line 3: x", "/cgi-bin/a", ": line 3:" },
    { "/cgi-bin/a: line 3 x", "/cgi-bin/a:", " line 3" },
    { "a.cgi: 3: foo: not found", "a.cgi", ": 3:" },
    { "/tmp/a: 13: Permission denied", NULL, NULL },
    { "a.cgi: 3 foo", NULL, NULL },
    { "/app/a.js:3:14)", "/app/a.js", ":3" },
    { "a.rb:3:in `f'", "a.rb", ":3" },
    { "file:///app/a.mjs:3:14", "file:///app/a.mjs", ":3" },
    { "src/lib.rs:3", "src/lib.rs", ":3" },
    { "lib.rs:3", "lib.rs", ":3" },
    { "api.example.rs:80", NULL, NULL },
    { "http://api.example.pl:80/x", NULL, NULL },
    { "http://api.example.pl/a.pl:80", "http://api.example.pl/a.pl", ":80" },
    { "a.b.js:3", "a.b.js", ":3" },
    { "example.com:80", NULL, NULL },
    { "10.0.0.1:80", NULL, NULL },
    { "a.php(3): f()", "a.php", "(3)" },
    { "a.php(3", NULL, NULL },
    { "a.php:3x", NULL, NULL },
    { "a.php:3-4", NULL, NULL },
    { "a.php:3\xc3\xbc", NULL, NULL },
    { "a.php:1234567", "a.php", ":1234567" },
    { "a.php:12345678", NULL, NULL },
    { "a.php:", NULL, NULL },
    { ".php:3", NULL, NULL },
    { "php:3", NULL, NULL },
    { "a.phpx:3", NULL, NULL },
    { "a b.php:3", NULL, NULL },
    { "a\"b.php:3", NULL, NULL },
    { "a\x7f" "b.php:3", NULL, NULL },
    { "1:1:1:1:1:1:1:1:a.php:3", "1:1:1:1:1:1:1:1:a.php", ":3" },
    { "1:1:1:1:1:1:1:1:1:1:a.php:3", NULL, NULL },
    { "line 1 column 190", NULL, NULL },
    { "", NULL, NULL },
};

static void test_places(void)
{
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        t2m_program_place_t place;
        apr_size_t size = strlen(places[i].text), found;
        char *copy = malloc(size ? size : 1); /* a byte too far is seen */

        memcpy(copy, places[i].text, size);
        found = t2m_program_place_find(t2m_text_of(copy, size), &place);
        if (!places[i].file) {
            is_number((long long)found, 0, places[i].text);
        } else if (ok(found > 0, "%s", places[i].text)) {
            is_bytes(place.file.data, place.file.size, places[i].file, "its file");
            is_bytes(place.rest.data, place.rest.size, places[i].rest, "its line");
            is_number((long long)found, (long long)(place.file.size + place.rest.size), "its size");
        }
        free(copy);
    }
}

static const struct {
    const char *file, *written;
} files[] = {
    { "", "" },
    { "/app/a.php", "/app/a.php" },
    { "/app/20261122101500/a.php", "/app/*/a.php" },
    { "/app/2026-11-22_10.15/a.php", "/app/*/a.php" },
    { "/usr/lib/python3.11/x.py", "/usr/lib/python3.11/x.py" },
    { "/usr/lib/ruby/3.1.0/x.rb", "/usr/lib/ruby/*/x.rb" },
    { "/cache/3fa9b0c1d2.php", "/cache/*.php" },
    { "/cache/abcdefab.php", "/cache/abcdefab.php" },
    { "/cache/3fa9b0c.php", "/cache/3fa9b0c.php" },
    { "/x/018f3b1c-79b0-7cc3-98c4-dc0c0c07398f/a.py", "/x/*/a.py" },
    { "/x/018f3b1c-79b0-7cc3-98c4-dc0c0c07398/a.py",
      "/x/018f3b1c-79b0-7cc3-98c4-dc0c0c07398/a.py" },
    { "/x/018f3b1cx79b0-7cc3-98c4-dc0c0c07398f/a.py",
      "/x/018f3b1cx79b0-7cc3-98c4-dc0c0c07398f/a.py" },
    { "C:\\releases\\17\\a.php", "C:\\releases\\*\\a.php" },
    { "12", "*" },
    { "//", "//" },
    { "/*/a.php", "/*/a.php" },
};

static void test_files(void)
{
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        apr_size_t size = strlen(files[i].file), first, second;
        char *out = malloc(size ? size : 1), *again = malloc(size ? size : 1);

        first = t2m_program_place_file(t2m_text_of(files[i].file, size), out);
        is_bytes(out, first, files[i].written, files[i].file);
        second = t2m_program_place_file(t2m_text_of(out, first), again);
        ok(second == first && !memcmp(again, out, first), "stays as it is");
        free(again);
        free(out);
    }
}

int main(void)
{
    test_places();
    test_files();
    return tap_done();
}
