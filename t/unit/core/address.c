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

/* Tests core/address: each mode on addresses of all forms and on what is no address. */
#include "core/address.h"

#include <stdlib.h>

#include "tap.h"

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const apr_time_t some_day = APR_TIME_C(19000) * 86400 * APR_USEC_PER_SEC;

static unsigned char key[T2M_ADDRESS_KEY_SIZE];

/* The result in memory of its own size, so that a byte too far is seen. */
static apr_size_t write_exact(t2m_address_mode_e mode, apr_time_t now, const char *address,
                              char *out)
{
    char *room = malloc(T2M_ADDRESS_MAX);
    apr_size_t size = t2m_address_write(mode, mode == T2M_ADDRESS_HMAC ? key : NULL, now, address,
                                        room);

    memcpy(out, room, size);
    free(room);
    return size;
}

static void check(t2m_address_mode_e mode, apr_time_t now, const char *address, const char *want)
{
    char out[T2M_ADDRESS_MAX];
    apr_size_t size = write_exact(mode, now, address, out);

    is_bytes(out, size, want, address ? address : "no address");
}

static void test_truncate(void)
{
    static const struct {
        const char *address, *shown;
    } rows[] = {
        { "192.0.2.77", "192.0.2.0" },
        { "255.255.255.255", "255.255.255.0" },
        { "0.0.0.0", "0.0.0.0" },
        { "127.0.0.1", "127.0.0.0" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1::" },
        { "2001:DB8:0001::6", "2001:db8:1::" },
        { "2001:db8::1", "2001:db8::" },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff::" },
        { "::1", "::" },
        { "::", "::" },
        { "::ffff:192.0.2.77", "192.0.2.0" },
        { "::ffff:c000:24d", "192.0.2.0" },
        { "0:0:0:0:0:ffff:192.0.2.77", "192.0.2.0" },
        { "::192.0.2.77", "::" },
        { "64:ff9b::192.0.2.77", "64:ff9b::" },
        { "2002:c000:24d::1", "2002:c000:200::" },
        { "fe80::1:2%eth0", "fe80::" },
        { "fe80::1%1", "fe80::" },
        { "2001:db8:1::5%a-very-long-zone-name-that-is-longer-than-any-address", "2001:db8:1::" },
        { "::ffff:192.0.2.77%eth0", "192.0.2.0" },
        /* no addresses: nothing of them is shown */
        { NULL, "" }, { "", "" }, { "localhost", "" }, { "192.0.2", "" }, { "192.0.2.256", "" },
        { "192.0.2.1.1", "" }, { "192.0.2.7 ", "" }, { " 192.0.2.7", "" }, { "0x7f.0.0.1", "" },
        { "2130706433", "" }, { "010.0.0.1", "" }, { "192.0.2.7%eth0", "" },
        { "192.0.2.7:80", "" }, { "[2001:db8::1]", "" }, { "2001:db8:::1", "" },
        { "1:2:3:4:5:6:7:8:9", "" }, { "12345::", "" }, { "g::1", "" }, { "%", "" },
        { "%eth0", "" }, { ":%", "" }, { "192.0.2.7\n", "" }, { "\xff\xfe", "" }, { "%n%s%x", "" },
        { "unknown", "" }, { "-", "" }, { X64 X64, "" },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(T2M_ADDRESS_TRUNCATE, some_day, rows[i].address, rows[i].shown);
    }
}

static void test_hmac(void)
{
    /* Computed by another implementation of the header, under the key 00…1f. */
    static const struct {
        int day;
        const char *address, *shown;
    } rows[] = {
        { 0, "192.0.2.7", "01306430e180df66" },
        { 19000, "192.0.2.7", "8af5f2603a4712a1" },
        { 19001, "192.0.2.7", "f45bc21898ed0248" },
        { 19000, "::ffff:192.0.2.7", "8af5f2603a4712a1" },
        { 19000, "2001:db8::1", "43895126a9be63f9" },
        { 19000, "2001:0DB8:0:0::0001", "43895126a9be63f9" },
        { 19000, "fe80::1", "11dd695c5f155a2f" },
        { 19000, "fe80::1%eth0", "11dd695c5f155a2f" },
        { 19000, "garbage", "d967a899bd1aa79b" },
        { 19000, X64, "852991fd39f5b85f" },
        { 19000, X64 "y", "852991fd39f5b85f" },
        { 19000, "", "" },
        { 19000, NULL, "" },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(T2M_ADDRESS_HMAC, (apr_time_t)rows[i].day * 86400 * APR_USEC_PER_SEC,
              rows[i].address, rows[i].shown);
    }
    check(T2M_ADDRESS_HMAC, some_day + APR_TIME_C(86400) * APR_USEC_PER_SEC - 1, "192.0.2.7",
          "8af5f2603a4712a1");
    check(T2M_ADDRESS_HMAC, -some_day, "192.0.2.7", "01306430e180df66");
    key[31] ^= 1;
    {
        char out[T2M_ADDRESS_MAX];
        apr_size_t size = write_exact(T2M_ADDRESS_HMAC, some_day, "192.0.2.7", out);

        ok(size == 16 && memcmp(out, "8af5f2603a4712a1", 16) != 0, "the last key byte counts");
    }
    key[31] ^= 1;
}

static void test_others(void)
{
    static const char *const addresses[] = { "192.0.2.7", "::ffff:192.0.2.7", "fe80::1%eth0",
                                             "garbage \xff", X64 };
    size_t i;

    for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        check(T2M_ADDRESS_FULL, 0, addresses[i], addresses[i]);
        check(T2M_ADDRESS_NONE, 0, addresses[i], "");
    }
    check(T2M_ADDRESS_FULL, 0, X64 "y", X64);
    check(T2M_ADDRESS_FULL, 0, NULL, "");
    check(T2M_ADDRESS_NONE, 0, NULL, "");
}

int main(void)
{
    int i;

    for (i = 0; i < T2M_ADDRESS_KEY_SIZE; i++) {
        key[i] = (unsigned char)i;
    }
    test_truncate();
    test_hmac();
    test_others();
    return tap_done();
}
