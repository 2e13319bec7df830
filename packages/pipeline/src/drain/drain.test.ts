import { DEFAULT_RECORDER_OPTIONS, Recorder, RegionReader, ScopeRecorder } from '@tickscope/core/internal';
import { expect, test } from 'vitest';
import { Drain } from './drain.js';

test('a flush reads what was there before it, however fast a thread goes on writing', () => {
  const lanes = [1, 2].map(lane);
  let frames = 0;
  const drain = new Drain(() => {
    frames++;
    lanes[0].scope.begin().end();
  });
  for (const { reader } of lanes) drain.add(reader);
  for (const { scope } of lanes) for (let tick = 0; tick < 1_000; tick++) scope.begin().end();
  expect(drain.finish(60_000)).toBe(true);
  expect(frames).toBeGreaterThanOrEqual(2_000);
  expect(lanes[1].reader.spansTaken).toBe(1_000);
});

test('a lane that was removed is not read any more', () => {
  const { scope, reader } = lane(1);
  let frames = 0;
  const drain = new Drain(() => frames++);
  drain.add(reader);
  scope.begin().end();
  expect(drain.turn()).toBe(true);
  drain.remove(reader);
  scope.begin().end();
  expect(drain.turn()).toBe(true);
  expect(frames).toBe(1);
  expect(drain.readers).toEqual([]);
});

function lane(number: number): { scope: ScopeRecorder; reader: RegionReader } {
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    key: Uint32Array.of(1, 2, 3, 4),
    lane: number,
  });
  const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
  return {
    scope: new ScopeRecorder(recorder, {}, control),
    reader: new RegionReader(recorder.region.buffer),
  };
}
