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

/* See verify_numbers.h. */
#include "writer/verify_numbers.h"

#include <stdlib.h>
#include <string.h>

static const char other_number[] = "it has another number than the lines around it say";
static const char was_there[] = "the number was there before";

int t2m_verify_numbers_begin(t2m_verify_numbers_t *numbers, t2m_verify_findings_t *findings)
{
    memset(numbers, 0, sizeof(*numbers));
    numbers->findings = findings;
    numbers->holes = calloc(T2M_VERIFY_HOLES, sizeof(*numbers->holes));
    return numbers->holes != NULL;
}

/* Each number of a hole has a line that cannot be read: they are not lost. */
static int is_bad_instead(t2m_verify_numbers_t *numbers, apr_uint64_t first, apr_uint64_t last)
{
    const t2m_verify_findings_t *findings = numbers->findings;
    t2m_verify_finding_t *bad;
    apr_uint64_t i;

    if (numbers->bad != last - first + 1 || numbers->bad > findings->count) {
        return 0;
    }
    bad = findings->list + findings->count - numbers->bad;
    for (i = 0; i < numbers->bad; i++) {
        if (bad[i].first
            || (bad[i].kind != T2M_VERIFY_MALFORMED && bad[i].kind != T2M_VERIFY_TORN)) {
            return 0;
        }
    }
    for (i = 0; i < numbers->bad; i++) {
        bad[i].first = bad[i].last = first + i;
    }
    return 1;
}

static void open_hole(t2m_verify_numbers_t *numbers, apr_uint64_t first, apr_uint64_t last,
                      const t2m_verify_place_t *after)
{
    t2m_verify_hole_t *hole;

    if (is_bad_instead(numbers, first, last)) {
        return;
    }
    if (numbers->hole_count == T2M_VERIFY_HOLES) {
        numbers->more_holes++;
        return;
    }
    hole = &numbers->holes[numbers->hole_count++];
    hole->first = first;
    hole->last = last;
    hole->before = numbers->last;
    hole->after = *after;
}

/* The hole that the number is missing in; NULL: none. Late ones are asked for first. */
static t2m_verify_hole_t *hole_of(t2m_verify_numbers_t *numbers, apr_uint64_t number)
{
    unsigned i;

    for (i = numbers->hole_count; i > 0; i--) {
        t2m_verify_hole_t *hole = &numbers->holes[i - 1];

        if (hole->first <= number && number <= hole->last) {
            return hole;
        }
    }
    return NULL;
}

/* first to last of the hole are there after all. */
static void fill_hole(t2m_verify_numbers_t *numbers, t2m_verify_hole_t *hole, apr_uint64_t first,
                      apr_uint64_t last)
{
    t2m_verify_hole_t rest = *hole;

    if (first == hole->first && last == hole->last) {
        *hole = numbers->holes[--numbers->hole_count];
        return;
    }
    if (first == hole->first) {
        hole->first = last + 1;
        return;
    }
    rest.first = last + 1;
    hole->last = first - 1;
    if (rest.first <= rest.last && numbers->hole_count < T2M_VERIFY_HOLES) {
        numbers->holes[numbers->hole_count++] = rest;
    }
}

/* One more line of a kind: a run of them is one finding. */
static void add_run(t2m_verify_numbers_t *numbers, t2m_verify_kind_e kind,
                    const t2m_verify_place_t *place, const char *why)
{
    t2m_verify_findings_t *findings = numbers->findings;
    t2m_verify_finding_t *finding = findings->count ? &findings->list[findings->count - 1] : NULL;

    if (finding && finding->kind == kind && finding->last + 1 == place->seq
        && t2m_verify_is_place(finding->to.file ? &finding->to : &finding->at, &numbers->last)) {
        finding->last = place->seq;
        finding->to = *place;
        return;
    }
    (void)t2m_verify_add(findings, kind, place, why);
}

/* A number smaller than the next one. */
static void take_back(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place)
{
    t2m_verify_hole_t *hole = hole_of(numbers, place->seq);

    if (hole) {
        fill_hole(numbers, hole, place->seq, place->seq);
        add_run(numbers, T2M_VERIFY_MISPLACED, place, "behind lines with larger numbers");
    } else if (place->seq < numbers->first) {
        add_run(numbers, T2M_VERIFY_MISPLACED, place,
                "smaller than the first number that was read");
    } else {
        add_run(numbers, T2M_VERIFY_DOUBLED, place, was_there);
    }
}

static void take_ahead(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place)
{
    open_hole(numbers, numbers->next, place->seq - 1, place);
    numbers->next = place->seq + 1;
}

/* A line too many, behind which it goes on as if it were not there. */
static void take_stray(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place)
{
    if (place->seq < numbers->next) {
        take_back(numbers, place);
    } else if (numbers->stray_count < T2M_VERIFY_STRAYS) {
        numbers->strays[numbers->stray_count++] = *place;
    } else {
        (void)t2m_verify_add(numbers->findings, T2M_VERIFY_MISPLACED, place, NULL);
    }
}

/* Judges the line that waits, by the number behind it (0: none). */
static void settle(t2m_verify_numbers_t *numbers, apr_uint64_t behind)
{
    t2m_verify_place_t place = numbers->waiting;

    if (!place.file) {
        return;
    }
    numbers->waiting.file = NULL;
    if (behind == numbers->next + 1 && !hole_of(numbers, place.seq)) {
        t2m_verify_finding_t *finding = t2m_verify_add(numbers->findings, T2M_VERIFY_CHANGED,
                                                       &place, other_number);

        if (finding) {
            finding->first = finding->last = numbers->next;
        }
        numbers->next++;
    } else if (behind == numbers->next) {
        take_stray(numbers, &place);
    } else if (place.seq > numbers->next) {
        take_ahead(numbers, &place);
    } else {
        take_back(numbers, &place);
    }
    numbers->last = place;
    numbers->bad = 0;
}

/* The second line has a smaller number than the first: it is the first line's that is wrong, or
 * both were swapped. Returns nonzero when the second one is dealt with. */
static int judge_first(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *second)
{
    int is_swapped = second->seq + 1 == numbers->first;
    t2m_verify_finding_t *finding;

    if (numbers->next != numbers->first + 1 || numbers->waiting.file
        || second->seq >= numbers->first || numbers->last.seq != numbers->first) {
        return 0;
    }
    finding = t2m_verify_add(numbers->findings, is_swapped ? T2M_VERIFY_SWAPPED
                                                           : T2M_VERIFY_CHANGED, &numbers->last,
                             is_swapped ? NULL : other_number);
    if (finding && is_swapped) {
        finding->first = second->seq;
        finding->to = *second;
    } else if (finding) {
        finding->first = finding->last = second->seq - 1;
    }
    numbers->first = is_swapped || second->seq == 1 ? second->seq : second->seq - 1;
    numbers->next = is_swapped ? numbers->next : second->seq;
    numbers->last = is_swapped ? *second : numbers->last;
    return is_swapped;
}

void t2m_verify_numbers_line(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place)
{
    if (!numbers->begun) {
        numbers->begun = 1;
        numbers->first = numbers->next = place->seq;
    }
    if (judge_first(numbers, place)) {
        return;
    }
    settle(numbers, place->seq);
    if (place->seq == numbers->next) {
        numbers->next++;
        numbers->last = *place;
        numbers->bad = 0;
    } else {
        numbers->waiting = *place;
    }
}

/* What of first to last is missing, is named now; the rest of it was there before. */
static apr_uint64_t name_missing(t2m_verify_numbers_t *numbers, apr_uint64_t first,
                                 apr_uint64_t last)
{
    apr_uint64_t named = 0;
    unsigned i;

    for (i = numbers->hole_count; i > 0; i--) {
        t2m_verify_hole_t *hole = &numbers->holes[i - 1];
        apr_uint64_t from = first > hole->first ? first : hole->first;
        apr_uint64_t to = last < hole->last ? last : hole->last;

        if (from <= to) {
            named += to - from + 1;
            fill_hole(numbers, hole, from, to);
        }
    }
    return named;
}

void t2m_verify_numbers_gap(t2m_verify_numbers_t *numbers, apr_uint64_t first, apr_uint64_t last,
                            const t2m_verify_place_t *place)
{
    apr_uint64_t low = last;

    if (!numbers->begun) {
        numbers->begun = 1;
        numbers->first = numbers->next = first;
    }
    settle(numbers, first);
    if (first > numbers->next) {
        open_hole(numbers, numbers->next, first - 1, place);
        numbers->next = first;
    }
    if (last >= numbers->next) {
        low = numbers->next - 1;
        numbers->next = last + 1;
    }
    if (first <= low && name_missing(numbers, first, low) != low - first + 1) {
        t2m_verify_finding_t *finding = t2m_verify_add(
            numbers->findings, T2M_VERIFY_DOUBLED, place,
            "the gap record names numbers that were there before");

        if (finding) {
            finding->first = first;
            finding->last = low;
        }
    }
}

void t2m_verify_numbers_bad(t2m_verify_numbers_t *numbers)
{
    settle(numbers, 0);
    numbers->bad++;
}

/* The line stands too early; where it is missing, or not, tells what that is. */
static void end_stray(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place)
{
    t2m_verify_hole_t *hole = hole_of(numbers, place->seq);
    const t2m_verify_place_t *before = hole ? &hole->before : &numbers->last;
    int is_end = place->seq == numbers->next; /* it belongs behind the last line */
    t2m_verify_finding_t *finding;

    if (!hole && !is_end) {
        (void)t2m_verify_add(numbers->findings, place->seq < numbers->next ? T2M_VERIFY_DOUBLED
                                                                           : T2M_VERIFY_INSERTED,
                             place, place->seq < numbers->next ? "the number is there again later"
                                                               : other_number);
        return;
    }
    finding = t2m_verify_add(numbers->findings, T2M_VERIFY_MISPLACED, place,
                             "before lines with smaller numbers");
    if (finding && before->seq + 1 == place->seq && before->line == place->line + 1
        && strcmp(before->file, place->file) == 0) {
        finding->kind = T2M_VERIFY_SWAPPED;
        finding->first = before->seq;
        finding->to = *before;
        finding->why = NULL;
    }
    if (hole) {
        fill_hole(numbers, hole, place->seq, place->seq);
    } else {
        numbers->next++;
    }
}

/* Two lines that have each other's number. */
static void join_swapped(t2m_verify_findings_t *findings)
{
    unsigned i, j;

    for (i = 0; i < findings->count; i++) {
        t2m_verify_finding_t *one = &findings->list[i];

        for (j = i + 1; one->why == other_number && one->kind == T2M_VERIFY_CHANGED
                        && j < findings->count; j++) {
            t2m_verify_finding_t *other = &findings->list[j];

            if (other->kind == T2M_VERIFY_CHANGED && other->why == other_number
                && one->at.seq == other->first && other->at.seq == one->first) {
                one->kind = T2M_VERIFY_SWAPPED;
                one->to = other->at;
                one->last = other->first;
                one->why = NULL;
                t2m_verify_remove(findings, other);
            }
        }
    }
}

/* The last line waits: whether it is the other one of two that were swapped. */
static int is_other_half(const t2m_verify_numbers_t *numbers)
{
    unsigned i;

    for (i = 0; numbers->waiting.file && i < numbers->findings->count; i++) {
        const t2m_verify_finding_t *finding = &numbers->findings->list[i];

        if (finding->why == other_number && finding->first == numbers->waiting.seq
            && finding->at.seq == numbers->next) {
            return 1;
        }
    }
    return 0;
}

void t2m_verify_numbers_end(t2m_verify_numbers_t *numbers)
{
    unsigned i;

    settle(numbers, is_other_half(numbers) ? numbers->next + 1 : 0);
    for (i = 0; i < numbers->stray_count; i++) {
        end_stray(numbers, &numbers->strays[i]);
    }
    join_swapped(numbers->findings);
    for (i = 0; i < numbers->hole_count; i++) {
        const t2m_verify_hole_t *hole = &numbers->holes[i];
        t2m_verify_finding_t *finding = t2m_verify_add(numbers->findings, T2M_VERIFY_LOST,
                                                       &hole->before, NULL);

        if (finding) {
            finding->first = hole->first;
            finding->last = hole->last;
            finding->to = hole->after;
        }
    }
    numbers->findings->more += numbers->more_holes;
    free(numbers->holes);
    numbers->holes = NULL;
}
