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

/* The five streams and their names. */
#ifndef T2M_CORE_STREAM_H
#define T2M_CORE_STREAM_H

typedef enum {
    T2M_STREAM_APP,
    T2M_STREAM_ERRORS,
    T2M_STREAM_ACCESS,
    T2M_STREAM_SECURITY,
    T2M_STREAM_PERFORMANCE,
    T2M_STREAM_COUNT
} t2m_stream_e;

/** "app", "errors", "access", "security" or "performance"; NULL for any other number. */
const char *t2m_stream_name(t2m_stream_e stream);

/** The stream of that name (case-insensitive); T2M_STREAM_COUNT when there is none. */
t2m_stream_e t2m_stream_parse(const char *name);

/**
 * Nonzero for app, errors and security, whose records are messages of some severity. Access and
 * performance have a line for each request whatever came of it: no general level silences them.
 */
int t2m_stream_is_messages(t2m_stream_e stream);

/** The default file name: "talk2me.log", "errors.log" and so on. */
const char *t2m_stream_file(t2m_stream_e stream);

#endif
