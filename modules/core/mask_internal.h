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

/* What the files of the masking unit share: reading a text decoded without copying it, the state
 * of one search, and the rules as functions. All offsets are positions in the raw text; a *unit*
 * is one decoded character, whatever number of raw bytes it takes. Nothing here keeps state
 * between calls, so every function is thread-safe.
 */
#ifndef T2M_CORE_MASK_INTERNAL_H
#define T2M_CORE_MASK_INTERNAL_H

#include <apr_tables.h>

#include "core/mask.h"

/* Classes of a byte. */
enum {
    T2M_MASK_DIGIT = 0x01,
    T2M_MASK_UPPER = 0x02,
    T2M_MASK_LOWER = 0x04,
    T2M_MASK_ALNUM = 0x07,
    T2M_MASK_MARK = 0x08,  /* _ - . which stand inside keys */
    T2M_MASK_BLANK = 0x10, /* space and control bytes */
    T2M_MASK_QUOTE = 0x20,
    T2M_MASK_CODED = 0x40, /* may begin an encoded character: % \ + and the lead of full-width */
    T2M_MASK_HIGH = 0x80   /* not ASCII */
};

extern const apr_byte_t t2m_mask_class[256];

/** Which of these classes the unit is of. */
static inline unsigned t2m_mask_is(unsigned unit, unsigned classes)
{
    return t2m_mask_class[unit & 0xFF] & classes;
}

/** Lower case of an ASCII letter. */
static inline unsigned t2m_mask_lower(unsigned unit)
{
    return t2m_mask_is(unit, T2M_MASK_UPPER) ? unit | 0x20 : unit;
}

enum {
    T2M_MASK_PERCENT = 1, /* %XX, up to twice */
    T2M_MASK_PLUS = 2,    /* + is a blank */
    T2M_MASK_ESCAPE = 4,  /* \uXXXX \xXX \n \r \t \/ and full-width letters */
    T2M_MASK_DECODE_ALL = 7
};

typedef struct {
    const unsigned char *data;
    apr_uint32_t end;
    unsigned decode;
} t2m_mask_view_t;

/** The unit behind a byte that may begin a code (`%`, `+`, `\u`); see t2m_mask_unit. */
unsigned t2m_mask_coded_unit(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next);

/** The unit at `at`, which is before the end; *next is where the one after it begins. */
static inline unsigned t2m_mask_unit(const t2m_mask_view_t *view, apr_uint32_t at,
                                     apr_uint32_t *next)
{
    unsigned byte = view->data[at];

    if (view->decode && t2m_mask_is(byte, T2M_MASK_CODED)) {
        return t2m_mask_coded_unit(view, at, next);
    }
    *next = at + 1;
    return byte;
}

/** As t2m_mask_unit, and 0 at the end, where *next stays. next may be NULL. */
unsigned t2m_mask_peek(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next);

/** Where word (lower case when fold is nonzero) ends that begins at `at`; 0 when it does not. */
apr_uint32_t t2m_mask_match(const t2m_mask_view_t *view, apr_uint32_t at, const char *word,
                            int fold);

/** Where the run of units of these classes, or of the characters in also, ends. */
apr_uint32_t t2m_mask_run(const t2m_mask_view_t *view, apr_uint32_t at, unsigned classes,
                          const char *also);

/** Where a replacement written by an earlier masking ends that begins at `at`; 0 for none. */
apr_uint32_t t2m_mask_marker(const unsigned char *data, apr_uint32_t at, apr_uint32_t end);

/* A name the configuration adds. */
typedef struct {
    char text[65]; /* keys: lower case without separators; headers: lower case with `-` */
    apr_byte_t size;
} t2m_mask_name_t;

struct t2m_mask_t {
    int off;
    apr_array_header_t *keys, *headers; /* of t2m_mask_name_t */
    apr_uint32_t key_sizes[27];         /* by first letter: bit n says that a key of n bytes is */
    apr_byte_t first[28];               /* where each letter's built-in keys begin */
    apr_uint64_t beginnings[32];        /* a bit for the first three letters of each key */
    unsigned segments_max;              /* segments that are ever joined into one key */
};

/* What a content is searched for. */
enum {
    T2M_MASK_FIND_KEYS = 1,
    T2M_MASK_FIND_EMAIL = 2,
    T2M_MASK_FIND_PATH_WORDS = 4, /* what follows /reset/ and its like; tokens in paths */
    T2M_MASK_FIND_WHOLE_PATH = 8  /* the text is a path: nothing but `/` and `;` ends a segment */
};

/* One search. */
typedef struct {
    const t2m_mask_t *mask;
    t2m_mask_view_t view; /* its end is that of the part being searched */
    apr_uint32_t size;    /* end of the text that is searched */
    unsigned find;
    t2m_mask_span_t *spans;
    apr_size_t count;
    int full; /* the spans are used up: nothing more is looked for */
    apr_uint32_t no_jwt_before;    /* a run up to here is known not to be a JWT */
    apr_uint32_t file_path_before; /* a path up to here is known to be that of a file */
    signed char has_state, has_signature; /* parameters of that name: 1, 0, -1 not known yet */
} t2m_mask_scan_t;

/* A find: what to replace, and where to go on. */
typedef struct {
    apr_uint32_t start, end, resume;
    t2m_mask_rule_e rule;
    char last4[4];
} t2m_mask_find_t;

/** Adds a find to the spans, unless it is empty or holds nothing but replacements. */
void t2m_mask_emit(t2m_mask_scan_t *scan, const t2m_mask_find_t *found);

/** Nonzero when a text that is searched for that may hold a find; zero is certain. */
int t2m_mask_suspicious(const t2m_mask_view_t *view, unsigned find);

/**
 * As t2m_mask_suspicious, of whole parameters of a query; but keys in front of a `=` are not
 * looked for. What the view does not decode is taken as it stands.
 */
int t2m_mask_query_suspicious(const t2m_mask_t *mask, const t2m_mask_view_t *view);

enum { T2M_MASK_TRIFLE_MAX = 12 }; /* bytes: less than a token, a JWT, a card or an IBAN has */

/**
 * Nonzero when a name or path of at most T2M_MASK_TRIFLE_MAX bytes has nothing that a deeper look
 * is worth: a look at fewer signs than t2m_mask_suspicious has. Zero says nothing.
 */
int t2m_mask_is_trifle(const unsigned char *data, apr_size_t size, int is_path);

/** Searches [from, scan->view.end) as free text. */
void t2m_mask_scan_text(t2m_mask_scan_t *scan, apr_uint32_t from);

/** Search [from, to) as a query, and the whole text as a URL or the value of a Cookie header. */
void t2m_mask_scan_query(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to);
void t2m_mask_scan_url(t2m_mask_scan_t *scan);
void t2m_mask_scan_cookie(t2m_mask_scan_t *scan);

/* What a key is found to be; 0 when it is none. */
enum {
    T2M_MASK_KEY_STRONG = 0x01,    /* a word that means a secret in any place */
    T2M_MASK_KEY_WEAK = 0x02,      /* one that is an ordinary word too */
    T2M_MASK_KEY_ADDED = 0x04,     /* by the configuration */
    T2M_MASK_KEY_CODE = 0x08,      /* exactly `code`: only with `state` */
    T2M_MASK_KEY_VERSION = 0x10,   /* exactly `sv`: only with `sig` */
    T2M_MASK_KEY_ALONE = 0x20,     /* exactly `key` */
    T2M_MASK_KEY_ANY = 0x3F,
    T2M_MASK_KEY_IN_HEADER = 0x40, /* makes a header's name sensitive */
    T2M_MASK_KEY_SOURCE = 0x80     /* ends like the name of a source file */
};

/** Prepares the look-up of the built-in keys; notes an added one for the quick refusals. */
void t2m_mask_keys_init(t2m_mask_t *mask);
void t2m_mask_keys_note(t2m_mask_t *mask, const t2m_mask_name_t *name);

/* The first letters of a key, small, as a place in a policy's beginnings. The factors are such
 * that the usual names of parameters have places of their own. */
static inline unsigned t2m_mask_beginning(unsigned first, unsigned second, unsigned third)
{
    return (first * 109 + second * 237 + third) & 2047;
}

/** Zero when no key has this beginning. */
static inline int t2m_mask_may_begin_key(const t2m_mask_t *mask, unsigned beginning)
{
    return (int)(mask->beginnings[beginning / 64] >> beginning % 64 & 1);
}

/**
 * Nonzero when a key is a beginning of the letters and digits of a name, whatever is in between;
 * the name begins with one and ends with `=`, `&`, `;` or after so many bytes.
 */
int t2m_mask_begins_key(const t2m_mask_t *mask, const unsigned char *name, apr_size_t left);

/**
 * Nonzero when no parameter has two `=`, no word of a name is a key, nor any that it has together
 * with those behind it; zero says nothing. data is whole parameters of a query or a single name,
 * as they are read: of names with a `%`, a `\`, a full-width letter or a replacement nothing is
 * said.
 */
int t2m_mask_are_plain_names(const t2m_mask_t *mask, const unsigned char *data, apr_size_t size);

/** What the key in [from, to) is. */
unsigned t2m_mask_key(const t2m_mask_t *mask, const t2m_mask_view_t *view, apr_uint32_t from,
                      apr_uint32_t to);

enum { T2M_MASK_HEADER_NO, T2M_MASK_HEADER_YES, T2M_MASK_HEADER_COOKIE };

/** Whether the name is that of a sensitive header. */
int t2m_mask_header(const t2m_mask_t *mask, const t2m_mask_view_t *view, apr_uint32_t from,
                    apr_uint32_t to);

/** Whether the key's value may stay because a companion is missing in the text. */
int t2m_mask_lacks_companion(t2m_mask_scan_t *scan, unsigned key);

/** The value that begins at `at` (blanks first): quoted, bracketed or plain. */
void t2m_mask_value(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found);

/** The rest of the line, or up to the quote that encloses the whole (0 for none). */
void t2m_mask_line(const t2m_mask_view_t *view, apr_uint32_t at, unsigned quote,
                   t2m_mask_find_t *found);

/** Forms of values; nonzero when one is found. previous and earlier are the units before `at`. */
int t2m_mask_form(t2m_mask_scan_t *scan, apr_uint32_t at, unsigned previous, unsigned earlier,
                  t2m_mask_find_t *found);
int t2m_mask_number(const t2m_mask_view_t *view, apr_uint32_t at, unsigned previous,
                    unsigned earlier, t2m_mask_find_t *found);
int t2m_mask_iban(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found);
int t2m_mask_token(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found);
int t2m_mask_scheme(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found);

/** at is behind `://`. */
int t2m_mask_userinfo(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found);

/** at is the `@` behind a local part that begins at local. */
int t2m_mask_email(const t2m_mask_view_t *view, apr_uint32_t local, apr_uint32_t at,
                   t2m_mask_find_t *found);

/** at is where a path's segment begins. */
int t2m_mask_path(t2m_mask_scan_t *scan, apr_uint32_t at, t2m_mask_find_t *found);

#endif
