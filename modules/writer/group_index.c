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

/* Linear probing over buckets that hold numbers of rows; what is taken out is closed up, so that
 * no search ever passes over what is gone. The ids are copies: the board is read once. */
#include "writer/group_index.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_siphash.h>

enum { BUCKETS = 2048 }; /* a power of two; a quarter of them at most is in use */

_Static_assert(BUCKETS >= 4 * T2M_GROUPS_MAX, "searches are short");

struct t2m_group_index_t {
    unsigned char key[APR_SIPHASH_KSIZE];
    apr_uint16_t buckets[BUCKETS]; /* number of a row; 0: free */
    unsigned char used[T2M_GROUPS_MAX];
    char ids[T2M_GROUPS_MAX][T2M_FINGERPRINT_SIZE];
};

static apr_uint32_t home_of(const t2m_group_index_t *index, const char *id)
{
    return (apr_uint32_t)(apr_siphash24(id, T2M_FINGERPRINT_SIZE, index->key) % BUCKETS);
}

/* The bucket of the id, else the free one that it would get. */
static apr_uint32_t bucket_of(const t2m_group_index_t *index, const char *id)
{
    apr_uint32_t bucket = home_of(index, id);

    while (index->buckets[bucket]
           && memcmp(index->ids[index->buckets[bucket]], id, T2M_FINGERPRINT_SIZE) != 0) {
        bucket = (bucket + 1) % BUCKETS;
    }
    return bucket;
}

/* Frees a bucket; those behind it that would not be found any more take its place in turn. */
static void close_up(t2m_group_index_t *index, apr_uint32_t hole)
{
    apr_uint32_t at = hole, home;

    for (;;) {
        at = (at + 1) % BUCKETS;
        if (!index->buckets[at]) {
            break;
        }
        home = home_of(index, index->ids[index->buckets[at]]);
        if ((at - home) % BUCKETS >= (at - hole) % BUCKETS) {
            index->buckets[hole] = index->buckets[at];
            hole = at;
        }
    }
    index->buckets[hole] = 0;
}

static void forget(t2m_group_index_t *index, apr_uint32_t row)
{
    if (index->used[row]) {
        close_up(index, bucket_of(index, index->ids[row]));
        index->used[row] = 0;
    }
}

static void add(t2m_group_index_t *index, apr_uint32_t row, const char *id)
{
    memcpy(index->ids[row], id, T2M_FINGERPRINT_SIZE);
    index->buckets[bucket_of(index, id)] = (apr_uint16_t)row;
    index->used[row] = 1;
}

t2m_group_index_t *t2m_group_index_create(const t2m_board_t *board)
{
    t2m_group_index_t *index = calloc(1, sizeof(*index));

    /* Whoever knows the key can choose ids that make every search long. */
    if (index && apr_generate_random_bytes(index->key, sizeof(index->key)) != APR_SUCCESS) {
        free(index);
        return NULL;
    }
    if (index) {
        t2m_group_index_refresh(index, board);
    }
    return index;
}

apr_uint32_t t2m_group_index_find(const t2m_group_index_t *index, const char *id)
{
    return index->buckets[bucket_of(index, id)];
}

void t2m_group_index_set(t2m_group_index_t *index, apr_uint32_t row, const char *id)
{
    if (row == 0 || row >= T2M_GROUPS_MAX) {
        return;
    }
    forget(index, row);
    forget(index, t2m_group_index_find(index, id)); /* one id, one row */
    add(index, row, id);
}

void t2m_group_index_refresh(t2m_group_index_t *index, const t2m_board_t *board)
{
    const t2m_group_t *groups = board->tables->groups;
    apr_uint32_t row;

    memset(index->buckets, 0, sizeof(index->buckets));
    memset(index->used, 0, sizeof(index->used));
    for (row = 1; row < T2M_GROUPS_MAX; row++) {
        if (groups[row].used && !t2m_group_index_find(index, groups[row].id)) {
            add(index, row, groups[row].id);
        }
    }
}
