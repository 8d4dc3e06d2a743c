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


/* See packed_exchange.h. */
#include "core/packed_exchange.h"

#include "core/encode.h"

/* With no more spans than this a record never replaces a field for want of room; see
 * t2m_record_mask. */
enum { SPANS_MAX = T2M_RECORD_SPANS_MAX - T2M_RECORD_FIELDS_MAX };

/* Texts on their way into their form. */
typedef struct {
    const t2m_exchange_t *exchange;
    const t2m_mask_t *mask;
    unsigned clean;
    apr_size_t span_count;
    char *next, *end;
    int failed;
} packing_t;

static void append(packing_t *packing, const char *bytes, apr_size_t size)
{
    if (size > (apr_size_t)(packing->end - packing->next)) {
        packing->failed = 1;
        return;
    }
    packing->next = t2m_text_copy(packing->next, bytes, size);
}

static void append_masked(packing_t *packing, t2m_text_t text, const t2m_mask_span_t *span,
                          apr_size_t count)
{
    char replacement[T2M_MASK_REPLACEMENT_MAX];
    const t2m_mask_span_t *end = span + count;
    apr_size_t at = 0;

    for (; span < end; span++) {
        append(packing, text.data + at, span->start - at);
        append(packing, replacement, t2m_mask_replacement(span, replacement));
        at = span->end;
    }
    append(packing, text.data + at, text.size - at);
}

/* Apart, so that the spans take no stack where nothing is searched. */
static __attribute__((noinline)) void append_searched(packing_t *packing, t2m_content_e content,
                                                      t2m_text_t text)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count = t2m_mask_find(packing->mask, content, text, spans);

    packing->span_count += count;
    if (count == 0) {
        append(packing, text.data, text.size);
    } else {
        append_masked(packing, text, spans, count);
    }
}

/* Returns the bytes that the text takes. */
static inline apr_uint16_t pack_text(packing_t *packing, t2m_exchange_text_e which)
{
    t2m_text_t text = packing->exchange->texts[which];
    const char *from = packing->next;

    if (text.size == 0) {
        return 0;
    }
    if (packing->clean >> which & 1) {
        append(packing, text.data, text.size);
    } else {
        append_searched(packing, t2m_exchange_content(packing->exchange, which), text);
    }
    return (apr_uint16_t)(packing->next - from);
}

static void pack_texts(packing_t *packing, t2m_exchange_text_e first, t2m_exchange_text_e end,
                       apr_uint16_t *sizes)
{
    t2m_exchange_text_e which;

    for (which = first; which < end; which++) {
        sizes[which - first] = pack_text(packing, which);
    }
}

int t2m_packed_common_write(t2m_packed_common_t *common, const t2m_exchange_t *exchange,
                            const t2m_mask_t *mask, unsigned clean)
{
    packing_t packing = { exchange, mask, clean, 0, common->bytes,
                          common->bytes + sizeof(common->bytes), 0 };

    pack_texts(&packing, T2M_EXCHANGE_COMMON, T2M_EXCHANGE_COMMON_END, common->sizes);
    common->size = (apr_uint16_t)(packing.next - common->bytes);
    return !packing.failed && packing.span_count == 0;
}

static void pack_common(packing_t *packing, const t2m_packed_common_t *common,
                        apr_uint16_t *sizes)
{
    if (common) {
        memcpy(sizes, common->sizes, sizeof(common->sizes));
        append(packing, common->bytes, common->size);
    } else {
        pack_texts(packing, T2M_EXCHANGE_COMMON, T2M_EXCHANGE_COMMON_END, sizes);
    }
}

apr_size_t t2m_packed_exchange_write(const t2m_exchange_t *exchange, const t2m_mask_t *mask,
                                     unsigned clean, const t2m_packed_common_t *common,
                                     apr_size_t limit, char *out)
{
    char *texts = out + sizeof(t2m_packed_exchange_t);
    packing_t packing = { exchange, mask, clean, 0, texts, texts + T2M_PACKED_TEXTS_MAX, 0 };
    t2m_packed_exchange_t packed;

    packed.first_byte = exchange->first_byte;
    packed.content_length = exchange->content_length;
    packed.bytes_in = exchange->bytes_in;
    packed.bytes_out = exchange->bytes_out;
    packed.connection = exchange->connection;
    packed.limit = (apr_uint32_t)limit;
    packed.aborted = exchange->aborted;
    packed.reserved = 0;
    pack_texts(&packing, 0, T2M_EXCHANGE_COMMON, packed.sizes);
    pack_common(&packing, common, packed.sizes + T2M_EXCHANGE_COMMON);
    if (packing.failed || packing.span_count > SPANS_MAX) {
        return 0;
    }
    memcpy(out, &packed, sizeof(packed));
    return (apr_size_t)(packing.next - out);
}

int t2m_packed_exchange_read(const char *bytes, apr_size_t size, t2m_exchange_t *exchange,
                             apr_size_t *limit)
{
    t2m_packed_exchange_t packed;
    apr_size_t at = sizeof(packed);
    int which;

    if (size < sizeof(packed) || size > T2M_PACKED_EXCHANGE_MAX) {
        return 0;
    }
    memcpy(&packed, bytes, sizeof(packed));
    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        if (packed.sizes[which] > size - at) {
            return 0;
        }
        exchange->texts[which] = t2m_text_of(bytes + at, packed.sizes[which]);
        at += packed.sizes[which];
    }
    exchange->first_byte = packed.first_byte;
    exchange->content_length = packed.content_length;
    exchange->bytes_in = packed.bytes_in;
    exchange->bytes_out = packed.bytes_out;
    exchange->connection = packed.connection;
    exchange->aborted = packed.aborted;
    *limit = packed.limit;
    return at == size && packed.limit >= T2M_LINE_MIN && packed.limit <= T2M_LINE_MAX;
}
