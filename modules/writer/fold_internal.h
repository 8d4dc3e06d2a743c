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
void t2m_fold_groups(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                     apr_uint64_t number);
void t2m_fold_events(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                     apr_uint64_t number);

#endif
