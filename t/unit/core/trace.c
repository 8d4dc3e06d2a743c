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

/* Tests core/trace: each row of W3C Trace Context's accept/reject table, and what is written. */
#include "core/trace.h"

#include <stdlib.h>

#include "tap.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"
#define ZERO8 "00000000"
#define REST TRACE "-" SPAN

typedef struct {
    const char *value;
    int flags; /* -1: refused */
} row_t;

static const row_t rows[] = {
    { "00-" REST "-00", 0x00 },
    { "00-" REST "-01", 0x01 },
    { "00-" REST "-02", 0x02 },
    { "00-" REST "-03", 0x03 },
    { "00-" REST "-ff", 0xff },
    { " 00-" REST "-01", 0x01 },
    { "\t00-" REST "-01\t ", 0x01 },
    { "00-" REST "-01 ", 0x01 },
    { "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", 0x01 },
    { "00-" ZERO8 ZERO8 ZERO8 "00000001-0000000000000001-01", 0x01 },
    { "00-10000000" ZERO8 ZERO8 ZERO8 "-1000000000000000-01", 0x01 },
    /* later versions: the layout of 00, and more behind a dash */
    { "01-" REST "-01", 0x01 },
    { "fe-" REST "-01", 0x01 },
    { "cc-" REST "-01", 0x01 },
    { "01-" REST "-01-", 0x01 },
    { "cc-" REST "-01-what-the-future-will-be-like", 0x01 },
    { "01-" REST "-01-xyz \t", 0x01 },
    { "fe-" REST "-01-\xff\x01", 0x01 },
    { "01-" REST "-01xyz", -1 },
    { "cc-" REST "-01.what", -1 },
    { "cc-" REST "-01 what", -1 },
    /* 00 and more */
    { "00-" REST "-01-", -1 },
    { "00-" REST "-01-what", -1 },
    { "00-" REST "-01.", -1 },
    { "00-" REST "-011", -1 },
    /* version */
    { "ff-" REST "-01", -1 },
    { "ff-" REST "-01-more", -1 },
    { "FE-" REST "-01", -1 },
    { "0-" REST "-01", -1 },
    { "000-" REST "-01", -1 },
    { ".0-" REST "-01", -1 },
    { "0.-" REST "-01", -1 },
    { "0g-" REST "-01", -1 },
    { "  -" REST "-01", -1 },
    { "-" REST "-01", -1 },
    /* trace id */
    { "00-" ZERO8 ZERO8 ZERO8 ZERO8 "-" SPAN "-01", -1 },
    { "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", -1 },
    { "00-.af7651916cd43dd8448eb211c80319c-" SPAN "-01", -1 },
    { "00-0af7651916cd43dd8448eb211c80319.-" SPAN "-01", -1 },
    { "00-0af7651916cd43dd8448eb211c80319-" SPAN "-01", -1 },
    { "00-0af7651916cd43dd8448eb211c80319cc-" SPAN "-01", -1 },
    { "00-0af7651916cd43dd8448eb211c80319 -" SPAN "-01", -1 },
    { "cc-" ZERO8 ZERO8 ZERO8 ZERO8 "-" SPAN "-01-more", -1 },
    /* parent id */
    { "00-" TRACE "-" ZERO8 ZERO8 "-01", -1 },
    { "00-" TRACE "-B7AD6B7169203331-01", -1 },
    { "00-" TRACE "-.7ad6b7169203331-01", -1 },
    { "00-" TRACE "-b7ad6b716920333.-01", -1 },
    { "00-" TRACE "-b7ad6b716920333-01", -1 },
    { "00-" TRACE "-b7ad6b71692033311-01", -1 },
    /* flags */
    { "00-" REST "-0", -1 },
    { "00-" REST "-", -1 },
    { "00-" REST, -1 },
    { "00-" REST "-0A", -1 },
    { "00-" REST "-.0", -1 },
    { "00-" REST "-0.", -1 },
    { "00-" REST "-0x", -1 },
    /* dashes */
    { "00_" REST "-01", -1 },
    { "00-" TRACE "_" SPAN "-01", -1 },
    { "00-" REST "_01", -1 },
    { "00 " REST " 01", -1 },
    /* blanks and controls in other places */
    { "00-" REST "-01\n", -1 },
    { "\r00-" REST "-01", -1 },
    { "00 -" REST "-01", -1 },
    { "00- " REST "-01", -1 },
    { "", -1 },
    { " \t ", -1 },
    { "-", -1 },
    /* several headers, merged */
    { "00-" REST "-01, 00-" REST "-01", -1 },
    { "00-" REST "-01,", -1 },
    { "00-" REST "-01, ", -1 },
    { ", 00-" REST "-01", -1 },
    { "01-" REST "-01, 01-" REST "-01", -1 },
    { "01-" REST "-01-x, 01-" REST "-01", -1 },
    { "01-" REST "-01-, 00-" REST "-01", -1 },
};

/* The value in memory of its own size, so that a byte read too far is seen. */
static int parse_exact(const char *value, size_t size, t2m_trace_t *trace)
{
    char *copy = malloc(size ? size : 1);
    int taken;

    memcpy(copy, value, size);
    taken = t2m_trace_parse(t2m_text_of(copy, size), trace);
    free(copy);
    return taken;
}

static void test_table(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        t2m_trace_t trace, before;
        int taken;

        memset(&before, 'x', sizeof(before));
        trace = before;
        taken = parse_exact(rows[i].value, strlen(rows[i].value), &trace);
        if (rows[i].flags < 0) {
            ok(!taken && memcmp(&trace, &before, sizeof(trace)) == 0, "refused, row %d", (int)i);
        }
        else {
            ok(taken && trace.flags == rows[i].flags, "taken with its flags, row %d", (int)i);
        }
    }
}

static void test_bytes(void)
{
    static const char value[] = "00-" REST "-01";
    size_t at;
    int byte, wrong = 0;

    /* Any place, any byte: hex digits where hex is, dashes where dashes are. */
    for (at = 0; at < T2M_TRACEPARENT_SIZE; at++) {
        for (byte = 0; byte < 256; byte++) {
            char changed[T2M_TRACEPARENT_SIZE];
            t2m_trace_t trace;
            int want = at == 2 || at == 35 || at == 52 ? byte == '-'
                                                       : byte && strchr("0123456789abcdef", byte);

            memcpy(changed, value, sizeof(changed));
            changed[at] = (char)byte;
            wrong += (parse_exact(changed, sizeof(changed), &trace) != 0) != want;
        }
    }
    is_number(wrong, 0, "each byte in each place is taken or refused as the grammar says");
}

static void test_parts(void)
{
    t2m_trace_t trace;

    static const char value[] = " 01-" REST "-ff-x", with_nul[] = "00-" REST "-01";

    ok(parse_exact(value, sizeof(value) - 1, &trace), "a value with parts is taken");
    is_bytes(trace.trace_id, T2M_TRACE_ID_SIZE, TRACE, "its trace id");
    is_bytes(trace.span_id, T2M_SPAN_ID_SIZE, SPAN, "its parent id");
    ok(!parse_exact(with_nul, sizeof(with_nul), &trace), "a NUL behind is refused");
    ok(!t2m_trace_parse(t2m_text(NULL), &trace), "no header is refused");
}

static void test_write(void)
{
    static const char later[] = "01-" REST "-ff-more";
    unsigned char random[24], zero[24] = { 0 };
    char out[T2M_TRACEPARENT_SIZE];
    t2m_trace_t trace, again;
    int i;

    for (i = 0; i < 24; i++) {
        random[i] = (unsigned char)(i * 11);
    }
    t2m_trace_start(&trace, random);
    t2m_trace_write(&trace, out);
    is_bytes(out, sizeof(out), "00-000b16212c37424d58636e79848f9aa5-b0bbc6d1dce7f2fd-02",
             "a new trace is random and not sampled");
    t2m_trace_start(&trace, zero);
    t2m_trace_write(&trace, out);
    is_bytes(out, sizeof(out), "00-00000000000000000000000000000001-0000000000000001-02",
             "ids of zeros are avoided");
    parse_exact(later, sizeof(later) - 1, &trace);
    t2m_trace_next_span(&trace, random + 1);
    t2m_trace_write(&trace, out);
    is_bytes(out, sizeof(out), "00-" TRACE "-0b16212c37424d58-03",
             "the trace goes on under a new span, unknown flags are not passed on");
    ok(t2m_trace_parse(t2m_text_of(out, sizeof(out)), &again)
       && memcmp(again.trace_id, trace.trace_id, T2M_TRACE_ID_SIZE) == 0
       && memcmp(again.span_id, trace.span_id, T2M_SPAN_ID_SIZE) == 0, "what is written is read");
    trace.flags = 1;
    t2m_trace_next_span(&trace, zero);
    t2m_trace_write(&trace, out);
    is_bytes(out, sizeof(out), "00-" TRACE "-0000000000000001-01", "sampled alone is kept");
}

int main(void)
{
    test_table();
    test_bytes();
    test_parts();
    test_write();
    return tap_done();
}
