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

enum {
    /* With no more spans than this a record never replaces a field for want of room; see
     * t2m_record_mask. */
    SPANS_MAX = T2M_RECORD_SPANS_MAX - T2M_RECORD_FIELDS_MAX,
    ESCAPED = 6,     /* bytes that one of a text takes in a line, at most */
    ENDPOINTS = 3,   /* times that a performance line has its endpoint */
    OWN_BYTES = 1024 /* of a line without those texts: names, numbers, tail */
};

/* Texts on their way into their form. */
typedef struct {
    const t2m_exchange_t *exchange;
    const t2m_mask_t *mask;
    apr_size_t span_count;
    char *next, *end;
    int failed;
} packing_t;

static inline void append(packing_t *packing, const char *bytes, apr_size_t size)
{
    if (size > (apr_size_t)(packing->end - packing->next)) {
        packing->failed = 1;
        return;
    }
    packing->next = t2m_text_copy(packing->next, bytes, size);
}

static __attribute__((noinline)) void append_piece(packing_t *packing, const char *bytes,
                                                   apr_size_t size)
{
    append(packing, bytes, size);
}

/* Apart, so that the spans take no stack where nothing is searched. */
static __attribute__((noinline)) void append_searched(packing_t *packing,
                                                      t2m_exchange_text_e which)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    char replacement[T2M_MASK_REPLACEMENT_MAX];
    t2m_text_t text = packing->exchange->texts[which];
    apr_size_t count = t2m_mask_find(packing->mask,
                                     t2m_exchange_content(packing->exchange, which), text, spans);
    apr_size_t at = 0, i;

    packing->span_count += count;
    for (i = 0; i < count; i++) {
        append_piece(packing, text.data + at, spans[i].start - at);
        append_piece(packing, replacement, t2m_mask_replacement(&spans[i], replacement));
        at = spans[i].end;
    }
    append_piece(packing, text.data + at, text.size - at);
}

/* Packs the texts from first to end; sizes begins with that of the first. */
static inline void pack_texts(packing_t *packing, unsigned clean, int first, int end,
                              apr_uint16_t *sizes)
{
    const t2m_text_t *texts = packing->exchange->texts;
    int which;

    for (which = first; which < end; which++) {
        const char *from = packing->next;

        if (texts[which].size == 0) {
            sizes[which - first] = 0;
            continue;
        }
        if (clean >> which & 1) {
            append(packing, texts[which].data, texts[which].size);
        } else {
            append_searched(packing, (t2m_exchange_text_e)which);
        }
        sizes[which - first] = (apr_uint16_t)(packing->next - from);
    }
}

/* Those that most exchanges have not. */
static inline void pack_rare(packing_t *packing, unsigned clean, apr_uint16_t *sizes)
{
    const t2m_text_t *texts = packing->exchange->texts;
    apr_size_t any = 0;
    int which;

    for (which = T2M_EXCHANGE_RARE; which < T2M_EXCHANGE_COMMON; which++) {
        any |= texts[which].size;
        sizes[which] = 0;
    }
    if (any) {
        pack_texts(packing, clean, T2M_EXCHANGE_RARE, T2M_EXCHANGE_COMMON,
                   sizes + T2M_EXCHANGE_RARE);
    }
}

int t2m_packed_common_write(t2m_packed_common_t *common, const t2m_exchange_t *exchange,
                            const t2m_mask_t *mask, unsigned clean)
{
    packing_t packing = { exchange, mask, 0, common->bytes,
                          common->bytes + sizeof(common->bytes), 0 };

    pack_texts(&packing, clean, T2M_EXCHANGE_COMMON, T2M_EXCHANGE_COMMON_END, common->sizes);
    common->size = (apr_uint16_t)(packing.next - common->bytes);
    return !packing.failed && packing.span_count == 0;
}

/* A line that is cut might be cut in the midst of a replacement, which only a record knows. */
static inline int is_whole(const packing_t *packing, apr_size_t limit, apr_size_t size)
{
    apr_size_t most = ESCAPED * (size + ENDPOINTS * packing->exchange->endpoint.size) + OWN_BYTES;

    return !packing->failed && (packing->span_count == 0
                                || (packing->span_count <= SPANS_MAX && most <= limit));
}

apr_size_t t2m_packed_exchange_write(const t2m_exchange_t *exchange, const t2m_mask_t *mask,
                                     unsigned clean, const t2m_packed_common_t *common,
                                     apr_size_t limit, char *out)
{
    char *texts = out + sizeof(t2m_packed_exchange_t);
    packing_t packing = { exchange, mask, 0, texts, texts + T2M_PACKED_TEXTS_MAX, 0 };
    t2m_packed_exchange_t *packed = (t2m_packed_exchange_t *)(void *)out;

    packed->first_byte = exchange->first_byte;
    packed->content_length = exchange->content_length;
    packed->bytes_in = exchange->bytes_in;
    packed->bytes_out = exchange->bytes_out;
    packed->connection = exchange->connection;
    packed->limit = (apr_uint32_t)limit;
    packed->aborted = exchange->aborted;
    packed->reserved = 0;
    pack_texts(&packing, clean, 0, T2M_EXCHANGE_RARE, packed->sizes);
    pack_rare(&packing, clean, packed->sizes);
    if (common) {
        memcpy(packed->sizes + T2M_EXCHANGE_COMMON, common->sizes, sizeof(common->sizes));
        append(&packing, common->bytes, common->size);
    } else {
        pack_texts(&packing, clean, T2M_EXCHANGE_COMMON, T2M_EXCHANGE_COMMON_END,
                   packed->sizes + T2M_EXCHANGE_COMMON);
    }
    return is_whole(&packing, limit, (apr_size_t)(packing.next - texts))
               ? (apr_size_t)(packing.next - out) : 0;
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
    exchange->plain = 0;
    *limit = packed.limit;
    return at == size && packed.limit >= T2M_LINE_MIN && packed.limit <= T2M_LINE_MAX;
}
