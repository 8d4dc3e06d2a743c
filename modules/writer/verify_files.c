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

/* See verify_files.h. */
#include "writer/verify_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "shared/handover.h"
#include "writer/chain_key.h"

/* The directory of a named file; to be freed. */
static char *directory_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    return !slash          ? strdup(".")
         : slash == file ? strdup("/")
                         : strndup(file, (size_t)(slash - file));
}

static int take_words(t2m_place_files_t *files, const t2m_words_t *words)
{
    int i;

    files->files = calloc((size_t)words->count, sizeof(*files->files));
    for (i = 0; files->files && i < words->count; i++) {
        files->files[i].stream = T2M_STREAM_COUNT;
        files->files[i].path = strdup(words->words[i]);
        files->count += files->files[i].path != NULL;
    }
    return files->count == (unsigned)words->count ? T2M_EXIT_NONE : T2M_EXIT_TROUBLE;
}

static int take_key(t2m_verify_files_t *it, const t2m_place_t *place, const char *asked)
{
    unsigned char key[T2M_CHAIN_KEY_SIZE];
    int open_to_others, size = asked ? asprintf(&it->key_path, "%s", asked)
                                     : asprintf(&it->key_path, "%s/%s", place->path, T2M_CHAIN_KEY);
    apr_status_t status = size < 0 ? APR_ENOMEM
                        : t2m_chain_key_read(asked ? AT_FDCWD : place->fd,
                                             asked ? asked : T2M_CHAIN_KEY, key, &open_to_others,
                                             &it->key_why);

    if (size < 0) {
        it->key_path = NULL;
        return T2M_EXIT_TROUBLE;
    }
    if (status == APR_SUCCESS && open_to_others) {
        t2m_options_note(it->command, "%s: others than its owner can read it; whoever has it can "
                         "make a chain that looks right", it->key_path);
    }
    if (status == APR_SUCCESS && t2m_chain_make(key, &it->chain) != APR_SUCCESS) {
        it->key_why = "libcrypto has no HMAC-SHA-256";
    }
    OPENSSL_cleanse(key, sizeof(key));
    if (asked && it->key_why) {
        t2m_options_note(it->command, "%s: %s", asked, it->key_why);
        return T2M_EXIT_TROUBLE;
    }
    return T2M_EXIT_NONE;
}

static int take_anchors(t2m_verify_files_t *it, const t2m_verify_asked_t *asked)
{
    char text[128];
    unsigned i;

    for (i = 0; i < asked->anchor_count; i++) {
        const char *name = asked->anchors[i];
        apr_size_t before = it->anchors.count;
        apr_status_t status = t2m_verify_anchors_read(&it->anchors,
                                                      strcmp(name, "-") == 0 ? NULL : name);

        if (status != APR_SUCCESS) {
            t2m_options_note(it->command, "%s: %s", name, apr_strerror(status, text, sizeof(text)));
            return T2M_EXIT_TROUBLE;
        }
        if (it->anchors.count == before) {
            t2m_options_note(it->command, "%s: tells of no chain's head", name);
        }
    }
    return T2M_EXIT_NONE;
}

int t2m_verify_files_open(t2m_verify_files_t *it, const t2m_command_t *command,
                          const t2m_verify_asked_t *asked, int argc, char **argv)
{
    char *directory = asked->directory || asked->words.count == 0
                          ? NULL : directory_of(asked->words.words[0]);
    t2m_place_t place;
    int code = t2m_place_open(&place, command, asked->directory ? asked->directory : directory);

    memset(it, 0, sizeof(*it));
    it->command = command;
    it->named = asked->words.count > 0;
    if (code == T2M_EXIT_NONE) {
        code = t2m_place_audit(&place, argc, argv);
    }
    if (code == T2M_EXIT_NONE) {
        code = it->named ? take_words(&it->files, &asked->words)
                         : t2m_place_files(&place, asked->stream, &it->files);
    }
    if (code == T2M_EXIT_NONE) {
        code = take_key(it, &place, asked->key);
    }
    if (code == T2M_EXIT_NONE) {
        code = take_anchors(it, asked);
    }
    t2m_place_close(&place);
    free(directory);
    return code;
}

void t2m_verify_files_close(t2m_verify_files_t *it)
{
    t2m_place_files_free(&it->files);
    t2m_chain_free(it->chain);
    t2m_verify_anchors_free(&it->anchors);
    free(it->key_path);
}
