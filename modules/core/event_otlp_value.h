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

/* Values of OTLP in JSON, as values. For event_otlp.c. Pure; any thread. */
#ifndef T2M_CORE_EVENT_OTLP_VALUE_H
#define T2M_CORE_EVENT_OTLP_VALUE_H

#include <apr_time.h>
#include <jansson.h>

enum { T2M_EVENT_OTLP_VALUES_MAX = 2048 }; /* more than the compact text of a field can show */

/**
 * The JSON value that an AnyValue stands for, a reference that the caller gives back; null for an
 * empty one and for what is none. Its texts are any's own, so that they outlive it. Bytes stay
 * base64; of a nested value T2M_EVENT_OTLP_VALUES_MAX are read. any may be NULL.
 */
json_t *t2m_event_otlp_value(json_t *any);

/**
 * Reads whole nanoseconds since 1970, digits or a number, to the microsecond. Returns nonzero when
 * *time was set; to 0 when value is NULL or null, or says 0.
 */
int t2m_event_otlp_time(const json_t *value, apr_time_t *time);

#endif
