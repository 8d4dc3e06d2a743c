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

/* Any bytes, character by character: what is well formed is what the slow model says, and a code
 * point that is written is the one that is read. */
#include "core/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_written(const uint8_t *bytes, size_t size)
{
    char out[T2M_UTF8_MAX];
    apr_size_t written = t2m_utf8_write(model_code_point(bytes, size), out);

    require(written == size && memcmp(out, bytes, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int all_valid = 1;
    size_t at = 0;

    while (at < size) {
        int valid;
        size_t taken = model_character(data + at, size - at, &valid);

        require(t2m_utf8_size((const char *)data + at, size - at) == (valid ? taken : 0));
        if (valid) {
            check_written(data + at, taken);
        }
        all_valid &= valid;
        at += valid ? taken : 1;
    }
    require(t2m_utf8_is_valid((const char *)data, size) == all_valid);
    return 0;
}
