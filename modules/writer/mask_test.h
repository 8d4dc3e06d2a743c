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

/* `t2mlog mask-test`: shows what the masking rules do to lines of text. Runs in the foreground by
 * hand; one thread. */
#ifndef T2M_WRITER_MASK_TEST_H
#define T2M_WRITER_MASK_TEST_H

/**
 * The sub-command; argv[0] is its name, APR is initialized. Returns the exit code: 0, or 1 when
 * the self-test of a rule fails or the input cannot be read, or 2 for a wrong argument.
 */
int t2m_mask_test_main(int argc, char **argv);

#endif
