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

/* The two memories, drawn. All offsets are from the start of the memory, all numbers in the host's
 * byte order, all links are indexes: processes map the memory at different addresses.
 *
 * SLOTS (memfd "t2mlog-slots"): what producers hand to the writer.
 *
 *   0            +-----------------------------+
 *                | t2m_slots_header_t          |  one page: parent and writer alone map it
 *   directory    +-----------------------------+
 *                | t2m_directory_t             |  whole pages: every claimer maps it, until it
 *                |   owner[0..slot_count)      |  has its slot
 *                |   end[0..slot_count)        |  how each owner ended, as the parent learned
 *   settings     +-----------------------------+
 *                | settings copy 0, copy 1     |  written by the parent, read by the writer
 *   slots        +-----------------------------+
 *                | slot 0 (the parent's)       |  slot_size bytes each, whole pages; its owner
 *                | slot 1 … slot_count-1       |  maps its own slot and no other
 *                +-----------------------------+
 *
 *   a slot:      | t2m_slot_header_t | in-flight entries | suppressed | ring |
 *                  one page            whole pages         whole pages  ring_size bytes, a power of
 *                                                                       two
 *
 *   a ring holds records one behind the other, each padded to 8 bytes; positions count bytes since
 *   the slot's first use and never wrap (2^64); byte p is at p % ring_size:
 *
 *        head (on the board)                    tail (in the slot)
 *          v                                      v
 *   ...    | header | line |pad| header | line |..|        free        | ...
 *
 *   The owner alone moves tail, by a release store after the copy: a killed process leaves each
 *   record either whole or not there. The writer alone moves head, after the lines are in the file.
 *
 * BOARD (memfd "t2mlog-board"): what the writer knows. It alone writes; everyone else has a
 * read-only descriptor.
 *
 *   0            +-----------------------------+
 *                | t2m_board_header_t          |  the intent and the notices stand here
 *   heads        | u64 head[slot_count]        |
 *   targets      | u64 target[slot_count]      |  the intent's: where each head goes
 *   drops        | u64 [slot_count][DROPS]     |  drops of each slot that gaps have named
 *   drop_targets | u64 [slot_count][DROPS]     |  the intent's: what they will be
 *   suppressed   | u64 [slot_count][+ 1]       |  of each slot's suppressed table: counts that are
 *                |                             |  in the groups; behind them its total
 *   suppressed_targets                         |  the intent's: what they will be
 *   verdicts     | u64 [BATCH_LINES]           |  the intent's: what becomes of each record that
 *                |                             |  has an error group, in their order
 *   steps        | t2m_intent_step_t[files]    |  the intent's: what is written where
 *   files        | t2m_board_file_t[files]     |  one row a file
 *   quarantine   | u64 owner[slot_count]       |  of slots that are not read any more; 0: read
 *   totals       | t2m_totals_t[streams]       |
 *   tables       | t2m_tables_t                |  what the admin endpoints show: see tables.h
 *   undo         | t2m_undo_t                  |
 *   spills       | u8 [T2M_SPILLS][SPILL_SIZE] |  lines of files that refuse to be written
 *                +-----------------------------+
 */
#ifndef T2M_SHARED_LAYOUT_H
#define T2M_SHARED_LAYOUT_H

#include <apr.h>

#include "core/chain.h"
#include "core/distinct.h"
#include "core/fingerprint.h"
#include "core/level.h"
#include "core/stream.h"

#define T2M_SLOTS_MAGIC 0x74326d736c6f7473ULL /* "t2mslots" */
#define T2M_BOARD_MAGIC 0x74326d626f617264ULL /* "t2mboard" */

#ifndef T2M_LAYOUT_TEST
#define T2M_LAYOUT_TEST 0 /* a test builds module and program of another version */
#endif

enum {
    /* Changes with any change of this file or of tables.h. */
    T2M_LAYOUT_VERSION = 5 + T2M_LAYOUT_TEST,
    T2M_PAGE = 4096,
    T2M_SLOTS_MAX = 65536,
    T2M_FILES_MAX = 4096,
    T2M_FILE_NONE = 0xffff, /* in the place of a file's number: the stream is not written */
    T2M_INFLIGHT_MAX = 1024, /* so that one batch holds the last lines of a whole slot */
    T2M_RECORD_ALIGN = 8
};

/* The sizes of both memories. Fixed when they are made; each process keeps its own copy and never
 * believes the one in the memory. */
typedef struct {
    apr_uint32_t slot_count;     /* with the parent's; 2 to T2M_SLOTS_MAX */
    apr_uint32_t inflight_count; /* entries in each slot */
    apr_uint64_t ring_size;      /* bytes, a power of two, at least 64 KiB */
} t2m_geometry_t;

typedef struct {
    apr_uint64_t magic;
    apr_uint32_t version;
    apr_uint32_t reserved;
    t2m_geometry_t geometry;
    apr_uint64_t settings; /* 0: none yet; else generation * 2 + the copy that holds it */
} t2m_slots_header_t;

typedef struct {
    apr_uint64_t no_slot;  /* processes that found none, counted at each try */
    apr_uint64_t reserved[7];
    apr_uint64_t owner[]; /* 0: free; else pid + (nonce << 32), claimed by compare-and-swap, and
                           * T2M_OWNER_STOPPED once the parent has ended that process itself;
                           * behind the last one as many words of T2M_END_* */
} t2m_directory_t;

#define T2M_OWNER_STOPPED ((apr_uint64_t)1 << 63)

/* How a slot's owner ended, as the parent saw it: this bit, the signal that killed it (0: it ended
 * by itself) and the pid. 0: nothing known. */
#define T2M_END_KNOWN ((apr_uint64_t)1 << 63)
#define T2M_END_WORD(pid, signal) \
    (T2M_END_KNOWN | (apr_uint64_t)((signal) & 0x7f) << 32 | (apr_uint32_t)(pid))
#define T2M_END_SIGNAL(word) ((int)((word) >> 32 & 0x7f))

typedef enum {
    T2M_DROP_FULL,    /* the ring had no room */
    T2M_DROP_REENTRY, /* the process's lock was held by the code that a signal interrupted */
    T2M_DROP_RESERVED, /* the room left was kept for what matters more */
    T2M_DROP_SHED,    /* the file system was nearly full; the writer's own, never a slot's */
    T2M_DROP_REFUSED, /* the file could not be written and its spill was full; the writer's own */
    T2M_DROP_COUNT
} t2m_drop_e;

enum { T2M_DROPS = T2M_STREAM_COUNT * T2M_DROP_COUNT }; /* counters, by stream, then by reason */

enum { T2M_CRASH_FRAMES = 30, T2M_CRASH_FRAME_SIZE = 80 };

/* The last word of a process that a signal ends, written by its signal handler alone. */
typedef struct {
    apr_uint32_t signal;  /* 0: none; stored when all but the frames is there */
    apr_int32_t code;     /* si_code of sigaction(2) */
    apr_uint32_t thread;  /* its number as the kernel has it */
    apr_uint32_t entry;   /* in-flight entry of the request that thread served + 1; 0: none */
    apr_uint64_t address; /* si_addr */
    apr_int64_t time;     /* apr_time_t */
    apr_uint32_t frame_count; /* grows as the frames are found */
    apr_uint32_t exited;   /* something called exit(3) in the middle of its service */
    char frames[T2M_CRASH_FRAMES][T2M_CRASH_FRAME_SIZE]; /* `module+0x1234`, with a NUL */
} t2m_crash_t;

/* A count of lines accepted, their stream, and whether counting_also is valid. */
#define T2M_COUNTING(count, stream, also) (((count) * T2M_STREAM_COUNT + (stream)) * 2 + (also))

typedef struct {
    apr_uint64_t tail; /* on a cache line of its own, with the next two: the writer polls it */
    apr_uint64_t counting_tail; /* what tail becomes with the record that is being pushed, */
    apr_uint64_t counting; /* and accepted[its stream] then: see T2M_COUNTING */
    apr_uint64_t counting_also; /* and that of its second line's stream, if it has one */
    apr_uint64_t pad[4];
    apr_uint32_t closed; /* the owner ended by itself: what is in flight was killed at its stop */
    apr_uint32_t reserved;
    apr_uint64_t begun;           /* requests begun; each ends in one of the ways below or is in
                                   * flight */
    apr_uint64_t begun_untracked; /* of these, without a free in-flight entry */
    apr_uint64_t ended_untracked; /* and of those, the ended */
    apr_uint64_t silenced;        /* ended without an access line, as the configuration wants */
    apr_uint64_t accepted[T2M_STREAM_COUNT];
    apr_uint64_t dropped[T2M_DROPS]; /* [stream * T2M_DROP_COUNT + reason]; never set back */
    apr_uint64_t uncounted;     /* records without a line for which the ring had no room */
    apr_uint64_t waited;        /* pushes that waited for room */
    apr_uint64_t suppressed;    /* grows with each count of the suppressed table; odd meanwhile */
    t2m_crash_t crash;
} t2m_slot_header_t;

/* What the writer counts of a record, so that it need not read the line. */
enum {
    T2M_FACT_SLOW = 1,   /* performance: a slow request */
    T2M_FACT_FAILED = 2, /* performance: it failed by itself (5xx) */
    T2M_FACT_ASK = 4,    /* whoever pushed it waits for the ledger and the requests that end */
    T2M_FACT_ATTEMPT = 8, /* security: counts against the client's network */
    T2M_FACT_POLL = 16,  /* security: one more of a kind that has a line already */
    T2M_FACT_EXCHANGE = 32, /* access: no line, but an exchange, of which the writer makes two */
    T2M_FACT_TWIN = 64,  /* app: two lines of one error, of app and of errors */
    T2M_FACT_STATE = 128, /* errors: no line, but the new state of a group; see below */
    T2M_NAME_MAX = 128   /* bytes of a record's name */
};

/* A record in the ring: this header, then size bytes of the line without its end, then the name.
 * With T2M_FACT_EXCHANGE it is the access line's, and those bytes are core/packed_exchange.h; the
 * rest is the performance line's too: time, value, status, the other flags and the name.
 *
 * The name of an errors record is the group's id, T2M_FINGERPRINT_SIZE bytes, then the server's
 * name. With T2M_FACT_TWIN there are the app line, split bytes, and behind it the errors line,
 * whose file is `also`; all else is both lines', the name the errors line's. With T2M_FACT_STATE
 * the name is the id and a t2m_group_state_t, and size is 0. */
typedef struct {
    apr_uint32_t size;   /* 0: nothing is written, the record only counts (it has a name) */
    apr_uint16_t file;   /* number of the file in the settings; of no meaning without a line */
    unsigned char stream;  /* t2m_stream_e */
    unsigned char level;   /* t2m_level_e */
    apr_int64_t time;    /* apr_time_t: orders the lines of several processes */
    apr_uint64_t value;  /* performance: microseconds; security: key of the client's network;
                          * errors: hash of the client's address, 0: none */
    apr_uint16_t status; /* performance: of the response; 0: none */
    unsigned char flags; /* T2M_FACT_* */
    unsigned char name_size; /* of the metric, the error's group or the event; 0 to T2M_NAME_MAX */
    apr_uint16_t also;   /* exchange, twin: file of the second line; exchange: T2M_FILE_NONE, it
                          * only counts */
    apr_uint16_t split;  /* twin: bytes of the first line, 1 to size - 1 */
} t2m_ring_record_t;

/** 1 when the record stands for two lines, the second of the stream t2m_layout_second, else 0. */
static inline unsigned t2m_layout_has_two_lines(const t2m_ring_record_t *record)
{
    return record->flags & T2M_FACT_TWIN
           || (record->flags & T2M_FACT_EXCHANGE && record->also != T2M_FILE_NONE
               && record->name_size);
}

/** The stream of the second line of a record of that stream which has two. */
static inline t2m_stream_e t2m_layout_second(unsigned stream)
{
    return stream == T2M_STREAM_APP ? T2M_STREAM_ERRORS : T2M_STREAM_PERFORMANCE;
}

enum {
    T2M_SUPPRESSED = 32, /* entries of a slot's suppressed table */
    T2M_SUPPRESSED_ENDPOINT = 128,
    T2M_SUPPRESSED_VHOST = 64
};

/* Errors of one group, endpoint and server that a process counts and does not push. The count only
 * grows; an entry is given to others when the board has all of it. Texts are masked and cut. */
typedef struct {
    apr_uint64_t count;
    apr_int64_t last;       /* apr_time_t of the newest */
    apr_uint64_t change;    /* odd while the owner gives the entry to others */
    char id[T2M_FINGERPRINT_SIZE]; /* of the group; zeros: the entry was never used */
    unsigned char level;    /* t2m_level_e of the newest */
    unsigned char has_app;  /* each would also have had a line of the stream app */
    unsigned char endpoint_size, vhost_size;
    char endpoint[T2M_SUPPRESSED_ENDPOINT];
    char vhost[T2M_SUPPRESSED_VHOST];
    t2m_distinct_t clients;
} t2m_suppressed_t;

/* What an access line needs when its process can no longer write it. Texts are masked and cut. */
typedef struct {
    apr_uint64_t busy;     /* 0 free, 2 being filled, 1 a request is in flight */
    apr_uint64_t position; /* ring position of its access record + 1; 0: not pushed yet */
    apr_int64_t started;   /* apr_time_t */
    apr_int64_t started_monotonic; /* microseconds of CLOCK_MONOTONIC */
    apr_uint16_t file;     /* of the access stream */
    apr_uint16_t errors_file; /* of the stream errors; T2M_FILE_NONE: none */
    unsigned char truncated; /* a text was cut */
    unsigned char id_size, method_size, path_size, ip_size, vhost_size, user_agent_size;
    char id[128];
    char method[24];
    char path[168];
    char ip[64];
    char vhost[64];
    char user_agent[128];
    char reserved[4];
    unsigned char client_truncated; /* ip, vhost or user_agent was cut; see client */
    apr_uint64_t client;   /* its owner's own number of what these three are; 0: none */
    apr_int64_t ending;    /* when its response was handed on to its end, microseconds of
                            * CLOCK_MONOTONIC; 0: not yet. 640 bytes in all */
} t2m_inflight_t;

enum { T2M_VERDICTS = 8192 }; /* records of a batch, at most */

/* A verdict: not written; else what the line says as `repeated`. In bit 62 it also says whether the
 * counts of the suppressed tables come before the record: writer/verdicts.h. */
#define T2M_VERDICT_HELD APR_UINT64_MAX

typedef enum {
    T2M_INTENT_NONE,
    T2M_INTENT_WRITE,  /* lines are being written; files may have grown by less than all of it */
    T2M_INTENT_ADVANCE /* all is in the files; the board is being brought up to it */
} t2m_intent_phase_e;

typedef struct {
    apr_uint64_t batch;      /* number of this batch */
    apr_uint32_t phase;      /* t2m_intent_phase_e; the word that publishes the rest */
    apr_uint32_t step_count; /* files in this batch */
    apr_int64_t moment;      /* when it was gathered, apr_time_t */
    apr_uint64_t settings;   /* generation by which it was made */
    apr_uint32_t shed;       /* streams of which nothing is written, one bit each */
    apr_uint32_t telling;    /* the batch is the gap lines of what was shed and nothing else: 1 of
                              * all files, 2 of those that are written again */
    apr_uint64_t bury_owner; /* 0: the batch is ring records; else the dead owner's word whose */
    apr_uint32_t bury_slot;  /* requests in flight in this slot are logged */
    apr_uint32_t bury_stopped; /* it ended by itself or with the server: killed_at_stop */
    apr_uint32_t bury_signal; /* that ended it; 0: none, or not known */
    apr_uint32_t bury_exited; /* it called exit(3) itself: no signal is missing */
    apr_uint32_t verdict_count; /* of the batch's records */
    apr_uint32_t reserved;
    apr_int64_t bury_time;   /* of those lines, apr_time_t */
    apr_int64_t bury_monotonic; /* the same moment in microseconds of CLOCK_MONOTONIC */
} t2m_intent_t;

typedef enum {
    T2M_WAY_FILE,  /* the lines are appended to the file */
    T2M_WAY_SPILL, /* to its spill, for the file refuses */
    T2M_WAY_SHED   /* nowhere: they are counted and named by a gap line later */
} t2m_way_e;

/* One file's part in the batch: offset..offset+bytes is what the batch adds to it. */
typedef struct {
    apr_uint64_t offset; /* the file's size before */
    apr_uint64_t spill_offset; /* the spill's */
    apr_uint64_t taken;  /* bytes that a pipe or terminal has taken already */
    apr_uint64_t bytes;
    apr_uint64_t device; /* which file that was */
    apr_uint64_t inode;
    apr_uint64_t seq_after;
    apr_uint64_t lines_after;
    apr_uint64_t shed_after;
    apr_int64_t shed_since_after;
    apr_uint32_t file;
    apr_uint32_t done;   /* written; decides where a file's size cannot: pipes, terminals, and a
                          * file that somebody replaced meanwhile */
    apr_uint32_t way;    /* t2m_way_e */
    apr_uint32_t spill;  /* number of the spill + 1; 0: none */
    apr_int32_t error;   /* why the file refuses, an errno */
    apr_uint32_t shed_reason; /* t2m_drop_e */
    apr_uint64_t spilled_after;
    apr_uint64_t seq_before, shed_before, records; /* for T2M_WAY_SHED: what comes to nothing */
    apr_uint64_t chain_seq_after;
    apr_uint32_t chained; /* the chain goes on with this batch */
    apr_uint32_t reserved;
    unsigned char chain_after[T2M_CHAIN_SIZE];
} t2m_intent_step_t;

typedef struct {
    apr_uint64_t seq;   /* of the last line, in its spill or in the file; until it is known,
                         * counted from 0 */
    apr_uint64_t lines; /* since the board was made, those in the spill too */
    apr_uint32_t known; /* the file was opened once and its last number read */
    apr_uint32_t spill; /* the file refuses, and its lines go to this spill (+ 1); 0 */
    apr_int32_t error;  /* why it refuses, an errno; 0: it does not */
    apr_uint32_t shed_reason;  /* t2m_drop_e, of what is shed */
    apr_uint64_t size;  /* of the file, as last written */
    apr_int64_t written; /* moment of its last line, apr_time_t; 0: none or not known */
    apr_uint64_t rotations;
    apr_uint64_t shed;       /* numbers that no gap line has named yet */
    apr_int64_t shed_since;
    apr_uint64_t spilled;      /* lines in the spill */
    apr_uint64_t synced_failed; /* times that the system could not say the lines are on the disk */
    apr_uint32_t chained;      /* chain is that of the last line of the stream security */
    apr_uint32_t reserved;
    apr_uint64_t chain_seq;    /* and this its number */
    unsigned char chain[T2M_CHAIN_SIZE];
} t2m_board_file_t;

enum { T2M_SPILLS = 8, T2M_SPILL_SIZE = 4194304 };

/* Lines of a file that refuses, as they shall stand there, until it takes them. */
typedef struct {
    apr_uint32_t used;    /* file + 1; 0: free */
    apr_uint32_t lines;
    apr_uint64_t size;    /* bytes in it */
    apr_uint64_t begun;   /* the file's size before the first try to write these bytes, + 1: what
                           * stands behind it is a part of them; 0: none was */
    apr_uint64_t device, inode; /* of that file */
    apr_uint64_t taken;   /* bytes that a pipe or terminal has taken already */
} t2m_spill_t;

enum { T2M_NOTICES = 16, T2M_NOTICE_SIZE = 240 };

/* A message of the writer for the administrator, which the parent passes on to the classic error
 * log: the writer holds no descriptor on it. */
typedef struct {
    apr_uint32_t level;         /* t2m_level_e */
    char text[T2M_NOTICE_SIZE]; /* with a NUL */
} t2m_notice_t;

typedef struct {
    apr_uint64_t magic;
    apr_uint32_t version;
    apr_uint32_t writer_pid;
    t2m_geometry_t geometry;
    apr_uint32_t asleep;     /* the writer waits for a wake-up */
    apr_uint32_t successor;  /* pid of a writer that waits for this one's end; 0: none */
    apr_uint64_t passes;     /* grows with each look at the slots: the writer lives */
    apr_uint64_t writers;    /* writers so far */
    apr_uint64_t done_batch; /* last batch that is wholly in the board */
    apr_int64_t done_moment; /* when that one was gathered, apr_time_t; 0: none yet */
    apr_uint64_t settings;   /* generation taken over */
    apr_uint64_t corrupt;    /* ring records that could not be believed */
    apr_uint64_t silenced;   /* requests of dead processes for which no access line is wanted */
    apr_uint64_t quarantined; /* slots that were not read any more for it, so far */
    apr_uint64_t unknown_file; /* records of a file that the settings do not have */
    apr_uint64_t drops_told[T2M_DROP_COUNT]; /* dropped records that notices have told of */
    apr_int64_t made;        /* when the board was made, apr_time_t */
    apr_uint64_t deleted;    /* rotated files that retention has deleted */
    apr_uint64_t compressed; /* and compressed */
    apr_uint64_t disk_size, disk_free; /* bytes of the log directory's file system; 0: not known */
    apr_uint64_t logs_size;  /* bytes of all files of all streams, rotated ones too */
    apr_uint32_t shed;       /* streams of which nothing is written, one bit each */
    apr_uint32_t ending;     /* requests whose response had just ended at the last ask */
    apr_uint64_t asked;      /* passes when the last ask was answered */
    apr_uint64_t notice_count; /* notices so far; the newest is at (count - 1) % T2M_NOTICES */
    t2m_notice_t notices[T2M_NOTICES];
    t2m_spill_t spills[T2M_SPILLS];
    t2m_intent_t intent;
} t2m_board_header_t;

/* Each table row begins with this; readers copy a row and take it when sequence is even and did
 * not change meanwhile. */
typedef struct {
    apr_uint64_t sequence; /* odd while the row changes */
    apr_uint64_t batch;    /* the last batch folded into it */
} t2m_row_t;

typedef struct {
    t2m_row_t row;
    apr_uint64_t lines;
    apr_uint64_t bytes;
    apr_uint64_t levels[T2M_LEVEL_COUNT];
    apr_uint64_t worker_died; /* access lines written for requests whose process had gone */
    apr_uint64_t suppressed;  /* repeats that are counted and not written */
    apr_uint64_t held;        /* of these, by the writer: they were accepted first */
    apr_uint64_t dropped[T2M_DROP_COUNT]; /* records that gap lines stand for */
} t2m_totals_t;

enum { T2M_UNDO_MAX = 8192 };

/* The row that is being changed, as it was before. */
typedef struct {
    apr_uint64_t size;   /* 0: nothing to undo; stored last */
    apr_uint64_t offset; /* of the row on the board */
    unsigned char bytes[T2M_UNDO_MAX];
} t2m_undo_t;

/* Where everything is, computed from the geometry. */
typedef struct {
    apr_uint64_t directory, directory_size, ends; /* the last one: of the words T2M_END_* */
    apr_uint64_t settings, settings_size; /* of one copy */
    apr_uint64_t slots, slot_size, inflight, suppressed, ring; /* the last three within a slot */
    apr_uint64_t size; /* of the whole memory */
} t2m_slots_map_t;

typedef struct {
    apr_uint64_t heads, targets, drops, drop_targets, suppressed, suppressed_targets, verdicts,
        steps, files, quarantine, totals, tables, undo, spills, size;
} t2m_board_map_t;

/** Nonzero when the geometry is within its limits. */
int t2m_geometry_valid(const t2m_geometry_t *geometry);

/** The offsets for a valid geometry. */
void t2m_slots_map(const t2m_geometry_t *geometry, t2m_slots_map_t *map);
void t2m_board_map(const t2m_geometry_t *geometry, t2m_board_map_t *map);

#endif
