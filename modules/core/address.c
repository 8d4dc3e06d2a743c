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

/* Client addresses: parsed as numbers only (never looked up), cut or keyed. */
#include "core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
    SECONDS_A_DAY = 86400,
    SHOWN_HASH_SIZE = 8,
    DAY_SIZE = 8
};

typedef struct {
    int family; /* AF_INET or AF_INET6 */
    unsigned char bytes[16];
} number_t;

/* Reads digits, without a zone; an IPv4-mapped address counts as IPv4. */
static int parse_digits(const char *digits, number_t *number)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    number->family = AF_INET;
    if (inet_pton(AF_INET, digits, number->bytes) == 1) {
        return 1;
    }
    if (inet_pton(AF_INET6, digits, number->bytes) != 1) {
        return 0;
    }
    if (memcmp(number->bytes, mapped, sizeof(mapped)) == 0) {
        memmove(number->bytes, number->bytes + sizeof(mapped), 4);
    }
    else {
        number->family = AF_INET6;
    }
    return 1;
}

/* Reads an address; the zone of an IPv6 one (`%eth0`) is left out. */
static int parse(const char *address, number_t *number)
{
    char digits[INET6_ADDRSTRLEN];
    const char *zone = strchr(address, '%');
    apr_size_t size = zone ? (apr_size_t)(zone - address) : strlen(address);

    if (size >= sizeof(digits)) {
        return 0;
    }
    memcpy(digits, address, size);
    digits[size] = '\0';
    return (!zone || strchr(digits, ':')) && parse_digits(digits, number);
}

/* The number's one text form. */
static apr_size_t write_number(const number_t *number, char *out)
{
    return inet_ntop(number->family, number->bytes, out, T2M_ADDRESS_MAX) ? strlen(out) : 0;
}

static apr_size_t write_truncated(const char *address, char *out)
{
    number_t number;
    apr_size_t keep;

    if (!parse(address, &number)) {
        return 0;
    }
    if (number.family == AF_INET) {
        keep = 3;
    }
    else if (number.bytes[0] == 0x20 && number.bytes[1] == 0x02) {
        keep = 5; /* 6to4 holds a whole IPv4 address in its /48 */
    }
    else {
        keep = 6;
    }
    memset(number.bytes + keep, 0, sizeof(number.bytes) - keep);
    return write_number(&number, out);
}

static void write_hex(const unsigned char *bytes, apr_size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t i;

    for (i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
}

/* Writes the day number, high byte first, and the address in its one text form, cut at
 * T2M_ADDRESS_MAX when it is no address; returns the size. */
static apr_size_t hash_input(apr_time_t now, const char *address, char *out)
{
    apr_uint64_t day = now > 0 ? (apr_uint64_t)apr_time_sec(now) / SECONDS_A_DAY : 0;
    number_t number;
    apr_size_t size;
    int i;

    for (i = 0; i < DAY_SIZE; i++) {
        out[i] = (char)(unsigned char)((day >> (56 - 8 * i)) & 0xff);
    }
    if (parse(address, &number)) {
        return DAY_SIZE + write_number(&number, out + DAY_SIZE);
    }
    size = strnlen(address, T2M_ADDRESS_MAX);
    memcpy(out + DAY_SIZE, address, size);
    return DAY_SIZE + size;
}

static apr_size_t write_hash(const unsigned char *key, apr_time_t now, const char *address,
                             char *out)
{
    char input[DAY_SIZE + T2M_ADDRESS_MAX];
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_size = 0;
    apr_size_t size = hash_input(now, address, input);

    if (!HMAC(EVP_sha256(), key, T2M_ADDRESS_KEY_SIZE, (const unsigned char *)input, size, hash,
              &hash_size)) {
        return 0;
    }
    write_hex(hash, SHOWN_HASH_SIZE, out);
    return 2 * SHOWN_HASH_SIZE;
}

apr_size_t t2m_address_write(t2m_address_mode_e mode, const unsigned char *key, apr_time_t now,
                             const char *address, char *out)
{
    apr_size_t size;

    if (!address || !*address) {
        return 0;
    }
    switch (mode) {
    case T2M_ADDRESS_FULL:
        size = strnlen(address, T2M_ADDRESS_MAX);
        memcpy(out, address, size);
        return size;
    case T2M_ADDRESS_TRUNCATE:
        return write_truncated(address, out);
    case T2M_ADDRESS_HMAC:
        return write_hash(key, now, address, out);
    case T2M_ADDRESS_NONE:
        break;
    }
    return 0;
}
