import { describe, expect, it } from 'vitest';
import type { StuckTickJson } from '../protocol.js';
import { decideHealth, type HealthInputs } from './health.js';

const QUIET: HealthInputs = {
  mode: 'sampled',
  stuck: [],
  openTicks: 0,
  lastTickAgeMillis: 10,
  uptimeMillis: 60_000,
  recentlyDropped: { ring_full: 0 },
  drainGapMillis: 20,
  lastExportFailure: null,
};
const STUCK: StuckTickJson = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  symbol: 'BTC-USD',
  loop: null,
  stage: 'emit',
  ageMillis: 1234,
  deadlineMillis: 200,
};

describe('health', () => {
  it('is healthy when ticks come and nothing is lost', () => {
    expect(decideHealth(QUIET)).toMatchObject({ status: 'healthy', reasons: [] });
  });

  it('is healthy in an idle market, however long, unless told what stopped means', () => {
    const idle = { ...QUIET, lastTickAgeMillis: 3_600_000 };
    expect(decideHealth(idle).status).toBe('healthy');
    expect(decideHealth({ ...idle, stoppedAfterMillis: 60_000 })).toMatchObject({
      status: 'unhealthy',
      reasons: ['no tick for 3600 s, limit 60 s'],
    });
  });

  it('counts the time since the start before the first tick, and no time when recording is off', () => {
    const never = { ...QUIET, lastTickAgeMillis: null, stoppedAfterMillis: 30_000 };
    expect(decideHealth(never).status).toBe('unhealthy');
    expect(decideHealth({ ...never, uptimeMillis: 10_000 }).status).toBe('healthy');
    expect(decideHealth({ ...never, mode: 'off' }).status).toBe('healthy');
  });

  it('is unhealthy with a stuck tick, and names it', () => {
    expect(decideHealth({ ...QUIET, stuck: [STUCK] })).toMatchObject({
      status: 'unhealthy',
      reasons: [
        'tick BTC-USD stuck in stage emit for 1.23 s (deadline 200 ms, trace 0af7651916cd43dd8448eb211c80319c)',
      ],
    });
  });

  it('is only degraded by trouble of the telemetry', () => {
    const trouble = { ...QUIET, recentlyDropped: { ring_full: 12, export_failed: 0 }, drainGapMillis: 2500 };
    expect(decideHealth(trouble)).toMatchObject({
      status: 'degraded',
      reasons: ['12 spans dropped in the last minute: ring_full', 'the pipeline did not drain for 2.50 s'],
    });
  });

  it('tells why an export last failed, long after that is trouble', () => {
    const lastExportFailure = { ageMillis: 3_600_000, message: 'connect ECONNREFUSED 127.0.0.1:4318' };
    expect(decideHealth({ ...QUIET, lastExportFailure })).toMatchObject({
      status: 'healthy',
      lastExportFailure,
    });
  });
});
