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

/* See verify_finding.h. */
#include "writer/verify_finding.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[T2M_VERIFY_KINDS] = {
    "lost", "dropped", "changed", "inserted", "swapped", "misplaced", "doubled", "torn",
    "malformed", "unchained", "cut"
};

int t2m_verify_findings_make(t2m_verify_findings_t *findings)
{
    memset(findings, 0, sizeof(*findings));
    findings->list = calloc(T2M_VERIFY_FINDINGS, sizeof(*findings->list));
    return findings->list != NULL;
}

void t2m_verify_findings_free(t2m_verify_findings_t *findings)
{
    free(findings->list);
    memset(findings, 0, sizeof(*findings));
}

t2m_verify_finding_t *t2m_verify_add(t2m_verify_findings_t *findings, t2m_verify_kind_e kind,
                                     const t2m_verify_place_t *at, const char *why)
{
    t2m_verify_finding_t *finding;

    if (findings->count == T2M_VERIFY_FINDINGS) {
        findings->more++;
        return NULL;
    }
    finding = &findings->list[findings->count++];
    memset(finding, 0, sizeof(*finding));
    finding->kind = kind;
    finding->at = *at;
    finding->first = finding->last = at->seq;
    finding->why = why;
    return finding;
}

void t2m_verify_remove(t2m_verify_findings_t *findings, t2m_verify_finding_t *finding)
{
    const t2m_verify_finding_t *end = findings->list + findings->count--;

    memmove(finding, finding + 1, (size_t)(end - finding - 1) * sizeof(*finding));
}

int t2m_verify_is_place(const t2m_verify_place_t *one, const t2m_verify_place_t *other)
{
    return one->file && other->file && one->line == other->line
        && (one->file == other->file || strcmp(one->file, other->file) == 0);
}

static int compare(const void *one, const void *other)
{
    const t2m_verify_finding_t *a = one, *b = other;
    apr_uint64_t of_a = a->first ? a->first : APR_UINT64_MAX;
    apr_uint64_t of_b = b->first ? b->first : APR_UINT64_MAX;

    return of_a != of_b ? (of_a < of_b ? -1 : 1) : (int)a->kind - (int)b->kind;
}

void t2m_verify_sort(t2m_verify_findings_t *findings)
{
    if (findings->count > 1) {
        qsort(findings->list, findings->count, sizeof(*findings->list), compare);
    }
}

const char *t2m_verify_kind_name(t2m_verify_kind_e kind)
{
    return names[kind];
}

/* `seq 7` or `seq 7 to 9`; nothing for none. */
static void write_numbers(const t2m_verify_finding_t *finding, char *out, size_t size)
{
    out[0] = '\0';
    if (finding->first && finding->first == finding->last) {
        (void)snprintf(out, size, "seq %" APR_UINT64_T_FMT, finding->first);
    } else if (finding->first) {
        (void)snprintf(out, size, "seq %" APR_UINT64_T_FMT " to %" APR_UINT64_T_FMT,
                       finding->first, finding->last);
    }
}

/* `FILE line N (seq 7, TIME)` */
static int write_place(const t2m_verify_place_t *place, char *out, size_t size)
{
    char seq[32] = "";

    if (!place->file) {
        return snprintf(out, size, "nothing");
    }
    if (place->seq) {
        (void)snprintf(seq, sizeof(seq), "seq %" APR_UINT64_T_FMT, place->seq);
    }
    return snprintf(out, size, "%s line %" APR_UINT64_T_FMT "%s%s%s%s%s", place->file, place->line,
                    *seq || *place->time ? " (" : "", seq, *seq && *place->time ? ", " : "",
                    place->time, *seq || *place->time ? ")" : "");
}

enum { PLACE_MAX = 4400 };

/* How the two places are said, by kind; the first is always told. */
static const char *const between[T2M_VERIFY_KINDS] = {
    [T2M_VERIFY_LOST] = " and ", [T2M_VERIFY_DROPPED] = " and ", [T2M_VERIFY_SWAPPED] = " and ",
    [T2M_VERIFY_MISPLACED] = " to ", [T2M_VERIFY_DOUBLED] = " to ",
    [T2M_VERIFY_UNCHAINED] = " to ", [T2M_VERIFY_INSERTED] = " to ",
};

void t2m_verify_text(const t2m_verify_finding_t *finding, char *out, size_t size)
{
    int is_hole = finding->kind == T2M_VERIFY_LOST || finding->kind == T2M_VERIFY_DROPPED;
    int two = between[finding->kind]
           && (is_hole || (finding->to.file && !t2m_verify_is_place(&finding->at, &finding->to)));
    int say_numbers = is_hole || finding->first != finding->last
                   || (finding->first && finding->first != finding->at.seq);
    char numbers[64], at[PLACE_MAX], to[PLACE_MAX];

    write_numbers(finding, numbers, sizeof(numbers));
    (void)write_place(&finding->at, at, sizeof(at));
    (void)write_place(&finding->to, to, sizeof(to));
    (void)snprintf(out, size, "%s: %s%s%s%s%s%s%s%s", names[finding->kind],
                   say_numbers ? numbers : "", say_numbers && *numbers ? ", " : "",
                   is_hole ? "between " : "", at, two ? between[finding->kind] : "", two ? to : "",
                   finding->why ? ": " : "", finding->why ? finding->why : "");
}

static void put_number(json_t *object, const char *name, apr_uint64_t number)
{
    if (number) {
        (void)json_object_set_new(object, name, json_integer((json_int_t)number));
    }
}

/* A path may hold any byte. */
static void put_text(json_t *object, const char *name, const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;

    if (value) {
        (void)json_object_set_new(object, name, value);
    }
}

static json_t *place_json(const t2m_verify_place_t *place)
{
    json_t *object = place->file ? json_object() : NULL;

    if (object) {
        put_text(object, "file", place->file);
        put_number(object, "line", place->line);
        put_number(object, "seq", place->seq);
        put_text(object, "timestamp", place->time);
    }
    return object;
}

json_t *t2m_verify_json(const t2m_verify_finding_t *finding)
{
    json_t *object = json_object(), *at = place_json(&finding->at), *to = place_json(&finding->to);

    put_text(object, "kind", names[finding->kind]);
    put_number(object, "first_seq", finding->first);
    put_number(object, "last_seq", finding->last);
    if (at) {
        (void)json_object_set_new(object, "at", at);
    }
    if (to) {
        (void)json_object_set_new(object, "to", to);
    }
    put_text(object, "why", finding->why);
    return object;
}
