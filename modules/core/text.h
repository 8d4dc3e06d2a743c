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

/* A run of bytes with its length: what httpd and scripts hand over may hold any byte. */
#ifndef T2M_CORE_TEXT_H
#define T2M_CORE_TEXT_H

#include <string.h>

#include <apr.h>

typedef struct {
    const char *data; /* may be NULL only when size is 0; not terminated by a NUL */
    apr_size_t size;  /* bytes */
} t2m_text_t;

/** The text of a C string; NULL gives the empty text. Borrows the bytes. */
static inline t2m_text_t t2m_text(const char *string)
{
    t2m_text_t text = { string, string ? strlen(string) : 0 };
    return text;
}

/** The text of size bytes at data. Borrows the bytes. */
static inline t2m_text_t t2m_text_of(const char *data, apr_size_t size)
{
    t2m_text_t text = { data, size };
    return text;
}

/**
 * Copies size bytes to out, which must not overlap them, and returns where the next go. Short runs,
 * as nearly all of a line are, without a call.
 */
static inline char *t2m_text_copy(char *out, const char *data, apr_size_t size)
{
    if (size > 64) {
        memcpy(out, data, size);
    }
    else if (size >= 32) { /* the halves overlap, as below */
        memcpy(out, data, 32);
        memcpy(out + size - 32, data + size - 32, 32);
    }
    else if (size >= 16) {
        memcpy(out, data, 16);
        memcpy(out + size - 16, data + size - 16, 16);
    }
    else if (size >= 8) {
        memcpy(out, data, 8);
        memcpy(out + size - 8, data + size - 8, 8);
    }
    else if (size >= 4) {
        memcpy(out, data, 4);
        memcpy(out + size - 4, data + size - 4, 4);
    }
    else if (size > 0) {
        out[0] = data[0];
        if (size > 1) {
            memcpy(out + size - 2, data + size - 2, 2);
        }
    }
    return out + size;
}

#endif
