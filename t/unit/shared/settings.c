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

/* Tests modules/shared/settings.c. */
#include "shared/settings.h"

#include "shared/world.h"
#include "tap.h"

int main(void)
{
    world_t world;
    t2m_settings_t *out = calloc(1, sizeof(*out)), *in = calloc(1, sizeof(*in));
    char longest[T2M_PATH_MAX + 8];

    world_make(&world, 2);
    is_number((long)t2m_settings_generation(world.slots_memory), 0, "no settings yet");
    is_number((long)t2m_settings_read(world.slots_memory, &world.geometry, 0, in), 0,
              "and none to read");

    is_number(t2m_settings_add(out, T2M_STREAM_ACCESS, "/l/access.log"), 0, "the first file");
    is_number(t2m_settings_add(out, T2M_STREAM_ERRORS, "/l/errors.log"), 1, "the second");
    is_number(t2m_settings_add(out, T2M_STREAM_APP, "/dev/stdout"), 2, "standard output");
    ok(out->files[2].to_descriptor == 1 && out->files[2].label, "is a descriptor with labels");
    ok(!out->files[0].to_descriptor && !out->files[0].label, "a file is not");
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    is_number(t2m_settings_add(out, T2M_STREAM_APP, longest), T2M_FILES_MAX, "too long a path");

    is_number((long)t2m_settings_publish(world.slots_memory, &world.geometry, out), 1, "published");
    is_number((long)t2m_settings_read(world.slots_memory, &world.geometry, 0, in), 1, "and read");
    ok(in->file_count == 3 && strcmp(in->files[1].path, "/l/errors.log") == 0
       && in->files[1].stream == T2M_STREAM_ERRORS, "as they were");
    (void)t2m_settings_add(out, T2M_STREAM_SECURITY, "/l/security.log");
    is_number((long)t2m_settings_publish(world.slots_memory, &world.geometry, out), 2, "once more");
    is_number((long)t2m_settings_generation(world.slots_memory), 2, "the generation grows");
    ok(t2m_settings_read(world.slots_memory, &world.geometry, 1, in) == 1
       && t2m_settings_read(world.slots_memory, &world.geometry, 2, in) == 2
       && t2m_settings_read(world.slots_memory, &world.geometry, 9, in) == 2,
       "those before them can still be had");
    ok(t2m_settings_read(world.slots_memory, &world.geometry, 0, in) == 2 && in->file_count == 4,
       "the newest are read");

    out->file_count = T2M_FILES_MAX;
    is_number(t2m_settings_add(out, T2M_STREAM_APP, "/one/more"), T2M_FILES_MAX, "a full table");
    free(out);
    free(in);
    return tap_done();
}
