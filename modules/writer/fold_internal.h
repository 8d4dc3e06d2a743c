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

/* Between the files of folding: one for each kind of table. */
#ifndef T2M_WRITER_FOLD_INTERNAL_H
#define T2M_WRITER_FOLD_INTERNAL_H

#include "writer/fold.h"

enum { T2M_FOLD_NEW_ROWS = 32 }; /* in one batch: a flood of names does not turn a table over */

/* Entries of the batch that count in the same row stand behind each other, in their order. */
typedef struct {
    apr_uint64_t key;
    apr_uint32_t entry;
    apr_uint32_t run;
} t2m_fold_item_t;

/* A run of items with one key. */
typedef struct {
    apr_uint64_t key;
    apr_uint32_t size;
    apr_uint32_t next;   /* where its next item goes */
    apr_uint32_t bucket;
} t2m_fold_run_t;

/* A name whose hash was asked for lately. */
typedef struct {
    apr_uint64_t key;
    apr_size_t size; /* 0: none */
    char text[T2M_NAME_MAX];
} t2m_fold_name_t;

/* A run of a group that has no row. */
typedef struct {
    apr_uint64_t count; /* occurrences */
    apr_uint32_t first, end;
} t2m_fold_newcomer_t;

enum { T2M_FOLD_NAMES = 64 };
enum { T2M_FOLD_BUCKET_BITS = 14, T2M_FOLD_BUCKETS = 1 << T2M_FOLD_BUCKET_BITS };

struct t2m_fold_t {
    unsigned char hash_key[16];
    apr_uint64_t factor; /* odd, random */
    t2m_fold_name_t names[T2M_FOLD_NAMES];
    t2m_fold_item_t items[T2M_BATCH_LINES];
    t2m_fold_item_t sorted[T2M_BATCH_LINES];
    t2m_fold_run_t runs[T2M_BATCH_LINES];
    apr_uint32_t buckets[T2M_FOLD_BUCKETS]; /* run + 1; 0: free, as all are between two calls */
    apr_uint32_t item_count;
    t2m_fold_newcomer_t newcomers[T2M_FOLD_NEW_ROWS]; /* the largest, the first first */
    apr_uint32_t newcomer_count;
    apr_uint32_t places[T2M_FOLD_NEW_ROWS]; /* rows that give way to them */
    t2m_sample_t sample;
    union { /* rows as they will be: one, and the one for what finds no place */
        t2m_metric_t metrics[2];
        t2m_group_t groups[2];
    } rows;
};

/** Brings the items of one key behind each other, in the order of their entries. */
void t2m_fold_sort(t2m_fold_t *fold);

/** Adds an item under the hash of a name. */
void t2m_fold_name(t2m_fold_t *fold, t2m_text_t name, apr_uint32_t entry);

/** The end of the run of equal keys that begins with item first. */
apr_uint32_t t2m_fold_run(const t2m_fold_t *fold, apr_uint32_t first);

/**
 * How much a row is worth that counted so often and last at last: half as much with each day that
 * it was quiet.
 */
apr_uint64_t t2m_fold_worth(apr_uint64_t count, apr_time_t last, apr_time_t now);

/** Folds the records of performance, of errors, of security. */
void t2m_fold_metrics(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                      apr_uint64_t number);
void t2m_fold_groups(t2m_fold_t *fold, t2m_board_t *board, t2m_group_index_t *groups,
                     const t2m_repeat_rule_t *rule, const t2m_batch_t *batch,
                     apr_uint64_t number);
void t2m_fold_events(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                     apr_uint64_t number);

/* ---- groups: fold_groups.c, fold_group_*.c --------------------------------------------------- */

/* What all of them work on. */
typedef struct {
    t2m_fold_t *fold;
    t2m_board_t *board;
    t2m_group_index_t *index;
    const t2m_repeat_rule_t *rule;
    const t2m_batch_t *batch;
    apr_uint64_t number;
} t2m_fold_groups_t;

/** How often the error of an entry happened; 0 for a command. */
static inline apr_uint64_t t2m_fold_occurrences(const t2m_batch_entry_t *entry)
{
    return entry->kind == T2M_BATCH_REPEATS ? entry->count
         : entry->record.flags & T2M_FACT_STATE ? 0 : 1;
}

/** All that the run first to end of the items says of its group, into row. */
void t2m_fold_group_add(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                        t2m_group_t *row);

/** The run's count and times alone, into the row of what has no place. */
void t2m_fold_group_rest(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                         t2m_group_t *rest);

/**
 * Notes a run of a group that has no row. Returns the least of those that were noted when they are
 * too many, else one with count 0.
 */
t2m_fold_newcomer_t t2m_fold_group_note(t2m_fold_t *fold, t2m_fold_newcomer_t newcomer);

/**
 * Finds rows for the newcomers, into fold->places: free ones, then those of the least weight, then
 * those whose state somebody has set; none that this batch has changed. Returns how many.
 */
apr_uint32_t t2m_fold_group_places(const t2m_fold_groups_t *groups);

/** The row as it begins in that place for the group with that id; whose it was is forgotten. */
void t2m_fold_group_begin(const t2m_fold_groups_t *groups, const t2m_group_t *place,
                          const char *id, t2m_group_t *row);

/** Keeps the lines of the run that are samples of the group, whose row is at that place. */
void t2m_fold_samples(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end,
                      apr_uint32_t place, const char *id);

#endif
