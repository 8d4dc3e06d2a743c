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

/* Tests modules/writer/chain_head.c. */
#include "writer/chain_head.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "core/chain.h"
#include "tap.h"

#define SECOND 1000000

static t2m_board_header_t header;
static t2m_board_file_t rows[T2M_FILES_MAX];
static t2m_board_t board;
static t2m_settings_t *settings;
static t2m_chain_heads_t *heads;
static apr_int64_t now = 1000 * (apr_int64_t)SECOND;

/* How many heads are told now; the last of them. */
static int told(t2m_chain_head_t *head)
{
    apr_uint64_t before = header.notice_count;
    const t2m_notice_t *notice;

    t2m_chain_heads_tell(heads, &board, settings, now);
    if (header.notice_count != before) {
        notice = &header.notices[(header.notice_count - 1) % T2M_NOTICES];
        ok(notice->level == T2M_LEVEL_INFO
           && t2m_chain_head_parse(notice->text, strlen(notice->text), head),
           "the notice can be read again");
    }
    return (int)(header.notice_count - before);
}

static void line(int file)
{
    rows[file].chained = 1;
    rows[file].chain_seq++;
    memset(rows[file].chain, (int)rows[file].chain_seq, T2M_CHAIN_SIZE);
}

static void check_times(void)
{
    t2m_chain_head_t head;

    is_number(told(&head), 0, "no line, nothing to tell");
    line(0);
    is_number(told(&head), 0, "not at once");
    now += 59 * SECOND;
    line(0);
    is_number(told(&head), 0, "nor before a minute is over");
    now += SECOND;
    is_number(told(&head), 1, "then once");
    ok(head.seq == 2 && t2m_chain_head_is_of(&head, "/log/security.log")
       && memcmp(head.chain, rows[0].chain, T2M_CHAIN_SIZE) == 0, "the last line's");
    now += 600 * (apr_int64_t)SECOND;
    is_number(told(&head), 0, "without a new line not again");
    line(0);
    is_number(told(&head), 1, "a minute is long over");
    line(0);
    rows[0].rotations++;
    now += SECOND;
    is_number(told(&head), 1, "a rotation does not wait");
    rows[0].rotations++;
    is_number(told(&head), 0, "but for a line");
    line(0);
    rows[0].spill = 1;
    is_number(told(&head), 0, "nor for what is not in the file yet");
    rows[0].spill = 0;
    is_number(told(&head), 1, "until it is");
    rows[1].chain_seq = 9;
    now += 100 * SECOND;
    is_number(told(&head), 0, "a file without a chain has no head");
    rows[2].chained = 1;
    rows[2].chain_seq = 9;
    is_number(told(&head), 0, "nor has standard output");
    now += 100 * SECOND;
    is_number(told(&head), 0, "at any time");
}

/* Sixteen notices is what there is room for. */
static void check_many(void)
{
    t2m_chain_head_t head;
    int i, all = 0;

    settings->file_count = 24;
    for (i = 4; i < 24; i++) {
        (void)snprintf(settings->files[i].path, T2M_PATH_MAX, "/log/%d.log", i);
        line(i);
    }
    (void)told(&head);
    now += 100 * SECOND;
    all = told(&head);
    ok(all > 0 && all < T2M_NOTICES, "of many only some at a time");
    is_number(told(&head), 0, "the others wait");
    for (i = 0; i < 5; i++) {
        now += 10 * SECOND;
        all += told(&head);
    }
    is_number(all, 20, "each is told");
}

static void check_end(void)
{
    FILE *out = tmpfile();
    char text[2000];
    size_t size;

    line(0);
    line(5);
    t2m_chain_heads_end(heads, &board, settings, out);
    t2m_chain_heads_end(heads, &board, settings, out);
    rewind(out);
    size = fread(text, 1, sizeof(text) - 1, out);
    text[size] = '\0';
    (void)fclose(out);
    ok(strncmp(text, "T2M0218: head of the chain of /log/security.log: seq 6, ", 56) == 0,
       "at the end what was not told");
    ok(strstr(text, "\nT2M0218: head of the chain of /log/5.log: seq 2, ") != NULL, "of each");
    is_number((long long)(size ? strchr(strchr(text, '\n') + 1, '\n') - text + 1 : 0),
              (long long)size, "once");
    t2m_chain_heads_tell(NULL, &board, settings, now);
    t2m_chain_heads_end(NULL, &board, settings, stdout);
}

int main(void)
{
    board.header = &header;
    board.files = rows;
    settings = calloc(1, sizeof(*settings));
    heads = t2m_chain_heads_make();
    settings->file_count = 3;
    (void)apr_cpystrn(settings->files[0].path, "/log/security.log",
                      sizeof(settings->files[0].path));
    (void)apr_cpystrn(settings->files[1].path, "/log/access.log",
                      sizeof(settings->files[1].path));
    settings->files[2].to_descriptor = 1;
    check_times();
    check_many();
    check_end();
    free(heads);
    free(settings);
    return tap_done();
}
