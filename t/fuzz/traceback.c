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

/* Fuzzes core/traceback: lines in any order. A line that is refused changes nothing; what is held
 * stays within its memory; the first item stays. Input: a byte (0xff: the lines are fed 40 times)
 * and the lines. */
#include "core/traceback.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looking through all that is held takes its time: done after each so many lines, and at an end. */
enum { THOROUGH = 64 };

typedef struct {
    t2m_traceback_t *traceback;
    char *before;         /* a copy of it */
    char *first;          /* a copy of the first item, once another one follows */
    size_t first_size;
    int held;             /* lines since the last reset */
    unsigned int fed;     /* lines in all */
} run_t;

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_inside(const run_t *run, t2m_text_t text)
{
    const char *start = (const char *)run->traceback;

    check(text.size <= T2M_TRACEBACK_MAX);
    check(text.data >= start && text.data + text.size <= start + t2m_traceback_size());
}

/* Items are never empty, begin at no LF, and none is endless. */
static void check_frames(t2m_text_t frames)
{
    size_t i, item = 0;

    for (i = 0; i < frames.size; i++) {
        if (frames.data[i] == T2M_LINE_SEPARATOR) {
            check(item > 0);
            item = 0;
        }
        else {
            check(item > 0 || frames.data[i] != '\n');
            item++;
            check(item <= 2048);
        }
    }
    check(frames.size == 0 || item > 0);
}

static void check_first(run_t *run, t2m_text_t frames)
{
    const char *end = frames.size ? memchr(frames.data, T2M_LINE_SEPARATOR, frames.size) : NULL;

    if (run->first_size) {
        check(end && (size_t)(end - frames.data) == run->first_size
              && memcmp(frames.data, run->first, run->first_size) == 0);
    }
    else if (end) {
        run->first_size = (size_t)(end - frames.data);
        memcpy(run->first, frames.data, run->first_size);
    }
}

static void check_result(run_t *run, int thorough)
{
    t2m_traceback_result_t result;

    t2m_traceback_result(run->traceback, &result);
    check_inside(run, result.type);
    check_inside(run, result.message);
    check_inside(run, result.frames);
    check(result.type.size + result.message.size + result.frames.size <= T2M_TRACEBACK_MAX);
    check(result.type.size <= 255 && !memchr(result.type.data, ' ', result.type.size)
          && !memchr(result.type.data, '\n', result.type.size));
    check(result.type.size > 0 || result.message.size == 0);
    check_first(run, result.frames);
    if (thorough) {
        check(!memchr(result.message.data, T2M_LINE_SEPARATOR, result.message.size));
        check_frames(result.frames);
    }
    check(!t2m_traceback_open(run->traceback) == !run->held);
}

static void reset(run_t *run)
{
    check_result(run, 1);
    t2m_traceback_reset(run->traceback);
    run->held = 0;
    run->first_size = 0;
    check_result(run, 1);
}

static int feed(run_t *run, t2m_text_t line)
{
    int thorough = run->fed++ % THOROUGH == 0, kept;

    if (thorough) {
        memcpy(run->before, run->traceback, t2m_traceback_size());
    }
    kept = t2m_traceback_line(run->traceback, line);
    run->held += kept ? 1 : 0;
    check_result(run, thorough);
    if (thorough && !kept) {
        check(memcmp(run->before, run->traceback, t2m_traceback_size()) == 0);
    }
    return kept;
}

static void feed_all(run_t *run, const char *data, size_t size)
{
    while (size) {
        const char *end = memchr(data, '\n', size);
        t2m_text_t line = t2m_text_of(data, end ? (size_t)(end - data) : size);

        if (!feed(run, line) && run->held) {
            reset(run);
            (void)feed(run, line); /* the start of the next one, or an ordinary line */
        }
        data += line.size + (end ? 1 : 0);
        size -= line.size + (end ? 1 : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static run_t run; /* one memory for all runs: getting it takes longer than a run */
    int times;

    if (!run.traceback) {
        run.traceback = calloc(1, t2m_traceback_size());
        run.before = calloc(1, t2m_traceback_size());
        run.first = calloc(1, t2m_traceback_size());
    }
    t2m_traceback_reset(run.traceback);
    run.held = 0;
    run.first_size = 0;
    run.fed = (unsigned int)size;
    if (size > 1) {
        for (times = data[0] == 0xff ? 40 : 1; times > 0; times--) {
            feed_all(&run, (const char *)data + 1, size - 1);
        }
        check_result(&run, 1);
    }
    return 0;
}
