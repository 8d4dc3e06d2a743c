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

/* The settings stand twice; the parent writes the copy that nobody reads, then points to it. */
#include "shared/settings.h"

#include <stddef.h>
#include <string.h>

#include "shared/atomic.h"

static t2m_settings_t *copy_of(const void *slots, const t2m_geometry_t *geometry,
                               apr_uint64_t index)
{
    t2m_slots_map_t map;

    t2m_slots_map(geometry, &map);
    return (t2m_settings_t *)((apr_uintptr_t)slots + map.settings + index * map.settings_size);
}

/* Rows behind the last file are never looked at: they need not be copied. */
static apr_size_t used_size(apr_uint32_t file_count)
{
    return offsetof(t2m_settings_t, files) + file_count * sizeof(t2m_settings_file_t);
}

apr_uint64_t t2m_settings_generation(const void *slots)
{
    const t2m_slots_header_t *header = slots;

    return t2m_load(&header->settings) / 2;
}

apr_uint64_t t2m_settings_publish(void *slots, const t2m_geometry_t *geometry,
                                  const t2m_settings_t *settings)
{
    t2m_slots_header_t *header = slots;
    apr_uint64_t now = t2m_load(&header->settings);
    apr_uint64_t index = 1 - (now & 1);
    apr_uint64_t generation = now / 2 + 1;

    memcpy(copy_of(slots, geometry, index), settings, used_size(settings->file_count));
    t2m_store(&header->settings, generation * 2 + index);
    return generation;
}

static void bound_texts(t2m_settings_t *settings)
{
    apr_uint32_t i;

    settings->user[sizeof(settings->user) - 1] = '\0';
    settings->token_file[sizeof(settings->token_file) - 1] = '\0';
    settings->directory[sizeof(settings->directory) - 1] = '\0';
    settings->app[sizeof(settings->app) - 1] = '\0';
    settings->environment[sizeof(settings->environment) - 1] = '\0';
    settings->hostname[sizeof(settings->hostname) - 1] = '\0';
    for (i = 0; i < settings->file_count; i++) {
        t2m_settings_file_t *file = &settings->files[i];

        file->path[sizeof(file->path) - 1] = '\0';
        if (file->stream >= T2M_STREAM_COUNT) {
            file->stream = T2M_STREAM_APP;
        }
    }
}

apr_uint64_t t2m_settings_read(const void *slots, const t2m_geometry_t *geometry,
                               apr_uint64_t wanted, t2m_settings_t *settings)
{
    const t2m_slots_header_t *header = slots;
    apr_uint64_t before = t2m_load(&header->settings);
    apr_uint64_t back = wanted && wanted + 1 == before / 2; /* the other copy still has those */
    const t2m_settings_t *copy = copy_of(slots, geometry, (before & 1) ^ back);
    apr_uint32_t count = copy->file_count;

    if (before == 0 || count > T2M_FILES_MAX) {
        return 0;
    }
    memcpy(settings, copy, used_size(count));
    settings->file_count = count;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (t2m_load(&header->settings) != before) {
        return 0;
    }
    bound_texts(settings);
    return before / 2 - back;
}

static unsigned char descriptor_of(const char *path)
{
    if (strcmp(path, "/dev/stdout") == 0) {
        return 1;
    }
    return strcmp(path, "/dev/stderr") == 0 ? 2 : 0;
}

apr_uint32_t t2m_settings_add(t2m_settings_t *settings, t2m_stream_e stream, const char *path)
{
    apr_uint32_t number = settings->file_count;
    t2m_settings_file_t *file = &settings->files[number];

    if (number == T2M_FILES_MAX || strlen(path) >= sizeof(file->path)) {
        return T2M_FILES_MAX;
    }
    memset(file, 0, sizeof(*file));
    file->stream = (unsigned char)stream;
    file->to_descriptor = descriptor_of(path);
    file->label = file->to_descriptor != 0;
    memcpy(file->path, path, strlen(path) + 1);
    settings->file_count++;
    return number;
}
