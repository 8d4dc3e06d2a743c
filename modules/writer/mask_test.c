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

/* The sub-command mask-test: reads lines, prints each as the logs would hold it, and below it
 * which rule replaced which bytes. */
#include "writer/mask_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_getopt.h>
#include <apr_pools.h>

#include "core/mask.h"

enum { OPTION_CONTENT = 1, OPTION_KEY, OPTION_HEADER, OPTION_HELP };

static const apr_getopt_option_t options[] = {
    { "content", OPTION_CONTENT, 1, "what the lines are: message (the default), query, path, url,\n"
                                    "                 cookie or name" },
    { "key", OPTION_KEY, 1, "one more sensitive key, as T2MLogMask key adds it" },
    { "header", OPTION_HEADER, 1, "one more sensitive header, as T2MLogMask header adds it" },
    { "help", OPTION_HELP, 0, "prints this" },
    { NULL, 0, 0, NULL }
};

static const struct {
    const char *name;
    t2m_content_e content;
} contents[] = {
    { "message", T2M_CONTENT_MESSAGE }, { "query", T2M_CONTENT_QUERY },
    { "path", T2M_CONTENT_PATH },       { "url", T2M_CONTENT_URL },
    { "cookie", T2M_CONTENT_COOKIE },   { "name", T2M_CONTENT_NAME },
};

typedef struct {
    t2m_mask_t *mask;
    t2m_content_e content;
    const char *file; /* NULL: standard input */
    unsigned long counts[T2M_MASK_RULE_COUNT];
    unsigned long lines;
} mask_test_t;

static void print_usage(FILE *out)
{
    (void)fprintf(out, "usage: t2mlog mask-test [--content KIND] [--key NAME] [--header NAME] "
                       "[FILE]\n");
}

static void print_help(void)
{
    const apr_getopt_option_t *option;

    print_usage(stdout);
    printf("\nReads lines of FILE, or of the standard input, prints each as the logs would hold "
           "it,\nand below it which rule replaced which bytes of the line. Each line is a text of "
           "its\nown. --key and --header may be given many times.\n\n");
    for (option = options; option->name; option++) {
        printf("  --%-12s %s\n", option->name, option->description);
    }
}

static int set_content(mask_test_t *test, const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        if (strcmp(contents[i].name, name) == 0) {
            test->content = contents[i].content;
            return 0;
        }
    }
    (void)fprintf(stderr, "t2mlog mask-test: --content is message, query, path, url, cookie or "
                          "name, not \"%s\"\n", name);
    return 2;
}

static int refuse_name(const char *name, const char *reason)
{
    if (!reason) {
        return 0;
    }
    (void)fprintf(stderr, "t2mlog mask-test: \"%s\": %s\n", name, reason);
    return 2;
}

static int take_option(mask_test_t *test, int option, const char *argument)
{
    switch (option) {
    case OPTION_CONTENT:
        return set_content(test, argument);
    case OPTION_KEY:
        return refuse_name(argument, t2m_mask_add_key(test->mask, argument));
    default:
        return refuse_name(argument, t2m_mask_add_header(test->mask, argument));
    }
}

/* Returns the exit code, or -1 to go on. */
static int read_arguments(mask_test_t *test, int argc, char **argv, apr_pool_t *pool)
{
    apr_getopt_t *reader;
    const char *argument;
    int option, code = 0;
    apr_status_t status;

    if (apr_getopt_init(&reader, pool, argc, (const char *const *)argv) != APR_SUCCESS) {
        return 1;
    }
    while ((status = apr_getopt_long(reader, options, &option, &argument)) == APR_SUCCESS) {
        if (option == OPTION_HELP) {
            print_help();
            return 0;
        }
        code = take_option(test, option, argument);
        if (code) {
            return code;
        }
    }
    if (status != APR_EOF || argc - reader->ind > 1) {
        print_usage(stderr);
        return 2;
    }
    test->file = reader->ind < argc ? argv[reader->ind] : NULL;
    return -1;
}

static int is_c1(unsigned char byte)
{
    return byte >= 0x80 && byte < 0xA0;
}

/* Nonzero for a byte that a terminal may take as a command: 0x80 to 0x9F are harmless only behind
 * the lead of another character than U+0080 to U+009F. */
static int is_control(const unsigned char *data, apr_size_t size, apr_size_t at)
{
    if (data[at] == 0xC2) {
        return at + 1 < size && is_c1(data[at + 1]);
    }
    if (is_c1(data[at])) {
        return at == 0 || data[at - 1] < 0x80 || data[at - 1] == 0xC2;
    }
    return (data[at] < ' ' && data[at] != '\t') || data[at] == 0x7F;
}

static void print_text(const char *data, apr_size_t size)
{
    apr_size_t at;

    for (at = 0; at < size; at++) {
        if (is_control((const unsigned char *)data, size, at)) {
            printf("\\x%02x", (unsigned char)data[at]);
        }
        else {
            putchar(data[at]);
        }
    }
}

static void show_line(mask_test_t *test, const char *data, apr_size_t size)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    char replacements[T2M_MASK_SPANS_MAX][T2M_MASK_REPLACEMENT_MAX];
    apr_size_t sizes[T2M_MASK_SPANS_MAX], count, at = 0, i;

    count = t2m_mask_find(test->mask, test->content, t2m_text_of(data, size), spans);
    for (i = 0; i < count; i++) {
        sizes[i] = t2m_mask_replacement(&spans[i], replacements[i]);
        print_text(data + at, spans[i].start - at);
        print_text(replacements[i], sizes[i]);
        at = spans[i].end;
    }
    print_text(data + at, size - at);
    putchar('\n');
    for (i = 0; i < count; i++) {
        printf("    %-13s %u-%u  %.*s\n", t2m_mask_rule_name((t2m_mask_rule_e)spans[i].rule),
               spans[i].start, spans[i].end, (int)sizes[i], replacements[i]);
        test->counts[spans[i].rule]++;
    }
}

static void show_counts(const mask_test_t *test)
{
    unsigned long total = 0;
    int rule;

    printf("\n%lu %s", test->lines, test->lines == 1 ? "line" : "lines");
    for (rule = 0; rule < T2M_MASK_RULE_COUNT; rule++) {
        if (test->counts[rule]) {
            printf(", %s %lu", t2m_mask_rule_name((t2m_mask_rule_e)rule), test->counts[rule]);
        }
        total += test->counts[rule];
    }
    printf(total ? "\n" : ", nothing to mask\n");
}

static int show_lines(mask_test_t *test, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int failed;

    while ((size = getline(&line, &room, in)) >= 0) {
        while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r')) {
            size--;
        }
        test->lines++;
        show_line(test, line, (apr_size_t)size);
    }
    failed = ferror(in);
    free(line);
    show_counts(test);
    return failed ? 1 : 0;
}

static int run(mask_test_t *test)
{
    const char *failed = t2m_mask_self_test(test->mask);
    FILE *in = stdin;
    int code;

    if (failed) {
        (void)fprintf(stderr, "t2mlog mask-test: the rule \"%s\" does not find its own sample; "
                              "do not rely on the masking\n", failed);
        return 1;
    }
    if (test->file) {
        in = fopen(test->file, "r");
    }
    if (!in) {
        (void)fprintf(stderr, "t2mlog mask-test: cannot read %s: %s\n", test->file,
                      strerror(errno));
        return 1;
    }
    code = show_lines(test, in);
    if (code) {
        (void)fprintf(stderr, "t2mlog mask-test: reading failed\n");
    }
    if (test->file) {
        (void)fclose(in); /* it was only read */
    }
    return code;
}

int t2m_mask_test_main(int argc, char **argv)
{
    mask_test_t test;
    apr_pool_t *pool;
    int code;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return 1;
    }
    memset(&test, 0, sizeof(test));
    test.mask = t2m_mask_create(pool);
    test.content = T2M_CONTENT_MESSAGE;
    code = read_arguments(&test, argc, argv, pool);
    if (code < 0) {
        code = run(&test);
    }
    apr_pool_destroy(pool);
    return code;
}
