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

/* The first look at any text, which spares most of them a deeper one. The text's bytes are sorted
 * into a few classes, 16 at once, as bits of 64-bit words; what every find must contain shows as
 * a pattern of such bits, and where a pattern is, the rule itself is asked.
 *
 * The patterns: a byte that may begin a code, or is the sign of a key or an address (odd); for
 * tokens 13 bytes of words in a row; for cards and SSNs four digits in a row; for IBANs two
 * letters and two digits; for authorization schemes and PEM a blank behind a letter; for paths
 * the slash behind a segment. Where the look says no, a deep search finds nothing: the fuzzer of
 * masking and the unit test compare the two.
 */
#include "core/block.h"
#include "core/mask_internal.h"

enum {
    WORD_BITS = 64,
    CARRIED = 16,     /* bits of a word that the next one begins with, more than any pattern has */
    DIGITS_MIN = 9,   /* of the shortest number, an SSN, its dashes not counted */
    CARD_MIN = 13,    /* digits of the shortest card's number */
    SECRET_MIN = 5,   /* letters of the shortest word in a path that a secret follows: reset */
    RANDOM_MIN = 32,  /* of a path's segment that may be a secret itself */
    CHANGES_MIN = 7,  /* from digits to letters and the like that such a segment has */
    UUID_SIZE = 36,
    UUID_LAST = UUID_SIZE - T2M_BLOCK_SIZE /* where its last block begins */
};

#define NO_SEGMENT APR_UINT32_MAX
#define ALWAYS_INLINE inline __attribute__((always_inline)) /* lest the kind is no constant */

/* What a text is looked at for; a constant in each of the loops. */
typedef enum {
    LOOK_NAME,  /* no keys */
    LOOK_KEYS,
    LOOK_QUERY  /* keys of parameters are looked at elsewhere */
} look_e;

/* Bit n tells of the byte at base + n. */
typedef struct {
    apr_uint64_t words, digits, blanks, slashes, odds;
    apr_uint64_t alnums; /* of a query, whose many words are worth it */
    apr_uint32_t base, new_bits; /* the lowest bit that was not in the word before */
} marks_t;

typedef struct {
    const t2m_mask_t *mask; /* of a query, else NULL */
    const t2m_mask_view_t *view;
    unsigned find;
    look_e kind;
    apr_uint32_t segment;          /* of a path: where it begins, or NO_SEGMENT */
    apr_uint32_t soft_end;         /* up to here it is known whether numbers are cards */
    apr_uint32_t file_path_before; /* as in t2m_mask_scan_t */
    int has_at, has_authority;     /* an `@`, a `://` were seen */
    int no_jwt;
} look_t;

/* The place of the lowest bit that is set. */
static inline apr_uint32_t lowest(apr_uint64_t bits)
{
    return (apr_uint32_t)__builtin_ctzll(bits);
}

/* Bytes that need a look of their own. */
static ALWAYS_INLINE t2m_block_t odd_bytes(t2m_block_t block, t2m_block_t folded, look_e kind)
{
    /* \ and _ among [\]^_{|}~, DEL and what is not ASCII; then % */
    t2m_block_t odd = t2m_block_either(t2m_block_above(folded, 'z'), t2m_block_equal(block, '%'));

    if (kind == LOOK_NAME) {
        return t2m_block_either(odd, t2m_block_range(block, '=', '@'));
    }
    if (kind == LOOK_KEYS) {
        return t2m_block_either(odd, t2m_block_range(block, ':', '@'));
    }
    odd = t2m_block_either(odd, t2m_block_equal(block, 'J'));
    return t2m_block_either(odd, t2m_block_either(t2m_block_equal(block, ':'),
                                                  t2m_block_equal(block, '@')));
}

/* Adds the block whose first byte is at base + place. */
static ALWAYS_INLINE void mark(marks_t *marks, t2m_block_t block, apr_uint32_t place, look_e kind)
{
    t2m_block_t folded = t2m_block_folded(block);
    t2m_block_t digits = t2m_block_range(block, '0', '9');
    t2m_block_t blanks = t2m_block_equal(block, ' ');
    /* More than letters, _ - and dot: what else it takes in is rare. In paths + and ~ count. */
    t2m_block_t words = t2m_block_either(
        t2m_block_range(folded, 'a', 127),
        t2m_block_range(block, kind == LOOK_KEYS ? '+' : '-', '.'));

    words = t2m_block_either(words, digits);
    if (kind == LOOK_QUERY) {
        t2m_block_t alnums = t2m_block_either(t2m_block_range(folded, 'a', 'z'), digits);

        marks->alnums |= (apr_uint64_t)t2m_block_bits(alnums) << place;
        blanks = t2m_block_either(blanks, t2m_block_equal(block, '+'));
    }
    marks->words |= (apr_uint64_t)t2m_block_bits(words) << place;
    marks->digits |= (apr_uint64_t)t2m_block_bits(digits) << place;
    marks->blanks |= (apr_uint64_t)t2m_block_bits(blanks) << place;
    marks->odds |= (apr_uint64_t)t2m_block_bits(odd_bytes(block, folded, kind)) << place;
    if (kind != LOOK_NAME) {
        marks->slashes |= (apr_uint64_t)t2m_block_bits(t2m_block_equal(block, '/')) << place;
    }
}

/* A text of JSON web tokens is looked for once. */
static int has_jwt(look_t *look)
{
    const t2m_mask_view_t *view = look->view;
    apr_uint32_t at;

    for (at = 2; !look->no_jwt && at < view->end; at++) {
        if (view->data[at] == 'J' && !memcmp(view->data + at - 2, "ey", 2)) {
            return 1;
        }
    }
    look->no_jwt = 1;
    return 0;
}

/* Nonzero when the word [from, to), which a byte stands before, may be a key or a header's name.
 * Only of queries, where numbers and URLs are full of colons, more is asked than what is before. */
static int is_key_word(const look_t *look, apr_uint32_t from, apr_uint32_t to)
{
    const unsigned char *data = look->view->data;

    if (from > 0 && (data[from - 1] == '/' || data[from - 1] == '@')) {
        return 0;
    }
    return !look->mask || (from > 0 && (data[from - 1] == '[' || data[from - 1] == ']'))
           || !t2m_mask_are_plain_names(look->mask, data + from, to - from)
           || t2m_mask_header(look->mask, look->view, from, to) != T2M_MASK_HEADER_NO;
}

/* Nonzero when the `:` at `at` may stand behind a key. Not so in `://` and `::`, and behind a
 * host's name or an address. */
static int is_key_colon(look_t *look, apr_uint32_t at)
{
    const unsigned char *data = look->view->data;
    apr_uint32_t left = look->view->end - at, word = at;

    if (left > 2 && data[at + 1] == '/' && data[at + 2] == '/') {
        look->has_authority = 1;
        return 0;
    }
    if (left > 1 && data[at + 1] == ':') {
        return 0;
    }
    while (word > 0 && t2m_mask_is(data[word - 1], T2M_MASK_ALNUM | T2M_MASK_MARK)) {
        word--;
    }
    return word == at || is_key_word(look, word, at);
}

static int is_odd(look_t *look, apr_uint32_t at)
{
    const unsigned char *data = look->view->data + at;

    switch (*data) {
    case '%':
    case '\\':
    case 0xEF:
        return 1;
    case '_': /* the token may have slashes in it, so it is no run of a word's bytes */
        return at >= 5 && !memcmp(data - 5, "whsec", 5);
    case 'J':
        return at >= 2 && !memcmp(data - 2, "ey", 2);
    case '@':
        look->has_at = 1;
        return look->kind == LOOK_NAME || look->find & T2M_MASK_FIND_EMAIL;
    case '=':
        return look->kind == LOOK_KEYS || has_jwt(look);
    case ':':
        return is_key_colon(look, at);
    default:
        return 0;
    }
}

static int look_at_odds(look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    for (; bits; bits &= bits - 1) {
        if (is_odd(look, base + lowest(bits))) {
            return 1;
        }
    }
    return look->has_at && look->has_authority;
}

/* Of the schemes that end with these letters the size of the name; 0 when they are of none. The
 * words in front of a blank rarely end so. */
static inline apr_uint32_t scheme_size(const unsigned char *behind)
{
    switch ((t2m_block_half(behind - 4) >> 8) | 0x202020u) {
    case 'r' | 'e' << 8 | 'r' << 16:
        return sizeof("bearer") - 1;
    case 's' | 'i' << 8 | 'c' << 16:
        return sizeof("basic") - 1;
    case 'e' | 's' << 8 | 't' << 16:
        return sizeof("digest") - 1;
    case 'a' | 't' << 8 | 'e' << 16:
        return sizeof("negotiate") - 1;
    case 't' | 'l' << 8 | 'm' << 16:
        return sizeof("ntlm") - 1;
    case 'k' | 'e' << 8 | 'n' << 16:
        return sizeof("token") - 1;
    case 'g' | 'i' << 8 | 'n' << 16:
        return sizeof("-----BEGIN") - 1;
    default:
        return 0;
    }
}

/* Blanks behind letters. */
static int look_at_blanks(const look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    const unsigned scheme_ends = 1u << ('r' & 31) | 1u << ('c' & 31) | 1u << ('t' & 31)
                                 | 1u << ('e' & 31) | 1u << ('m' & 31) | 1u << ('n' & 31);
    t2m_mask_find_t found;

    for (; bits; bits &= bits - 1) {
        apr_uint32_t at = base + lowest(bits), size;

        if (at < 4 || !(scheme_ends >> (look->view->data[at - 1] & 31) & 1)) {
            continue;
        }
        size = scheme_size(look->view->data + at);
        if (size && size <= at
            && (look->view->data[at - size] == '-' /* of PEM */
                || t2m_mask_scheme(look->view, at - size, &found))) {
            return 1;
        }
    }
    return 0;
}

/* Where the bytes are letters or digits. */
static __attribute__((noinline)) apr_uint64_t alnums_at(const t2m_mask_view_t *view,
                                                        apr_uint32_t base)
{
    const unsigned char *data = view->data + base;
    apr_uint32_t left = view->end - base, place;
    apr_uint64_t bits = 0;

    for (place = 0; place < WORD_BITS && place < left; place += T2M_BLOCK_SIZE) {
        t2m_block_t block = left - place >= T2M_BLOCK_SIZE
                                ? t2m_block_load(data + place)
                                : t2m_block_part(data + place, left - place);
        t2m_block_t truths = t2m_block_either(
            t2m_block_range(t2m_block_folded(block), 'a', 'z'), t2m_block_range(block, '0', '9'));

        bits |= (apr_uint64_t)t2m_block_bits(truths) << place;
    }
    return bits;
}

/* By the first two letters of the known tokens. */
static int may_begin_token(const unsigned char *data)
{
#define LETTER(letter) (1u << ((letter) & 31))
    static const apr_uint32_t second[128] = {
        ['A'] = LETTER('K') | LETTER('S') | LETTER('I'),
        ['S'] = LETTER('G'),
        ['d'] = LETTER('c') | LETTER('o'),
        ['e'] = LETTER('y'),
        ['g'] = LETTER('h') | LETTER('i') | LETTER('l'),
        ['h'] = LETTER('f') | LETTER('v'),
        ['n'] = LETTER('p'),
        ['p'] = LETTER('y'),
        ['r'] = LETTER('k'),
        ['s'] = LETTER('k') | LETTER('h'),
        ['w'] = LETTER('h'),
        ['x'] = LETTER('a') | LETTER('o'),
        ['y'] = LETTER('a'),
    };
#undef LETTER

    return data[0] < 128 && second[data[0]] >> (data[1] & 31) & 1;
}

/* Words of which runs of 13 bytes begin at the bits. */
static int look_at_runs(const look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    const t2m_mask_view_t *view = look->view;
    t2m_mask_find_t found;

    for (; bits; bits &= bits - 1) {
        apr_uint32_t at = base + lowest(bits);
        const unsigned char *data = view->data + at;

        if (may_begin_token(data)
            && (!memcmp(data, "eyJ", 3) || t2m_mask_token(view, at, &found))) {
            return 1;
        }
    }
    return 0;
}

static int is_soft(unsigned byte)
{
    return byte - '0' < 10 || byte == ' ' || byte == '-' || byte == '+';
}

/* Nonzero when dashes stand in [at, end) where an SSN has them. */
static int is_dashed(const unsigned char *data, apr_uint32_t at, apr_uint32_t end)
{
    return end - at >= sizeof("ddd-dd-dddd") - 1 && data[at + 3] == '-' && data[at + 6] == '-';
}

/* Digits and what may stand between them, around `at`: cards and SSNs begin where no letter and
 * no digit is before. */
static int look_at_number(look_t *look, apr_uint32_t at)
{
    const unsigned char *data = look->view->data;
    apr_uint32_t digits = 0, start = at, end = at;
    t2m_mask_find_t found;

    for (; start > 0 && is_soft(data[start - 1]); start--) {
        digits += data[start - 1] >= '0';
    }
    for (; end < look->view->end && is_soft(data[end]); end++) {
        digits += data[end] >= '0';
    }
    look->soft_end = end;
    for (at = start; digits >= DIGITS_MIN; digits -= data[at++] >= '0') {
        unsigned previous = at > 0 ? data[at - 1] : 0, earlier = at > 1 ? data[at - 2] : 0;

        if (data[at] >= '0' && !t2m_mask_is(previous, T2M_MASK_ALNUM)
            && (digits >= CARD_MIN || is_dashed(data, at, end))
            && t2m_mask_number(look->view, at, previous, earlier, &found)) {
            return 1;
        }
    }
    return 0;
}

/* Four digits in a row begin at the bits. */
static int look_at_digits(look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    for (; bits; bits &= bits - 1) {
        apr_uint32_t at = base + lowest(bits);

        if (at >= look->soft_end && look_at_number(look, at)) {
            return 1;
        }
    }
    return 0;
}

/* Words that begin with two letters and two digits, at the bits. */
static int look_at_countries(const look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    const t2m_mask_view_t *view = look->view;
    t2m_mask_find_t found;

    for (; bits; bits &= bits - 1) {
        if (t2m_mask_iban(view, base + lowest(bits), &found)) {
            return 1;
        }
    }
    return 0;
}

/* By the first letters of reset, token, invite, magic and password-reset. */
static int begins_secret_word(const unsigned char *data)
{
    switch ((t2m_block_half(data) & 0xFFFFFFu) | 0x202020u) {
    case 'r' | 'e' << 8 | 's' << 16:
    case 't' | 'o' << 8 | 'k' << 16:
    case 'i' | 'n' << 8 | 'v' << 16:
    case 'm' | 'a' << 8 | 'g' << 16:
    case 'p' | 'a' << 8 | 's' << 16:
        return 1;
    default:
        return 0;
    }
}

static inline unsigned hex_bits(const unsigned char *data)
{
    t2m_block_t block = t2m_block_load(data);

    return t2m_block_bits(t2m_block_either(t2m_block_range(block, '0', '9'),
                                           t2m_block_range(t2m_block_folded(block), 'a', 'f')));
}

static inline unsigned dash_bits(const unsigned char *data)
{
    return t2m_block_bits(t2m_block_equal(t2m_block_load(data), '-'));
}

/* Nonzero when the first UUID_SIZE bytes are a UUID: dashes behind 8, 13, 18 and 23. */
static int is_uuid(const unsigned char *data)
{
    const unsigned first = 1u << 8 | 1u << 13, second = 1u << 2 | 1u << 7;
    const unsigned last = 1u << (23 - UUID_LAST);

    return hex_bits(data) == (0xFFFF & ~first) && (dash_bits(data) & first) == first
           && hex_bits(data + T2M_BLOCK_SIZE) == (0xFFFF & ~second)
           && (dash_bits(data + T2M_BLOCK_SIZE) & second) == second
           && hex_bits(data + UUID_LAST) == (0xFFFF & ~last)
           && (dash_bits(data + UUID_LAST) & last) == last;
}

/* Nonzero when a segment of RANDOM_MIN bytes and more may have a random part: one with digits and
 * many changes, or pairs of capitals, each of which is counted once; see t2m_mask_path. */
static int may_be_random(const unsigned char *data, apr_uint32_t size)
{
    const apr_uint32_t last = size - T2M_BLOCK_SIZE;
    unsigned changes = 0, any_digits = 0, fresh = 0xFFFF;
    apr_uint32_t at = 0, next;

    for (;; at = next) {
        t2m_block_t block = t2m_block_load(data + at);
        unsigned digits = t2m_block_bits(t2m_block_range(block, '0', '9'));
        unsigned capitals = t2m_block_bits(t2m_block_range(block, 'A', 'Z'));
        unsigned smalls = t2m_block_bits(t2m_block_range(block, 'a', 'z'));
        unsigned found = (digits & (capitals | smalls) << 1) | (smalls & digits << 1)
                         | (capitals & (capitals | smalls | digits) << 1);

        any_digits |= digits;
        changes += (unsigned)__builtin_popcount(found & fresh);
        if (at == last) {
            return any_digits && changes >= CHANGES_MIN;
        }
        next = at + T2M_BLOCK_SIZE - 1; /* the last byte again, which the next one follows */
        fresh = 0xFFFF;
        if (next > last) {
            fresh <<= next - last + 1;
            next = last;
        }
    }
}

/* A segment ends at `at`, with a slash or with the text. */
static int look_at_segment(look_t *look, apr_uint32_t at)
{
    const unsigned char *data = look->view->data + look->segment;
    apr_uint32_t size = at - look->segment;
    t2m_mask_scan_t scan;
    t2m_mask_find_t found;
    int is_found;

    if (!begins_secret_word(data)
        && (size < RANDOM_MIN || (size == UUID_SIZE && is_uuid(data))
            || !may_be_random(data, size))) {
        return 0;
    }
    memset(&scan, 0, sizeof(scan));
    scan.view = *look->view;
    scan.find = look->find;
    scan.file_path_before = look->file_path_before;
    is_found = t2m_mask_path(&scan, look->segment, &found);
    look->file_path_before = scan.file_path_before;
    return is_found;
}

static ALWAYS_INLINE int look_at_slashes(look_t *look, apr_uint64_t bits, apr_uint32_t base)
{
    for (; bits; bits &= bits - 1) {
        apr_uint32_t at = base + lowest(bits);

        if (look->segment != NO_SEGMENT && at - look->segment >= SECRET_MIN
            && look_at_segment(look, at)) {
            return 1;
        }
        look->segment = at + 1;
    }
    return 0;
}

/* Runs of words and countries, where words begin; the first of the carried bits was seen with the
 * word before. */
static ALWAYS_INLINE int look_at_words(const look_t *look, const marks_t *marks, apr_uint64_t runs,
                                       apr_uint64_t countries)
{
    apr_uint64_t alnums = look->kind == LOOK_QUERY ? marks->alnums
                                                   : alnums_at(look->view, marks->base);
    apr_uint64_t begins = alnums & ~(alnums << 1 | (marks->base > 0));

    countries &= begins;
    runs &= begins;
    return (countries && look_at_countries(look, countries, marks->base))
           || (runs && look_at_runs(look, runs, marks->base));
}

/* The patterns in a word's marks; few texts have one. */
static ALWAYS_INLINE int look_at_marks(look_t *look, const marks_t *marks)
{
    apr_uint64_t letters = marks->words & ~marks->digits;
    apr_uint64_t pairs = marks->digits & marks->digits >> 1;
    apr_uint64_t fours = pairs & pairs >> 2;
    apr_uint64_t countries = letters & letters >> 1 & pairs >> 2;
    apr_uint64_t blanks = marks->blanks & letters << 1;
    apr_uint64_t runs = marks->words & marks->words >> 1;

    runs &= runs >> 2;
    runs &= runs >> 4;
    runs &= runs >> 5; /* 13 in a row */
    if (marks->odds | blanks | fours | countries | runs) {
        return (marks->odds && look_at_odds(look, marks->odds, marks->base))
               || (blanks && look_at_blanks(look, blanks, marks->base))
               || (fours && look_at_digits(look, fours, marks->base))
               || ((runs | countries) && look_at_words(look, marks, runs, countries));
    }
    return 0;
}

/* Marks what the word at base has of the text beyond its carried bits. */
static ALWAYS_INLINE void fill(marks_t *marks, const t2m_mask_view_t *view, look_e kind)
{
    const unsigned char *data = view->data + marks->base;
    apr_uint32_t left = view->end - marks->base, place = marks->new_bits;

    for (; place < WORD_BITS && left - place >= T2M_BLOCK_SIZE; place += T2M_BLOCK_SIZE) {
        mark(marks, t2m_block_load(data + place), place, kind);
    }
    if (place < WORD_BITS && place < left) {
        if (left >= T2M_BLOCK_SIZE) { /* some bytes twice */
            place = left - T2M_BLOCK_SIZE;
            mark(marks, t2m_block_load(data + place), place, kind);
        }
        else {
            mark(marks, t2m_block_part(data, left), 0, kind);
        }
    }
}

static ALWAYS_INLINE int look_at(const t2m_mask_t *mask, const t2m_mask_view_t *view,
                                 unsigned find, look_e kind)
{
    look_t look = { mask, view, find, kind, NO_SEGMENT, 0, 0, 0, 0, 0 };
    marks_t marks = { 0, 0, 0, 0, 0, 0, 0, 0 };

    if (find & T2M_MASK_FIND_WHOLE_PATH) {
        look.segment = 0;
    }
    for (;;) {
        fill(&marks, view, kind);
        if (look_at_marks(&look, &marks)
            || look_at_slashes(&look, marks.slashes >> marks.new_bits,
                               marks.base + marks.new_bits)) {
            return 1;
        }
        if (view->end - marks.base <= WORD_BITS) {
            return look.segment != NO_SEGMENT && view->end - look.segment >= RANDOM_MIN
                   && look_at_segment(&look, view->end);
        }
        marks.words >>= WORD_BITS - CARRIED;
        if (kind == LOOK_QUERY) {
            marks.alnums >>= WORD_BITS - CARRIED;
        }
        marks.digits >>= WORD_BITS - CARRIED;
        marks.blanks >>= WORD_BITS - CARRIED;
        marks.slashes = marks.odds = 0;
        marks.base += WORD_BITS - CARRIED;
        marks.new_bits = CARRIED;
    }
}

static int look_at_name(const t2m_mask_view_t *view)
{
    return look_at(NULL, view, 0, LOOK_NAME);
}

int t2m_mask_is_trifle(const unsigned char *data, apr_size_t size, int is_path)
{
    t2m_block_t block = t2m_block_part(data, size);
    t2m_block_t odd = t2m_block_either(t2m_block_above(t2m_block_folded(block), 'z'),
                                       t2m_block_equal(block, '%'));
    unsigned digits = t2m_block_bits(t2m_block_range(block, '0', '9')), slashes;

    odd = t2m_block_either(odd, t2m_block_range(block, ':', '@'));
    if (t2m_block_bits(t2m_block_either(odd, t2m_block_equal(block, ' ')))) {
        return 0;
    }
    digits &= digits >> 1;
    slashes = is_path ? t2m_block_bits(t2m_block_equal(block, '/')) : 0;
    return !(digits & digits >> 2) && slashes <= 1; /* no slash but the first byte */
}

int t2m_mask_suspicious(const t2m_mask_view_t *view, unsigned find)
{
    return find ? look_at(NULL, view, find, LOOK_KEYS) : look_at_name(view);
}

int t2m_mask_query_suspicious(const t2m_mask_t *mask, const t2m_mask_view_t *view)
{
    return look_at(mask, view, T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS, LOOK_QUERY);
}
