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

/* See field_list.h. The lists are short: they are searched from their start. */
#include "server/field_list.h"

#include <string.h>

static t2m_config_field_t *field_at(const apr_array_header_t *list, int i)
{
    return &APR_ARRAY_IDX(list, i, t2m_config_field_t);
}

static t2m_config_field_t *find(const apr_array_header_t *list, t2m_stream_e stream,
                                const char *name)
{
    for (int i = 0; list && i < list->nelts; i++) {
        t2m_config_field_t *field = field_at(list, i);
        if (field->stream == stream && !strcmp(field->name, name)) {
            return field;
        }
    }
    return NULL;
}

const t2m_config_field_t *t2m_field_list_find(const apr_array_header_t *list,
                                              t2m_stream_e stream, const char *name)
{
    return find(list, stream, name);
}

apr_array_header_t *t2m_field_list_put(apr_pool_t *pool, apr_array_header_t *list,
                                       const t2m_config_field_t *field)
{
    t2m_config_field_t *same = find(list, field->stream, field->name);
    if (same) {
        *same = *field;
        return list;
    }
    if (!list) {
        list = apr_array_make(pool, 4, sizeof *field);
    }
    APR_ARRAY_PUSH(list, t2m_config_field_t) = *field;
    return list;
}

int t2m_field_list_count(const apr_array_header_t *list, t2m_stream_e stream)
{
    int count = 0;
    for (int i = 0; list && i < list->nelts; i++) {
        count += field_at(list, i)->stream == stream && field_at(list, i)->expression;
    }
    return count;
}

/* The first `inherited` fields of list that are not in over, and all that are. */
static apr_array_header_t *cut(apr_pool_t *pool, const apr_array_header_t *list,
                               const apr_array_header_t *over, int inherited)
{
    apr_array_header_t *kept = apr_array_make(pool, list->nelts, sizeof(t2m_config_field_t));
    for (int i = 0; i < list->nelts; i++) {
        const t2m_config_field_t *field = field_at(list, i);
        if (find(over, field->stream, field->name) || inherited-- > 0) {
            APR_ARRAY_PUSH(kept, t2m_config_field_t) = *field;
        }
    }
    return kept;
}

apr_array_header_t *t2m_field_list_merge(apr_pool_t *pool, apr_array_header_t *under,
                                         apr_array_header_t *over, int most)
{
    apr_array_header_t *list;
    if (!under || !over) {
        return over ? over : under;
    }
    list = apr_array_copy(pool, under);
    for (int i = 0; i < over->nelts; i++) {
        list = t2m_field_list_put(pool, list, field_at(over, i));
    }
    return most && list->nelts > most ? cut(pool, list, over, most - over->nelts) : list;
}
