/**
 * The one owner of the shared-memory layout. A trading thread has one region (a SharedArrayBuffer); the
 * thread writes, the pipeline's worker reads. Nothing else knows an offset.
 *
 *     byte 0      ┌──────────────────────────────────────────────────────────────┐
 *                 │ header     magic, version, section offsets   (written once)  │
 *     128         │ control    mode, sampling threshold, flush…  (either side)   │
 *     256         │ writer     definition length, last activity  (trading)       │
 *     512         │ tallies    64 doubles: what was recorded, lost, misused      │
 *     1024        ├──────────────────────────────────────────────────────────────┤
 *                 │ definitions  append-only, published by their length          │
 *                 ├──────────────────────────────────────────────────────────────┤
 *                 │ cells        doubles: histograms, counters, gauges           │
 *                 ├──────────────────────────────────────────────────────────────┤
 *                 │ in flight    slots for frames under construction             │
 *                 │ spill        slots without records, for ticks beyond that    │
 *                 │ staging      one slot, for spans that no open tick holds     │
 *                 ├──────────────────────────────────────────────────────────────┤
 *                 │ priority ring   frames of missed, failed and guarded ticks   │
 *                 │ ring            all other frames, and at its head the frame  │
 *                 │                 under construction of one open tick          │
 *                 ├──────────────────────────────────────────────────────────────┤
 *                 │ span texts   names and keys of API spans, as definitions     │
 *                 │ span ring    spans of OpenTelemetry's API, one a frame       │
 *                 └──────────────────────────────────────────────────────────────┘
 *
 * Words that different threads write are 128 bytes apart: adjacent-line prefetch couples pairs of 64-byte
 * lines on x86. Every section starts on such a boundary.
 *
 * Frames are copied as doubles. Two 32-bit words that share a double must not look like a signalling NaN,
 * which a copy may silence: the upper word of each pair stays below 0x7ff00000. Lower words are free.
 */
export const MAGIC = 0x5469_636b;
export const LAYOUT_VERSION = 3;

/** Byte boundary of sections and of words that different threads write. */
export const SPACING_BYTES = 128;

/* ── header, written once: Int32 index ─────────────────────────────────────────────────────────────── */
export const H_MAGIC = 0;
export const H_VERSION = 1;
export const H_LANE = 2;
export const H_DEFINITIONS_AT = 3;
export const H_DEFINITIONS_BYTES = 4;
export const H_CELLS_AT = 5;
export const H_CELLS = 6;
export const H_IN_FLIGHT_AT = 7;
export const H_IN_FLIGHT_SLOTS = 8;
export const H_SPILL_AT = 9;
export const H_SPILL_SLOTS = 10;
export const H_PRIORITY_AT = 11;
export const H_PRIORITY_SLOTS = 12;
export const H_RING_AT = 13;
export const H_RING_SLOTS = 14;
export const H_OVERFLOW = 15;
/** Four words: the process key that ids are mixed with. */
export const H_KEY = 16;
export const H_STAGING_AT = 20;
export const H_SPAN_TEXTS_AT = 21;
export const H_SPAN_TEXTS_BYTES = 22;
export const H_SPAN_RING_AT = 23;
/** Bytes without the control block; 0: no span of the API is recorded. */
export const H_SPAN_RING_BYTES = 24;

/* ── control: Int32 index ──────────────────────────────────────────────────────────────────────────── */
export const C_MODE = 32;
/** u32: a tick is sampled by ratio when its 32 random bits are >= this. */
export const C_THRESHOLD = 33;
/** 1 when no tick may be sampled by ratio: a threshold of 2^32 does not fit its word. */
export const C_NEVER = 34;
/** Advanced by the reader: the `mm_parallel_symbols` maximum starts afresh. */
export const C_GAUGE_EPOCH = 35;

/* ── writer's own words: Int32 index ───────────────────────────────────────────────────────────────── */
/** Bytes of the definitions section that are complete (Atomics). */
export const W_DEFINITIONS_LENGTH = 64;
/** The same of the span texts. */
export const W_SPAN_TEXTS_LENGTH = 65;
export const W_PARALLEL_SYMBOLS = 66;
/** Maximum of the above within the epoch of the next word. */
export const W_PARALLEL_MAX = 67;
export const W_PARALLEL_EPOCH = 68;
/** Float64 index: `performance.now()` at which a tick last ended. */
export const W_LAST_END = 36;
/** Float64 index: sequence of the last tick or standalone span. */
export const W_SEQUENCE = 37;

/* ── tallies: Float64 index. One writer each (the trading thread), exact to 2^53. ──────────────────── */
const T_FIRST = 64;
export const TALLIES = [
  /** Spans whose frame did not fit the ring. */
  'spans_ring_full',
  'frames_ring_full',
  /** Spans of ticks that were timed but not traced because every in-flight slot was taken. */
  'spans_in_flight_full',
  /** Spans that a per-tick limit left out of their frame. */
  'spans_tick_limit',
  /** Attributes, events and texts that a per-tick limit left out. */
  'details_tick_limit',
  /** Texts cut to their limit. */
  'texts_truncated',
  /** A handle was used after its end. */
  'use_after_end',
  /** A stage or request was still open when its tick ended, or ended after it. */
  'ended_late',
  'started_at_ignored',
  'deadline_ignored',
  'names_overflow',
  'series_overflow',
  'ticks_abandoned',
  /** A guard or outcome name, attribute value or other argument of a kind that cannot be recorded. */
  'arguments_ignored',
  'in_flight_full',
  /** Spans of OpenTelemetry's API that did not fit their ring. */
  'api_spans_ring_full',
  /** Attributes, events and links of such spans that a limit, or the bound of a frame, left out. */
  'span_details_limit',
] as const;
export type Tally = (typeof TALLIES)[number];

export function tallyAt(tally: Tally): number {
  return T_FIRST + TALLIES.indexOf(tally);
}

export const HEADER_BYTES = 1024;

/* ── ring: a control block, then slots ─────────────────────────────────────────────────────────────────
 *
 *     byte 0     writer:  intent, published, the reader's position as last seen
 *                         (Int32; positions in slots, wrapping at 2^32), and a generation, odd
 *                         while a tick is open whose frame lies at the published position
 *     16         writer:  frames written, units written            (Float64)
 *     128        reader:  read position, fence, ordinal of the next frame (Int32)
 *     144        reader:  units before the next frame (Float64)
 *     64         capacity, segment shift, strategy   (Int32; written once)
 *     256        writer:  64 frame boundaries        (Int32; overwrite only)
 *     512        slots of 32 bytes
 */
export const SLOT_BYTES = 32;
export const SLOT_DOUBLES = SLOT_BYTES / 8;
export const RING_CONTROL_BYTES = 512;
/** Int32 offsets from the start of the control block. */
export const R_INTENT = 0;
export const R_PUBLISHED = 1;
export const R_READ_SEEN = 2;
export const R_GENERATION = 3;
export const R_CAPACITY = 16;
export const R_SEGMENT_SHIFT = 17;
/** 1 for `overwrite`, 0 for `drop`. */
export const R_OVERWRITES = 18;
export const R_READ = 32;
export const R_FENCE = 33;
export const R_NEXT_ORDINAL = 34;
export const R_BOUNDARIES = 64;
export const BOUNDARY_COUNT = 64;
/** Float64 offsets from the start of the control block. */
export const R_FRAMES_WRITTEN = 2;
export const R_UNITS_WRITTEN = 3;
export const R_NEXT_UNITS = 18;

/* ── frame: a header of two slots, then records of one slot ────────────────────────────────────────────
 *
 *     double 0   lower: slots (16 bits) | spans (16 bits)       upper: flags (12) | loop (8) | dropped (8)
 *     double 1   sequence of the tick
 *     double 2   start, performance.now() milliseconds
 *     double 3   end
 *     double 4   deadline in milliseconds, Infinity for none
 *     double 5   end of the last lap, while open
 *     double 6   units (spans) written to this ring before this frame        set by the ring writer
 *                while open, lower: span that is synchronously open          upper: next index for requests
 *     double 7   lower: frame ordinal in this ring (set by the ring writer)   upper: symbol (16) | outcome (8)
 *                while in a slot, lower: generation, odd while a tick is open
 *
 * Record (one slot):
 *
 *     double 0   start, or a number value
 *     double 1   end (0 while open), or lower: string id, upper: value type
 *     double 2   lower: name (16) | kind (8) | flags (8)        upper: parent or target span index (16)
 *     double 3   lower: own span index (16) | detail (16)       upper: 0
 *
 * The index of a stage or wait is its slot in the frame less one; its double 3 is not written.
 */
export const FRAME_HEADER_SLOTS = 2;
const FRAME_HEADER_DOUBLES = FRAME_HEADER_SLOTS * SLOT_DOUBLES;
export const F_SEQUENCE = 1;
export const F_START = 2;
export const F_END = 3;
export const F_DEADLINE = 4;
export const F_CURSOR = 5;
export const F_POSITION = 6;
export const F_UNITS_BEFORE = 6;
/** Int32 offsets from the frame's start. */
export const F_SIZE_WORD = 0;
export const F_FLAGS_WORD = 1;
export const F_CURRENT_WORD = 12;
export const F_NEXT_INDEX_WORD = 13;
export const F_ORDINAL_WORD = 14;
/** Of a slot; a tick's begin and end each advance it. */
export const F_GENERATION_WORD = 14;
export const F_SUBJECT_WORD = 15;

/** Adding this to the size word appends one record that is a span; adding 1, any other record. */
export const ONE_SPAN = 0x1_0001;

export const FLAG_MISSED = 1;
export const FLAG_FAILED = 2;
export const FLAG_GUARD = 4;
/** The frame is a span that ended after its tick did. */
export const FLAG_LATE = 8;
/** The frame is a span without a tick. */
export const FLAG_STANDALONE = 16;
export const FLAG_REMOTE_PARENT = 32;
/** Not for the ring: the tick is only timed (mode `metrics`, or no in-flight slot was free). */
export const FLAG_UNTRACED = 64;
/** The tick's spans were made by another tracer, whose ids the frame carries. */
export const FLAG_FOREIGN = 128;
/** Spans of OpenTelemetry's API belong to the tick, or things were added to its own through it. */
export const FLAG_API_SPANS = 256;
export const LOOP_SHIFT = 12;
export const DROPPED_SHIFT = 20;
export const DROPPED_MAX = 0xff;
export const OUTCOME_SHIFT = 16;

export const KIND_STAGE = 1;
export const KIND_WAIT = 2;
export const KIND_REQUEST = 3;
export const KIND_OPERATION = 4;
export const KIND_QUERY = 5;
export const KIND_GUARD = 16;
export const KIND_ATTRIBUTE = 17;
/** Text of up to `TEXT_MAX` UTF-16 units: this record, then its units in following slots, 12 a slot. */
export const KIND_TEXT = 18;
/** As KIND_TEXT: the message of what the target span failed with. */
export const KIND_ERROR = 19;
/** As KIND_TEXT: `traceid-spanid-flags` of a remote parent. */
export const KIND_PARENT = 20;
/** As KIND_TEXT: `traceid-spanid-flags-parentspanid-threshold` of a foreign tick; the last two may be empty. */
export const KIND_IDENTITY = 21;
/** The id of a foreign tick's span: its upper 32 bits as the number, its lower ones as the string id. */
export const KIND_SPAN_ID = 22;
/** After KIND_PARENT: the parent's tracestate, ASCII, `ASCII_PER_SLOT` characters in each of the following slots. */
export const KIND_TRACE_STATE = 23;
/** In place of a foreign tick's span that travels by itself: it had not ended when its tick did. */
export const KIND_MOVED = 24;
/** Kinds below this are spans. */
export const FIRST_DETAIL_KIND = 16;
export const KIND_SHIFT = 16;
export const RECORD_FLAGS_SHIFT = 24;
export const RECORD_FAILED = 1;

export const VALUE_NUMBER = 0;
export const VALUE_BOOLEAN = 1;
export const VALUE_STRING = 2;

export const TEXT_MAX = 240;
/** Units a slot: three a double, two in its lower and one in its upper word. */
export const TEXT_UNITS_PER_SLOT = 12;
/** Eight a double: four of eight bits in its lower word, four of seven in its upper one. */
export const ASCII_PER_SLOT = 32;

/* ── in-flight and spill slots: a frame under construction, or its header only ─────────────────────── */
/** A frame's largest size: header and records. */
export const FRAME_MAX_SLOTS = 64;
export const IN_FLIGHT_SLOT_DOUBLES = FRAME_MAX_SLOTS * SLOT_DOUBLES;
export const SPILL_SLOT_DOUBLES = FRAME_HEADER_DOUBLES;
/** Requests take span indexes from here, so that they never collide with stages. */
export const FIRST_REQUEST_INDEX = 0x1000;
/** And those that start after their tick has ended from here. */
export const FIRST_LATE_INDEX = 0x8000;

/* ── definitions: entries of 16 bytes plus text ────────────────────────────────────────────────────────
 *
 *     word 0  kind   word 1  a   word 2  b   word 3  UTF-16 units of text, then the text, padded to 8 bytes
 */
export const D_NAME = 1;
/** a: index of the first cell, b: series type; text: metric \0 label \0 value … */
export const D_SERIES = 2;
/** a: loop id; text: name \0 deadline in milliseconds or empty \0 stage \0 … */
export const D_LOOP = 3;
export const D_ENTRY_BYTES = 16;

export const SERIES_TYPES = ['counter', 'gauge', 'compute', 'network', 'fill', 'compute_coarse'] as const;

/** A histogram's block: sum, maximum, then its cells. */
export const HISTOGRAM_SUM = 0;
export const HISTOGRAM_MAX = 1;
export const HISTOGRAM_CELLS = 2;

export const MODES = ['off', 'metrics', 'sampled', 'full'] as const;
export const MODE_OFF = 0;
export const MODE_METRICS = 1;
export const MODE_SAMPLED = 2;
export const MODE_FULL = 3;

export type OverflowStrategy = 'drop' | 'overwrite';

/* ── span ring: a control block, then frames of whole Int32 words, one span each ───────────────────────
 *
 *     byte 0     writer:  published, the reader's position as last seen   (Int32; positions in words,
 *                         wrapping at 2^32)
 *     16         writer:  spans written                                    (Float64)
 *     128        reader:  read position                                    (Int32)
 *     136        reader:  spans taken                                      (Float64)
 *     256        words
 *
 * Only `drop`: a span that finds less room than the largest frame takes is refused and counted. A frame never
 * wraps: what is left before the ring's end is filled by one that says so. So spans are encoded where they are
 * read, and nothing is copied.
 *
 *     word 0     words of the frame (24) | type (8)
 *     word 1     what follows, and in what form: see `S_…`
 *     word 2     scope (16) | name (16), ids of span texts; name 0: written out
 *     words      anchor, tick, ids, times, then what word 1 announces, in the order of its bits
 */
export const SPAN_RING_CONTROL_BYTES = 256;
/** Int32 offsets from the start of the control block. */
export const S_PUBLISHED = 0;
export const S_READ_SEEN = 1;
export const S_READ = 32;
/** Float64 offsets from the start of the control block. */
export const S_SPANS_WRITTEN = 2;
export const S_SPANS_TAKEN = 17;
/** A frame's largest size; what does not fit is left out and counted. */
export const SPAN_FRAME_MAX_WORDS = 16_384;

export const SPAN_FRAME_TYPE_SHIFT = 24;
export const SPAN_FRAME_PAD = 0;
export const SPAN_FRAME_SPAN = 1;
/** Events, links and attributes for a span of a tick. */
export const SPAN_FRAME_SUPPLEMENT = 2;

/** Word 1: W3C trace flags in the lowest 8 bits, then: */
export const S_KIND_SHIFT = 8;
export const S_STATUS_SHIFT = 11;
export const S_TRACE_SHIFT = 13;
export const S_SPAN_SHIFT = 15;
export const S_PARENT_SHIFT = 16;
export const S_START_ABSOLUTE = 1 << 18;
export const S_END_ABSOLUTE = 1 << 19;
/** The span belongs to a tick, and is decided with it. */
export const S_IN_TICK = 1 << 20;
/** That tick had ended before the span did. */
export const S_AFTER_TICK = 1 << 21;
export const S_HAS_THRESHOLD = 1 << 22;
export const S_HAS_TRACE_STATE = 1 << 23;
export const S_HAS_STATUS_MESSAGE = 1 << 24;
export const S_HAS_ATTRIBUTES = 1 << 25;
export const S_HAS_LINKS = 1 << 26;
export const S_HAS_EVENTS = 1 << 27;
export const S_HAS_DROPPED = 1 << 28;

/** How a trace id is written: not at all (of the span's own sequence, or of its tick), as a sequence, as 128 bits. */
export const TRACE_OWN = 0;
export const TRACE_OF_SEQUENCE = 1;
export const TRACE_EXPLICIT = 2;
/** A span id: as a sequence of its own (index 0), or as 64 bits. */
export const SPAN_OF_SEQUENCE = 0;
export const SPAN_EXPLICIT = 1;
/** A parent: none, a sequence and a span index, 64 bits, 64 bits of a remote span. */
export const PARENT_NONE = 0;
export const PARENT_OF_SEQUENCE = 1;
export const PARENT_EXPLICIT = 2;
export const PARENT_REMOTE = 3;

/** A value's tag: the lowest 4 bits of its first word; the others are a length, a count or an id. */
export const SPAN_VALUE_SHIFT = 4;
export const SPAN_VALUE_NULL = 0;
export const SPAN_VALUE_FALSE = 1;
export const SPAN_VALUE_TRUE = 2;
export const SPAN_VALUE_INT = 3;
export const SPAN_VALUE_DOUBLE = 4;
/** Four units a word. */
export const SPAN_VALUE_LATIN1 = 5;
/** Two units a word. */
export const SPAN_VALUE_UTF16 = 6;
export const SPAN_VALUE_BYTES = 7;
export const SPAN_VALUE_ARRAY = 8;
export const SPAN_VALUE_MAP = 9;
/** An id of the span texts. */
export const SPAN_VALUE_TEXT_ID = 10;
