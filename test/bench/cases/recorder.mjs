import { randomFillSync } from 'node:crypto';
import { createStyles } from './tickscope-styles.mjs';
import { GUARD_REASON, STAGES } from './workload.mjs';

/** Int32 indexes of the shared region's layout (packages/core/src/memory/layout.ts). */
const H_PRIORITY_AT = 11;
const H_RING_AT = 13;
const R_PUBLISHED = 1;
const R_READ = 32;

/** The recorder by itself, without the pipeline: for work on the hot path. After each burst the rings are declared read. */
export async function create({
  style,
  mode = 'sampled',
  overflow = 'drop',
  core = '../../../packages/core/dist/bundle',
}) {
  const { DEFAULT_RECORDER_OPTIONS, Recorder, ScopeRecorder } = await import(`${core}/internal.js`);
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    mode,
    overflow,
    key: randomFillSync(new Uint32Array(4)),
  });
  const control = { address: Promise.resolve(undefined), async flush() {}, async shutdown() {} };
  const scope = new ScopeRecorder(
    recorder,
    { stages: STAGES, guardReasons: [GUARD_REASON], deadlineMs: 200 },
    control,
  );
  const { i32 } = recorder.region;
  const rings = [i32[H_PRIORITY_AT] / 4, i32[H_RING_AT] / 4];
  const afterBurst = () => {
    for (const ring of rings) Atomics.store(i32, ring + R_READ, Atomics.load(i32, ring + R_PUBLISHED));
  };
  return { tick: createStyles(scope)[style], scope, afterBurst };
}
