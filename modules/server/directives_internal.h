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

/* What the files of the directives share: setters by their kind of arguments, and how they read
 * words. Every setter returns NULL, or what is wrong together with what is allowed; httpd puts the
 * file and line in front. They run while the configuration is read, in one thread; what they keep
 * lives in cmd->pool. */
#ifndef T2M_SERVER_DIRECTIVES_INTERNAL_H
#define T2M_SERVER_DIRECTIVES_INTERNAL_H

#include <httpd.h>
#include <http_config.h>

#include "core/stream.h"
#include "server/config.h"

typedef const char *t2m_set_flag_f(cmd_parms *cmd, void *directory, int on);
typedef const char *t2m_set_word_f(cmd_parms *cmd, void *directory, const char *word);
typedef const char *t2m_set_two_f(cmd_parms *cmd, void *directory, const char *first,
                                  const char *second);
typedef const char *t2m_set_three_f(cmd_parms *cmd, void *directory, const char *first,
                                    const char *second, const char *third);
typedef const char *t2m_set_words_f(cmd_parms *cmd, void *directory, int count,
                                    char *const words[]);

/* directives_server.c; cmd->info of t2m_set_name is the member's offset. */
t2m_set_two_f t2m_set_level;
t2m_set_word_f t2m_set_name, t2m_set_client_ip, t2m_set_layout, t2m_set_max_record;
t2m_set_words_f t2m_set_request_id, t2m_set_mask;
t2m_set_three_f t2m_set_field;

/* directives_errors.c */
t2m_set_words_f t2m_set_repeat;
t2m_set_two_f t2m_set_error_group;

/* directives_writer.c */
t2m_set_word_f t2m_set_directory, t2m_set_max_total, t2m_set_min_free, t2m_set_buffer,
    t2m_set_program, t2m_set_user, t2m_set_on_full;
t2m_set_two_f t2m_set_file, t2m_set_sync;
t2m_set_words_f t2m_set_rotate;
t2m_set_flag_f t2m_set_crash_trace, t2m_set_confine;

/* directives_directory.c */
t2m_set_flag_f t2m_set_enabled;
t2m_set_word_f t2m_set_slow, t2m_set_performance, t2m_set_endpoint;
t2m_set_two_f t2m_set_context;

/* directives_admin.c */
t2m_set_word_f t2m_set_token_file, t2m_set_admin_auth, t2m_set_debug_header;
t2m_set_flag_f t2m_set_admin_insecure;

/** The configuration of the directive's server, and its whole-server part. */
t2m_server_config_t *t2m_directive_server(const cmd_parms *cmd);
t2m_global_config_t *t2m_directive_global(const cmd_parms *cmd);

/** The message: the directive's name, then what format makes. */
const char *t2m_directive_refuse(const cmd_parms *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Reads the name of a stream. */
const char *t2m_directive_stream(const cmd_parms *cmd, const char *name, t2m_stream_e *stream);

/** Sets *value to the place of word, in any case, among words, which end with NULL. */
const char *t2m_directive_word(const cmd_parms *cmd, const char *word, const char *const words[],
                               int *value);

/**
 * Reads a number of bytes with an optional K, M or G. Returns 0 for anything else, also what does
 * not fit; *size is then left alone.
 */
int t2m_directive_size(const char *text, apr_uint64_t *size);

/**
 * Reads a whole number with ms, s, min or h, seconds without. Returns 0 for anything else.
 */
int t2m_directive_duration(const char *text, apr_interval_time_t *duration);

/** Reads the name and the expression of a field that is added; expression may be NULL: missing. */
const char *t2m_directive_field(const cmd_parms *cmd, const char *name, const char *expression,
                                t2m_config_field_t *field);

#endif
