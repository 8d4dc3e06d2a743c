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

/* Loads and stores of words that other processes see. Plain fields of the layout are reached
 * through these and through nothing else. */
#ifndef T2M_SHARED_ATOMIC_H
#define T2M_SHARED_ATOMIC_H

#define t2m_load(word) __atomic_load_n((word), __ATOMIC_ACQUIRE)
#define t2m_store(word, value) __atomic_store_n((word), (value), __ATOMIC_RELEASE)
#define t2m_add(word, value) __atomic_fetch_add((word), (value), __ATOMIC_RELAXED)

/* Between a store and a later load of another word (Dekker's handshake of sleeper and waker). */
#define t2m_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
