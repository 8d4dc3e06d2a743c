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

/* Fuzzes core/trace: takes exactly what the grammar, written as a regular expression, takes. */
#include "core/trace.h"

#include <regex.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Where the layout begins in the value; -1 when it is refused. */
static regoff_t model(const char *value, size_t size)
{
    static const char grammar[] = "^[ \t]*(([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2})"
                                  "(-[^,]*)?[ \t]*$";
    static regex_t compiled;
    static int ready;
    regmatch_t parts[6];

    if (!ready) {
        check(regcomp(&compiled, grammar, REG_EXTENDED) == 0);
        ready = 1;
    }
    parts[0].rm_so = 0;
    parts[0].rm_eo = (regoff_t)size;
    if (regexec(&compiled, value, 6, parts, REG_STARTEND) != 0
        || memcmp(value + parts[2].rm_so, "ff", 2) == 0
        || (memcmp(value + parts[2].rm_so, "00", 2) == 0 && parts[5].rm_so >= 0)
        || memcmp(value + parts[3].rm_so, "00000000000000000000000000000000", 32) == 0
        || memcmp(value + parts[4].rm_so, "0000000000000000", 16) == 0) {
        return -1;
    }
    return parts[1].rm_so;
}

static void check_taken(const t2m_trace_t *trace, const char *layout)
{
    char flags[3] = { layout[53], layout[54], '\0' }, out[T2M_TRACEPARENT_SIZE];
    t2m_trace_t again;

    check(memcmp(trace->trace_id, layout + 3, T2M_TRACE_ID_SIZE) == 0);
    check(memcmp(trace->span_id, layout + 36, T2M_SPAN_ID_SIZE) == 0);
    check(trace->flags == strtoul(flags, NULL, 16));

    t2m_trace_write(trace, out);
    check(t2m_trace_parse(t2m_text_of(out, sizeof(out)), &again));
    check(memcmp(out, "00", 2) == 0 && memcmp(out + 2, layout + 2, 51) == 0);
    check(again.flags == (trace->flags & 3));
}

static void check_made(const uint8_t *random)
{
    char out[T2M_TRACEPARENT_SIZE];
    t2m_trace_t trace, again;

    t2m_trace_start(&trace, random);
    t2m_trace_write(&trace, out);
    check(t2m_trace_parse(t2m_text_of(out, sizeof(out)), &again));
    check(again.flags == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *value = (const char *)data;
    char *copy = malloc(size + 1); /* the library's function is checked for a NUL behind it */
    t2m_trace_t trace, untouched;
    regoff_t want;
    int taken;

    if (size) {
        memcpy(copy, value, size);
    }
    copy[size] = '\0';
    want = model(copy, size);
    free(copy);
    memset(&untouched, 'x', sizeof(untouched));
    trace = untouched;
    taken = t2m_trace_parse(t2m_text_of(value, size), &trace);
    check((taken != 0) == (want >= 0));
    if (taken) {
        check_taken(&trace, value + want);
    }
    else {
        check(memcmp(&trace, &untouched, sizeof(trace)) == 0);
    }
    if (size >= 24) {
        check_made(data);
    }
    return 0;
}
