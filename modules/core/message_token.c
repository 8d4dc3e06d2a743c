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

/* Tokens that change: one table of forms, each with a function that knows it. */
#include "core/message_token.h"

enum { TOKEN_MAX = 96, UUID_SIZE = 36 };

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Of a word; of what is not ASCII the characters of two bytes. */
static int is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_'
        || ((unsigned char)byte >= 0x80 && (unsigned char)byte < 0xE0);
}

static int starts_with(const char *at, const char *end, const char *word)
{
    apr_size_t size = strlen(word);

    return (apr_size_t)(end - at) >= size && memcmp(at, word, size) == 0;
}

static int has_letter(t2m_text_t core)
{
    apr_size_t i;

    for (i = 0; i < core.size && !is_letter(core.data[i]); i++) {
    }
    return i < core.size;
}

static int has_digit(t2m_text_t core)
{
    apr_size_t i;

    for (i = 0; i < core.size && !is_digit(core.data[i]); i++) {
    }
    return i < core.size;
}

static int is_mark(t2m_text_t core)
{
    return core.size == 1 && core.data[0] == '*';
}

static int is_long(t2m_text_t core)
{
    return core.size > TOKEN_MAX && !memchr(core.data, '*', core.size);
}

static int is_url(t2m_text_t core)
{
    apr_size_t i;

    for (i = 0; i < core.size && is_letter(core.data[i]); i++) {
    }
    return i && starts_with(core.data + i, core.data + core.size, "://");
}

/* /a, ./a, ../a, ~/a, C:\a, a/b/c, a/b.txt; with no mark, which would mean that the token was put
 * together of several. */
static int is_path(t2m_text_t core)
{
    static const char *const roots[] = { "./", "../", "~/", NULL };
    const char *end = core.data + core.size, *slash, *const *root;

    if (core.data[0] == '/' || (core.size > 3 && core.data[1] == ':' && core.data[2] == '\\')) {
        return has_letter(core) && !memchr(core.data, '*', core.size);
    }
    for (root = roots; *root; root++) {
        if (starts_with(core.data, end, *root)) {
            return 1;
        }
    }
    slash = memchr(core.data, '/', core.size);
    return slash && slash + 1 < end && !memchr(core.data, '*', core.size)
        && (memchr(slash + 1, '/', (apr_size_t)(end - slash - 1))
            || memchr(slash + 1, '.', (apr_size_t)(end - slash - 1)));
}

static int is_uuid(t2m_text_t core)
{
    apr_size_t i;

    for (i = 0; i < core.size; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? core.data[i] != '-'
                 : !core.data[i] || !strchr("abcdefABCDEF", core.data[i])) {
            return 0; /* one with a digit is known as such */
        }
    }
    return core.size == UUID_SIZE;
}

static const char *const domains[] = {
    "com", "net", "org", "edu", "gov", "info", "biz", "eu", "de", "uk", "fr", "nl", "ch", "at",
    "se", "ru", "cn", "jp", "br", "us", "ca", "au", "io", "arpa", "internal", "intranet", "lan",
    "local", "localdomain", "example", "invalid",
};

static int is_domain(const char *name, apr_size_t size)
{
    apr_size_t i;

    for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        if (strlen(domains[i]) == size && memcmp(domains[i], name, size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A host's name, and what has one behind an at sign. */
static int is_host(t2m_text_t core)
{
    apr_size_t i, label = 0;

    for (i = 0; i < core.size; i++) {
        char byte = core.data[i];

        if (byte == '.' || byte == '@') {
            if (i == label) {
                return 0;
            }
            label = i + 1;
        } else if (!is_letter(byte) && byte != '-' && byte != '+') {
            return 0;
        }
    }
    if (!label || label == core.size) {
        return core.size == 9 && memcmp(core.data, "localhost", 9) == 0;
    }
    return memchr(core.data, '@', core.size)
        || is_domain(core.data + label, core.size - label);
}

static int (*const variable[])(t2m_text_t core) = {
    is_mark, has_digit, is_url, is_path, is_long, is_uuid, is_host,
};

int t2m_message_token_is_variable(t2m_text_t core)
{
    apr_size_t i;

    for (i = 0; core.size && i < sizeof(variable) / sizeof(variable[0]); i++) {
        if (variable[i](core)) {
            return 1;
        }
    }
    return 0;
}

int t2m_message_token_is_path(t2m_text_t core)
{
    return core.size && (is_path(core) || is_url(core));
}
