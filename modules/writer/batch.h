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

/* A batch: the records of all slots that are written together, in the order of their time, grouped
 * by file into one run of bytes each. Private memory of the writer; one thread.
 *
 * The same heads, targets and numbers always give the same bytes: a new writer makes the batch of a
 * killed one again and compares.
 */
#ifndef T2M_WRITER_BATCH_H
#define T2M_WRITER_BATCH_H

#include "core/chain.h"
#include "core/record.h"
#include "shared/board.h"
#include "shared/settings.h"
#include "shared/slots.h"
#include "writer/group_index.h"

enum {
    T2M_BATCH_LINES = 8192,
    T2M_BATCH_BYTES = 2097152,      /* rendered, all files together */
    T2M_BATCH_SLOT_BYTES = 1048576, /* of one slot: a flood in one process starves no other */
    T2M_BATCH_REPEATS_MAX = 1024    /* entries of suppressed tables */
};

/* A file's part of the batch. */
typedef struct {
    apr_uint32_t file;
    apr_uint32_t lines;
    apr_uint64_t shed;   /* records that are not written: the disk is full, the file refuses */
    t2m_drop_e shed_reason; /* of the first of them */
    apr_uint64_t records; /* in its lines, those that its gap lines name included */
    apr_uint64_t seq;    /* of the last line before the batch */
    apr_size_t start;    /* in bytes[] */
    apr_size_t size;     /* rendered so far */
    apr_size_t room;     /* at most */
    int urgent;          /* it has a line of the level CRITICAL */
    int chained;         /* security lines carry a prev: chain, of the line chain_seq */
    apr_uint64_t chain_seq;
    unsigned char chain[T2M_CHAIN_SIZE];
} t2m_batch_part_t;

typedef struct t2m_batch_t t2m_batch_t;

/* Whether a batch's record is one that is written, counted only, or the writer's own line. */
typedef enum {
    T2M_BATCH_RECORD,
    T2M_BATCH_COUNT,        /* has no line */
    T2M_BATCH_SHED,         /* has one that is not written */
    T2M_BATCH_LAST_REQUEST, /* of a request whose process is gone, or of that process */
    T2M_BATCH_GAP,
    T2M_BATCH_DROPPED,      /* a gap whose line cannot be written now either */
    T2M_BATCH_HELD,         /* has a line that is one too many of its error: counted only */
    T2M_BATCH_REPEATS       /* errors that a process counted itself, of one group: no record */
} t2m_batch_kind_e;

/* One of them, for what is counted; texts live until the next batch. */
typedef struct {
    t2m_batch_kind_e kind;
    t2m_ring_record_t record;
    t2m_text_t name;
    t2m_text_t line;      /* as it is in the file, without its end; empty: not written */
    t2m_text_t held;      /* T2M_BATCH_HELD, of the stream errors: the line as it came, without its
                           * last bracket; empty when there are too many */
    apr_uint64_t count;   /* of a gap, of repeats: records that it stands for */
    t2m_drop_e reason;    /* of a gap and of what is not written */
    const t2m_suppressed_t *suppressed; /* of repeats, else NULL: a copy, its bounds checked */
} t2m_batch_entry_t;

/** A batch's memory for that geometry; NULL when there is none to be had. Lives until the exit. */
t2m_batch_t *t2m_batch_create(const t2m_geometry_t *geometry);

/** Where the groups of errors stand on the board; without it all of them count as new. */
void t2m_batch_use(t2m_batch_t *batch, const t2m_group_index_t *groups);

/* Records that a batch passes over. */
typedef struct {
    apr_uint64_t corrupt;      /* could not be believed: their slots are in quarantine now */
    apr_uint64_t unknown_file; /* of a file that the settings do not have */
} t2m_batch_trouble_t;

/**
 * Gathers what the slots have: first what their suppressed tables have grown by, of
 * T2M_BATCH_REPEATS_MAX entries at most, then a gap line for the drops of each stream, and the
 * records between each head and the published tail. An exchange (T2M_FACT_EXCHANGE) and a twin
 * (T2M_FACT_TWIN) are two records here, of which both are gathered or none. What does not fit waits
 * for the next batch, and so does all behind a record that would bring a file over room[file] bytes
 * (but one record a file is always taken); room NULL: no limit. Records of the streams in
 * header->shed are only numbered. Of errors that have a group some are held back as
 * settings->repeat says, and with the errors line of a twin its app line. again: NULL for a new
 * batch, gathered at moment; else the intent whose batch is made once more, up to the board's
 * targets and by its verdicts. A slot with what no process writes is put in quarantine on the
 * board. Adds to *trouble. Returns the number of lines.
 */
apr_uint32_t t2m_batch_gather(t2m_batch_t *batch, const t2m_slots_t *slots,
                              t2m_board_t *board, const t2m_settings_t *settings,
                              const t2m_intent_t *again, apr_time_t moment,
                              const apr_uint64_t *room, t2m_batch_trouble_t *trouble);

/**
 * Gathers what is left to say of a slot whose owner is gone: what its suppressed table has grown
 * by; one access line for each request that is in flight there; and an errors line when a signal
 * ended it, when it called exit, or when it was not stopped and had requests in flight. intent says
 * when and how; one that has a phase is the board's, and its batch is made again. A table that no
 * process leaves puts the slot in quarantine. Returns the number of lines.
 */
apr_uint32_t t2m_batch_bury(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                            const t2m_settings_t *settings, const t2m_intent_t *intent);

/**
 * Nonzero when records of the file were shed, no line has named them and one may do so now: the
 * file does not refuse, and its stream is written (shed: the streams that are not, one bit each) or
 * all are to be told.
 */
int t2m_batch_may_tell(const t2m_board_t *board, const t2m_settings_t *settings,
                       apr_uint32_t shed, int all, apr_uint32_t file);

/** Gathers a gap line for each file of which t2m_batch_may_tell. Returns their number. */
apr_uint32_t t2m_batch_tell(t2m_batch_t *batch, const t2m_board_t *board,
                            const t2m_settings_t *settings, apr_uint32_t shed, int all,
                            apr_time_t moment);

/**
 * Sheds a part that was to be written, for its file has refused it: its records count as
 * T2M_DROP_REFUSED. After t2m_batch_render.
 */
void t2m_batch_shed_part(t2m_batch_t *batch, apr_uint32_t file);

/** Nonzero when there is anything to write or to pass over. */
int t2m_batch_moves(const t2m_batch_t *batch);

/** Where the records of a slot were read to, and its T2M_DROPS counters of drops. */
apr_uint64_t t2m_batch_target(const t2m_batch_t *batch, apr_uint32_t slot);
const apr_uint64_t *t2m_batch_drops(const t2m_batch_t *batch, apr_uint32_t slot);

/**
 * What the slot's counts of suppressed errors are with this batch: T2M_SUPPRESSED of them and their
 * total; NULL: as they stand on the board.
 */
const apr_uint64_t *t2m_batch_suppressed(const t2m_batch_t *batch, apr_uint32_t slot);

/**
 * Nonzero when two looks at a slot's counts of suppressed errors found the same, as their totals
 * say; one that is odd says nothing, for its owner is, or died, in the middle of a count.
 */
static inline int t2m_batch_is_still(const apr_uint64_t *now, const apr_uint64_t *then)
{
    return now[T2M_SUPPRESSED] == then[T2M_SUPPRESSED] && now[T2M_SUPPRESSED] % 2 == 0;
}

/** The verdicts on the batch's records, in their order, and how many there are. */
apr_uint32_t t2m_batch_verdicts(const t2m_batch_t *batch, const apr_uint64_t **verdicts);

/** When the batch was gathered. */
apr_time_t t2m_batch_moment(const t2m_batch_t *batch);

/** The parts, one a file, in the order of their first line. */
apr_uint32_t t2m_batch_parts(const t2m_batch_t *batch, const t2m_batch_part_t **parts);

/** The rendered bytes of a part: whole lines. Valid after t2m_batch_render. */
const char *t2m_batch_bytes(const t2m_batch_t *batch, const t2m_batch_part_t *part);

/**
 * Renders all parts; seqs[file] is the number of the file's last line. A line with a raw LF in it,
 * which only a corrupted process can have made, has it replaced by a blank. chain: the key of the
 * security stream's chain, which goes on from what files[] say; NULL: there is none.
 */
void t2m_batch_render(t2m_batch_t *batch, const t2m_chain_t *chain, const t2m_slots_t *slots,
                      const t2m_settings_t *settings, const t2m_board_file_t *files);

/** What the batch has, i from 0. Returns 0 behind the last. Valid after t2m_batch_render. */
int t2m_batch_entry(const t2m_batch_t *batch, apr_uint32_t i, t2m_batch_entry_t *entry);

/**
 * The first that the batch has of a stream, and the next of the same stream: numbers for
 * t2m_batch_entry, which returns 0 behind the last one.
 */
apr_uint32_t t2m_batch_first(const t2m_batch_t *batch, t2m_stream_e stream);
apr_uint32_t t2m_batch_next(const t2m_batch_t *batch, apr_uint32_t i);

/** After t2m_batch_bury: the requests of which no access line is wanted. */
apr_uint32_t t2m_batch_silenced(const t2m_batch_t *batch);

/** Nonzero when a record of the batch asks for the ledger (T2M_FACT_ASK). */
int t2m_batch_asks(const t2m_batch_t *batch);

/** The streams that the batch sheds, one bit each. */
apr_uint32_t t2m_batch_shed(const t2m_batch_t *batch);

/** Adds the batch's lines, and what it has instead of lines, to totals, one row a stream. */
void t2m_batch_totals(const t2m_batch_t *batch, t2m_totals_t totals[T2M_STREAM_COUNT]);

#endif
