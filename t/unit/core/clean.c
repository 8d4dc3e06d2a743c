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

/* Tests core/clean: it says what t2m_mask_find says, the second time as the first. */
#include "core/clean.h"

#include <apr_general.h>
#include <apr_pools.h>

#include "tap.h"

static t2m_clean_t clean;
static t2m_mask_t *mask, *other;

static int ask(const t2m_mask_t *by, const char *message)
{
    return t2m_clean_message(&clean, by, t2m_text(message)) != 0;
}

static int is_kept(const char *message)
{
    int i;

    for (i = 0; i < T2M_CLEAN_TEXTS; i++) {
        if (clean.texts[i].size == strlen(message)
            && memcmp(clean.texts[i].bytes, message, strlen(message)) == 0) {
            return 1;
        }
    }
    return 0;
}

static void test_answers(void)
{
    static const char plain[] = "client denied by server configuration: /srv/www/a";
    static const char secret[] = "login failed, password=hunter2";
    int i;

    for (i = 0; i < 3; i++) {
        is_number(ask(mask, plain), 1, "a message without a secret");
        is_number(ask(mask, secret), 0, "a message with one");
    }
    ok(is_kept(plain), "the one without is kept");
    ok(!is_kept(secret), "the one with is not");
    is_number(ask(mask, ""), 1, "nothing has no secret");
}

/* Of the same size, and equal but for one byte at either end. */
static void test_likeness(void)
{
    is_number(ask(mask, "a pin=1"), 0, "not clean");
    is_number(ask(mask, "a pen=1"), 1, "clean");
    is_number(ask(mask, "a pin=1"), 0, "what is like a clean one is not clean");
    is_number(ask(mask, "a pen=1"), 1, "nor the other way round");
}

static void test_policies(void)
{
    is_number(ask(mask, "color=blue"), 1, "clean by one policy");
    is_number(ask(other, "color=blue"), 0, "and not by another");
    is_number(ask(mask, "color=blue"), 1, "nor does that change the first");
}

static void test_sizes(void)
{
    char text[2 * T2M_CLEAN_SIZE];
    apr_size_t size;
    int wrong = 0;

    memset(text, 'x', sizeof(text));
    for (size = 0; size < sizeof(text); size++) {
        wrong += !t2m_clean_message(&clean, mask, t2m_text_of(text, size));
        wrong += !t2m_clean_message(&clean, mask, t2m_text_of(text, size));
    }
    is_number(wrong, 0, "of any size");
    memcpy(text, "password=hunter2 ", 17);
    for (size = 17; size < sizeof(text); size++) {
        wrong += t2m_clean_message(&clean, mask, t2m_text_of(text, size));
    }
    is_number(wrong, 0, "a secret in a text of any size is seen");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    mask = t2m_mask_create(pool);
    other = t2m_mask_create(pool);
    (void)t2m_mask_add_key(mask, "pin");
    (void)t2m_mask_add_key(other, "color");
    test_answers();
    test_likeness();
    test_policies();
    test_sizes();
    apr_pool_destroy(pool);
    return tap_done();
}
