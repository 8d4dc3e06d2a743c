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

/* Tests of modules/server/answer_index.c. */
#include "answer_world.h"

static void base(site_t *site, const char *uri, const char *want)
{
    json_t *json;

    site->request.uri = uri ? apr_pstrdup(site->pool, uri) : NULL;
    json = site_ask(site, t2m_answer_index, "");
    is_at(json, "endpoints.0.path", want, uri ? uri : "(no path)");
    json_decref(json);
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    json = site_ask(&site, t2m_answer_index, "");
    is_at(json, "version", "\"" T2M_VERSION "\"", "the version");
    is_names(&site, at(json, "endpoints"), "path",
             "/admin/logs/errors /admin/logs/errors/ID /admin/logs/performance "
             "/admin/logs/security /admin/logs/requests/ID /admin/logs/health "
             "/admin/logs/metrics", "all endpoints");
    is_at(json, "endpoints.0.parameters",
          "[\"limit\",\"since\",\"until\",\"level\",\"endpoint\",\"id\",\"request_id\",\"q\","
          "\"after\",\"sort\",\"state\"]", "the parameters of errors");
    is_at(json, "endpoints.1.parameters",
          "[\"limit\",\"since\",\"until\",\"level\",\"endpoint\",\"request_id\",\"q\",\"after\"]",
          "those of errors/ID");
    is_at(json, "endpoints.5.parameters", "[]", "health takes none");
    for (apr_size_t i = 0; i < json_array_size(at(json, "endpoints")); i++) {
        const json_t *endpoint = json_array_get(at(json, "endpoints"), i);

        ok(json_string_length(json_object_get(endpoint, "description")) > 20, "%s is described",
           json_string_value(json_object_get(endpoint, "path")));
    }
    json_decref(json);
    base(&site, "/admin/logs", "\"/admin/logs/errors\"");
    base(&site, "/x/y//", "\"/x/y/errors\"");
    base(&site, "/", "\"/errors\"");
    base(&site, "/\xff/", "\"/\xef\xbf\xbd/errors\"");
    base(&site, NULL, "\"/errors\"");
    site_end(&site);
    apr_terminate();
    return tap_done();
}
