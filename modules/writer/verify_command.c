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

/* See verify_command.h. */
#include "writer/verify_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <apr_strings.h>

#include "writer/library.h"
#include "writer/terminal.h"
#include "writer/verify.h"
#include "writer/verify_files.h"

enum { OPTION_STREAM = T2M_OPTION_OWN, OPTION_KEY, OPTION_ANCHORS, OPTION_JSON, ANCHORS_MAX = 64,
       TEXT_MAX = 16384 };

#define PATIENCE apr_time_from_sec(2)

typedef struct {
    t2m_verify_asked_t asked;
    const char *anchors[ANCHORS_MAX];
    int json, terminal;
    int wrong, trouble, empty; /* found; could not be done; nothing was there */
    json_t *list; /* with --json */
} verify_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "stream", OPTION_STREAM, 1, "only the files of this stream; default: all" },
    T2M_OPTION_OF_DIR,
    { "key", OPTION_KEY, 1, "the chain's key; default: t2mlog.key in the log directory" },
    { "anchors", OPTION_ANCHORS, 1, "httpd's error log, - for standard input: the heads of chains"
      "\nthat it tells show whether a tail was cut off; may be given again" },
    { "json", OPTION_JSON, 0, "prints one JSON object" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog verify", "[--stream STREAM|all] [--dir DIR] [--key FILE] [--anchors FILE] [--json] "
                     "[FILE ...]",
    "Reads log files with all their rotated ones, oldest line first, and proves from the numbers\n"
    "(seq) that no line is lost, doubled, out of its place or torn, and from the chain of the\n"
    "stream security (prev) that none was changed, dropped, inserted or swapped; or says which.\n"
    "FILE: the live file, its rotated ones beside it. The reading is itself recorded\n"
    "(admin_log_access).\n"
    "Exit code: 0 all is proven, 1 something is wrong, 2 not done or not all could be read.\n",
    options, take
};

static int take_stream(verify_t *it, const char *name)
{
    if (strcasecmp(name, "all") == 0) {
        it->asked.stream = T2M_STREAM_COUNT;
        return T2M_EXIT_NONE;
    }
    it->asked.stream = t2m_library_stream(&command, name);
    return it->asked.stream == T2M_STREAM_COUNT ? T2M_EXIT_TROUBLE : T2M_EXIT_NONE;
}

static int take(void *context, int option, const char *argument)
{
    verify_t *it = context;

    switch (option) {
    case OPTION_STREAM:
        return take_stream(it, argument);
    case T2M_OPTION_DIR:
        it->asked.directory = argument;
        return T2M_EXIT_NONE;
    case OPTION_KEY:
        it->asked.key = argument;
        return T2M_EXIT_NONE;
    case OPTION_ANCHORS:
        if (it->asked.anchor_count == ANCHORS_MAX) {
            return t2m_options_complain(&command, "more than %d times --anchors", ANCHORS_MAX);
        }
        it->anchors[it->asked.anchor_count++] = argument;
        return T2M_EXIT_NONE;
    default:
        it->json = 1;
        return T2M_EXIT_NONE;
    }
}

static void complain_of_file(void *context, const char *path, apr_status_t status)
{
    char text[128];

    (void)context;
    if (status == APR_INCOMPLETE || status == APR_EGENERAL) {
        t2m_options_note(&command, "%s: %s; the lines before that were read", path,
                         status == APR_INCOMPLETE ? "ends too early" : "is damaged");
    } else if (status == APR_ENOTIMPL) {
        t2m_options_note(&command, "%s: this program was built without zstd", path);
    } else {
        t2m_options_note(&command, "%s: %s", path, apr_strerror(status, text, sizeof(text)));
    }
}

/* ---- as text --------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void print(const verify_t *it, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = apr_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    t2m_terminal_line(text, size < TEXT_MAX ? (apr_size_t)size : TEXT_MAX - 1, it->terminal);
}

static void print_sum(const verify_t *it, const t2m_verify_result_t *result)
{
    char gaps[128] = "";

    if (result->gaps) {
        (void)snprintf(gaps, sizeof(gaps), ", of which %" APR_UINT64_T_FMT " gap record%s name%s %"
                       APR_UINT64_T_FMT " lost ones", result->gaps, result->gaps == 1 ? "" : "s",
                       result->gaps == 1 ? "s" : "", result->gap_numbers);
    }
    print(it, "%s: %u file%s, %" APR_UINT64_T_FMT " lines, seq %" APR_UINT64_T_FMT " to %"
          APR_UINT64_T_FMT "%s: %s", result->path, result->files, result->files == 1 ? "" : "s",
          result->lines, result->first_seq, result->last_seq, gaps,
          result->findings.count ? "not as it was written" : "nothing lost, doubled or torn");
}

/* What the file cannot prove by itself, and by what it is proven. */
static void print_end(const verify_t *it, const t2m_verify_result_t *result)
{
    char head[T2M_CHAIN_DIGITS + 1] = "";

    t2m_chain_hex(result->head, head);
    if (result->anchored == result->chain_end.seq) {
        print(it, "  the error log tells the same head: nothing was cut off behind seq %"
              APR_UINT64_T_FMT " when it did", result->anchored);
        return;
    }
    if (result->anchored) {
        print(it, "  up to seq %" APR_UINT64_T_FMT " the error log tells the same head",
              result->anchored);
    }
    print(it, "  the last line cannot be proven by the file itself, nor that none was cut off "
          "behind it: compare seq %" APR_UINT64_T_FMT ", %s with the last head of the chain "
          "in httpd's error log%s", result->chain_end.seq, head,
          it->asked.anchor_count ? "" : " (--anchors FILE does)");
}

static void print_chain(const verify_t *it, const t2m_verify_files_t *files,
                        const t2m_verify_result_t *result)
{
    if (result->chained == 0) {
        return;
    }
    if (!files->chain) {
        print(it, "  the chain of %" APR_UINT64_T_FMT " lines is not verified: %s: %s",
              result->chained, files->key_path, files->key_why);
        return;
    }
    if (result->unchained) {
        print(it, "  %" APR_UINT64_T_FMT " lines were written before the chain began",
              result->unchained);
    }
    print(it, "  chain: %" APR_UINT64_T_FMT " lines from %s line %" APR_UINT64_T_FMT " (seq %"
          APR_UINT64_T_FMT ") on%s", result->chained, result->chain_begin.file,
          result->chain_begin.line, result->chain_begin.seq,
          result->findings.count ? "" : ": none was changed, dropped, inserted or swapped");
    print_end(it, result);
}

static void print_result(const verify_t *it, const t2m_verify_files_t *files,
                         const t2m_verify_result_t *result)
{
    char text[TEXT_MAX];
    unsigned i;

    print_sum(it, result);
    for (i = 0; i < result->findings.count; i++) {
        t2m_verify_text(&result->findings.list[i], text, sizeof(text));
        print(it, "  %s", text);
    }
    if (result->findings.more) {
        print(it, "  and %" APR_UINT64_T_FMT " more", result->findings.more);
    }
    print_chain(it, files, result);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void put(json_t *object, const char *name, apr_uint64_t number)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)number));
}

static json_t *chain_json(const t2m_verify_files_t *files, const t2m_verify_result_t *result)
{
    json_t *chain = json_object();
    char head[T2M_CHAIN_DIGITS];

    put(chain, "lines", result->chained);
    put(chain, "first_seq", result->chain_begin.seq);
    put(chain, "last_seq", result->chain_end.seq);
    put(chain, "anchored_seq", result->anchored);
    (void)json_object_set_new(chain, "verified", json_boolean(files->chain != NULL));
    if (files->chain) {
        t2m_chain_hex(result->head, head);
        (void)json_object_set_new(chain, "head", json_stringn(head, sizeof(head)));
    }
    return chain;
}

static json_t *result_json(const t2m_verify_files_t *files, const t2m_verify_result_t *result)
{
    json_t *object = json_object(), *findings = json_array();
    unsigned i;

    (void)json_object_set_new(object, "path", json_string(result->path));
    put(object, "files", result->files);
    put(object, "lines", result->lines);
    put(object, "bytes", result->bytes);
    put(object, "first_seq", result->first_seq);
    put(object, "last_seq", result->last_seq);
    put(object, "gap_records", result->gaps);
    put(object, "gap_numbers", result->gap_numbers);
    if (result->chained) {
        (void)json_object_set_new(object, "chain", chain_json(files, result));
    }
    for (i = 0; i < result->findings.count; i++) {
        (void)json_array_append_new(findings, t2m_verify_json(&result->findings.list[i]));
    }
    (void)json_object_set_new(object, "findings", findings);
    put(object, "more_findings", result->findings.more);
    return object;
}

static void print_json(verify_t *it)
{
    json_t *whole = json_object();
    char *text;

    (void)json_object_set_new(whole, "ok", json_boolean(!it->wrong && !it->trouble));
    (void)json_object_set(whole, "files", it->list);
    text = json_dumps(whole, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text) {
        t2m_terminal_line(text, strlen(text), it->terminal);
    }
    it->trouble |= !text;
    free(text);
    json_decref(whole);
}

/* ---- the files ------------------------------------------------------------------------------- */

/* A security file that has a key and no chain is not one that the writer wrote. */
static void miss_chain(const t2m_verify_files_t *files, const t2m_place_file_t *file,
                       t2m_verify_result_t *result)
{
    t2m_verify_place_t place = { result->files ? result->paths[0] : NULL, 1, 0, "" };

    if (files->chain && file->stream == T2M_STREAM_SECURITY && result->lines && !result->chained) {
        (void)t2m_verify_add(&result->findings, T2M_VERIFY_UNCHAINED, &place,
                             "neither this line nor any behind it has a prev");
    }
}

static void judge(verify_t *it, const t2m_verify_files_t *files, t2m_verify_result_t *result)
{
    if (result->files == 0 && result->findings.count == 0) {
        it->trouble |= files->named;
        it->empty++;
        if (files->named) {
            t2m_options_note(&command, "%s: is not there, nor any rotated file of it",
                             result->path);
        }
        return;
    }
    it->wrong |= result->findings.count > 0;
    it->trouble |= result->unreadable || (result->chained && !files->chain);
    if (it->json) {
        (void)json_array_append_new(it->list, result_json(files, result));
    } else {
        print_result(it, files, result);
    }
}

static void verify_all(verify_t *it, const t2m_verify_files_t *files)
{
    const t2m_verify_how_t how = { files->chain, &files->anchors, PATIENCE, complain_of_file, it };
    t2m_verify_result_t result;
    unsigned i;

    for (i = 0; i < files->files.count; i++) {
        const t2m_place_file_t *file = &files->files.files[i];
        apr_status_t status = t2m_verify(file->path, &how, &result);

        if (status != APR_SUCCESS) {
            complain_of_file(NULL, file->path, status);
            it->trouble = 1;
        } else {
            miss_chain(files, file, &result);
            judge(it, files, &result);
        }
        t2m_verify_free(&result);
    }
    if (it->empty == (int)files->files.count && !files->named) {
        t2m_options_note(&command, "there are no log files");
        it->trouble = 1;
    }
}

int t2m_verify_main(int argc, char **argv)
{
    verify_t it = { .terminal = isatty(STDOUT_FILENO) };
    t2m_verify_files_t files = { .command = &command };
    int code;

    it.asked.stream = T2M_STREAM_COUNT;
    it.asked.anchors = it.anchors;
    code = t2m_options_read(&command, argc, argv, &it, &it.asked.words);
    if (code != T2M_EXIT_NONE) {
        return code;
    }
    code = t2m_verify_files_open(&files, &command, &it.asked, argc, argv);
    if (code == T2M_EXIT_NONE) {
        it.list = json_array();
        verify_all(&it, &files);
        if (it.json) {
            print_json(&it);
        }
        json_decref(it.list);
        if (!t2m_terminal_flush()) {
            t2m_options_note(&command, "standard output cannot be written");
            it.trouble = 1;
        }
        code = it.wrong ? T2M_EXIT_NOTHING : it.trouble ? T2M_EXIT_TROUBLE : T2M_EXIT_OK;
    }
    t2m_verify_files_close(&files);
    return code;
}
