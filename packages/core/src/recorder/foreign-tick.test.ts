import { expect, it } from 'vitest';
import { RegionReader } from '../reading/region-reader.js';
import { type ForeignRoot, ForeignTick } from './foreign-tick.js';
import { DEFAULT_RECORDER_OPTIONS, Recorder } from './recorder.js';
import { ScopeRecorder } from './scope-recorder.js';

const ROOT: ForeignRoot = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: 'ffffffffffffffff',
  traceFlags: 1,
  parentSpanId: undefined,
  threshold: undefined,
  symbol: undefined,
  startedAt: undefined,
  deadlineMs: undefined,
};

function setUp() {
  const recorder = new Recorder({ ...DEFAULT_RECORDER_OPTIONS, key: Uint32Array.of(1, 2, 3, 4) });
  const control = {
    address: Promise.resolve(undefined),
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const loop = new ScopeRecorder(recorder, { stages: ['spread'] }, control);
  const reader = new RegionReader(recorder.region.buffer);
  const sampling = { threshold: 0 };
  const next = () => {
    const view = reader.nextFrame();
    reader.definitions.refresh();
    if (view === undefined) throw new Error('no frame');
    return { facts: reader.decoder.facts(view, sampling), tick: reader.decoder.tick(view, sampling, 0n) };
  };
  return { loop, reader, next };
}

it.each(['ffffffffffffffff', '0000000000000001', '8000000080000000', '00f067aa0ba902b7'])(
  'a foreign tick keeps the span id %s',
  (id) => {
    const { loop, next } = setUp();
    const foreign = new ForeignTick(loop, { ...ROOT, spanId: id });
    const stage = foreign.startStage('spread', id, 0, 1);
    if (stage !== undefined) foreign.endStage(stage, 1, 2, undefined);
    foreign.end(undefined);
    const { tick } = next();
    expect([tick.spanId(0), tick.spanId(tick.spans[0].index)]).toEqual([id, id]);
    expect(tick.spans).toMatchObject([{ name: 'spread', startMillis: 1, endMillis: 2 }]);
  },
);

it.each<
  [Partial<ForeignRoot>, sampled: boolean, threshold: number | undefined, traceState: string | undefined]
>([
  [{ traceFlags: 1 }, true, undefined, undefined],
  [{ traceFlags: 0 }, false, undefined, undefined],
  [{ traceFlags: 3, threshold: 'c' }, true, 0xc000_0000, undefined],
  [{ threshold: '00000000000001' }, true, 0, undefined],
  [{ threshold: '8', parentSpanId: '00f067aa0ba902b7' }, true, 0x8000_0000, 'ot=th:8'],
])("the other tracer's decision %j is taken over", (part, sampled, threshold, traceState) => {
  const { loop, next } = setUp();
  new ForeignTick(loop, { ...ROOT, ...part }).end(undefined);
  const { facts, tick } = next();
  expect([facts.sampledByRatio, tick.sampledByRatio, tick.samplingThreshold]).toEqual([
    sampled,
    sampled,
    threshold,
  ]);
  expect(tick.remoteParent?.traceState).toBe(traceState);
});

it('a frame that is full takes no more stages, says so, and keeps room for its end', () => {
  const { loop, next, reader } = setUp();
  const foreign = new ForeignTick(loop, ROOT);
  const ids = Array.from({ length: 60 }, (_, index) => (index + 1).toString(16).padStart(16, '0'));
  const placed: string[] = [];
  for (const id of ids) {
    const stage = foreign.startStage('spread', id, 0, 1);
    if (stage === undefined) continue;
    if (stage.offset >= 0) placed.push(id);
    foreign.endStage(stage, 1, 2, undefined);
  }
  foreign.fail('no order');
  const { tick } = next();
  expect([tick.traceId, tick.error, tick.droppedRecords]).toEqual([ROOT.traceId, 'no order', 0]);
  expect(reader.tally('spans_tick_limit')).toBe(0);
  expect(tick.spans.map((span) => tick.spanId(span.index))).toEqual(placed);
  expect(placed.length).toBeGreaterThan(20);
});

it('stages that have not ended leave the frame, their ids stay for their children', () => {
  const { loop, next } = setUp();
  const foreign = new ForeignTick(loop, ROOT);
  const outer = foreign.startStage('guards', '00f067aa0ba902b7', 0, 1);
  const inner = foreign.startStage('spread', '00f067aa0ba902b8', outer?.index ?? -1, 2);
  if (outer === undefined || inner === undefined) throw new Error('no room');
  foreign.endStage(inner, 2, 3, undefined);
  foreign.moveOpenStages([outer, inner]);
  foreign.end(undefined);
  const { facts, tick } = next();
  expect(facts.spanCount).toBe(2);
  expect(tick.spans.map(({ name }) => name)).toEqual(['spread']);
  expect(tick.spanId(tick.spans[0].parentIndex)).toBe('00f067aa0ba902b7');
});

it('an end of its own is when it ends, but not before its start', () => {
  const { loop, next } = setUp();
  const first = new ForeignTick(loop, ROOT);
  const start = first.startMillis;
  first.end('stale', start + 5_000);
  const { tick } = next();
  expect(tick.endMillis - tick.startMillis).toBeCloseTo(5_000, 6);
  expect(tick.outcome).toBe('stale');
  new ForeignTick(loop, ROOT).fail('x', 0);
  const { tick: failed } = next();
  expect([failed.endMillis - failed.startMillis, failed.outcome]).toEqual([0, 'failed']);
  expect(first.startMillis).toBeNaN();
});

it('an open foreign tick is seen with its own ids', () => {
  const { loop, reader } = setUp();
  const foreign = new ForeignTick(loop, ROOT);
  foreign.startStage('spread', '00f067aa0ba902b7', 0, 1);
  reader.definitions.refresh();
  const open = [...reader.openFrames()].map((view) => reader.decoder.tick(view, { threshold: 0 }, 0n, 1e12));
  expect(open).toMatchObject([{ traceId: ROOT.traceId, unfinished: true, spans: [{ unfinished: true }] }]);
  expect(open[0].spanId(open[0].spans[0].index)).toBe('00f067aa0ba902b7');
  foreign.end(undefined);
});

it('nothing is done to a tick that has ended, nor to the one that has its handle now', () => {
  const { loop, next, reader } = setUp();
  const foreign = new ForeignTick(loop, ROOT);
  foreign.end(undefined);
  foreign.guardTrip('stale');
  foreign.fail('late');
  foreign.abandon();
  expect(foreign.startStage('spread', '00f067aa0ba902b7', 0, 1)).toBeUndefined();
  expect(next().tick).toMatchObject({ outcome: 'ok', guardReasons: [] });
  expect([reader.nextFrame(), reader.tally('use_after_end')]).toEqual([undefined, 0]);
});
