/**
 * What threads started after `register()` inherit of the pipeline: its id, a word that says whether it still
 * runs, and the counter of lanes. Small on purpose: every thread of the process gets it.
 */
import {
  getEnvironmentData,
  isMainThread,
  type Serializable,
  setEnvironmentData,
  threadId,
} from 'node:worker_threads';

const KEY = 'tickscope.pipeline.v1';
const IS_RUNNING = 0;
const LAST_LANE = 1;
/** Lanes are numbers of 16 bits. Those below this are counted in shared memory. */
const FIRST_UNCOUNTED_LANE = 32_768;

interface DirectoryData {
  readonly pipelineId: number;
  readonly words: SharedArrayBuffer;
}

/** The entry of a pipeline that this thread owns. */
export class PipelineEntry {
  readonly pipelineId: number;
  readonly #words: Int32Array;

  constructor(pipelineId: number) {
    this.pipelineId = pipelineId;
    const words = new SharedArrayBuffer(8);
    this.#words = new Int32Array(words);
    this.#words[IS_RUNNING] = 1;
    this.#words[LAST_LANE] = 1;
    const data: DirectoryData = { pipelineId, words };
    setEnvironmentData(KEY, data as unknown as Serializable);
  }

  remove(): void {
    Atomics.store(this.#words, IS_RUNNING, 0);
    setEnvironmentData(KEY, undefined as unknown as Serializable);
  }
}

/** How a thread comes to its pipeline, and the number of its lane there. */
export type Seat =
  /** It starts one. */
  | { readonly role: 'owner'; readonly lane: number }
  /** There is one, started by the thread's ancestors. */
  | { readonly role: 'joins'; readonly lane: number; readonly pipelineId: number; isGone(): boolean }
  /** There may be one that this thread inherited nothing of. */
  | { readonly role: 'asks'; readonly lane: number };

/**
 * A worker thread without an inherited entry was started before `register()` was called, or by a thread that
 * does not use Tickscope: its lane number follows from the thread's, which is unique too.
 */
export function takeSeat(): Seat {
  const data = getEnvironmentData(KEY) as unknown as DirectoryData | undefined;
  if (data !== undefined) {
    const words = new Int32Array(data.words);
    const isGone = () => Atomics.load(words, IS_RUNNING) === 0;
    if (!isGone()) {
      const lane = ((Atomics.add(words, LAST_LANE, 1) >>> 0) % (FIRST_UNCOUNTED_LANE - 1)) + 1;
      return { role: 'joins', lane, pipelineId: data.pipelineId, isGone };
    }
  }
  if (isMainThread) return { role: 'owner', lane: 1 };
  return { role: 'asks', lane: FIRST_UNCOUNTED_LANE + (threadId % FIRST_UNCOUNTED_LANE) };
}
