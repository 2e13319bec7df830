/** The worker's side of lanes: takes those that threads offer, and gives them up when their threads have ended. */
import type { RegionReader } from '@tickscope/core/internal';
import type { RetiredTotals } from '../retired-lanes.js';
import type { FromWorker } from '../worker-messages.js';
import type { Join } from './channel.js';
import {
  closeLane,
  LANE_ENDED,
  LANE_FLUSH_DONE,
  LANE_FLUSH_REQUESTED,
  LANE_PENDING,
  LANE_STATE,
  laneWords,
  storeAddress,
} from './lane-words.js';

/** What the lanes ask of the pipeline. */
export interface LaneHost {
  addRegion(region: SharedArrayBuffer, threadId: number): RegionReader;
  endRegion(reader: RegionReader): void;
  readonly retiredTotals: RetiredTotals;
}

interface AdoptedLane {
  readonly join: Join;
  readonly words: Int32Array;
  readonly reader: RegionReader;
  isEnding: boolean;
}

/** Threads whose end was told before their lane came: a thread's number is never used again. */
const REMEMBERED_ENDS = 1_024;

export class AdoptedLanes {
  readonly #host: LaneHost;
  readonly #pipelineId: number;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #tell: (message: FromWorker) => void;
  readonly #lanes = new Map<RegionReader, AdoptedLane>();
  readonly #endedThreads = new Set<number>();
  #address: { readonly value: string | undefined } | undefined;
  /** Lanes in totals that the owning thread does not have yet. */
  #unsaved: string[] = [];
  #isSaving = false;

  /** @param settings what the owner asked of the pipeline, and every default; by setting. */
  constructor(
    host: LaneHost,
    pipelineId: number,
    settings: Readonly<Record<string, string>>,
    tell: (message: FromWorker) => void,
  ) {
    this.#host = host;
    this.#pipelineId = pipelineId;
    this.#settings = settings;
    this.#tell = tell;
  }

  /** A thread offers its lane, perhaps not for the first time. */
  offer(join: Join): void {
    if (join.pipelineId !== undefined && join.pipelineId !== this.#pipelineId) return;
    const words = laneWords(join.words);
    if (Atomics.load(words, LANE_STATE) !== LANE_PENDING) return;
    // First, so that a worker that dies in between leaves nobody behind.
    this.#tell({ type: 'joined', join });
    if (!this.#claim(words)) return this.#tell({ type: 'left', id: join.id });
    if (this.#read(join, words)) this.#reportDifferences(join);
  }

  /** Lanes of the worker that this one replaces, whatever state it left them in. */
  resume(joins: readonly Join[]): void {
    for (const join of joins) {
      const words = laneWords(join.words);
      const state = Atomics.load(words, LANE_STATE);
      const isOthers = state > 0 && state !== this.#pipelineId;
      if (isOthers || (state === LANE_PENDING && !this.#claim(words))) {
        this.#tell({ type: 'left', id: join.id });
      } else {
        this.#read(join, words);
      }
    }
  }

  threadEnded(threadId: number): void {
    this.#endedThreads.add(threadId);
    if (this.#endedThreads.size > REMEMBERED_ENDS) {
      for (const oldest of this.#endedThreads) {
        this.#endedThreads.delete(oldest);
        break;
      }
    }
    for (const { join, words } of this.#lanes.values()) {
      if (join.threadId === threadId) Atomics.store(words, LANE_ENDED, 1);
    }
  }

  /** Looks whether threads have ended. */
  turn(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.isEnding || Atomics.load(lane.words, LANE_ENDED) === 0) continue;
      lane.isEnding = true;
      this.#host.endRegion(lane.reader);
    }
  }

  /** Everything of the lane is in the totals. */
  retired(reader: RegionReader): void {
    const lane = this.#lanes.get(reader);
    if (lane === undefined) return;
    this.#lanes.delete(reader);
    closeLane(lane.words);
    Atomics.notify(lane.words, LANE_FLUSH_DONE);
    this.#unsaved.push(lane.join.id);
    this.#save();
  }

  /** The owning thread has the totals that it was last sent. One message at a time: it may be busy. */
  saved(): void {
    this.#isSaving = false;
    this.#save();
  }

  listensAt(address: string | undefined): void {
    this.#address = { value: address };
    for (const { words } of this.#lanes.values()) storeAddress(words, address);
  }

  /** @returns undefined when no lane waits for a flush; else what is to be called after one. */
  flushRequests(): (() => void) | undefined {
    const requests = [...this.#lanes.values()]
      .map(({ words }) => ({ words, request: Atomics.load(words, LANE_FLUSH_REQUESTED) }))
      .filter(({ words, request }) => request !== Atomics.load(words, LANE_FLUSH_DONE));
    if (requests.length === 0) return undefined;
    return () => {
      for (const { words, request } of requests) {
        Atomics.store(words, LANE_FLUSH_DONE, request);
        Atomics.notify(words, LANE_FLUSH_DONE);
      }
    };
  }

  /** The pipeline stops for good. */
  close(): void {
    for (const { words } of this.#lanes.values()) closeLane(words);
  }

  #claim(words: Int32Array): boolean {
    const before = Atomics.compareExchange(words, LANE_STATE, LANE_PENDING, this.#pipelineId);
    Atomics.notify(words, LANE_STATE);
    return before === LANE_PENDING;
  }

  #read(join: Join, words: Int32Array): boolean {
    try {
      const reader = this.#host.addRegion(join.region, join.threadId);
      this.#lanes.set(reader, { join, words, reader, isEnding: false });
    } catch (error) {
      closeLane(words);
      this.#tell({ type: 'left', id: join.id });
      this.#tell({ type: 'warning', message: `thread ${join.threadId} is not recorded: ${String(error)}` });
      return false;
    }
    if (this.#address !== undefined) storeAddress(words, this.#address.value);
    if (this.#endedThreads.has(join.threadId)) Atomics.store(words, LANE_ENDED, 1);
    return true;
  }

  #save(): void {
    if (this.#isSaving || this.#unsaved.length === 0) return;
    this.#isSaving = true;
    this.#tell({ type: 'retired', ids: this.#unsaved, totals: this.#host.retiredTotals });
    this.#unsaved = [];
  }

  /** Names only: there may be secrets among the values. */
  #reportDifferences({ threadId, wishes }: Join): void {
    const different = Object.keys(wishes).filter((path) => wishes[path] !== this.#settings[path]);
    if (different.length === 0) return;
    this.#tell({
      type: 'warning',
      message: `${different.join(', ')}: of thread ${threadId} not in effect; the process has one pipeline, and the thread that started it has set it otherwise`,
    });
  }
}
