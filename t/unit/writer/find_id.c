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

/* Tests modules/writer/find_id.c. */
#include "writer/find_id.h"

#include "core/id.h"
#include "tap.h"

static void is_time(const char *id, apr_time_t want)
{
    apr_time_t time = 7;

    ok(t2m_find_id_time(t2m_text(id), &time) == (want != 7) && time == want, "%s", id);
}

static void own(void)
{
    static const apr_time_t times[] = { 0, 999, 1000, APR_TIME_C(1705314645123456),
                                        APR_TIME_C(253402300799999000) };
    unsigned char key[T2M_ID_KEY_SIZE] = "which does not matter at all";
    t2m_id_generator_t generator;
    char id[T2M_ID_SIZE];
    int i, wrong = 0;

    t2m_id_seed(&generator, key);
    for (i = 0; i < 1000; i++) {
        apr_time_t want = times[i % 5] + i / 5 * 1000, time = -1;

        t2m_id_make(&generator, want, id);
        wrong += !t2m_find_id_time(t2m_text_of(id, sizeof(id)), &time)
              || time != want / 1000 * 1000;
    }
    is_number(wrong, 0, "ids of ours have their time");
}

static void others(void)
{
    is_time("018d0e0a-2d43-7abc-9def-0123456789ab", APR_TIME_C(1705337564483000));
    is_time("018d0e0a-2d43-7abc-bdef-0123456789ab", APR_TIME_C(1705337564483000));
    is_time("018d0e0a-2d43-4abc-9def-0123456789ab", 7);  /* version 4 */
    is_time("018d0e0a-2d43-7abc-7def-0123456789ab", 7);  /* no variant */
    is_time("018d0e0a-2d43-7abc-cdef-0123456789ab", 7);
    is_time("018d0e0a-2d43-7abc-\xffzzz-0123456789ab", 7);
    is_time("018D0E0A-2D43-7ABC-9DEF-0123456789AB", 7);  /* ours are in lower case */
    is_time("018d0e0a-2d43-7abc-9def-0123456789a", 7);
    is_time("018d0e0a-2d43-7abc-9def-0123456789abc", 7);
    is_time("018d0e0a-2d43-7abc-9def-0123456789ag", 7);
    is_time("018d0e0a-2d43-7abc-9def00123456789ab", 7);
    is_time("018d0e0a-2d4-37abc-9def-0123456789ab", 7);
    is_time("0af7651916cd43dd8448eb211c80319c", 7);
    is_time("", 7);
}

static void is_in(const char *line, int want)
{
    is_number(t2m_find_id_is_in(t2m_text("12345678"), t2m_text(line)), want, line);
}

static void is_end(const char *line, int want)
{
    is_number(t2m_find_id_is_end(t2m_text(line)), want, line);
}

int main(void)
{
    own();
    others();
    is_in("{\"m\":1,\"request_id\":\"12345678\"}", 1);
    is_in("{\"m\":1,\"trace_id\":\"12345678\"", 1);
    is_in("{\"error_id\":\"12345678\",\"request_id\":\"else\"}", 1);
    is_in("{\"request_id\":\"else\",\"extra_fields\":{\"trace_id\":\"12345678\"}}", 1);
    is_in("{\"extra_fields\":{\"other_id\":\"12345678\"}}", 0);
    is_in("{\"message\":\"12345678\",\"request_id\":\"123456789\"}", 0);
    is_in("{\"request_id\":12345678}", 0);
    is_in("12345678", 0);
    is_end("{\"message\":\"request_complete\",\"request_id\":\"1\",\"outcome\":\"ok\"}", 1);
    is_end("{\"message\":\"request_complete\",\"request_id\":\"1\"}", 0);
    is_end("{\"message\":\"request_completed\",\"outcome\":\"ok\"}", 0);
    is_end("{\"message\":\"request_complet!\",\"outcome\":\"ok\"}", 0);
    is_end("", 0);
    return tap_done();
}
