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

/* What the writer needs to know of the configuration: a snapshot that the parent leaves in the
 * slots memory and the writer takes over between two batches. Neither waits for the other. */
#ifndef T2M_SHARED_SETTINGS_H
#define T2M_SHARED_SETTINGS_H

#include "core/limit.h"
#include "core/repeat.h"
#include "core/rotation.h"
#include "shared/layout.h"

enum { T2M_PATH_MAX = 1024, T2M_USER_MAX = 64, T2M_LABEL_MAX = 72, T2M_HOST_MAX = 264 };

/* When a file's lines are brought to the disk itself. */
typedef enum {
    T2M_SYNC_NONE,   /* as the system does by itself */
    T2M_SYNC_SECOND, /* within a second; a line of the level CRITICAL at once */
    T2M_SYNC_BATCH   /* after each batch */
} t2m_sync_e;

/* One file. Its number is its place in the array and stays the same for the life of the memory:
 * records of an older configuration still carry it. */
typedef struct {
    unsigned char stream;          /* t2m_stream_e */
    unsigned char to_descriptor;   /* 0: path; 1, 2: standard output, standard error */
    unsigned char label;           /* each line says its stream, for files that several share */
    unsigned char retired;         /* no stream of the present configuration is written to it */
    unsigned char sync;            /* t2m_sync_e */
    unsigned char reserved[3];
    t2m_rotation_t rotation;       /* of path */
    char path[T2M_PATH_MAX];       /* absolute, with a NUL */
} t2m_settings_file_t;

typedef struct {
    apr_uint32_t file_count;
    apr_uint32_t layout;        /* t2m_layout_e, of the lines that the writer makes */
    apr_uint32_t block;         /* a full memory waits for the disk, and nothing is dropped */
    apr_uint32_t confine;       /* the writer gives up what it does not need */
    char user[T2M_USER_MAX];    /* whom the writer runs as; empty: as it was started */
    char token_file[T2M_PATH_MAX]; /* absolute; empty: none */
    char directory[T2M_PATH_MAX];  /* T2MLogDir, absolute; empty: not known */
    t2m_repeat_rule_t repeat;   /* T2MLogRepeat */
    t2m_limit_t max_total, min_free; /* disk space */
    char app[T2M_LABEL_MAX];         /* of the lines that the writer makes, with a NUL */
    char environment[T2M_LABEL_MAX];
    char hostname[T2M_HOST_MAX];
    t2m_settings_file_t files[T2M_FILES_MAX];
} t2m_settings_t;

/**
 * Publishes settings, one generation after the last, and returns that generation. slots: the start
 * of the slots memory, mapped writable. Only the parent calls it, from one thread.
 */
apr_uint64_t t2m_settings_publish(void *slots, const t2m_geometry_t *geometry,
                                  const t2m_settings_t *settings);

/** The generation that is published; 0: none yet. */
apr_uint64_t t2m_settings_generation(const void *slots);

/**
 * Copies published settings, with every bound checked, into settings: those of the generation
 * wanted if they are the newest or the ones before, else the newest (wanted 0). Returns their
 * generation; 0 when there are none or they changed while they were read: ask again at the next
 * pass.
 */
apr_uint64_t t2m_settings_read(const void *slots, const t2m_geometry_t *geometry,
                               apr_uint64_t wanted, t2m_settings_t *settings);

/**
 * Adds a file that is not there yet and returns its number; T2M_FILES_MAX when the table is full or
 * the path is too long.
 */
apr_uint32_t t2m_settings_add(t2m_settings_t *settings, t2m_stream_e stream, const char *path);

#endif
