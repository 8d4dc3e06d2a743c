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

/* See verify_chain.h.
 *
 * A line whose prev is not the HMAC of the line before it is either displaced (then its prev is
 * that of a line that stands elsewhere: an end) or an orphan. Its predecessor may still come: lines
 * were swapped. At the end the orphans that are left are compared with what the numbers show. */
#include "writer/verify_chain.h"

#include <string.h>

#include "core/member.h"

static const char begins_anew[] = "the chain begins anew";
static const char only_prev[] = "its prev was changed";
static const char by_next[] = "the prev of the line behind it is of another text";
static const char by_next_or_that[] = "this line or the prev of the one behind it was changed";
static const char by_anchor[] = "its HMAC is not the one that the error log tells";

void t2m_verify_chain_begin(t2m_verify_chain_t *it, const t2m_chain_t *chain,
                            const t2m_verify_anchors_t *anchors, const char *path,
                            t2m_verify_findings_t *findings)
{
    memset(it, 0, sizeof(*it));
    it->chain = chain;
    it->anchors = anchors;
    it->anchors_path = t2m_verify_anchors_path(anchors, path);
    it->findings = findings;
    it->last_orphan = -1;
}

/* Without a prev: whether it is of the stream security. */
static int is_ours(const char *line, apr_size_t size)
{
    static const char security[] = "security";
    t2m_text_t stream;
    t2m_member_e kind = t2m_member_find(t2m_text_of(line, size), "stream", &stream);

    return kind != T2M_MEMBER_STRING
        || (stream.size == sizeof(security) - 1 && memcmp(stream.data, security, stream.size) == 0);
}

static void keep(t2m_verify_chain_t *it, const char *line, apr_size_t size, apr_size_t digits)
{
    it->kept_size = size <= T2M_VERIFY_LINE ? size : 0;
    it->kept_digits = digits;
    memcpy(it->kept, line, it->kept_size);
}

static void push_end(t2m_verify_chain_t *it)
{
    if (it->last.place.file) {
        it->ends[it->end_count++ % T2M_VERIFY_ENDS] = it->last;
    }
}

/* Nonzero, and it is an end no more, when the line is behind one of them. */
static int take_end(t2m_verify_chain_t *it, const unsigned char *prev)
{
    unsigned count = it->end_count < T2M_VERIFY_ENDS ? it->end_count : T2M_VERIFY_ENDS, i;

    for (i = 0; i < count; i++) {
        if (it->ends[i].place.file && memcmp(it->ends[i].next, prev, T2M_CHAIN_SIZE) == 0) {
            it->ends[i].place.file = NULL;
            return 1;
        }
    }
    return 0;
}

/* The orphan before this line is of another HMAC than the line says. Was it right with the prev
 * that it must have had, then nothing else of it was changed. */
static void try_with_right_prev(t2m_verify_chain_t *it, const unsigned char *prev)
{
    const t2m_verify_link_t *before = &it->ends[(it->end_count - 1) % T2M_VERIFY_ENDS];
    unsigned char of_kept[T2M_CHAIN_SIZE];

    if (it->end_count == 0 || it->kept_size == 0
        || !t2m_verify_is_place(&before->place, &it->orphans[it->last_orphan].before)) {
        return;
    }
    t2m_chain_hex(before->next, it->kept + it->kept_digits);
    (void)t2m_chain_next(it->chain, it->kept, it->kept_size, of_kept);
    it->orphans[it->last_orphan].only_prev = memcmp(of_kept, prev, T2M_CHAIN_SIZE) == 0;
}

static void add_orphan(t2m_verify_chain_t *it, const unsigned char *prev,
                       const t2m_verify_place_t *place)
{
    t2m_verify_orphan_t *orphan;

    it->last_orphan = -1;
    if (it->orphan_count == T2M_VERIFY_ENDS) {
        it->more_orphans++;
        return;
    }
    it->last_orphan = (int)it->orphan_count;
    orphan = &it->orphans[it->orphan_count++];
    memset(orphan, 0, sizeof(*orphan));
    memcpy(orphan->prev, prev, T2M_CHAIN_SIZE);
    orphan->place = *place;
    orphan->before = it->last.place;
    orphan->twin = memcmp(it->last.prev, prev, T2M_CHAIN_SIZE) == 0;
}

/* The line that an orphan belongs behind has come after all. */
static void resolve(t2m_verify_chain_t *it, const unsigned char *next)
{
    unsigned i = 0;

    while (i < it->orphan_count) {
        if (memcmp(it->orphans[i].prev, next, T2M_CHAIN_SIZE) == 0) {
            it->orphans[i] = it->orphans[--it->orphan_count];
            it->last_orphan = it->last_orphan == (int)it->orphan_count ? (int)i : it->last_orphan;
        } else {
            i++;
        }
    }
}

/* Two lines that are the same: the second one is the copy. */
static void untwin(t2m_verify_chain_t *it, const t2m_verify_link_t *before)
{
    if (it->last_orphan >= 0 && memcmp(before->next, it->last.next, T2M_CHAIN_SIZE) == 0) {
        it->orphans[it->last_orphan].twin = 0;
    }
}

/* What no line before it can have: the value of a chain's first line. */
static int is_first_value(const t2m_verify_chain_t *it, const unsigned char *prev)
{
    unsigned char first[T2M_CHAIN_SIZE];

    (void)t2m_chain_next(it->chain, "", 0, first);
    return memcmp(first, prev, T2M_CHAIN_SIZE) == 0;
}

static void begin(t2m_verify_chain_t *it, const t2m_verify_place_t *place)
{
    it->begun = 1;
    it->first = *place;
    if (it->chain && it->before && is_ours(it->kept, it->kept_size)) {
        (void)t2m_chain_next(it->chain, it->kept, it->kept_size, it->last.next);
    } else {
        it->last.place.file = NULL; /* nothing that it could be compared with */
    }
}

/* Compares a prev with what stands before the line. */
static void judge(t2m_verify_chain_t *it, const unsigned char *prev, const char *line,
                  apr_size_t size, apr_size_t digits, const t2m_verify_place_t *place)
{
    int was_orphan = it->last_orphan, has_last = it->last.place.file != NULL;

    if (has_last && memcmp(prev, it->last.next, T2M_CHAIN_SIZE) == 0) {
        if (was_orphan >= 0) {
            it->orphans[was_orphan].followed = 1;
        }
        it->last_orphan = -1;
        return;
    }
    if (!has_last && (place->seq != 1 || is_first_value(it, prev))) {
        return; /* where the files begin */
    }
    if (take_end(it, prev)) {
        it->last_orphan = -1;
    } else if (is_first_value(it, prev)) {
        it->last_orphan = -1;
        if (place->seq != 1) {
            (void)t2m_verify_add(it->findings, T2M_VERIFY_UNCHAINED, place, begins_anew);
        }
    } else {
        if (was_orphan >= 0) {
            try_with_right_prev(it, prev);
        }
        add_orphan(it, prev, place);
        keep(it, line, size, digits);
    }
    push_end(it);
}

static void ask_anchors(t2m_verify_chain_t *it, const t2m_verify_link_t *line)
{
    int said = t2m_verify_anchors_say(it->anchors, it->anchors_path, line->place.seq, line->next);

    if (said > 0) {
        it->anchored = line->place.seq;
    } else if (said < 0) {
        (void)t2m_verify_add(it->findings, T2M_VERIFY_CHANGED, &line->place, by_anchor);
    }
}

/* A line of ours that has no prev. */
static void take_unchained(t2m_verify_chain_t *it, const char *line, apr_size_t size,
                           const t2m_verify_place_t *place)
{
    t2m_verify_finding_t *finding = it->findings->count
                                        ? &it->findings->list[it->findings->count - 1] : NULL;

    if (finding && finding->kind == T2M_VERIFY_UNCHAINED && finding->last + 1 == place->seq) {
        finding->last = place->seq;
        finding->to = *place;
    } else {
        (void)t2m_verify_add(it->findings, T2M_VERIFY_UNCHAINED, place, "it has no prev");
    }
    if (it->chain) {
        push_end(it);
        (void)t2m_chain_next(it->chain, line, size, it->last.next);
    }
    memset(it->last.prev, 0, T2M_CHAIN_SIZE);
    it->last.place = *place;
    it->last_orphan = -1;
}

void t2m_verify_chain_line(t2m_verify_chain_t *it, const char *line, apr_size_t size,
                           const t2m_verify_place_t *place)
{
    unsigned char prev[T2M_CHAIN_SIZE];
    apr_size_t digits;
    int has_prev = t2m_chain_of_line(line, size, prev, &digits);

    if (!has_prev && !it->begun) {
        keep(it, line, size, 0);
        it->last.place = *place;
        it->before++;
        return;
    }
    if (!has_prev) {
        if (is_ours(line, size)) {
            take_unchained(it, line, size, place);
        } else {
            it->shared = 1;
        }
        return;
    }
    if (!it->begun) {
        begin(it, place);
    }
    it->lines++;
    it->largest = place->seq > it->largest ? place->seq : it->largest;
    if (it->chain) {
        t2m_verify_link_t before = it->last;

        judge(it, prev, line, size, digits, place);
        (void)t2m_chain_next(it->chain, line, size, it->last.next);
        resolve(it, it->last.next);
        untwin(it, &before);
    }
    memcpy(it->last.prev, prev, T2M_CHAIN_SIZE);
    it->last.place = *place;
    if (it->chain) {
        ask_anchors(it, &it->last);
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

static int is_within(const t2m_verify_finding_t *finding, const t2m_verify_place_t *place)
{
    const t2m_verify_place_t *to = finding->to.file ? &finding->to : &finding->at;

    if (!finding->at.file || !place->file) {
        return 0;
    }
    return t2m_verify_is_place(&finding->at, place) || t2m_verify_is_place(to, place)
        || (finding->kind != T2M_VERIFY_SWAPPED && strcmp(finding->at.file, place->file) == 0
            && strcmp(to->file, place->file) == 0 && finding->at.line < place->line
            && place->line < to->line);
}

static void make_inserted(t2m_verify_finding_t *finding)
{
    finding->kind = T2M_VERIFY_INSERTED;
    finding->why = "another line has that number and is the one that was written";
}

/* A number is there twice, and the chain tells which of both is wrong: the orphan. */
static int explain_doubled(t2m_verify_finding_t *finding, const t2m_verify_orphan_t *orphan)
{
    if (is_within(finding, &orphan->place)) {
        if (orphan->twin && orphan->followed) { /* then it is the line before that was put in */
            finding->at = orphan->before;
            finding->to.file = NULL;
        }
        make_inserted(finding);
        return 1;
    }
    if (finding->first == finding->last && finding->first == orphan->place.seq) {
        finding->at = orphan->place;
        finding->to.file = NULL;
        make_inserted(finding);
        return 1;
    }
    return 0;
}

/* What is missing stands between the orphan and the line before it. */
static int is_between(const t2m_verify_finding_t *finding, const t2m_verify_orphan_t *orphan)
{
    return orphan->before.file && finding->first > orphan->before.seq
        && finding->last < orphan->place.seq;
}

/* Nonzero when the finding is the cause of the orphan. */
static int explains(t2m_verify_finding_t *finding, const t2m_verify_orphan_t *orphan)
{
    switch (finding->kind) {
    case T2M_VERIFY_DOUBLED:
        return explain_doubled(finding, orphan);
    case T2M_VERIFY_LOST:
    case T2M_VERIFY_DROPPED:
        if (is_between(finding, orphan)) {
            finding->kind = T2M_VERIFY_DROPPED;
            return 1;
        }
        return 0;
    case T2M_VERIFY_MALFORMED:
    case T2M_VERIFY_TORN:
        if (t2m_verify_is_place(&finding->at, &orphan->before)) {
            finding->kind = T2M_VERIFY_CHANGED;
            return 1;
        }
        return finding->first && is_between(finding, orphan);
    case T2M_VERIFY_CHANGED:
    case T2M_VERIFY_INSERTED:
    case T2M_VERIFY_SWAPPED:
    case T2M_VERIFY_MISPLACED:
        return is_within(finding, &orphan->place) || is_within(finding, &orphan->before);
    default:
        return 0;
    }
}

static void explain(t2m_verify_chain_t *it, const t2m_verify_orphan_t *orphan)
{
    int is_last = t2m_verify_is_place(&orphan->place, &it->last.place), found = 0;
    unsigned i;

    for (i = 0; i < it->findings->count; i++) {
        found |= explains(&it->findings->list[i], orphan);
    }
    if (found) {
        return;
    }
    if (orphan->only_prev) {
        (void)t2m_verify_add(it->findings, T2M_VERIFY_CHANGED, &orphan->place, only_prev);
    } else if (!orphan->before.file) {
        (void)t2m_verify_add(it->findings, T2M_VERIFY_CHANGED, &orphan->place,
                             "it is the first line, and its prev is not that of one");
    } else {
        (void)t2m_verify_add(it->findings, T2M_VERIFY_CHANGED, &orphan->before,
                             orphan->followed && !is_last ? by_next : by_next_or_that);
    }
}

void t2m_verify_chain_end(t2m_verify_chain_t *it)
{
    apr_uint64_t told = t2m_verify_anchors_last(it->anchors, it->anchors_path);
    t2m_verify_finding_t *cut;
    unsigned i;

    for (i = 0; i < it->orphan_count; i++) {
        explain(it, &it->orphans[i]);
    }
    for (i = 0; it->chain && it->begun && !it->shared && i < it->findings->count; i++) {
        if (it->findings->list[i].kind == T2M_VERIFY_DOUBLED) {
            make_inserted(&it->findings->list[i]);
        }
    }
    it->findings->more += it->more_orphans;
    if (told > it->largest) {
        cut = t2m_verify_add(it->findings, T2M_VERIFY_CUT, &it->last.place,
                             "the error log tells the head of a chain that goes on behind it");
        if (cut) {
            cut->first = it->largest + 1;
            cut->last = told;
        }
    }
}
