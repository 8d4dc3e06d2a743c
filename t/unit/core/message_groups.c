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

/* Tests core/message_groups: what was kept is found, and nothing else. */
#include "core/message_groups.h"

#include "tap.h"

static t2m_message_groups_t known;
static const int rules, others;

/* The group found, as its first byte; 0: none. */
static char found(const void *by, const char *message, apr_size_t size)
{
    char id[T2M_ERROR_GROUP_SIZE] = { 0 };

    return t2m_message_groups_find(&known, by, t2m_text_of(message, size), id) ? id[0] : 0;
}

static void keep(const char *message, apr_size_t size, char first)
{
    char id[T2M_ERROR_GROUP_SIZE] = { first };

    t2m_message_groups_keep(&known, &rules, t2m_text_of(message, size), id);
}

static void test_found(void)
{
    static const char message[] = "PHP Warning:  no such thing in /srv/app/a.php on line 3";

    is_number(found(&rules, message, sizeof message - 1), 0, "nothing is known");
    keep(message, sizeof message - 1, 'a');
    is_number(found(&rules, message, sizeof message - 1), 'a', "what was kept is found");
    is_number(found(&others, message, sizeof message - 1), 0, "but not under other rules");
    is_number(found(&rules, message, sizeof message - 2), 0, "nor is its beginning");
    is_number(found(&rules, "PHP Warning:  no such thing in /srv/app/b.php on line 3",
                    sizeof message - 1), 0, "nor one that differs in the middle");
    keep(message, sizeof message - 1, 'b');
    is_number(found(&rules, message, sizeof message - 1), 'b', "the newest counts");
}

static void test_sizes(void)
{
    static char text[T2M_MESSAGE_GROUPS_SIZE + 1];

    memset(text, 'x', sizeof text);
    keep(text, T2M_MESSAGE_GROUPS_SIZE, 'c');
    is_number(found(&rules, text, T2M_MESSAGE_GROUPS_SIZE), 'c', "the longest that is kept");
    keep(text, sizeof text, 'd');
    is_number(found(&rules, text, sizeof text), 0, "a longer one is not");
    is_number(found(&rules, text, T2M_MESSAGE_GROUPS_SIZE), 'c', "and takes no place");
    is_number(found(&rules, text, T2M_MESSAGE_GROUPS_TEXTS), 0, "nor is its beginning found");
    keep("", 0, 'e');
    is_number(found(&rules, "", 0), 0, "nor is nothing");
}

/* Of as many sizes in a row none gives way to another. */
static void test_places(void)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
    int i, all = 1;

    for (i = 1; i <= T2M_MESSAGE_GROUPS_TEXTS; i++) {
        keep(text, (apr_size_t)i, (char)('a' + i));
    }
    for (i = 1; i <= T2M_MESSAGE_GROUPS_TEXTS; i++) {
        all &= found(&rules, text, (apr_size_t)i) == (char)('a' + i);
    }
    ok(all, "as many texts as there are places");
}

int main(void)
{
    test_found();
    test_sizes();
    test_places();
    return tap_done();
}
