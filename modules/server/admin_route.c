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

/* See admin_route.h. */
#include "server/admin_route.h"

#include <string.h>

#include "core/fingerprint.h"
#include "core/hexadecimal.h"
#include "core/id.h"

static const char *const names[T2M_ADMIN_ENDPOINT_COUNT] = {
    [T2M_ADMIN_NONE] = "none",
    [T2M_ADMIN_INDEX] = "index",
    [T2M_ADMIN_ERRORS] = "errors",
    [T2M_ADMIN_PERFORMANCE] = "performance",
    [T2M_ADMIN_SECURITY] = "security",
    [T2M_ADMIN_REQUEST] = "requests",
    [T2M_ADMIN_HEALTH] = "health",
    [T2M_ADMIN_METRICS] = "metrics",
    [T2M_ADMIN_GROUP] = "errors",
};

static const char requests[] = "/requests/";
static const char groups[] = "/errors/";

/* "/errors" and the like; "/requests" alone is none. */
static t2m_admin_endpoint_e plain(const char *rest)
{
    for (int i = T2M_ADMIN_ERRORS; i < T2M_ADMIN_GROUP; i++) {
        if (rest[0] == '/' && i != T2M_ADMIN_REQUEST && !strcmp(rest + 1, names[i])) {
            return (t2m_admin_endpoint_e)i;
        }
    }
    return T2M_ADMIN_NONE;
}

static int is_group(const char *text)
{
    size_t size = 0;

    while (t2m_hexadecimal_value(text[size]) >= 0) {
        size++;
    }
    return size == T2M_FINGERPRINT_SIZE && !text[size];
}

static t2m_admin_endpoint_e endpoint_of(const char *rest, const char **id)
{
    const char *given = rest + sizeof requests - 1;

    if (!strncmp(rest, requests, sizeof requests - 1) && t2m_id_valid(given, strlen(given))) {
        *id = given;
        return T2M_ADMIN_REQUEST;
    }
    given = rest + sizeof groups - 1;
    if (!strncmp(rest, groups, sizeof groups - 1) && is_group(given)) {
        *id = given;
        return T2M_ADMIN_GROUP;
    }
    return plain(rest);
}

/* What is left of path behind mount; NULL when it does not begin so. */
static const char *behind(const char *path, const char *mount)
{
    size_t size = strlen(mount);

    if (size && mount[size - 1] == '/') {
        size--;
    }
    return strncmp(path, mount, size) == 0 ? path + size : NULL;
}

/* Nonzero when what stands before the slash at last is that name, given with both its slashes. */
static int is_behind(const char *path, const char *last, const char *name)
{
    size_t size = strlen(name) - 1;

    return (size_t)(last - path) >= size && !strncmp(last - size, name, size + 1);
}

/* The last segment with its slash, and the one before it when an ID belongs to that. */
static const char *last_segments(const char *path)
{
    const char *last = strrchr(path, '/');

    if (last && last[1] && is_behind(path, last, requests)) {
        return last - (sizeof requests - 2);
    }
    if (last && is_group(last + 1) && is_behind(path, last, groups)) {
        return last - (sizeof groups - 2);
    }
    return last;
}

t2m_admin_endpoint_e t2m_admin_route(const char *path, const char *mount, const char **id)
{
    const char *rest = mount ? behind(path, mount) : last_segments(path);

    *id = NULL;
    if (!rest) {
        return T2M_ADMIN_NONE;
    }
    return !*rest || !strcmp(rest, "/") ? T2M_ADMIN_INDEX : endpoint_of(rest, id);
}

const char *t2m_admin_route_name(t2m_admin_endpoint_e endpoint)
{
    return names[endpoint < T2M_ADMIN_ENDPOINT_COUNT ? endpoint : T2M_ADMIN_NONE];
}
