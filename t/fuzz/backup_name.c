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

/* Fuzzes core/backup_name: what is read as a backup is exactly what would be written, and no name
 * is both a backup and a temporary. Input: a byte for the base's size, the base, the entry. */
#include "core/backup_name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* The bytes up to the first NUL, in memory of exactly that size. */
static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void check_names(const char *base, const char *entry)
{
    apr_uint32_t number = 0, other = 0;
    t2m_compression_e how = T2M_COMPRESSION_NONE, other_how = T2M_COMPRESSION_NONE;
    size_t size = strlen(entry) + 1;
    char *name = malloc(size);
    int backup = t2m_backup_name_parse(base, entry, &number, &how);
    int temporary = t2m_backup_name_parse_temporary(base, entry, &other, &other_how);

    check(name != NULL);
    check(!(backup && temporary));
    if (backup) {
        check(number >= 1 && number <= T2M_BACKUP_NUMBER_MAX);
        check(t2m_backup_name_write(name, size, base, number, how) == size - 1);
        check(strcmp(name, entry) == 0);
        check(t2m_backup_name_write(name, size - 1, base, number, how) == 0);
    }
    if (temporary) {
        check(other_how != T2M_COMPRESSION_NONE);
        check(t2m_backup_name_write_temporary(name, size, base, other, other_how) == size - 1);
        check(strcmp(name, entry) == 0);
    }
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base_size = size ? data[0] % 16 : 0;
    char *base, *entry;

    if (size <= base_size) {
        return 0;
    }
    base = text_of(data + 1, base_size);
    entry = text_of(data + 1 + base_size, size - 1 - base_size);
    check_names(base, entry);
    free(base);
    free(entry);
    return 0;
}
