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


/* An exchange: one request with its response, as values, and the two lines that tell of it.
 *
 * The worker that served it knows the values; the writer makes the lines, so that a request does
 * not wait for digits, quotes and escapes. In between it travels as core/packed_exchange.h says.
 * What only whole records can have (fields of others, other layouts) makes a worker gather a
 * t2m_record_t by the same functions: names and order of the fields stand here alone.
 *
 * Values only; texts are borrowed. Any thread.
 */
#ifndef T2M_CORE_EXCHANGE_H
#define T2M_CORE_EXCHANGE_H

#include "core/line.h"
#include "core/measurement.h"

/* The texts of an exchange. Few have those from TRACE_ID to FUNCTION. Those from ADDRESS on are
 * mostly the same for all exchanges of a connection. */
typedef enum {
    T2M_EXCHANGE_ID,
    T2M_EXCHANGE_METHOD,
    T2M_EXCHANGE_PATH,     /* as the client sent it, without the query */
    T2M_EXCHANGE_TRACE_ID,
    T2M_EXCHANGE_QUERY,    /* without the `?` */
    T2M_EXCHANGE_REFERER,
    T2M_EXCHANGE_USER,
    T2M_EXCHANGE_FUNCTION, /* the handler; empty: httpd's default-handler */
    T2M_EXCHANGE_ADDRESS,  /* of the client, as it is shown */
    T2M_EXCHANGE_USER_AGENT,
    T2M_EXCHANGE_VHOST,
    T2M_EXCHANGE_HOST,
    T2M_EXCHANGE_PROTOCOL,
    T2M_EXCHANGE_TEXTS,
    T2M_EXCHANGE_RARE = T2M_EXCHANGE_TRACE_ID, /* where those begin that few exchanges have */
    T2M_EXCHANGE_COMMON = T2M_EXCHANGE_ADDRESS, /* where those of the connection begin */
    T2M_EXCHANGE_COMMON_END = T2M_EXCHANGE_PROTOCOL + 1
} t2m_exchange_text_e;

typedef struct {
    apr_time_t time;            /* its end, which both lines have */
    apr_int64_t duration;       /* microseconds */
    apr_int64_t first_byte;     /* microseconds from the start; below 0: none was sent */
    apr_int64_t content_length; /* of the response's body */
    apr_int64_t bytes_in, bytes_out; /* below 0: not known */
    apr_int64_t connection;
    t2m_text_t endpoint;        /* without secrets; at most T2M_ROUTE_MAX bytes */
    t2m_text_t texts[T2M_EXCHANGE_TEXTS]; /* as they came, or without secrets: see what takes it */
    apr_uint16_t status;
    unsigned char slow;
    unsigned char aborted;
    unsigned char plain; /* for *_line: texts and endpoint are plain, see t2m_line_copy */
} t2m_exchange_t;

/** What a text is, by which it is searched, and shortened where it does not fit. */
t2m_content_e t2m_exchange_content(const t2m_exchange_t *exchange, t2m_exchange_text_e which);

/** The level of its access line: by the status. */
static inline t2m_level_e t2m_exchange_level(int status)
{
    if (status < 400) {
        return T2M_LEVEL_INFO;
    }
    return status < 500 ? T2M_LEVEL_WARNING : T2M_LEVEL_ERROR;
}

/**
 * Adds the fields of its access line, from `message` on. On the quick way texts must be without
 * secrets; a line that gathers is to be masked.
 */
void t2m_exchange_access(t2m_line_t *line, const t2m_exchange_t *exchange);

/**
 * The measurement that its performance line tells: see t2m_measurement_add, and the same of texts.
 * What it borrows is the exchange's.
 */
void t2m_exchange_measurement(const t2m_exchange_t *exchange, t2m_measurement_t *measurement);

/**
 * Writes its access line, or its performance line, as t2m_encode leaves it, in the layout flat: the
 * quick way, else what does not fit is cut. Its texts are without secrets. start: of its time.
 * limit: as t2m_encode takes it; out has room for so many bytes. Returns the number of bytes, never
 * 0. The same exchange always gives the same bytes.
 */
apr_size_t t2m_exchange_access_line(const t2m_exchange_t *exchange, const t2m_line_start_t *start,
                                    apr_size_t limit, char *out);
apr_size_t t2m_exchange_performance_line(const t2m_exchange_t *exchange,
                                         const t2m_line_start_t *start, apr_size_t limit,
                                         char *out);

#endif
