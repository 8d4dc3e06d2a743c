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

/* The five levels of a record and how the sixteen of httpd map to them. */
#ifndef T2M_CORE_LEVEL_H
#define T2M_CORE_LEVEL_H

typedef enum {
    T2M_LEVEL_DEBUG,
    T2M_LEVEL_INFO,
    T2M_LEVEL_WARNING,
    T2M_LEVEL_ERROR,
    T2M_LEVEL_CRITICAL,
    T2M_LEVEL_COUNT
} t2m_level_e;

/** "DEBUG", "INFO", "WARNING", "ERROR" or "CRITICAL"; NULL for any other number. */
const char *t2m_level_name(t2m_level_e level);

/** The level of that name (case-insensitive); T2M_LEVEL_COUNT when there is none. */
t2m_level_e t2m_level_parse(const char *name);

/**
 * The level of an httpd severity (0 emerg … 7 debug, 8–15 trace1–trace8, as in http_log.h):
 * emerg, alert, crit are CRITICAL; error ERROR; warn WARNING; notice, info INFO; the rest,
 * and any number out of range, DEBUG.
 */
t2m_level_e t2m_level_of_httpd(int severity);

#endif
