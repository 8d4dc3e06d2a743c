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

/* Any bytes as a message: its pattern fits, holds no control character, stays valid UTF-8 if the
 * message was, and is the same each time, also of a message without a byte behind it; what was
 * taken off stays off; a file's name written once stays as it is. That a pattern is its own pattern
 * holds for what programs say (t/unit/core/message_pattern.c, both corpora), not for any bytes:
 * quotes, marks and bytes that are no UTF-8 in one word may take two turns. */
#include "core/message_pattern.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/message_wrapper.h"
#include "core/program_place.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_pattern(t2m_text_t message)
{
    char *out = malloc(T2M_MESSAGE_PATTERN_MAX), *again = malloc(T2M_MESSAGE_PATTERN_MAX);
    char *exact;
    apr_size_t size = t2m_message_pattern(message, out), i;

    require(size <= T2M_MESSAGE_PATTERN_MAX);
    for (i = 0; i < size; i++) {
        require((unsigned char)out[i] >= ' ' && out[i] != 0x7F);
    }
    require(!size || (out[0] != ' ' && out[size - 1] != ' '));
    exact = malloc(message.size ? message.size : 1);
    memcpy(exact, message.data, message.size);
    require(t2m_message_pattern(t2m_text_of(exact, message.size), again) == size);
    require(memcmp(out, again, size) == 0);
    if (message.size && t2m_utf8_is_valid(message.data, message.size)) {
        require(!size || t2m_utf8_is_valid(out, size));
    }
    free(exact);
    free(again);
    free(out);
}

static void check_wrapper(t2m_text_t message)
{
    t2m_text_t inner = t2m_message_wrapper_take_off(message), again;

    require(inner.data >= message.data
            && inner.data + inner.size <= message.data + message.size);
    again = t2m_message_wrapper_take_off(inner);
    require(again.data == inner.data && again.size == inner.size);
}

static void check_place(t2m_text_t text)
{
    t2m_program_place_t place;
    apr_size_t size = t2m_program_place_find(text, &place), file, again;
    char *out, *other;

    require(size <= text.size);
    if (size) {
        require(place.file.size + place.rest.size == size && place.file.data == text.data);
        require(place.rest.data == text.data + place.file.size);
        text = place.file;
    }
    out = malloc(text.size ? text.size : 1);
    other = malloc(text.size ? text.size : 1);
    file = t2m_program_place_file(text, out);
    require(file <= text.size);
    again = t2m_program_place_file(t2m_text_of(out, file), other);
    require(again == file && !memcmp(out, other, file));
    free(out);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    t2m_text_t text = t2m_text_of((const char *)data, size);

    check_pattern(text);
    check_wrapper(text);
    check_place(text);
    return 0;
}
