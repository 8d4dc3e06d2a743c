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

/* The reader of the file of error groups. Of any bytes it takes all or nothing; what it takes can
 * be written and is then the same. The input is what stands before the checksum, which is right;
 * with a first byte that is odd it is the whole file. */
#include "writer/group_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "writer/group_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 65536, SUM = 80 };

static t2m_board_t board;
static t2m_tables_t *tables;
static t2m_kept_group_t kept, again;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void make_world(void)
{
    const t2m_geometry_t geometry = { 2, 1, 65536 };
    t2m_board_map_t map;
    void *memory;

    t2m_board_map(&geometry, &map);
    memory = calloc(1, map.size);
    require(memory != NULL);
    t2m_board_format(memory, &geometry);
    t2m_board_view(&board, memory, &geometry);
    tables = board.tables;
}

/* Behind the bytes goes the line with their sum. Returns the size of both. */
static size_t add_sum(char *bytes, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t at = size;
    unsigned made, i;

    require(EVP_Digest(bytes, size, digest, &made, EVP_sha256(), NULL) == 1);
    at += (size_t)snprintf(bytes + at, 16, "{\"sha256\":\"");
    for (i = 0; i < made; i++) {
        at += (size_t)snprintf(bytes + at, 3, "%02x", digest[i]);
    }
    return at + (size_t)snprintf(bytes + at, 4, "\"}\n");
}

static void check_row(uint32_t number)
{
    json_t *object;
    int i;

    memset(&kept, 0, sizeof(kept));
    kept.number = number;
    kept.group = tables->groups[number];
    memset(&kept.group.row, 0, sizeof(kept.group.row));
    for (i = 0; i < T2M_SAMPLES; i++) {
        kept.samples[i] = tables->samples[number][i];
        memset(&kept.samples[i].row, 0, sizeof(kept.samples[i].row));
    }
    require(kept.group.level < T2M_LEVEL_COUNT && kept.group.state.state < T2M_GROUP_STATES);
    require(number > 0 || !kept.group.used);
    object = t2m_group_json_make(&kept);
    require(t2m_group_json_read(object, &again));
    require(memcmp(&kept, &again, sizeof(kept)) == 0);
    json_decref(object);
}

/* Rows that were taken, and none of them left. */
static unsigned check_rows(void)
{
    unsigned groups = 0;
    uint32_t i;
    int k;

    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        if (tables->groups[i].row.sequence) {
            require(tables->groups[i].row.sequence == 2);
            check_row(i);
            groups += tables->groups[i].used;
            memset(&tables->groups[i], 0, sizeof(tables->groups[i]));
        }
        for (k = 0; k < T2M_SAMPLES; k++) {
            if (tables->samples[i][k].size) {
                memset(&tables->samples[i][k], 0, sizeof(tables->samples[i][k]));
            }
        }
    }
    return groups;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int made;
    static char bytes[MOST + SUM + 2];
    unsigned groups = 0;
    const char *why;

    if (!made++) {
        make_world();
    }
    if (size < 1 || size > MOST) {
        return 0;
    }
    memcpy(bytes, data + 1, size - 1);
    why = t2m_group_file_read(bytes, data[0] % 2 ? size - 1 : add_sum(bytes, size - 1), &board,
                              &groups);
    if (why) {
        require(t2m_group_file_mark(&board) == 0 && groups == 0);
    } else {
        require(check_rows() == groups);
    }
    return 0;
}
