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

/* Fuzzes core/id. Input: 40 bytes for a key and a moment, then an inbound id. The id is taken over
 * exactly when it is 8 to 128 of the allowed bytes, and then goes into a line and a header as it
 * is; ids of ours are always such ids, of the right moment, and never the same twice. */
#include "core/id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOMENT_SIZE = 8, DRAWS = 4 };

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* The rule once more, by a table instead of comparisons. */
static int is_allowed(const uint8_t *id, size_t size)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._~@:-";
    size_t i;

    for (i = 0; i < size; i++) {
        if (!memchr(allowed, id[i], sizeof(allowed) - 1)) {
            return 0;
        }
    }
    return size >= 8 && size <= 128;
}

static void check_inbound(const uint8_t *id, size_t size)
{
    int valid = t2m_id_valid((const char *)id, size);

    check(!!valid == is_allowed(id, size));
    if (valid) { /* each part that is long enough is an id too */
        check(size / 2 < T2M_ID_MIN || t2m_id_valid((const char *)id, size / 2));
        check(!t2m_id_valid((const char *)id, T2M_ID_MIN - 1));
    }
}

static int digit_of(char byte)
{
    return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                                                                 : -1;
}

/* The 48 bits of milliseconds at the front. */
static apr_uint64_t milliseconds_of(const char *id)
{
    apr_uint64_t value = 0;
    int i;

    for (i = 0; i < 13; i++) {
        if (i != 8) {
            value = value << 4 | (apr_uint64_t)digit_of(id[i]);
        }
    }
    return value;
}

static void check_own(const char *id, apr_time_t moment)
{
    apr_uint64_t want = moment > 0 ? (apr_uint64_t)moment / 1000 : 0;
    int i;

    for (i = 0; i < T2M_ID_SIZE; i++) {
        int is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        check(is_dash ? id[i] == '-' : digit_of(id[i]) >= 0);
    }
    check(id[14] == '7' && strchr("89ab", id[19]));
    check(milliseconds_of(id) == (want & ((APR_UINT64_C(1) << 48) - 1)));
    check(t2m_id_valid(id, T2M_ID_SIZE));
}

static void check_generator(const uint8_t *key, apr_time_t moment)
{
    t2m_id_generator_t generator, twin;
    char ids[DRAWS][T2M_ID_SIZE], again[T2M_ID_SIZE];
    int i, k;

    t2m_id_seed(&generator, key);
    t2m_id_seed(&twin, key);
    for (i = 0; i < DRAWS; i++) {
        t2m_id_make(&generator, moment, ids[i]);
        check_own(ids[i], moment);
        t2m_id_make(&twin, moment, again);
        check(memcmp(ids[i], again, T2M_ID_SIZE) == 0);
        for (k = 0; k < i; k++) {
            check(memcmp(ids[i], ids[k], T2M_ID_SIZE) != 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_time_t moment;

    if (size < T2M_ID_KEY_SIZE + MOMENT_SIZE) {
        check_inbound(data, size);
        return 0;
    }
    memcpy(&moment, data + T2M_ID_KEY_SIZE, MOMENT_SIZE);
    check_generator(data, moment);
    check_inbound(data + T2M_ID_KEY_SIZE + MOMENT_SIZE, size - T2M_ID_KEY_SIZE - MOMENT_SIZE);
    return 0;
}
