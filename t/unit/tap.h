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

/* Test Anything Protocol for the unit programs: each check prints `ok` or `not ok`, tap_done()
 * prints the plan and gives main its exit code. */
#ifndef T2M_UNIT_TAP_H
#define T2M_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((unused, format(printf, 2, 3))) static int ok(int passed, const char *format, ...)
{
    va_list arguments;

    tap_count++;
    if (!passed) {
        tap_failed++;
    }
    printf("%sok %d - ", passed ? "" : "not ", tap_count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    return passed;
}

/* Compares size bytes at got with the C string want. */
__attribute__((unused)) static int is_bytes(const char *got, size_t size, const char *want,
                                            const char *name)
{
    int same = size == strlen(want) && memcmp(got, want, size) == 0;

    ok(same, "%s", name);
    if (!same) {
        printf("#  got: %.*s\n# want: %s\n", (int)size, got, want);
    }
    return same;
}

__attribute__((unused)) static int is_number(long long got, long long want, const char *name)
{
    int same = got == want;

    ok(same, "%s", name);
    if (!same) {
        printf("#  got: %lld\n# want: %lld\n", got, want);
    }
    return same;
}

__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed ? 1 : 0;
}

#endif
