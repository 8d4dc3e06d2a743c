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

/* Marks the instants between which a process may be killed. Nothing in a build that ships; the
 * model test (t/unit/shared/model.c) defines T2M_MODEL and stops producer and writer at each. */
#ifndef T2M_SHARED_STEP_H
#define T2M_SHARED_STEP_H

#ifdef T2M_MODEL
/** What the model does at an instant; name says which. */
void t2m_model_step(const char *name);
#define T2M_STEP(name) t2m_model_step(name)
#else
#define T2M_STEP(name) ((void)0)
#endif

#endif
