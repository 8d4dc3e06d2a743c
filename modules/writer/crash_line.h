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

/* The errors record of a process that a signal ended, or that went in the middle of its service. */
#ifndef T2M_WRITER_CRASH_LINE_H
#define T2M_WRITER_CRASH_LINE_H

#include "core/extra.h"
#include "core/fingerprint.h"
#include "shared/layout.h"
#include "shared/settings.h"

enum { T2M_CRASH_LINE_MAX = 4096 };

typedef struct {
    int pid;
    int signal;                    /* 0: none, or not known */
    int exited;                    /* it called exit(3) */
    apr_time_t time;               /* of the line; not before the crash */
    apr_uint32_t requests;         /* that were in flight */
    const t2m_crash_t *crash;      /* as t2m_slots_crash gives it; NULL: it left no word of it */
    const t2m_inflight_t *request; /* as t2m_slots_inflight gives it; NULL: not known which */
} t2m_crash_report_t;

/**
 * Writes the line (without its end) into out, which has room for T2M_CRASH_LINE_MAX bytes, and
 * returns its size; id is the error's group, the name of its record. The same report and settings
 * always give the same bytes. The request's texts were masked when they were put there.
 */
apr_uint32_t t2m_crash_line(const t2m_crash_report_t *report, const t2m_settings_t *settings,
                            char *out, char id[T2M_FINGERPRINT_SIZE]);

#endif
