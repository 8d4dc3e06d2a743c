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

/* Between gathering and rendering: what a batch holds. */
#ifndef T2M_WRITER_BATCH_INTERNAL_H
#define T2M_WRITER_BATCH_INTERNAL_H

#include "core/encode.h"
#include "core/packed_exchange.h"
#include "writer/batch.h"
#include "writer/merge.h"
#include "writer/verdicts.h"

/* A record of a slot has its line at position, in the ring; where the writer itself made the line
 * it is the position in made[]; a gap has the number of drops there, repeats their number. */
typedef struct {
    apr_uint64_t position;
    apr_uint32_t slot;  /* of repeats: their number in repeats[] */
    apr_uint32_t part;
    apr_uint16_t kind;  /* t2m_batch_kind_e */
    apr_uint16_t verdict; /* its number; 0: none was asked for */
    apr_uint32_t reason; /* t2m_drop_e, of a gap and of what is not written */
    apr_uint16_t last;  /* it is of a request whose process is gone, written or not */
    apr_uint16_t made;  /* its line and name are in made[] */
    apr_uint32_t next;  /* of its stream; T2M_BATCH_LINES: none */
    apr_size_t start, size; /* in bytes[] once it is rendered */
    t2m_ring_record_t record; /* of a gap: size is the most it may take */
} t2m_batch_line_t;

enum {
    T2M_BATCH_PAIR = 2,                                       /* lines of an exchange, at most */
    T2M_BATCH_PAIR_MAX = T2M_BATCH_PAIR * (T2M_LINE_MAX + T2M_NAME_MAX) /* bytes in made[] */
};

/* An exchange or a twin as the records that it stands for. */
typedef struct {
    apr_uint32_t count;           /* 1 or T2M_BATCH_PAIR; of the access line, then of the other */
    int made;                     /* lines and names are in made[], else in the ring */
    t2m_ring_record_t records[T2M_BATCH_PAIR];
    apr_uint64_t positions[T2M_BATCH_PAIR];
} t2m_batch_pair_t;

struct t2m_batch_t {
    apr_uint32_t slot_count;
    apr_uint32_t line_count;
    apr_uint32_t part_count;
    int moves, asks;
    apr_uint32_t silenced;
    apr_uint32_t shed;
    const apr_uint64_t *limits; /* of each file; NULL: none */
    const t2m_board_file_t *files;
    const t2m_spill_t *spills;
    const t2m_chain_t *chain;   /* NULL: security lines carry no prev */
    apr_size_t room;            /* of all parts */
    t2m_batch_line_t lines[T2M_BATCH_LINES];
    apr_uint32_t first_of[T2M_STREAM_COUNT]; /* lines of each stream; T2M_BATCH_LINES: none */
    apr_uint32_t last_of[T2M_STREAM_COUNT];
    t2m_batch_part_t parts[T2M_FILES_MAX];
    apr_uint32_t part_of[T2M_FILES_MAX]; /* file to part + 1; 0: none */
    t2m_merge_t *merge;
    apr_uint64_t *targets;
    apr_uint64_t *taken;        /* bytes of each slot */
    apr_uint64_t *drops;        /* T2M_DROPS of each slot */
    apr_uint64_t *suppressed;   /* T2M_SUPPRESSED + 1 of each slot that has grown */
    unsigned char *grown;       /* of each slot: nonzero when it has */
    apr_uint32_t repeat_count;  /* entries of repeats[] */
    apr_uint32_t repeats_left;  /* of these, those that have no line yet */
    apr_uint32_t repeat_from;   /* the slot that is looked at first */
    t2m_verdicts_t *verdicts;
    apr_time_t moment, before;  /* when this batch was gathered, and the last one */
    apr_size_t made_size;
    t2m_line_start_t start;     /* of the last line of an exchange */
    char exchange[T2M_PACKED_EXCHANGE_MAX + T2M_NAME_MAX]; /* out of the ring, with its name */
    apr_uint64_t growth[T2M_BATCH_REPEATS_MAX]; /* of repeats[]; 0: it has its line */
    t2m_suppressed_t repeats[T2M_BATCH_REPEATS_MAX];
    char names[T2M_BATCH_LINES][T2M_NAME_MAX];
    apr_size_t held_size;
    char held[T2M_BATCH_BYTES]; /* errors lines that are counted and not written */
    char made[T2M_BATCH_BYTES]; /* lines that the writer makes itself */
    char bytes[T2M_BATCH_BYTES];
};

/* Nonzero for the drops of a slot, which take their numbers when a gap line names them; what the
 * writer sheds has its numbers at once. */
static inline int t2m_batch_takes_numbers(t2m_drop_e reason)
{
    return reason != T2M_DROP_SHED && reason != T2M_DROP_REFUSED;
}

/** Nonzero for what is of a file, written there or not. */
static inline int t2m_batch_has_part(const t2m_batch_line_t *line)
{
    return line->kind != T2M_BATCH_COUNT && line->kind != T2M_BATCH_HELD
        && line->kind != T2M_BATCH_REPEATS;
}

/** Empties the batch for the next one; rule and again as for t2m_verdicts_begin. */
void t2m_batch_start(t2m_batch_t *batch, const t2m_board_t *board,
                     const t2m_repeat_rule_t *rule, const t2m_intent_t *again);

/** Adds what is no record of a file. */
t2m_batch_line_t *t2m_batch_new_line(t2m_batch_t *batch, t2m_batch_kind_e kind,
                                     const t2m_ring_record_t *record);

/** Why a record of that stream and file is not written; T2M_DROP_COUNT: it is. */
t2m_drop_e t2m_batch_shed_reason(const t2m_batch_t *batch, const t2m_ring_record_t *record);

/** Nonzero when a record of that size, and a gap before it, still fit. */
int t2m_batch_has_room(const t2m_batch_t *batch, apr_uint32_t size);

/**
 * Makes the lines of the exchange that item is, its slot's next: at the end of made[], where
 * T2M_BATCH_PAIR_MAX bytes must be free; pair says where, made_size stays. Returns 0 when that
 * cannot be one.
 */
int t2m_batch_exchange(t2m_batch_t *batch, const t2m_slots_t *slots, const t2m_merge_item_t *item,
                       t2m_batch_pair_t *pair);

/** The records of a twin, the slot's next: where they are in the ring. */
void t2m_batch_twin(const t2m_batch_t *batch, const t2m_merge_item_t *item,
                    t2m_batch_pair_t *pair);

/**
 * Asks for the verdict on a record whose line, to be written if there is one, is at position in the
 * slot's ring; or counts it where it needs none. Returns the verdict's number; 0: there is none.
 */
apr_uint16_t t2m_batch_judge(t2m_batch_t *batch, const t2m_slots_t *slots, apr_uint32_t slot,
                             const t2m_ring_record_t *record, apr_uint64_t position);

/** Nonzero when the verdict of that number is that the line is not written. */
static inline int t2m_batch_is_held(const t2m_batch_t *batch, apr_uint16_t verdict)
{
    return verdict && t2m_verdicts_get(batch->verdicts, verdict) == T2M_VERDICT_HELD;
}

/**
 * Finds what the slots' suppressed tables, or that of one slot alone, have grown by: it waits for
 * the records of its groups. again: as the board's intent says. A slot whose table cannot be is put
 * in quarantine.
 */
void t2m_batch_repeats(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board, int again);
void t2m_batch_slot_repeats(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                            apr_uint32_t slot, int again);

/** Adds what still waits. */
void t2m_batch_place_repeats(t2m_batch_t *batch);

/** Takes a record in, as what it is: written, shed or only counted. There must be room. */
t2m_batch_line_t *t2m_batch_line_for(t2m_batch_t *batch, t2m_batch_kind_e kind,
                                     const t2m_ring_record_t *record);

/**
 * The first file of a stream that is in use, the main server's, else the last one that was;
 * T2M_FILES_MAX: there is none.
 */
apr_uint32_t t2m_batch_main_file(const t2m_settings_t *settings, int stream);

/** Adds the gap line of what was shed of the file before, by the name of its first reason. */
void t2m_batch_place_shed_gap(t2m_batch_t *batch, apr_uint32_t file, unsigned char stream);

#endif
