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

/* Tests of server/admin_route.c. */
#include "server/admin_route.h"

#include "tap.h"

typedef struct {
    const char *path;
    const char *mount;
    t2m_admin_endpoint_e want;
    const char *id;
} case_t;

#define M "/admin/logs"
#define LONG_ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const case_t cases[] = {
    { M, M, T2M_ADMIN_INDEX, NULL },
    { M "/", M, T2M_ADMIN_INDEX, NULL },
    { M "/errors", M, T2M_ADMIN_ERRORS, NULL },
    { M "/performance", M, T2M_ADMIN_PERFORMANCE, NULL },
    { M "/security", M, T2M_ADMIN_SECURITY, NULL },
    { M "/health", M, T2M_ADMIN_HEALTH, NULL },
    { M "/metrics", M, T2M_ADMIN_METRICS, NULL },
    { M "/requests/01234567", M, T2M_ADMIN_REQUEST, "01234567" },
    { M "/requests/" LONG_ID, M, T2M_ADMIN_REQUEST, LONG_ID },
    { M "/requests/A.b_c~d:e@f-0", M, T2M_ADMIN_REQUEST, "A.b_c~d:e@f-0" },
    { M "/requests/0123456", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/" LONG_ID "a", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/0123456 ", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/01234567/", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/../../etc", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/", M, T2M_ADMIN_NONE, NULL },
    { M "/requests", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/0123456789ab", M, T2M_ADMIN_GROUP, "0123456789ab" },
    { M "/errors/ABCDEF012345", M, T2M_ADMIN_GROUP, "ABCDEF012345" },
    { M "/errors/0123456789a", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/0123456789abc", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/0123456789ag", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/0123456789ab/", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/0123456789ab ", M, T2M_ADMIN_NONE, NULL },
    { M "/errors//0123456789ab", M, T2M_ADMIN_NONE, NULL },
    { M "/performance/0123456789ab", M, T2M_ADMIN_NONE, NULL },
    { M "/requests/0123456789ab", M, T2M_ADMIN_REQUEST, "0123456789ab" },
    { M "/0123456789ab", M, T2M_ADMIN_NONE, NULL },
    { M "/index", M, T2M_ADMIN_NONE, NULL },
    { M "/none", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/", M, T2M_ADMIN_NONE, NULL },
    { M "//errors", M, T2M_ADMIN_NONE, NULL },
    { M "//", M, T2M_ADMIN_NONE, NULL },
    { M "/Errors", M, T2M_ADMIN_NONE, NULL },
    { M "/error", M, T2M_ADMIN_NONE, NULL },
    { M "/errors;x", M, T2M_ADMIN_NONE, NULL },
    { M "/errors/errors", M, T2M_ADMIN_NONE, NULL },
    { M "/..;/", M, T2M_ADMIN_NONE, NULL },
    { M "/%2e", M, T2M_ADMIN_NONE, NULL },
    { M "x/errors", M, T2M_ADMIN_NONE, NULL },
    { "/ADMIN/logs/errors", M, T2M_ADMIN_NONE, NULL },
    { "/other/errors", M, T2M_ADMIN_NONE, NULL },
    { "/errors", M, T2M_ADMIN_NONE, NULL },
    { "", M, T2M_ADMIN_NONE, NULL },
    /* a slash at the mount's end, the root as mount */
    { M "/errors", M "/", T2M_ADMIN_ERRORS, NULL },
    { M "/", M "/", T2M_ADMIN_INDEX, NULL },
    { M, M "/", T2M_ADMIN_INDEX, NULL },
    { "/errors", "/", T2M_ADMIN_ERRORS, NULL },
    { "/", "/", T2M_ADMIN_INDEX, NULL },
    { M "/errors", "/", T2M_ADMIN_NONE, NULL },
    { "/requests/requests", "/requests", T2M_ADMIN_NONE, NULL },
    { "/requests/requests/requests-1", "/requests", T2M_ADMIN_REQUEST, "requests-1" },
    /* the mount is not known: the last segments decide */
    { "/any/where/errors", NULL, T2M_ADMIN_ERRORS, NULL },
    { "/errors", NULL, T2M_ADMIN_ERRORS, NULL },
    { "/any/where/requests/01234567", NULL, T2M_ADMIN_REQUEST, "01234567" },
    { "/requests/01234567", NULL, T2M_ADMIN_REQUEST, "01234567" },
    { "/where/my-requests/01234567", NULL, T2M_ADMIN_NONE, NULL },
    { "requests/01234567", NULL, T2M_ADMIN_NONE, NULL },
    { "/any/where/errors/0123456789ab", NULL, T2M_ADMIN_GROUP, "0123456789ab" },
    { "/errors/0123456789ab", NULL, T2M_ADMIN_GROUP, "0123456789ab" },
    { "/errors/errors/health", NULL, T2M_ADMIN_HEALTH, NULL }, /* no ID */
    { "/where/my-errors/0123456789ab", NULL, T2M_ADMIN_NONE, NULL },
    { "errors/0123456789ab", NULL, T2M_ADMIN_NONE, NULL },
    { "/0123456789ab", NULL, T2M_ADMIN_NONE, NULL },
    { "/errors/0123456789abc", NULL, T2M_ADMIN_NONE, NULL },
    { "/any/where/", NULL, T2M_ADMIN_INDEX, NULL },
    { "/", NULL, T2M_ADMIN_INDEX, NULL },
    { "/any/where", NULL, T2M_ADMIN_NONE, NULL },
    { "/any/requests/errors", NULL, T2M_ADMIN_NONE, NULL }, /* too short for an ID */
    { "/requests/", NULL, T2M_ADMIN_INDEX, NULL },
    { "errors", NULL, T2M_ADMIN_NONE, NULL },
    { "*", NULL, T2M_ADMIN_NONE, NULL },
    { "", NULL, T2M_ADMIN_NONE, NULL },
};

static void check(const case_t *c)
{
    const char *id = "left from before";
    t2m_admin_endpoint_e got = t2m_admin_route(c->path, c->mount, &id);

    ok(got == c->want, "'%s' below '%s' is %s", c->path,
       c->mount ? c->mount : "anything", t2m_admin_route_name(c->want));
    if (got != c->want) {
        printf("# got %s\n", t2m_admin_route_name(got));
    }
    ok(c->id ? id && !strcmp(id, c->id) : !id, "  with the right id");
}

static void check_names(void)
{
    ok(!strcmp(t2m_admin_route_name(T2M_ADMIN_REQUEST), "requests"), "name of requests/ID");
    ok(!strcmp(t2m_admin_route_name(T2M_ADMIN_GROUP), "errors"), "name of errors/ID");
    ok(!strcmp(t2m_admin_route_name(T2M_ADMIN_INDEX), "index"), "name of the index");
    ok(!strcmp(t2m_admin_route_name(T2M_ADMIN_ENDPOINT_COUNT), "none"), "and of what is none");
}

int main(void)
{
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i]);
    }
    check_names();
    return tap_done();
}
