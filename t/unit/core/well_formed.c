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

/* Tests modules/core/well_formed.c: by itself, and that jansson says the same of many texts. */
#include "core/well_formed.h"

#include <stdlib.h>

#include <jansson.h>

#include "tap.h"

static const char *const right[] = {
    "{}", " { } ", "{\"a\":1}", "{\"a\":{},\"b\":[],\"c\":[1,2,{\"d\":[]}]}",
    "{\"\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
    "{\"a\":-0.5e+10,\"b\":0,\"c\":1E5}",
    "{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}",
    "{\"a\" :\t1 ,\r\n\"b\": [ 1 , 2 ] }", "{\"a\":\"\\u0000\"}", "{\"a\":1,\"a\":2}", "{\"a\":-0}",
    "{\"a\":[[[[]]]]}",
};

static const char *const wrong[] = {
    "", " ", "1", "\"a\"", "[]", "null", "{", "}", "{}x", "{}{}", "{,}", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}",
    "{\"a\":1.}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":-}", "{\"a\":tru}", "{\"a\":truex}",
    "{\"a\":nul}", "{\"a\":\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud83d\"}",
    "{\"a\":\"\\ud83dx\"}", "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\\ude00\"}", "{\"a\":\"\t\"}",
    "{\"a\":\"\xc3\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":[1,]}",
    "{\"a\":[1}",
    "{\"a\":{]}", "{\"a\":[}]", "{1:2}", "{\"a\"::1}", "{\"a\":1]", "{\"a\":[,1]}", "{\"a\":1}}",
    "{\"a\":\"\\u12\"}", "{\"a\":\"\\", "{\"a\":\"\\u", "{\"a\":\"b", "{\"a\":[1 2]}",
    "{\"a\":NaN}",
};

static int jansson_says(const char *bytes, size_t size)
{
    json_t *value = json_loadb(bytes, size, JSON_ALLOW_NUL, NULL);
    int is = json_is_object(value);

    json_decref(value);
    return is;
}

static void check_one(const char *text, int want)
{
    t2m_text_t line = t2m_text(text);

    if (!is_number(t2m_well_formed(line), want, want ? "right" : "wrong")
        || !is_number(jansson_says(text, line.size), want, "jansson says the same")) {
        printf("# %s\n", text);
    }
}

/* Lines like ours with bytes changed, left out and put in. */
static void check_against_jansson(void)
{
    static const char sample[] =
        "{\"timestamp\":\"2026-11-22T14:41:55.404Z\",\"n\":-12.5e3,"
        "\"path\":\"/\\u00e9\\\"\xc3\xa9\","
        "\"exception\":{\"type\":\"T\",\"traceback\":[\"a\",\"b\",[]]},\"truncated\":true,"
        "\"x\":null,"
        "\"y\":{},\"s\":\"\\ud83d\\ude00\",\"seq\":17}";
    static const char bytes[] = "{}[]\",:\\u0dDe8-+.tfn 1aE\t\x01\xc3\xa9\xff";
    char text[sizeof(sample) + 8];
    int i, differ = 0, accepted = 0;

    srand(7);
    for (i = 0; i < 100000; i++) {
        size_t size = sizeof(sample) - 1;
        int changes = 1 + rand() % 3, j;

        memcpy(text, sample, size);
        for (j = 0; j < changes; j++) {
            size_t at = (size_t)rand() % size;
            char byte = bytes[(size_t)rand() % (sizeof(bytes) - 1)];

            switch (rand() % 3) {
            case 0:
                text[at] = byte;
                break;
            case 1:
                memmove(text + at, text + at + 1, size - at - 1);
                size--;
                break;
            default:
                memmove(text + at + 1, text + at, size - at);
                text[at] = byte;
                size++;
                break;
            }
        }
        if (t2m_well_formed(t2m_text_of(text, size)) != jansson_says(text, size)) {
            differ++;
            printf("# %.*s\n", (int)size, text);
        }
        accepted += jansson_says(text, size);
    }
    is_number(differ, 0, "the same as jansson of 100000 lines");
    ok(accepted > 5000 && accepted < 95000, "of which it took %d", accepted);
}

static void check_depth(void)
{
    char text[400] = "{\"a\":";
    size_t size = 5, i;

    for (i = 0; i < T2M_WELL_FORMED_DEPTH - 1; i++) {
        text[size + i] = '[';
        text[size + T2M_WELL_FORMED_DEPTH - 1 + i] = ']';
    }
    size += 2 * (T2M_WELL_FORMED_DEPTH - 1);
    text[size++] = '}';
    ok(t2m_well_formed(t2m_text_of(text, size)), "as deep as may be");
    memmove(text + 6, text + 5, size - 5);
    ok(!t2m_well_formed(t2m_text_of(text, size + 1)), "one deeper");
    memset(text + 5, '[', sizeof(text) - 5);
    ok(!t2m_well_formed(t2m_text_of(text, sizeof(text))), "brackets without end");
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        check_one(right[i], 1);
    }
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        check_one(wrong[i], 0);
    }
    ok(!t2m_well_formed(t2m_text_of("{\"a\":\"\0\"}", 9)), "a raw NUL");
    check_depth();
    check_against_jansson();
    return tap_done();
}
