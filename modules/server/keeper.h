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

/* Sees to it that one supervisor runs, with what the configuration asks for, for the whole life of
 * the server. Parent only. */
#ifndef T2M_SERVER_KEEPER_H
#define T2M_SERVER_KEEPER_H

#include <httpd.h>

#include "server/retained.h"

/**
 * In post_config, after the settings were published: goes on with the supervisor that runs, starts
 * one, or starts another one in the place of the one that runs when the configuration asks for
 * another program, user, directory, confinement or standard descriptor. The writer of the old one
 * goes on until that of the new one has asked for its place: no moment has two, and no line is
 * lost. Where the new one cannot be had, the old one stays, and the error log says why.
 *
 * restart: httpd runs already, so that what fails is an error to be told. Returns OK, or
 * HTTP_INTERNAL_SERVER_ERROR when there is no supervisor.
 */
int t2m_keeper_arrange(t2m_retained_t *retained, server_rec *server, apr_pool_t *pconf,
                       int restart);

/** From time to time: starts a supervisor where none could be started. */
void t2m_keeper_look(void);

/** Before the configuration is given up. */
void t2m_keeper_forget(void);

/** Nonzero while httpd stops or restarts. */
int t2m_keeper_stopping(void);

#endif
