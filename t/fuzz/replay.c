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

/* Replays files through a fuzzer's entry: for compilers without libFuzzer, and for `make check`.
 * Arguments are files, or directories whose files are taken in the order of their names; prints
 * TAP, one `ok` for each file. A property that does not hold ends the program before its `ok`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 }; /* corpus files are small; a larger one is a mistake */

static int count, failed;

static void report(int passed, const char *path, const char *reason)
{
    count++;
    failed += !passed;
    printf("%sok %d - %s%s\n", passed ? "" : "not ", count, path, reason);
    fflush(stdout);
}

/* The input is given in memory of exactly its size, so that a read beyond it is seen. */
static void replay_bytes(const char *path, const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (!exact) {
        report(0, path, ": no memory");
        return;
    }
    memcpy(exact, bytes, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    report(1, path, "");
}

static void replay_file(const char *path)
{
    static uint8_t buffer[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    size_t size;

    if (!file) {
        report(0, path, ": cannot be opened");
        return;
    }
    size = fread(buffer, 1, sizeof(buffer), file);
    if (ferror(file) || size == sizeof(buffer)) {
        report(0, path, ": cannot be read, or is too large");
    }
    else {
        replay_bytes(path, buffer, size);
    }
    fclose(file);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_directory(const char *path)
{
    struct dirent **entries;
    int entry_count = scandir(path, &entries, is_visible, alphasort), i;

    if (entry_count <= 0) {
        report(0, path, entry_count == 0 ? ": is empty" : ": cannot be read");
    }
    for (i = 0; i < entry_count; i++) {
        char file[4096];
        int length = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);

        if (length < (int)sizeof(file)) {
            replay_file(file);
        }
        else {
            report(0, entries[i]->d_name, ": its path is too long");
        }
        free(entries[i]);
    }
    if (entry_count >= 0) {
        free(entries);
    }
}

int main(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++) {
        struct stat status;

        if (stat(argv[i], &status) != 0) {
            report(0, argv[i], ": does not exist");
        }
        else if (S_ISDIR(status.st_mode)) {
            replay_directory(argv[i]);
        }
        else {
            replay_file(argv[i]);
        }
    }
    if (count == 0) {
        printf("Bail out! name the files or directories to replay\n");
        return 2;
    }
    printf("1..%d\n", count);
    return failed ? 1 : 0;
}
