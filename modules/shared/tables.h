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

/* The board's tables, drawn: what the admin endpoints show. Fixed sizes; every row begins with
 * a t2m_row_t and changes by t2m_board_replace alone. A table that is full gives the place of its
 * least useful row to a new one; what that row had counted stays in `evicted` of its place, so that
 * sums over a table never go back.
 */
#ifndef T2M_SHARED_TABLES_H
#define T2M_SHARED_TABLES_H

#include "core/distinct.h"
#include "core/fingerprint.h"
#include "core/group_state.h"
#include "core/histogram.h"
#include "core/hours.h"
#include "core/minutes.h"
#include "core/repeat.h"
#include "core/top.h"
#include "shared/layout.h"

enum {
    T2M_METRICS_MAX = 256,
    T2M_GROUPS_MAX = 512,
    T2M_EVENTS_MAX = 64,
    T2M_ATTEMPTS_MAX = 4096,
    T2M_ATTEMPTS_WAYS = 8,  /* rows of one set; the key chooses the set */
    T2M_TOKENS_MAX = 64,
    T2M_TOKEN_NAME_MAX = 64,
    T2M_TOKEN_HASH_SIZE = 32, /* SHA-256 */
    T2M_STATUS_CLASSES = 6    /* 0: none, 1xx to 5xx */
};

/* Recent records: one ring for each stream, and one of the slow requests. */
enum { T2M_RECENT_SLOW = T2M_STREAM_COUNT, T2M_RECENT_COUNT };

enum { T2M_RECENT_BYTES = 1048576 }; /* of each ring */

/* Positions count bytes since the board was made and never wrap; byte p is at
 * p % T2M_RECENT_BYTES. The writer moves `first` before it writes over what was there. */
typedef struct {
    t2m_row_t row;
    apr_uint64_t first;   /* the oldest record */
    apr_uint64_t next;    /* behind the newest */
    apr_uint64_t records; /* since the board was made */
} t2m_recent_t;

/* Before each line, which follows with its end (LF) left out, padded to 8 bytes. */
typedef struct {
    apr_uint32_t size;
    unsigned char stream;
    unsigned char level;
    apr_uint16_t reserved;
    apr_int64_t time;
} t2m_recent_record_t;

/* What is counted of a metric. */
typedef struct {
    apr_uint64_t count;
    apr_uint64_t errors; /* T2M_FACT_FAILED */
    apr_uint64_t slow;
    apr_uint64_t sum;    /* microseconds */
    apr_uint64_t status[T2M_STATUS_CLASSES];
    apr_uint64_t classic[T2M_CLASSIC_BUCKETS + 1]; /* not cumulative; the last: above all bounds */
} t2m_metric_sums_t;

/* Row 0 has no name: it counts what found no place. */
typedef struct {
    t2m_row_t row;
    apr_uint32_t name_size; /* 0: free */
    apr_uint32_t reserved;
    char name[T2M_NAME_MAX];
    apr_int64_t last;       /* apr_time_t */
    apr_uint64_t min, max;  /* microseconds */
    t2m_metric_sums_t sums;
    t2m_metric_sums_t evicted;
    t2m_histogram_t histogram;
} t2m_metric_t;

/* A group of errors; texts are UTF-8, masked, cut to their room. Row 0 counts what found no
 * place; its `before` is how many of them one group can be at most. When the table is full the row
 * of the least weight gives its place to a new group, which inherits that weight: Space-Saving, as
 * in core/top.h. */
typedef struct {
    t2m_row_t row;
    char id[T2M_FINGERPRINT_SIZE];
    apr_uint32_t used;
    apr_uint32_t level;        /* of the last one */
    apr_uint32_t reserved;
    apr_int64_t first, last;   /* apr_time_t */
    apr_uint64_t total;        /* since it has this place: exact */
    apr_uint64_t before;       /* and before that at most so many more */
    apr_uint64_t weight;
    apr_uint64_t evicted;
    t2m_repeat_t repeat;
    t2m_group_state_t state;
    t2m_minutes_t minutes;
    t2m_hours_t hours;
    t2m_distinct_t clients;
    t2m_top_t endpoints, vhosts;
    apr_uint16_t logger_size, type_size, message_size, template_size, endpoint_size,
        request_id_size, release_size, reserved_size;
    char logger[64];
    char type[96];
    char message[384];         /* of the last one */
    char template[384];        /* what its messages have in common, see core/message_pattern.h */
    char endpoint[160];        /* of the last one, as is request_id */
    char request_id[128];
    char release[64];          /* T2MLogRelease of the first one */
} t2m_group_t;

enum { T2M_SAMPLE_FIRST, T2M_SAMPLE_LAST, T2M_SAMPLES }; /* kept of each group */

/* A whole line of a group, at the same number as the group's row. A line that is longer is not
 * kept. Of size bytes only those up to its end are ever written. */
typedef struct {
    t2m_row_t row;
    char id[T2M_FINGERPRINT_SIZE]; /* another one's than the group's: none is kept */
    apr_uint32_t size;
    char line[T2M_UNDO_MAX - sizeof(t2m_row_t) - 16];
} t2m_sample_t;

/* Row 0 counts what found no place. */
typedef struct {
    t2m_row_t row;
    apr_uint32_t name_size; /* 0: free */
    char name[68];
    apr_uint64_t count;
} t2m_event_t;

/* How often something was tried, by a key that nobody outside can aim at. */
typedef struct {
    t2m_row_t row;
    apr_uint64_t key;    /* 0: free */
    apr_int64_t last;    /* apr_time_t */
    apr_uint64_t count;  /* since a pause of T2M_ATTEMPTS_PAUSE */
    apr_int64_t arrival; /* the theoretical arrival time of GCRA, apr_time_t */
} t2m_attempt_t;

typedef struct {
    char name[T2M_TOKEN_NAME_MAX]; /* with a NUL */
    unsigned char hash[T2M_TOKEN_HASH_SIZE];
} t2m_token_t;

typedef struct {
    t2m_row_t row;
    apr_uint32_t count;
    apr_uint32_t refused; /* the file cannot be used: no token counts */
    t2m_token_t tokens[T2M_TOKENS_MAX];
} t2m_tokens_t;

/* The ledger of a moment, by stream. */
typedef struct {
    t2m_row_t row;
    apr_int64_t moment;
    apr_uint64_t accepted[T2M_STREAM_COUNT]; /* lines that processes put into their rings */
    apr_uint64_t waiting[T2M_STREAM_COUNT];  /* of these, still in the rings or in a spill */
    apr_uint64_t spilled[T2M_STREAM_COUNT];  /* those in a spill */
    apr_uint64_t dropped[T2M_STREAM_COUNT];  /* lines that found no place in a ring */
    apr_uint64_t begun, begun_untracked, ended_untracked, silenced, in_flight;
    apr_uint64_t slots_used, no_slot, uncounted;
} t2m_ledger_t;

typedef struct {
    t2m_recent_t recents[T2M_RECENT_COUNT];
    t2m_metric_t metrics[T2M_METRICS_MAX];
    t2m_group_t groups[T2M_GROUPS_MAX];
    t2m_sample_t samples[T2M_GROUPS_MAX][T2M_SAMPLES];
    t2m_event_t events[T2M_EVENTS_MAX];
    t2m_attempt_t attempts[T2M_ATTEMPTS_MAX];
    t2m_tokens_t tokens;
    t2m_ledger_t ledger;
    apr_uint64_t evictions[3]; /* of metrics, groups, events: rows that gave their place away */
    apr_uint64_t forgotten;    /* a group without a row happened at most so often and as often as
                                * `before` of row 0 says: see writer/fold_group_place.c */
    apr_uint64_t restored;     /* 1: the groups of before the start were looked for */
    apr_uint64_t groups_directory[2]; /* device and inode of the directory that the groups were
                                       * read from or written to; zeros: none yet */
    unsigned char recent_bytes[T2M_RECENT_COUNT][T2M_RECENT_BYTES];
} t2m_tables_t;

#define T2M_ATTEMPTS_PAUSE apr_time_from_sec(60)

#endif
