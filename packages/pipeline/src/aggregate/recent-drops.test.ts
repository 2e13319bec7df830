import { expect, it } from 'vitest';
import { RecentDrops } from './recent-drops.js';

it('tells the losses of about the last minute by reason', () => {
  const drops = new RecentDrops();
  expect(drops.update({ ring_full: 5 }, 0)).toEqual({ ring_full: 0 });
  expect(drops.update({ ring_full: 9, export_failed: 1 }, 30_000)).toEqual({
    ring_full: 4,
    export_failed: 1,
  });
  expect(drops.update({ ring_full: 9, export_failed: 1 }, 60_000)).toEqual({
    ring_full: 4,
    export_failed: 1,
  });
  expect(drops.update({ ring_full: 9, export_failed: 1 }, 90_000)).toEqual({
    ring_full: 0,
    export_failed: 0,
  });
});
