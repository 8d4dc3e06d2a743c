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

/* Compares the lines of a log with what t/clients/load.c received.
 *
 *   ledger json|plain SEED RECEIVED LIMIT FILE...
 *
 * FILE... are all files of one stream, the oldest first. json: what mod_t2mlog writes; a line
 * belongs to a request by its `request_id`. plain: the combined format of httpd's CustomLog; a line
 * belongs to a request by its query. LIMIT is the size at which files rotate; 0: none. Printed as
 * JSON: how many of the requests whose answer was received have no line (lost), how many lines are
 * more than one of a request (doubled), how many are not a whole line (torn); for json also whether
 * each number (seq) is a line or is named by a gap record. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

enum { NUMBERS_MAX = 50000000, GAPS_MAX = 200000, SHOWN_MAX = 5, NAME_MAX_SIZE = 24 };

typedef struct {
    uint64_t first, last, count;
    int used; /* a hole was found to be this one */
} gap_t;

typedef struct {
    char name[NAME_MAX_SIZE];
    uint64_t count;
} tally_t;

static uint8_t *lines_of, *was_received; /* by number of the request */
static unsigned long numbers;            /* the highest of them and one */
static uint64_t lines, records, torn, foreign, over_limit, worst_excess;
static uint64_t seq_first, seq_last, seq_back, holes, named;
static uint64_t gap_wrong, gap_count, gap_lines;
static gap_t *gaps, *open_holes;
static size_t hole_count;
static tally_t outcomes[16], reasons[16];
static char id_prefix[32];
static char first_gap[40], last_gap[40];
static int shown;

static void die(const char *what)
{
    (void)fprintf(stderr, "ledger: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void show(const char *what, const char *file, const char *line, size_t size)
{
    if (shown++ < SHOWN_MAX) {
        (void)fprintf(stderr, "ledger: %s: %s: %.*s\n", file, what, (int)(size < 300 ? size : 300),
                      line);
    }
}

static void note_number(unsigned long number)
{
    numbers = number < numbers ? numbers : number + 1;
}

static void tally(tally_t *list, const char *name)
{
    int i;

    for (i = 0; i < 15 && list[i].name[0] && strcmp(list[i].name, name) != 0; i++) {
    }
    (void)snprintf(list[i].name, sizeof(list[i].name), "%s", name);
    list[i].count++;
}

static void read_received(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned long number;
    char line[32];

    lines_of = calloc(NUMBERS_MAX, 1);
    was_received = calloc(NUMBERS_MAX, 1);
    gaps = calloc(GAPS_MAX, sizeof(*gaps));
    open_holes = calloc(GAPS_MAX, sizeof(*open_holes));
    if (!file || !lines_of || !was_received || !gaps || !open_holes) {
        die(path);
    }
    while (fgets(line, sizeof(line), file)) {
        number = strtoul(line, NULL, 10);
        if (number < NUMBERS_MAX) {
            was_received[number] = 1;
            note_number(number);
        }
    }
    (void)fclose(file);
}

/* Counts a line for the request that an id as the client made it names. Returns 0 when it names
 * none of this run. */
static int count_line(const char *id)
{
    const char *number;
    unsigned long value;

    if (strncmp(id, id_prefix, strlen(id_prefix)) != 0) {
        return 0;
    }
    number = strchr(id + strlen(id_prefix), '-');
    value = number ? strtoul(number + 1, NULL, 10) : NUMBERS_MAX;
    if (value >= NUMBERS_MAX) {
        return 0;
    }
    note_number(value);
    if (lines_of[value] < UINT8_MAX) {
        lines_of[value]++;
    }
    return 1;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static uint64_t member(const json_t *record, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(record, name));
}

static void note_gap(const json_t *record)
{
    const char *reason = json_string_value(json_object_get(record, "reason"));
    const char *from = json_string_value(json_object_get(record, "from"));
    const char *to = json_string_value(json_object_get(record, "to"));
    gap_t gap = { member(record, "first_seq"), member(record, "last_seq"),
                  member(record, "count"), 0 };

    gap_wrong += gap.count == 0 || gap.last < gap.first || gap.last - gap.first + 1 != gap.count;
    gap_count += gap.count;
    tally(reasons, reason ? reason : "none");
    if (gap_lines == 0) {
        (void)snprintf(first_gap, sizeof(first_gap), "%s", from ? from : "");
    }
    (void)snprintf(last_gap, sizeof(last_gap), "%s", to ? to : "");
    if (gap_lines < GAPS_MAX) {
        gaps[gap_lines] = gap;
    }
    gap_lines++;
}

static void note_seq(uint64_t seq)
{
    if (seq_first == 0) {
        seq_first = seq;
    }
    if (seq <= seq_last) {
        seq_back++;
        return;
    }
    if (seq > seq_last + 1 && hole_count < GAPS_MAX) { /* the first file begins with 1 */
        open_holes[hole_count++] = (gap_t){ seq_last + 1, seq - 1, seq - seq_last - 1, 0 };
    }
    seq_last = seq;
}

static int by_first(const void *one, const void *other)
{
    const gap_t *a = one, *b = other;

    return a->first < b->first ? -1 : a->first > b->first;
}

/* Takes from the holes what gap records name; what is left of either is wrong. */
static void compare_gaps(void)
{
    size_t known = gap_lines < GAPS_MAX ? gap_lines : GAPS_MAX, i, j = 0;

    qsort(gaps, known, sizeof(*gaps), by_first);
    for (i = 0; i < hole_count; i++) {
        uint64_t at = open_holes[i].first;

        while (j < known && gaps[j].first < at) {
            j++; /* names lines that are there: not used */
        }
        for (; j < known && gaps[j].first == at && gaps[j].last <= open_holes[i].last; j++) {
            gaps[j].used = 1;
            named += gaps[j].last - gaps[j].first + 1;
            at = gaps[j].last + 1;
        }
        holes += open_holes[i].last + 1 - at;
    }
    for (i = 0; i < known; i++) {
        gap_wrong += !gaps[i].used;
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void take_record(const json_t *record, const char *file, const char *line, size_t size)
{
    const char *message = json_string_value(json_object_get(record, "message"));
    const char *id = json_string_value(json_object_get(record, "request_id"));
    const char *outcome = json_string_value(json_object_get(record, "outcome"));
    const json_t *seq = json_object_get(record, "seq");

    if (!json_is_integer(seq) || !message) {
        torn++;
        show("no seq or message", file, line, size);
        return;
    }
    note_seq((uint64_t)json_integer_value(seq));
    if (strcmp(message, "gap") == 0) {
        note_gap(record);
        return;
    }
    records++;
    if (outcome) {
        tally(outcomes, outcome);
    }
    foreign += !id || !count_line(id);
}

static void take_json(const char *file, const char *line, size_t size)
{
    json_error_t error;
    json_t *record = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(record)) {
        take_record(record, file, line, size);
    } else {
        torn++;
        show("not a JSON object", file, line, size);
    }
    json_decref(record);
}

static int has_control(const char *line, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            return 1;
        }
    }
    return 0;
}

/* `127.0.0.1 - - [time] "GET /path?n=ID HTTP/1.1" status bytes "referer" "t2mlog-load"`, once. */
static void take_plain(const char *file, char *line, size_t size)
{
    static const char start[] = "127.0.0.1 - - [", end[] = "\"t2mlog-load\"";
    char *query = strstr(line, "?n="), *again = size > 3 ? strstr(line + 3, start) : NULL;

    if (!again && strncmp(line, start, sizeof(start) - 1) == 0
        && (strstr(line, "\"OPTIONS ") || strstr(line, "\"-\" 408 "))) {
        foreign++; /* a request of somebody else, or one that had no first line */
        records++;
        return;
    }
    if (strncmp(line, start, sizeof(start) - 1) != 0 || !query || again
        || strstr(query + 3, "?n=") || size < sizeof(end)
        || strcmp(line + size - (sizeof(end) - 1), end) != 0) {
        torn++;
        show("not a whole line", file, line, size);
        return;
    }
    records++;
    query[1] = 'n';
    query[2] = '-'; /* as the id is written elsewhere */
    foreign += !count_line(query + 1);
}

static void take_file(const char *path, int json, uint64_t limit)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, last = 0;
    uint64_t bytes = 0;
    ssize_t size;

    if (!file) {
        die(path);
    }
    while ((size = getline(&line, &room, file)) > 0) {
        lines++;
        bytes += (uint64_t)size;
        last = (size_t)size;
        if (line[size - 1] != '\n') {
            torn++;
            show("does not end in LF", path, line, (size_t)size);
            continue;
        }
        line[size - 1] = '\0';
        if (has_control(line, (size_t)size - 1)) {
            torn++;
            show("a control byte", path, line, (size_t)size - 1);
        } else if (json) {
            take_json(path, line, (size_t)size - 1);
        } else {
            take_plain(path, line, (size_t)size - 1);
        }
    }
    if (limit && bytes > limit) {
        worst_excess = bytes - limit > worst_excess ? bytes - limit : worst_excess;
        over_limit += bytes - last > limit; /* it was over before its last record */
    }
    free(line);
    (void)fclose(file);
}

/* ---- the result ------------------------------------------------------------------------------ */

static void print_tally(const char *name, const tally_t *list)
{
    int i;

    (void)printf(",\"%s\":{", name);
    for (i = 0; i < 16 && list[i].name[0]; i++) {
        (void)printf("%s\"%s\":%lu", i ? "," : "", list[i].name, (unsigned long)list[i].count);
    }
    (void)printf("}");
}

static void print_requests(void)
{
    uint64_t received = 0, lost = 0, doubled = 0, unreceived = 0;
    unsigned long first_lost = NUMBERS_MAX, i;

    for (i = 0; i < numbers; i++) {
        received += was_received[i];
        if (was_received[i] && !lines_of[i]) {
            lost++;
            first_lost = first_lost == NUMBERS_MAX ? i : first_lost;
        }
        doubled += lines_of[i] > 1 ? lines_of[i] - 1U : 0U;
        unreceived += !was_received[i] && lines_of[i];
    }
    (void)printf("\"received\":%lu,\"lost\":%lu,\"doubled\":%lu,\"unreceived\":%lu",
                 (unsigned long)received, (unsigned long)lost, (unsigned long)doubled,
                 (unsigned long)unreceived);
    if (lost) {
        (void)printf(",\"first_lost\":%lu", first_lost);
    }
}

int main(int argc, char **argv)
{
    int i, json;

    if (argc < 5) {
        (void)fprintf(stderr, "ledger json|plain SEED RECEIVED LIMIT FILE...\n");
        return 2;
    }
    json = strcmp(argv[1], "json") == 0;
    (void)snprintf(id_prefix, sizeof(id_prefix), "n-%06lu-", strtoul(argv[2], NULL, 10));
    read_received(argv[3]);
    for (i = 5; i < argc; i++) {
        take_file(argv[i], json, strtoul(argv[4], NULL, 10));
    }
    compare_gaps();
    (void)printf("{");
    print_requests();
    (void)printf(",\"files\":%d,\"lines\":%lu,\"records\":%lu,\"torn\":%lu,\"foreign\":%lu,"
                 "\"over_limit\":%lu,\"excess\":%lu", argc - 5, (unsigned long)lines,
                 (unsigned long)records, (unsigned long)torn, (unsigned long)foreign,
                 (unsigned long)over_limit, (unsigned long)worst_excess);
    (void)printf(",\"seq_first\":%lu,\"seq_last\":%lu,\"seq_back\":%lu,\"holes\":%lu,\"gaps\":%lu,"
                 "\"gap_count\":%lu,\"gap_wrong\":%lu,\"named\":%lu,\"gap_from\":\"%s\","
                 "\"gap_to\":\"%s\"", (unsigned long)seq_first, (unsigned long)seq_last,
                 (unsigned long)seq_back, (unsigned long)holes, (unsigned long)gap_lines,
                 (unsigned long)gap_count, (unsigned long)gap_wrong, (unsigned long)named,
                 first_gap, last_gap);
    print_tally("outcomes", outcomes);
    print_tally("reasons", reasons);
    (void)printf("}\n");
    free(lines_of);
    free(was_received);
    free(gaps);
    free(open_holes);
    return 0;
}
