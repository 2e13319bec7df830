import { expect, test } from 'vitest';
import { KeptIds } from './kept-ids.js';

test('a late span finds the reasons of its tick, by lane and sequence', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 7, { keptBy: ['deadline_miss'], threshold: 0 });
  ids.remember(1, 7, { keptBy: ['ratio'], threshold: 0 });
  expect(ids.decisionOf(0, 7)?.keptBy).toEqual(['deadline_miss']);
  expect(ids.decisionOf(1, 7)?.keptBy).toEqual(['ratio']);
  expect(ids.decisionOf(0, 8)?.keptBy).toBeUndefined();
});

test('a tick that the budget refused is told from one that is unknown', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 1, { keptBy: [], threshold: 0 });
  expect(ids.decisionOf(0, 1)?.keptBy).toEqual([]);
});

test('the oldest are forgotten, remembering again makes one the newest', () => {
  const ids = new KeptIds(2);
  ids.remember(0, 1, { keptBy: ['ratio'], threshold: 0 });
  ids.remember(0, 2, { keptBy: ['ratio'], threshold: 0 });
  ids.remember(0, 1, { keptBy: ['failure'], threshold: 0 });
  ids.remember(0, 3, { keptBy: ['ratio'], threshold: 0 });
  expect(ids.size).toBe(2);
  expect(ids.decisionOf(0, 2)?.keptBy).toBeUndefined();
  expect(ids.decisionOf(0, 1)?.keptBy).toEqual(['failure']);
  expect(ids.decisionOf(0, 3)?.keptBy).toEqual(['ratio']);
});
