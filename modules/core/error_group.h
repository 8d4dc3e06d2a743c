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

/* The group of an error, by what is known of it: its template, its exception, or its words. */
#ifndef T2M_CORE_ERROR_GROUP_H
#define T2M_CORE_ERROR_GROUP_H

#include <apr_errno.h>

#include "core/fingerprint.h"
#include "core/message_pattern.h"

enum {
    T2M_ERROR_GROUP_SIZE = T2M_FINGERPRINT_SIZE, /* hex digits, no NUL */
    T2M_ERROR_GROUP_MODULE_MAX = 64,             /* bytes of a module's name that count */
    T2M_ERROR_GROUP_FRAMES = 3                   /* that count */
};

/**
 * Nonzero when template (httpd's `info->format`) says what happened; zero when the message came as
 * a text of others, as `%s`, `AH01071: Got error '%.*s'` and `%sstderr from %s: %s` pass it on.
 * Looks at no more than the template's first bytes, nearly always. Any thread.
 */
int t2m_error_group_is_template(const char *template);

/**
 * Writes the group of a message that httpd or a module made of a template. The parts of the
 * fingerprint: the module (`STATUS:MODULE` where APR's status is not 0), the base name of the file,
 * the template. known and hint as for t2m_fingerprint_known, one known for one thread.
 */
void t2m_error_group_template(t2m_fingerprints_t *known, unsigned hint, t2m_text_t module,
                              t2m_text_t file, t2m_text_t template, apr_status_t status,
                              char out[T2M_ERROR_GROUP_SIZE]);

/**
 * Writes the group of an exception: its type and the last T2M_ERROR_GROUP_FRAMES frames of the
 * application. frames as in t2m_traceback_result_t: items with 0x1e between them, the innermost
 * last, source lines behind an LF each. A frame of Python counts by its file's normalised name, its
 * function and its source, so that a line that moved is no new group; by its line where it has no
 * source; any other by its pattern (t2m_message_pattern). A frame of a library (`site-packages`,
 * `node_modules`, `vendor`, ...) counts only where there is no other; one that calls itself counts
 * once. Without frames it is the type and pattern, the normalised message, or the empty text.
 */
void t2m_error_group_exception(t2m_text_t type, t2m_text_t frames, t2m_text_t pattern,
                               char out[T2M_ERROR_GROUP_SIZE]);

/**
 * Writes the group of a text that has neither, by pattern, its normalised form
 * (t2m_message_pattern). In a line of httpd's error log the code stands for the template and the
 * number before it for the status: then it is these two, whatever else the line says.
 */
void t2m_error_group_pattern(t2m_text_t pattern, char out[T2M_ERROR_GROUP_SIZE]);

#endif
