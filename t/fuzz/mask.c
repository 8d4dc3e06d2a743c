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

/* Any text as any content: the spans are in order and inside, masking twice is as masking once,
 * a copy into less room is a beginning of the whole one, the quick first look overlooks nothing,
 * and a planted password never comes out. Any word as a name that an administrator adds: it is
 * refused, or masked from then on, in merged policies too. The first byte chooses the content, the
 * second where the secret is planted. */
#include "core/mask.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GROWTH_MAX = T2M_MASK_SPANS_MAX * T2M_MASK_REPLACEMENT_MAX };

static const char canary[] = "c4nArYc4nArY";

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static const t2m_mask_t *policy(void)
{
    static const t2m_mask_t *mask;

    if (!mask) {
        apr_pool_t *pool;

        require(apr_initialize() == APR_SUCCESS);
        require(apr_pool_create(&pool, NULL) == APR_SUCCESS);
        mask = t2m_mask_create(pool);
        require(t2m_mask_self_test(mask) == NULL);
    }
    return mask;
}

static void check_spans(t2m_content_e content, t2m_text_t text)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count = t2m_mask_find(policy(), content, text, spans), i;
    apr_uint32_t end = 0;

    require(count <= T2M_MASK_SPANS_MAX);
    for (i = 0; i < count; i++) {
        char replacement[T2M_MASK_REPLACEMENT_MAX];

        require(spans[i].start >= end && spans[i].end > spans[i].start);
        require(spans[i].end <= text.size && spans[i].rule < T2M_MASK_RULE_COUNT);
        require(t2m_mask_replacement(&spans[i], replacement) <= sizeof(replacement));
        end = spans[i].end;
    }
}

/* Nonzero when the byte at `at` of a text begins no character, were the text UTF-8. */
static int is_inside(const char *text, apr_size_t at)
{
    return ((unsigned char)text[at] & 0xC0) == 0x80;
}

static int is_utf8(const char *text, apr_size_t size)
{
    apr_size_t at = 0;

    while (at < size) {
        unsigned char lead = (unsigned char)text[at];
        apr_size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;

        if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || size - at <= more) {
            return 0;
        }
        for (at++; more > 0; more--, at++) {
            if (!is_inside(text, at)) {
                return 0;
            }
        }
    }
    return 1;
}

static void check_copies(t2m_content_e content, t2m_text_t text, apr_size_t room)
{
    apr_size_t most = text.size + GROWTH_MAX, whole, again, size;
    char *out = malloc(most), *other = malloc(most + GROWTH_MAX);
    int cut;

    require(out && other);
    whole = t2m_mask_copy(policy(), content, text, out, most, &cut);
    require(!cut && whole <= most);
    again = t2m_mask_copy(policy(), content, t2m_text_of(out, whole), other, most + GROWTH_MAX,
                          &cut);
    require(again == whole && !memcmp(out, other, whole));
    room %= whole + 1;
    size = t2m_mask_copy(policy(), content, text, other, room, &cut);
    require(size <= room && !memcmp(out, other, size) && cut == (size < whole));
    if (is_utf8(text.data, text.size)) {
        require(is_utf8(out, whole) && is_utf8(other, size));
    }
    free(out);
    free(other);
}

/* A number behind a line's end is always looked at closely: what is then found in the text before
 * it must have been found without. */
static void check_first_look(t2m_content_e content, t2m_text_t text)
{
    static const char tail[] = "\n\n123456789";
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    char *longer = malloc(text.size + sizeof(tail));

    require(longer != NULL);
    memcpy(longer, text.data, text.size);
    memcpy(longer + text.size, tail, sizeof(tail));
    if (t2m_mask_find(policy(), content, text, spans) == 0
        && t2m_mask_find(policy(), content,
                         t2m_text_of(longer, text.size + sizeof(tail) - 1), spans) > 0) {
        require(spans[0].start >= text.size);
    }
    free(longer);
}

static int holds(const char *text, apr_size_t size, const char *word)
{
    apr_size_t at, word_size = strlen(word);

    for (at = 0; at + word_size <= size; at++) {
        if (!memcmp(text + at, word, word_size)) {
            return 1;
        }
    }
    return 0;
}

/* before, a password, and the rest: the password must not come out. */
static void check_planted(t2m_content_e content, t2m_text_t text, apr_size_t at,
                          const char *planted)
{
    apr_size_t planted_size = strlen(planted), most = text.size + planted_size, size;
    char *whole = malloc(most), *out = malloc(most + GROWTH_MAX);
    int cut;

    require(whole && out);
    memcpy(whole, text.data, at);
    memcpy(whole + at, planted, planted_size);
    memcpy(whole + at + planted_size, text.data + at, text.size - at);
    size = t2m_mask_copy(policy(), content, t2m_text_of(whole, most), out, most + GROWTH_MAX,
                         &cut);
    require(!holds(out, size, canary));
    free(whole);
    free(out);
}

static void check_added(const char *refused_key, const char *refused_header, const char *name,
                        const t2m_mask_t *mask)
{
    require(!refused_key == !refused_header);
    require(refused_key || (t2m_mask_is_member(mask, name) && t2m_mask_is_header(mask, name)));
}

static void check_name(const uint8_t *data, size_t size)
{
    const char *key, *header;
    t2m_mask_t *more;
    char name[80] = "";
    apr_pool_t *pool = NULL;

    memcpy(name, data, size < sizeof(name) ? size : sizeof(name) - 1);
    (void)policy(); /* makes APR's memory */
    require(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    more = t2m_mask_create(pool);
    key = t2m_mask_add_key(more, name);
    header = t2m_mask_add_header(more, name);
    check_added(key, header, name, more);
    check_added(key, header, name, t2m_mask_merge(pool, policy(), more));
    check_added(key, header, name, t2m_mask_merge(pool, more, t2m_mask_create(pool)));
    require(!t2m_mask_is_header(t2m_mask_merge(pool, more, t2m_mask_create_off(pool)), name));
    apr_pool_destroy(pool);
}

static const t2m_content_e contents[] = { T2M_CONTENT_NAME,  T2M_CONTENT_MESSAGE,
                                          T2M_CONTENT_PATH,  T2M_CONTENT_QUERY,
                                          T2M_CONTENT_URL,   T2M_CONTENT_COOKIE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    t2m_content_e content;
    t2m_text_t text;
    apr_size_t at;

    if (size < 3) {
        return 0;
    }
    content = contents[data[0] % (sizeof(contents) / sizeof(contents[0]))];
    text = t2m_text_of((const char *)data + 2, size - 2);
    at = data[1] * text.size / 255;
    if (data[1] % 32 == 0) {
        check_name(data + 2, size - 2);
    }
    check_spans(content, text);
    check_copies(content, text, data[1] * 31U);
    /* Each cookie goes: there is no first look. Behind /reset/ the tail would be a part of the
     * path, which slashes at the end are not; a value that is a replacement is none with a tail. */
    if (content != T2M_CONTENT_COOKIE && data[size - 1] != '/' && data[size - 1] != ']') {
        check_first_look(content, text);
    }
    if (!holds(text.data, text.size, "c4nArY")) {
        check_planted(T2M_CONTENT_MESSAGE, text, at, " password=c4nArYc4nArY");
        check_planted(T2M_CONTENT_MESSAGE, text, at, "\n{\"pass\\u0077ord\": \"c4nArYc4nArY\"}");
        check_planted(T2M_CONTENT_QUERY, text, at, "&password=c4nArYc4nArY");
        check_planted(T2M_CONTENT_QUERY, text, at, "&q=x%20password%253Dc4nArYc4nArY&");
        check_planted(T2M_CONTENT_COOKIE, text, at, ";sid=c4nArYc4nArY");
    }
    return 0;
}
