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

/* See chain_head.h. */
#include "writer/chain_head.h"

#include <stdlib.h>

#include "core/chain.h"

enum { EVERY_US = 60000000, WINDOW_US = 10000000, IN_WINDOW = 8 };

_Static_assert((int)T2M_CHAIN_HEAD_MAX <= (int)T2M_NOTICE_SIZE, "a notice holds a head");

typedef struct {
    apr_uint64_t seq, rotations; /* when it was last told */
    apr_int64_t at;
} told_t;

struct t2m_chain_heads_t {
    apr_int64_t window; /* when it began */
    unsigned in_window; /* told since */
    told_t told[T2M_FILES_MAX];
};

t2m_chain_heads_t *t2m_chain_heads_make(void)
{
    return calloc(1, sizeof(t2m_chain_heads_t));
}

static void write_head(const t2m_board_file_t *row, const t2m_settings_file_t *file, char *text)
{
    t2m_chain_head_t head = { t2m_text(file->path), row->chain_seq, { 0 } };

    memcpy(head.chain, row->chain, T2M_CHAIN_SIZE);
    (void)t2m_chain_head_write(&head, text);
}

/* What stands in a spill is not in the file yet: whoever verifies would take it for cut off. */
static int has_news(const told_t *told, const t2m_board_file_t *row,
                    const t2m_settings_file_t *file)
{
    return row->chained && row->chain_seq != told->seq && row->spill == 0
        && !file->to_descriptor;
}

static int is_due(told_t *told, const t2m_board_file_t *row, apr_int64_t now)
{
    if (told->at == 0) {
        told->at = now; /* the first line that is seen: its minute begins */
        told->rotations = row->rotations;
    }
    return row->rotations != told->rotations || now - told->at >= EVERY_US;
}

static int has_room(t2m_chain_heads_t *heads, apr_int64_t now)
{
    if (now - heads->window >= WINDOW_US) {
        heads->window = now;
        heads->in_window = 0;
    }
    return heads->in_window < IN_WINDOW;
}

int t2m_chain_heads_tell(t2m_chain_heads_t *heads, t2m_board_t *board,
                         const t2m_settings_t *settings, apr_int64_t now)
{
    apr_uint32_t i;

    for (i = 0; heads && i < settings->file_count && has_room(heads, now); i++) {
        const t2m_board_file_t *row = &board->files[i];
        told_t *told = &heads->told[i];
        char text[T2M_CHAIN_HEAD_MAX];

        if (has_news(told, row, &settings->files[i]) && is_due(told, row, now)) {
            write_head(row, &settings->files[i], text);
            t2m_board_notice(board, T2M_LEVEL_INFO, text);
            told->seq = row->chain_seq;
            told->rotations = row->rotations;
            told->at = now;
            heads->in_window++;
        }
    }
    return heads && i < settings->file_count;
}

void t2m_chain_heads_end(t2m_chain_heads_t *heads, const t2m_board_t *board,
                         const t2m_settings_t *settings, FILE *out)
{
    apr_uint32_t i;

    for (i = 0; heads && i < settings->file_count; i++) {
        char text[T2M_CHAIN_HEAD_MAX];

        if (has_news(&heads->told[i], &board->files[i], &settings->files[i])) {
            write_head(&board->files[i], &settings->files[i], text);
            (void)fprintf(out, "%s\n", text);
            heads->told[i].seq = board->files[i].chain_seq;
        }
    }
}
