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

/* A line of httpd's error log as a value, and the records of the streams app and errors that are
 * made of it. Values on the caller's stack; any thread. */
#ifndef T2M_SERVER_ERRORLINE_H
#define T2M_SERVER_ERRORLINE_H

#include <http_core.h>
#include <httpd.h>

#include "core/address.h"
#include "core/fingerprint.h"
#include "core/level.h"
#include "core/record.h"
#include "core/text.h"
#include "server/config.h"
#include "server/exception.h"
#include "server/request.h"

enum {
    T2M_ERRORLINE_MAX = 8192, /* httpd's own limit of a line with its prefix */
    T2M_CODE_SIZE = 12        /* "AH00128" with its NUL */
};

typedef struct {
    apr_time_t time;
    t2m_level_e level;
    const char *module;         /* short name ("proxy_http"); NULL: unknown */
    const char *file;           /* base name; NULL: unknown */
    int line;                   /* 0: unknown */
    apr_status_t status;        /* 0: none */
    char code[T2M_CODE_SIZE];   /* empty: none */
    char error_id[T2M_FINGERPRINT_SIZE]; /* zeros: below ERROR, or not known yet */
    t2m_text_t text;            /* the message without its code, escaped as httpd left it */
    unsigned truncated : 1;     /* httpd cut it */
    int field_count;
    const t2m_field_t *fields;  /* more, of the C API */
} t2m_errorline_t;

/* Where a line was logged. */
typedef struct {
    const t2m_server_config_t *config;
    t2m_request_t *state;       /* NULL: no request */
    const request_rec *origin;  /* NULL with state */
    t2m_text_t ip;
    char address[T2M_ADDRESS_MAX];
} t2m_errorline_place_t;

/** To be called while the hooks are registered: what is kept belongs to an older configuration. */
void t2m_errorline_start(void);

/** Changes with the configuration, as often as t2m_errorline_start was called. Never 0. */
unsigned t2m_errorline_generation(void);

/**
 * Fills line from what the error_log hook is handed; texts are borrowed from there. The code is the
 * number at the start of the format ("AH00128: File does not exist"), or of the message where the
 * format begins with `%s` and goes on, as mod_cgi's does; it is taken off the text.
 */
void t2m_errorline_read(const ap_errorlog_info *info, const char *text, t2m_errorline_t *line);

/**
 * Sets the group of a line from ERROR on: the one that T2MLogErrorGroup gives its message; else, if
 * its format only passes on what others say, by the words of message, without its secrets. Of all
 * others t2m_errorline_read has set it. config: NULL where there is none yet.
 */
void t2m_errorline_group(t2m_errorline_t *line, const t2m_server_config_t *config,
                         t2m_text_t message);

/**
 * Sets the group of a line with the lines of a traceback: the one that T2MLogErrorGroup gives its
 * message, else by the exception's type and lines.
 */
void t2m_errorline_group_exception(t2m_errorline_t *line, const t2m_server_config_t *config,
                                   t2m_text_t message, const t2m_exception_t *exception);

/**
 * The line's text as it was before httpd escaped it: in decoded, which has room for
 * T2M_ERRORLINE_MAX bytes, or where it stands.
 */
t2m_text_t t2m_errorline_message(const t2m_errorline_t *line, char *decoded);

/** See t2m_clean_message; what the calling thread has searched lately is known. */
int t2m_errorline_is_clean(const t2m_mask_t *mask, t2m_text_t message);

/**
 * Finds the request, or for a line without one the client, that a line belongs to. connection and
 * request may be NULL.
 */
void t2m_errorline_locate(t2m_errorline_place_t *place, const t2m_server_config_t *config,
                          const conn_rec *connection, const request_rec *request);

/** The same of a line with a stack trace, see t2m_stack_group. */
void t2m_errorline_group_stack(t2m_errorline_t *line, const t2m_server_config_t *config,
                               t2m_text_t message, const t2m_stack_t *stack);

/** The type of the exception where there is none: the code, else the module's name. */
const char *t2m_errorline_type(const t2m_errorline_t *line);

/**
 * Writes the line to the stream errors alone, unless it is one of many that are only counted
 * (T2MLogRepeat). Returns as t2m_emit.
 */
apr_status_t t2m_errorline_write_errors(const t2m_errorline_t *line,
                                        const t2m_errorline_place_t *place, t2m_text_t message,
                                        const t2m_exception_t *exception);

/**
 * Writes the line to the stream app and, from level ERROR on, to errors, unless it is one of many
 * that are only counted. The records go together: what becomes of one becomes of the other.
 * message: line->text decoded, or another. exception: NULL: it is the message itself. Returns as
 * t2m_emit, the worse of both; a drop is counted in the slot.
 */
apr_status_t t2m_errorline_write_both(const t2m_errorline_t *line,
                                      const t2m_errorline_place_t *place, t2m_text_t message,
                                      const t2m_exception_t *exception);

/** t2m_errorline_write_both with the line's own text, which is the exception's. */
void t2m_errorline_write(const t2m_errorline_t *line, const t2m_errorline_place_t *place);

#endif
