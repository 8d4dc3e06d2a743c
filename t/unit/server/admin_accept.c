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

/* Tests of server/admin_accept.c. */
#include "server/admin_accept.h"

#include <stdlib.h>

#include "tap.h"

typedef struct {
    const char *accept;
    t2m_admin_format_e want;
} case_t;

static const case_t cases[] = {
    { NULL, T2M_ADMIN_JSON },
    { "", T2M_ADMIN_JSON },
    { "*/*", T2M_ADMIN_JSON },
    { "text/plain", T2M_ADMIN_TEXT },
    { "TEXT/Plain", T2M_ADMIN_TEXT },
    { "  text/plain\t", T2M_ADMIN_TEXT },
    { "text/*", T2M_ADMIN_TEXT },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", T2M_ADMIN_JSON },
    { "text/plain, application/json", T2M_ADMIN_JSON },
    { "text/plain, */*", T2M_ADMIN_JSON },
    { "text/plain;q=0.9, application/json;q=0.8", T2M_ADMIN_TEXT },
    { "text/plain;q=0.8, application/json;q=0.9", T2M_ADMIN_JSON },
    { "text/plain;q=0.801, application/json;q=0.8", T2M_ADMIN_TEXT },
    { "text/plain;q=1, application/json;q=0.999", T2M_ADMIN_TEXT },
    { "text/plain;q=1.000, application/json;q=0.", T2M_ADMIN_TEXT },
    { "text/plain ; q=0.5 , */* ; q=0.4", T2M_ADMIN_TEXT },
    { "*/*;q=0.4, text/plain;q=0.5", T2M_ADMIN_TEXT },
    { "text/plain;q=0.2, */*;q=0.4", T2M_ADMIN_JSON },
    { "text/plain;q=0", T2M_ADMIN_JSON },
    { "application/*;q=0.1, text/*;q=0.2", T2M_ADMIN_TEXT },
    /* the exact range decides, wherever it stands */
    { "text/*, text/plain;q=0.1, application/json;q=0.5", T2M_ADMIN_JSON },
    { "text/plain;q=0.1, text/*, application/json;q=0.5", T2M_ADMIN_JSON },
    { "*/*;q=0.9, text/*;q=0.1", T2M_ADMIN_JSON },
    { "application/json;q=0, */*", T2M_ADMIN_TEXT },
    /* other parameters, quoted ones among them */
    { "text/plain;charset=utf-8", T2M_ADMIN_TEXT },
    { "text/plain;charset=utf-8;q=0.3, application/json;q=0.4", T2M_ADMIN_JSON },
    { "text/plain;x=\"a,b;q=0\";q=0.9, application/json;q=0.5", T2M_ADMIN_TEXT },
    { "text/plain;x=\"a\\\",application/json\"", T2M_ADMIN_TEXT },
    { "text/plain;x=\"never ends, application/json", T2M_ADMIN_TEXT },
    { "text/plain;x=\"\\", T2M_ADMIN_TEXT },
    { "text/plain;x=\"a\\\",application/json;y=", T2M_ADMIN_TEXT },
    { "text/plain;Q=0.1, application/json;q=0.5", T2M_ADMIN_JSON },
    /* what cannot be read does not count */
    { "text/plain;q=", T2M_ADMIN_JSON },
    { "text/plain;q=2", T2M_ADMIN_JSON },
    { "text/plain;q=1.001", T2M_ADMIN_JSON },
    { "text/plain;q=.9", T2M_ADMIN_JSON },
    { "text/plain;q=0:9", T2M_ADMIN_JSON },
    { "application/json;q=2, text/plain;q=0", T2M_ADMIN_JSON },
    { "text/plain;q=0.9999", T2M_ADMIN_JSON },
    { "text/plain;q=-1", T2M_ADMIN_JSON },
    { "text/plain;q=0.1a", T2M_ADMIN_JSON },
    { "text/plain;q=00", T2M_ADMIN_JSON },
    { "text", T2M_ADMIN_JSON },
    { "text/", T2M_ADMIN_JSON },
    { "text/plainer", T2M_ADMIN_JSON },
    { "*", T2M_ADMIN_JSON },
    { ",,;,", T2M_ADMIN_JSON },
    { ",text/plain,", T2M_ADMIN_TEXT },
    { ";q=1", T2M_ADMIN_JSON },
};

/* From the heap, so that a sanitizer sees a read behind the end. */
static void check(const case_t *c)
{
    char *copy = c->accept ? strdup(c->accept) : NULL;

    ok(t2m_admin_accept(copy) == c->want, "'%s': %s", c->accept ? c->accept : "(no header)",
       c->want == T2M_ADMIN_JSON ? "JSON" : "text");
    free(copy);
}

int main(void)
{
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i]);
    }
    return tap_done();
}
