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
/* Tests modules/core/group_rule.c. */
#include "core/group_rule.h"

#include <string.h>

#include "tap.h"

static const struct {
    const char *words, *message;
    int matches;
} cases[] = {
    { "lost", "connection lost", 1 },
    { "lost", "LOST", 0 },
    { "lost", "", 0 },
    { "connection * lost", "a connection to 10.0.0.1 lost again", 1 },
    { "connection*lost", "connectionlost", 1 },
    { "connection * lost", "connection lost", 0 },
    { "lost * connection", "connection to it lost", 0 },
    { "*lost*", "connection lost", 1 },
    { "a*a", "a", 0 },
    { "a*a", "aa", 1 },
    { "ab*ab*ab", "ab ab", 0 },
    { "ab*ab*ab", "ab ab ab", 1 },
    { "**x**", "x", 1 },
    { "what? [1]", "what? [1]", 1 },
    { "what?", "whatever", 0 },
};

static void matching(void)
{
    char message[64];
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* Behind the text, and not a part of it, stands what is looked for. */
        (void)snprintf(message, sizeof(message), "%slost", cases[i].message);
        ok(t2m_group_rule_matches(cases[i].words,
                                  t2m_text_of(message, strlen(cases[i].message)))
               == cases[i].matches, "\"%s\" in \"%s\"", cases[i].words, cases[i].message);
    }
    ok(t2m_group_rule_matches("b", t2m_text_of("a\0b", 3)), "a message may have a NUL");
}

static void refusing(void)
{
    char words[T2M_GROUP_RULE_MAX + 2];

    memset(words, 'w', sizeof(words) - 1);
    words[T2M_GROUP_RULE_MAX + 1] = '\0';
    ok(strstr(t2m_group_rule_refuse(words), "longer than 256 bytes") != NULL, "too long");
    words[T2M_GROUP_RULE_MAX] = '\0';
    ok(t2m_group_rule_refuse(words) == NULL, "the longest");
    ok(t2m_group_rule_refuse("a\tb") != NULL, "a tab");
    ok(t2m_group_rule_refuse("a\x7f") != NULL, "a delete");
    ok(t2m_group_rule_refuse("") != NULL, "nothing");
    ok(t2m_group_rule_refuse("* **") != NULL, "nothing but stars");
    ok(t2m_group_rule_refuse("*\xc3\xa9*") == NULL, "other bytes");
}

static void naming(void)
{
    char one[T2M_FINGERPRINT_SIZE], same[T2M_FINGERPRINT_SIZE], other[T2M_FINGERPRINT_SIZE];
    t2m_text_t parts[2] = { t2m_text("named"), t2m_text("lost") };

    t2m_group_rule_id("lost", one);
    t2m_fingerprint(parts, 2, same);
    t2m_group_rule_id("Lost", other);
    ok(!memcmp(one, same, sizeof(one)), "the group is that of the name");
    ok(memcmp(one, other, sizeof(one)) != 0, "and another name another");
}

int main(void)
{
    matching();
    refusing();
    naming();
    return tap_done();
}
