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

/* The fields of T2MLogField and T2MLogContext: arrays of t2m_config_field_t, in the order in which
 * they are written, one for each name and stream. Made while the configuration is read and merged;
 * only read from then on. */
#ifndef T2M_SERVER_FIELD_LIST_H
#define T2M_SERVER_FIELD_LIST_H

#include "server/config.h"

/**
 * Puts field into list: in the place of the one of its name and stream, else behind all. Returns
 * the list, made in pool when it was NULL.
 */
apr_array_header_t *t2m_field_list_put(apr_pool_t *pool, apr_array_header_t *list,
                                       const t2m_config_field_t *field);

/** The field of that name and stream; NULL when there is none, or no list. */
const t2m_config_field_t *t2m_field_list_find(const apr_array_header_t *list,
                                              t2m_stream_e stream, const char *name);

/**
 * How many fields list, which may be NULL, adds to the stream; those it leaves out do not count.
 */
int t2m_field_list_count(const apr_array_header_t *list, t2m_stream_e stream);

/**
 * The inherited fields of under, then those of over; one of the same name takes the place of the
 * inherited one. most: 0, or how many stay: what is too much is left out of the inherited fields,
 * the last ones first. Either list may be NULL and is left as it is; the result may be one of them.
 */
apr_array_header_t *t2m_field_list_merge(apr_pool_t *pool, apr_array_header_t *under,
                                         apr_array_header_t *over, int most);

#endif
