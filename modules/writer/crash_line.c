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

/* One errors record, CRITICAL. Pure. */
#include "writer/crash_line.h"

#include <stdio.h>

#include "core/encode.h"
#include "core/route.h"
#include "writer/signal_name.h"

enum {
    MESSAGE_MAX = 320,
    NUMBER_MAX = 24,
    FRAMES_MAX = T2M_CRASH_FRAMES * T2M_CRASH_FRAME_SIZE,
    BELIEVED_US = 60000000 /* a crash is told within this time */
};

/* What the texts of the record stand in until it is encoded. */
typedef struct {
    char message[MESSAGE_MAX], route[T2M_ROUTE_MAX], frames[FRAMES_MAX], thread[NUMBER_MAX],
        address[NUMBER_MAX];
    t2m_text_t endpoint, traceback;
} texts_t;

static const char *type_of(const t2m_crash_report_t *report)
{
    return report->exited ? "exit" : t2m_signal_name(report->signal);
}

static int how(const t2m_crash_report_t *report, char *out, apr_size_t room)
{
    if (report->exited) {
        return snprintf(out, room, "called exit");
    }
    if (report->signal == 0) {
        return snprintf(out, room, "ended without a word");
    }
    return snprintf(out, room, "was ended by %s", t2m_signal_name(report->signal));
}

static void write_message(const t2m_crash_report_t *report, char *out)
{
    const t2m_inflight_t *request = report->request;
    char end[NUMBER_MAX + 16];

    (void)how(report, end, sizeof(end));
    if (request) {
        (void)snprintf(out, MESSAGE_MAX, "Process %d %s while it served %.*s %.*s", report->pid,
                       end, (int)request->method_size, request->method, (int)request->path_size,
                       request->path);
    } else if (report->requests) {
        (void)snprintf(out, MESSAGE_MAX, "Process %d %s while it served %u requests", report->pid,
                       end, report->requests);
    } else {
        (void)snprintf(out, MESSAGE_MAX, "Process %d %s", report->pid, end);
    }
}

static t2m_text_t write_endpoint(const t2m_inflight_t *request, char *out)
{
    if (!request || request->path_size == 0) {
        return t2m_text(NULL);
    }
    return t2m_text_of(out, t2m_route_write(t2m_text_of(request->method, request->method_size),
                                            t2m_text_of(request->path, request->path_size), out));
}

/* Each frame with the separator behind it. */
static t2m_text_t write_frames(const t2m_crash_t *crash, char *out)
{
    apr_size_t size = 0, length;
    apr_uint32_t i;

    for (i = 0; crash && i < crash->frame_count && i < T2M_CRASH_FRAMES; i++) {
        length = strnlen(crash->frames[i], T2M_CRASH_FRAME_SIZE - 1);
        memcpy(out + size, crash->frames[i], length);
        out[size + length] = T2M_LINE_SEPARATOR;
        size += length + 1;
    }
    return t2m_text_of(out, size);
}

static void write_texts(const t2m_crash_report_t *report, texts_t *texts)
{
    const t2m_crash_t *crash = report->crash;

    write_message(report, texts->message);
    texts->endpoint = write_endpoint(report->request, texts->route);
    texts->traceback = write_frames(crash, texts->frames);
    texts->thread[0] = texts->address[0] = '\0';
    if (crash) {
        (void)snprintf(texts->thread, NUMBER_MAX, "%u", crash->thread);
    }
    if (crash && crash->signal && crash->code > 0) { /* a fault, not a kill(2) */
        (void)snprintf(texts->address, NUMBER_MAX, "0x%llx", (unsigned long long)crash->address);
    }
}

/* Where it crashed, as near as it is known: the innermost frame, else the endpoint. */
static void make_id(const t2m_crash_report_t *report, const texts_t *texts,
                    char id[T2M_FINGERPRINT_SIZE])
{
    t2m_text_t parts[3] = { t2m_text("crash"), t2m_text(type_of(report)), texts->endpoint };

    if (texts->traceback.size) {
        parts[2] = t2m_text(report->crash->frames[0]);
    }
    t2m_fingerprint(parts, 3, id);
}

/* The process's own word for the moment, where it can be true. */
static apr_time_t time_of(const t2m_crash_report_t *report)
{
    apr_time_t time = report->crash ? report->crash->time : report->time;

    return time > report->time || time < report->time - BELIEVED_US ? report->time : time;
}

static void add_exception(t2m_record_t *record, const t2m_crash_report_t *report,
                          const texts_t *texts)
{
    t2m_record_open(record, "exception");
    t2m_record_string(record, "type", T2M_CONTENT_SAFE, type_of(report));
    t2m_record_string(record, "message", T2M_CONTENT_SAFE, texts->message);
    t2m_record_lines(record, "traceback", T2M_CONTENT_SAFE, texts->traceback);
    t2m_record_close(record);
}

static void add_request(t2m_record_t *record, const t2m_inflight_t *request,
                        const texts_t *texts)
{
    if (!request) {
        return;
    }
    t2m_record_text(record, "request_id", T2M_CONTENT_SAFE,
                    t2m_text_of(request->id, request->id_size));
    t2m_record_text(record, "endpoint", T2M_CONTENT_SAFE, texts->endpoint);
    t2m_record_text(record, "method", T2M_CONTENT_SAFE,
                    t2m_text_of(request->method, request->method_size));
    t2m_record_text(record, "path", T2M_CONTENT_SAFE,
                    t2m_text_of(request->path, request->path_size));
    t2m_record_text(record, "ip", T2M_CONTENT_SAFE, t2m_text_of(request->ip, request->ip_size));
    record->truncated = request->truncated != 0;
}

static void add_process(t2m_record_t *record, const t2m_crash_report_t *report,
                        const t2m_settings_t *settings, const texts_t *texts)
{
    t2m_record_string(record, "app", T2M_CONTENT_SAFE, settings->app);
    t2m_record_string(record, "environment", T2M_CONTENT_SAFE, settings->environment);
    t2m_record_string(record, "hostname", T2M_CONTENT_SAFE, settings->hostname);
    t2m_record_string(record, "thread", T2M_CONTENT_SAFE, texts->thread);
    t2m_record_integer(record, "process", report->pid);
}

apr_uint32_t t2m_crash_line(const t2m_crash_report_t *report, const t2m_settings_t *settings,
                            char *out, char id[T2M_FINGERPRINT_SIZE])
{
    t2m_record_t record;
    texts_t texts;

    write_texts(report, &texts);
    make_id(report, &texts, id);
    t2m_record_begin(&record, T2M_STREAM_ERRORS, T2M_LEVEL_CRITICAL, time_of(report));
    t2m_record_string(&record, "logger", T2M_CONTENT_SAFE, settings->app);
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, texts.message);
    add_exception(&record, report, &texts);
    add_request(&record, report->request, &texts);
    add_process(&record, report, settings, &texts);
    t2m_record_string(&record, "error_type", T2M_CONTENT_SAFE, type_of(report));
    t2m_record_text(&record, "error_id", T2M_CONTENT_SAFE,
                    t2m_text_of(id, T2M_FINGERPRINT_SIZE));
    t2m_record_integer(&record, "requests", report->requests);
    t2m_record_string(&record, "address", T2M_CONTENT_SAFE, texts.address);
    t2m_extra_arrange(&record, (t2m_layout_e)settings->layout);
    return (apr_uint32_t)t2m_encode(&record, out, T2M_CRASH_LINE_MAX);
}
