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

/* See reply.h. */
#include "server/reply.h"

#include <string.h>

#include <http_protocol.h>

enum { ESCAPE = 6 }; /* bytes of \u003c */

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void set_headers(request_rec *request, const char *type)
{
    apr_table_t *headers = request->headers_out;

    ap_set_content_type(request, type);
    apr_table_setn(headers, "Cache-Control", "no-store");
    apr_table_setn(headers, "Content-Security-Policy", policy);
    apr_table_setn(headers, "Referrer-Policy", "no-referrer");
    apr_table_setn(headers, "Vary", "Accept, Authorization, X-Admin-Token");
    apr_table_setn(headers, "X-Content-Type-Options", "nosniff");
}

int t2m_reply_send(request_rec *request, const char *type, const char *body, apr_size_t size)
{
    set_headers(request, type);
    if (ap_request_has_body(request)) {
        request->connection->keepalive = AP_CONN_CLOSE;
    }
    ap_set_content_length(request, (apr_off_t)size);
    (void)ap_rwrite(body, (int)size, request); /* who hangs up has no use for the rest */
    return OK;
}

/* The code point's last two digits. */
static const char *digits_of(char byte)
{
    switch (byte) {
    case '<':
        return "3c";
    case '>':
        return "3e";
    case '&':
        return "26";
    default:
        return NULL;
    }
}

static apr_size_t count_of(const char *text, apr_size_t size)
{
    apr_size_t count = 0;

    for (apr_size_t i = 0; i < size; i++) {
        count += digits_of(text[i]) != NULL;
    }
    return count;
}

const char *t2m_reply_escape(apr_pool_t *pool, const char *text, apr_size_t *size)
{
    apr_size_t count = count_of(text, *size);
    char *out, *next;

    if (!count) {
        return text;
    }
    next = out = apr_palloc(pool, *size + count * (ESCAPE - 1));
    for (apr_size_t i = 0; i < *size; i++) {
        const char *digits = digits_of(text[i]);
        if (digits) {
            memcpy(next, "\\u00", ESCAPE - 2);
            memcpy(next + ESCAPE - 2, digits, 2);
            next += ESCAPE;
        } else {
            *next++ = text[i];
        }
    }
    *size = (apr_size_t)(next - out);
    return out;
}
