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

/* Numbers that name a person or an account: payment cards (issuer's range, size and Luhn's check
 * digit), US social security numbers, IBANs (the country's size and mod 97).
 */
#include "core/mask_internal.h"

#include <apr_lib.h>

enum {
    CARD_MIN = 13,
    CARD_MAX = 19,
    CARD_GROUP_FIRST = 4, /* digits of the first group when the number is written in groups */
    CARD_GROUP_MAX = 6,
    IBAN_MAX = 34
};

/* Prefixes low to high of a fixed number of digits, and the sizes that the issuer uses. */
typedef struct {
    apr_uint16_t low, high;
    apr_byte_t digits, size_min, size_max;
} issuer_t;

static const issuer_t issuers[] = {
    { 34, 34, 2, 15, 15 },     { 37, 37, 2, 15, 15 },     /* American Express */
    { 300, 305, 3, 14, 19 },   { 309, 309, 3, 14, 19 },   /* Diners Club */
    { 36, 36, 2, 14, 19 },     { 38, 39, 2, 14, 19 },
    { 3528, 3589, 4, 16, 19 },                            /* JCB */
    { 4, 4, 1, 13, 13 },       { 4, 4, 1, 16, 16 },       { 4, 4, 1, 19, 19 }, /* Visa */
    { 51, 55, 2, 16, 16 },     { 2221, 2720, 4, 16, 16 }, /* Mastercard */
    { 2200, 2204, 4, 16, 19 },                            /* Mir */
    { 6011, 6011, 4, 16, 19 }, { 644, 649, 3, 16, 19 },   { 65, 65, 2, 16, 19 }, /* Discover */
    { 62, 62, 2, 16, 19 },     { 81, 81, 2, 16, 19 },     /* UnionPay, RuPay */
    { 5018, 5018, 4, 13, 19 }, { 5020, 5020, 4, 13, 19 }, { 5038, 5038, 4, 13, 19 }, /* Maestro */
    { 5893, 5893, 4, 13, 19 }, { 6304, 6304, 4, 13, 19 }, { 6759, 6759, 4, 13, 19 },
    { 6761, 6763, 4, 13, 19 }, { 9792, 9792, 4, 16, 16 }, /* Troy */
    { 0, 0, 0, 0, 0 }
};

static int luhn(const char *digits, unsigned size)
{
    unsigned sum = 0, i;

    for (i = 0; i < size; i++) {
        unsigned digit = (unsigned)(digits[size - 1 - i] - '0');

        if (i % 2) {
            digit *= 2;
            digit -= digit > 9 ? 9 : 0;
        }
        sum += digit;
    }
    return sum % 10 == 0;
}

static int has_issuer(const char *digits, unsigned size)
{
    const issuer_t *issuer;

    for (issuer = issuers; issuer->digits; issuer++) {
        unsigned prefix = 0, i;

        for (i = 0; i < issuer->digits; i++) {
            prefix = prefix * 10 + (unsigned)(digits[i] - '0');
        }
        if (prefix >= issuer->low && prefix <= issuer->high && size >= issuer->size_min
            && size <= issuer->size_max) {
            return 1;
        }
    }
    return 0;
}

typedef struct {
    char digits[CARD_MAX];
    unsigned size;
    unsigned groups[CARD_MAX], group_count;
    apr_uint32_t ends[CARD_MAX]; /* behind each group */
} grouped_t;

/* One group of digits into grouped; 0 when there is none or no room. */
static apr_uint32_t read_group(const t2m_mask_view_t *view, apr_uint32_t at, grouped_t *grouped)
{
    unsigned size = 0, unit;
    apr_uint32_t next;

    for (unit = t2m_mask_peek(view, at, &next); t2m_mask_is(unit, T2M_MASK_DIGIT);
         unit = t2m_mask_peek(view, at, &next)) {
        if (grouped->size == CARD_MAX) {
            return 0;
        }
        grouped->digits[grouped->size++] = (char)unit;
        size++;
        at = next;
    }
    if (!size || t2m_mask_is(unit, T2M_MASK_UPPER | T2M_MASK_LOWER)) {
        return 0;
    }
    grouped->groups[grouped->group_count] = size;
    grouped->ends[grouped->group_count++] = at;
    return at;
}

/* A number written in one piece, or in groups as on a card: 4 digits, then 4 to 6 each, the last
 * group being shorter or not. */
static int is_card(const grouped_t *grouped)
{
    unsigned i;

    if (grouped->size < CARD_MIN || !has_issuer(grouped->digits, grouped->size)
        || !luhn(grouped->digits, grouped->size)) {
        return 0;
    }
    for (i = 0; grouped->group_count > 1 && i < grouped->group_count; i++) {
        unsigned size = grouped->groups[i];

        if (i == 0 ? size != CARD_GROUP_FIRST
                   : size > CARD_GROUP_MAX
                         || (size < CARD_GROUP_FIRST && i + 1 < grouped->group_count)) {
            return 0;
        }
    }
    return 1;
}

static int find_card(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    grouped_t grouped;
    apr_uint32_t end = at;
    int is = 0;

    grouped.size = grouped.group_count = 0;
    do {
        apr_uint32_t next;
        unsigned unit;

        end = read_group(view, end, &grouped);
        if (!end) {
            break;
        }
        if (is_card(&grouped)) { /* the longest that fits: 4-4-4-1 may go on to 4-4-4-4 */
            is = 1;
            found->start = at;
            found->end = found->resume = end;
            memcpy(found->last4, grouped.digits + grouped.size - 4, 4);
            found->rule = T2M_MASK_CARD;
        }
        unit = t2m_mask_peek(view, end, &next);
        end = unit == ' ' || unit == '-' ? next : 0;
    } while (end && grouped.groups[grouped.group_count - 1] >= CARD_GROUP_FIRST
             && grouped.groups[grouped.group_count - 1] <= CARD_GROUP_MAX);
    return is;
}

/* 123-45-6789, of the numbers that were ever given out. */
static int find_ssn(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    static const char form[] = "ddd-dd-dddd";
    unsigned number = 0, after, i;
    apr_uint32_t end = at, next;

    for (i = 0; form[i]; i++) {
        unsigned unit = t2m_mask_peek(view, end, &end);

        if (form[i] == '-' ? unit != '-' : !t2m_mask_is(unit, T2M_MASK_DIGIT)) {
            return 0;
        }
        number = unit == '-' ? number : number * 10 + (unit - '0');
    }
    if (number / 1000000 == 0 || number / 1000000 == 666 || number >= 900000000u
        || number / 10000 % 100 == 0 || number % 10000 == 0) {
        return 0;
    }
    after = t2m_mask_peek(view, end, &next);
    if (after == '-') { /* a longer number goes on, or went on where a replacement stands */
        after = t2m_mask_peek(view, next, NULL);
        after = after == '[' ? 'x' : after;
    }
    if (t2m_mask_is(after, T2M_MASK_ALNUM)) {
        return 0;
    }
    found->start = at;
    found->end = found->resume = end;
    found->rule = T2M_MASK_SSN;
    return 1;
}

int t2m_mask_number(const t2m_mask_view_t *view, apr_uint32_t at, unsigned previous,
                    unsigned earlier, t2m_mask_find_t *found)
{
    if (previous == '.' && t2m_mask_is(earlier, T2M_MASK_DIGIT)) {
        return 0; /* behind a decimal point */
    }
    return find_card(view, at, found)
           || (!(previous == '-' && t2m_mask_is(earlier, T2M_MASK_ALNUM))
               && find_ssn(view, at, found));
}

/* Country and size of its IBANs. */
static const char iban_sizes[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

static unsigned iban_size(const char *country)
{
    const char *entry;

    for (entry = iban_sizes; *entry; entry += 4) {
        if (entry[0] == country[0] && entry[1] == country[1]) {
            return (unsigned)((entry[2] - '0') * 10 + entry[3] - '0');
        }
    }
    return 0;
}

/* The number read with its first four characters moved behind the rest, modulo 97. */
static int is_iban(const char *text, unsigned size)
{
    unsigned remainder = 0, i;

    for (i = 0; i < size; i++) {
        char letter = text[(i + 4) % size];

        remainder = apr_isdigit(letter) ? remainder * 10 + (unsigned)(letter - '0')
                                        : remainder * 100 + (unsigned)(letter - 'A') + 10;
        remainder %= 97;
    }
    return remainder == 1;
}

/* The next letter or digit of an IBAN that has size of them already; separators stand between
 * groups of four or nowhere. Returns 0 when there is none. */
static unsigned iban_letter(const t2m_mask_view_t *view, apr_uint32_t *at, unsigned size,
                            unsigned *separator)
{
    apr_uint32_t next;
    unsigned unit = t2m_mask_peek(view, *at, &next);

    if (size == 4 && (unit == ' ' || unit == '-')) {
        *separator = unit;
    }
    if (size >= 4 && size % 4 == 0 && *separator) {
        if (unit != *separator) {
            return 0;
        }
        unit = t2m_mask_peek(view, next, &next);
    }
    *at = next;
    if (!t2m_mask_is(unit, size < 2 ? (unsigned)(T2M_MASK_UPPER | T2M_MASK_LOWER)
                           : size < 4 ? (unsigned)T2M_MASK_DIGIT : (unsigned)T2M_MASK_ALNUM)) {
        return 0;
    }
    return t2m_mask_is(unit, T2M_MASK_LOWER) ? unit - 0x20 : unit;
}

int t2m_mask_iban(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    char text[IBAN_MAX];
    unsigned size, wanted = 4, separator = 0, after;
    apr_uint32_t end = at;

    for (size = 0; size < wanted; size++) {
        unsigned letter = iban_letter(view, &end, size, &separator);

        if (!letter) {
            return 0;
        }
        text[size] = (char)letter;
        if (size == 3) {
            wanted = iban_size(text); /* 0 for no country: ends the loop */
        }
    }
    after = t2m_mask_peek(view, end, NULL);
    if (!wanted || t2m_mask_is(after, T2M_MASK_ALNUM) || after == '=' || !is_iban(text, size)) {
        return 0;
    }
    found->start = at;
    found->end = found->resume = end;
    found->rule = T2M_MASK_IBAN;
    return 1;
}
