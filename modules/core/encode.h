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

/* A record becomes one line of JSON without its end: the writer process adds `,"seq":N}` and LF. */
#ifndef T2M_CORE_ENCODE_H
#define T2M_CORE_ENCODE_H

#include "core/record.h"

enum {
    T2M_LINE_MIN = 1024,      /* T2MLogMaxRecord's range */
    T2M_LINE_MAX = 65536,
    T2M_LINE_TAIL = 128       /* kept for what the writer adds: of the stream errors
                               * `,"repeated":N`; `,"stream":"..."`; of the stream security
                               * `,"prev":"..."` (core/chain.h); `,"seq":N}`, LF */
};

/**
 * Encodes record into line: an object with all members but without its closing brace. limit is
 * T2MLogMaxRecord, T2M_LINE_MIN to T2M_LINE_MAX, and line has room for limit bytes; at most
 * limit - T2M_LINE_TAIL are written. Returns their number, never 0.
 *
 * When it does not fit, the first rows of ROWS fields are left out but for the last two, then long
 * texts are cut (on a character boundary, after masking), then all rows with their member, then
 * items from the middle of LINES arrays are left out, then shorter texts are cut, until it does;
 * when even that is not enough, only timestamp, level, message and request_id are kept. Where bytes
 * were not UTF-8, `"lossy":true` is added, where something was left out `"truncated":true`. Both
 * come last. The same record always gives the same bytes. Allocates nothing; any thread.
 */
apr_size_t t2m_encode(const t2m_record_t *record, char *line, apr_size_t limit);

/** As t2m_encode where nothing has to be left out; else returns 0, and line has anything. */
apr_size_t t2m_encode_whole(const t2m_record_t *record, char *line, apr_size_t limit);

/**
 * Writes `,"repeated":N`, N > 0, behind a line of the stream errors; t2m_encode_stream and
 * t2m_encode_tail still fit behind it into T2M_LINE_TAIL bytes. Returns the number of bytes.
 */
apr_size_t t2m_encode_repeated(apr_uint64_t repeated, char *out);

/**
 * Writes `,"stream":"NAME"` for files that several streams share; t2m_encode_tail still fits
 * behind it into T2M_LINE_TAIL bytes. Returns the number of bytes, 0 when there is no such stream.
 */
apr_size_t t2m_encode_stream(t2m_stream_e stream, char *out);

/**
 * Writes what ends a line: `,"seq":N}` and LF. out has room for T2M_LINE_TAIL bytes. Returns the
 * number of bytes.
 */
apr_size_t t2m_encode_tail(apr_uint64_t seq, char *out);

#endif
