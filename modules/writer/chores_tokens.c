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

/* The token file: read again whenever it looks different. */
#include "writer/chores_internal.h"

#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "writer/confine.h"
#include "writer/token_file.h"

static int has_changed(t2m_chores_t *chores, const char *path)
{
    struct stat information;
    int failed = stat(path, &information) != 0;
    apr_int64_t modified = failed ? 0 : (apr_int64_t)information.st_mtim.tv_sec * 1000000000
                                      + information.st_mtim.tv_nsec
                                      + (apr_int64_t)information.st_ctim.tv_nsec;
    int same = strcmp(path, chores->token_path) == 0 && failed == chores->token_seen.failed
            && (failed || (modified == chores->token_seen.modified
                           && (apr_uint64_t)information.st_size == chores->token_seen.size
                           && (apr_uint64_t)information.st_ino == chores->token_seen.inode));

    chores->token_seen.failed = failed;
    chores->token_seen.modified = modified;
    chores->token_seen.size = failed ? 0 : (apr_uint64_t)information.st_size;
    chores->token_seen.inode = failed ? 0 : (apr_uint64_t)information.st_ino;
    (void)apr_cpystrn(chores->token_path, path, sizeof(chores->token_path));
    return !same;
}

static void hand_over(t2m_chores_t *chores, const t2m_tokens_t *tokens)
{
    (void)pthread_mutex_lock(&chores->lock);
    chores->shared.tokens = *tokens;
    chores->shared.tokens_new = 1;
    t2m_chores_news(chores);
    (void)pthread_mutex_unlock(&chores->lock);
}

void t2m_chores_tokens(t2m_chores_t *chores)
{
    char path[T2M_PATH_MAX];
    t2m_tokens_t tokens;
    const char *why = NULL;

    (void)pthread_mutex_lock(&chores->lock);
    memcpy(path, chores->shared.token_file, sizeof(path));
    (void)pthread_mutex_unlock(&chores->lock);
    if (!has_changed(chores, path)) {
        return;
    }
    memset(&tokens, 0, sizeof(tokens));
    if (*path && t2m_token_file_read(path, &tokens, &why) != APR_SUCCESS) {
        if (!t2m_confine_reaches(path)) { /* the next writer reads it */
            return;
        }
        t2m_chores_notice(chores, T2M_LEVEL_ERROR,
                          "T2M0207: T2MLogAdminTokenFile %.120s: %s; no token counts", path,
                          why ? why : "cannot be read");
        memset(&tokens, 0, sizeof(tokens));
        tokens.refused = 1;
    }
    hand_over(chores, &tokens);
}
