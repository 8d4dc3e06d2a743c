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

/* A world for the tests of writer/{roll,ledger,chores*,control_server}.c: both memories and a log
 * directory under the descriptors that the writer inherits, and its loop in miniature. */
#ifndef T2M_UNIT_CHORES_WORLD_H
#define T2M_UNIT_CHORES_WORLD_H

#include "shared/handover.h"
#include "shared/world.h"
#include "writer/chores_internal.h"
#include "writer/drain.h"
#include "writer/folder.h"

#define CHORES_NOW ((apr_time_t)1705314646000000)

static world_t world;
static t2m_drain_t drain;
static t2m_slot_t slot;
static t2m_settings_t *settings;
static t2m_chores_t *chores;

/* The file name of a stream in the folder, and its path. */
__attribute__((unused)) static const char *chores_path(t2m_stream_e stream)
{
    static char path[T2M_STREAM_COUNT][128];

    (void)snprintf(path[stream], sizeof(path[stream]), "%s/%s", folder_path,
                   t2m_stream_file(stream));
    return path[stream];
}

__attribute__((unused)) static void chores_publish(void)
{
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    if (t2m_drain_settings(&drain)) {
        t2m_drain_settle(&drain);
    }
}

/* One file for each stream, under the stream's number; nothing rotates by itself. */
static void chores_make(void)
{
    int stream, fd;

    do { /* the numbers of the handover are not for others */
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd < T2M_FD_END);
    folder_make();
    world_make(&world, 4);
    if (dup2(world.slots_fd, T2M_FD_SLOTS) < 0 || dup2(world.board_fd, T2M_FD_BOARD) < 0
        || dup2(folder, T2M_FD_DIRECTORY) < 0) {
        abort();
    }
    settings = calloc(1, sizeof(*settings));
    for (stream = 0; settings && stream < T2M_STREAM_COUNT; stream++) {
        (void)t2m_settings_add(settings, (t2m_stream_e)stream,
                                chores_path((t2m_stream_e)stream));
    }
    if (!settings || !t2m_settings_publish(world.slots_memory, &world.geometry, settings)
        || t2m_drain_open(&drain, T2M_FD_SLOTS, T2M_FD_BOARD) != APR_SUCCESS
        || world_claim(&world, &slot) != APR_SUCCESS) {
        abort();
    }
    t2m_drain_settle(&drain);
}

/* The chores without their thread: what they do is called by the test. */
__attribute__((unused)) static void chores_idle(void)
{
    chores = t2m_chores_make(&drain);
    if (!chores) {
        abort();
    }
    t2m_control_close(chores->socket_fd);
    chores->socket_fd = -1;
}

__attribute__((unused)) static void chores_push(t2m_stream_e stream, const char *line)
{
    t2m_ring_record_t record = { .size = (apr_uint32_t)strlen(line), .file = (apr_uint16_t)stream,
                                 .stream = (unsigned char)stream, .level = T2M_LEVEL_INFO,
                                 .time = CHORES_NOW };

    if (t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL) != APR_SUCCESS) {
        abort();
    }
}

/* What the writer's loop does once. Returns nonzero when the chores had news. */
__attribute__((unused)) static int chores_pass(apr_time_t now)
{
    int moved = 1, news = chores ? t2m_chores_exchange(chores, &drain) : 0;

    while (moved) {
        if (t2m_drain_pass(&drain, now, &moved) != APR_SUCCESS) {
            break;
        }
    }
    return news;
}

/* Goes round until the condition holds, at most so many seconds. Returns whether it does. */
__attribute__((unused)) static int chores_until(int (*holds)(void), int seconds)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds);

    while (!holds() && apr_time_now() < end) {
        (void)chores_pass(CHORES_NOW);
        apr_sleep(2000);
    }
    return holds();
}

/* The text of the last notice; empty when there is none. */
__attribute__((unused)) static const char *chores_notice(void)
{
    const t2m_board_header_t *header = drain.board.header;

    return header->notice_count == 0
         ? "" : header->notices[(header->notice_count - 1) % T2M_NOTICES].text;
}

__attribute__((unused)) static void chores_file_is(const char *name, const char *want,
                                                   const char *what)
{
    char bytes[4096];
    ssize_t size = folder_get(name, bytes, sizeof(bytes));

    is_bytes(bytes, size < 0 ? 0 : (size_t)size, want, what);
}

#endif
