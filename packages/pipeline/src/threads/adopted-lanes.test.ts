import { DEFAULT_RECORDER_OPTIONS, Recorder, RegionReader } from '@tickscope/core/internal';
import { beforeEach, describe, expect, test } from 'vitest';
import { RetiredLanes } from '../retired-lanes.js';
import type { FromWorker } from '../worker-messages.js';
import { AdoptedLanes } from './adopted-lanes.js';
import type { Join } from './channel.js';
import {
  createLaneWords,
  LANE_CLOSED,
  LANE_ENDED,
  LANE_FLUSH_DONE,
  LANE_FLUSH_REQUESTED,
  LANE_OWN,
  LANE_STATE,
  laneWords,
  loadAddress,
} from './lane-words.js';

const PIPELINE = 7;
let told: FromWorker[];
let readers: RegionReader[];
let ending: RegionReader[];

beforeEach(() => {
  told = [];
  readers = [];
  ending = [];
});

function lanes(): AdoptedLanes {
  const host = {
    addRegion(region: SharedArrayBuffer) {
      const reader = new RegionReader(region);
      readers.push(reader);
      return reader;
    },
    endRegion: (reader: RegionReader) => void ending.push(reader),
    retiredTotals: new RetiredLanes().totals,
  };
  return new AdoptedLanes(
    host,
    PIPELINE,
    { 'prometheus.port': '9464' },
    (message) => void told.push(message),
  );
}

function join(options: Partial<Join> = {}): Join {
  const { region } = new Recorder({ ...DEFAULT_RECORDER_OPTIONS, key: Uint32Array.of(1, 2, 3, 4) });
  return {
    id: String(Math.random()),
    threadId: 1,
    pipelineId: undefined,
    region: region.buffer,
    words: createLaneWords().buffer as SharedArrayBuffer,
    wishes: {},
    ...options,
  };
}

const state = ({ words }: Join) => laneWords(words)[LANE_STATE];
const types = () => told.map(({ type }) => type);

describe('a lane that is offered', () => {
  test('is taken once, however often it is offered', () => {
    const adopted = lanes();
    const one = join();
    adopted.offer(one);
    adopted.offer(one);
    expect([readers.length, state(one)]).toEqual([1, PIPELINE]);
    expect(types()).toEqual(['joined']);
  });

  test('to another pipeline, taken by one, or by its own thread, is left alone', () => {
    const adopted = lanes();
    adopted.offer(join({ pipelineId: 8 }));
    for (const other of [8, LANE_OWN, LANE_CLOSED]) {
      const taken = join();
      laneWords(taken.words)[LANE_STATE] = other;
      adopted.offer(taken);
    }
    expect([readers, told]).toEqual([[], []]);
  });

  test('in a layout that this version does not know is closed with a warning', () => {
    const strange = join({ region: new SharedArrayBuffer(4_096) });
    lanes().offer(strange);
    expect(state(strange)).toBe(LANE_CLOSED);
    expect(types()).toEqual(['joined', 'left', 'warning']);
  });

  test('learns the address, whichever came first', () => {
    const adopted = lanes();
    const [early, late] = [join(), join()];
    adopted.offer(early);
    expect(loadAddress(laneWords(early.words))).toEqual({ known: false });
    adopted.listensAt('http://127.0.0.1:9464');
    adopted.offer(late);
    for (const { words } of [early, late]) {
      expect(loadAddress(laneWords(words))).toEqual({ known: true, address: 'http://127.0.0.1:9464' });
    }
  });

  test('with wishes that the pipeline does not fulfil is taken, and the settings are named, not their values', () => {
    lanes().offer(join({ wishes: { 'prometheus.port': '9999' } }));
    expect(types()).toEqual(['joined', 'warning']);
    expect(JSON.stringify(told[1])).toContain('prometheus.port: of thread 1');
    expect(JSON.stringify(told[1])).not.toContain('9999');
  });
});

describe('a lane that ends', () => {
  test('is given up once, closed when it is retired, and its totals are sent', () => {
    const adopted = lanes();
    const one = join();
    adopted.offer(one);
    laneWords(one.words)[LANE_ENDED] = 1;
    adopted.turn();
    adopted.turn();
    expect(ending).toEqual(readers);
    adopted.retired(readers[0]);
    expect(state(one)).toBe(LANE_CLOSED);
    expect(told.at(-1)).toMatchObject({ type: 'retired', ids: [one.id] });
  });

  test('with its thread is given up, whether the end is told before or after the offer', () => {
    const adopted = lanes();
    adopted.offer(join({ threadId: 5 }));
    adopted.threadEnded(5);
    adopted.threadEnded(6);
    adopted.offer(join({ threadId: 6 }));
    adopted.offer(join({ threadId: 4 }));
    adopted.turn();
    expect(ending).toEqual(readers.slice(0, 2));
  });

  test('while an owner is busy sends one message for all that end meanwhile', () => {
    const adopted = lanes();
    const joins = [join(), join(), join()];
    for (const one of joins) adopted.offer(one);
    for (const reader of readers) adopted.retired(reader);
    const sent = () => told.flatMap((message) => (message.type === 'retired' ? [message.ids] : []));
    expect(sent()).toEqual([[joins[0].id]]);
    adopted.saved();
    adopted.saved();
    expect(sent()).toEqual([[joins[0].id], [joins[1].id, joins[2].id]]);
  });
});

test('a worker that replaces another reads every lane that is its own, ended ones too', () => {
  const [running, ended, offered, others] = [join(), join(), join(), join()];
  laneWords(running.words)[LANE_STATE] = PIPELINE;
  laneWords(ended.words)[LANE_STATE] = LANE_CLOSED;
  laneWords(ended.words)[LANE_ENDED] = 1;
  laneWords(others.words)[LANE_STATE] = 8;
  const adopted = lanes();
  adopted.resume([running, ended, offered, others]);
  adopted.turn();
  expect(readers).toHaveLength(3);
  expect(ending).toEqual([readers[1]]);
  expect(told).toEqual([{ type: 'left', id: others.id }]);
  expect(state(offered)).toBe(PIPELINE);
});

test('flush requests are answered as they were when they were read', () => {
  const adopted = lanes();
  const one = join();
  adopted.offer(one);
  expect(adopted.flushRequests()).toBeUndefined();
  const words = laneWords(one.words);
  words[LANE_FLUSH_REQUESTED] = 2;
  const answer = adopted.flushRequests();
  words[LANE_FLUSH_REQUESTED] = 3;
  answer?.();
  expect(words[LANE_FLUSH_DONE]).toBe(2);
  expect(adopted.flushRequests()).toBeDefined();
});
