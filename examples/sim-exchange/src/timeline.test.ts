import { expect, test } from 'vitest';
import { Timeline } from './timeline.js';

test('what is due runs in the order of its time, and ties in the order of scheduling', () => {
  const timeline = new Timeline();
  const ran: string[] = [];
  timeline.schedule(20, () => ran.push('c'));
  timeline.schedule(10, () => {
    ran.push('a');
    timeline.schedule(timeline.nowMillis + 5, () => ran.push(`b at ${timeline.nowMillis}`));
  });
  timeline.schedule(20, () => ran.push('d'));
  timeline.schedule(31, () => ran.push('never'));
  timeline.runUntil(30);
  expect(ran).toEqual(['a', 'b at 15', 'c', 'd']);
});

test('time stands still while paused', () => {
  const timeline = new Timeline();
  expect(timeline.nowMillis).toBe(0);
  timeline.resume();
  timeline.pause();
  const paused = timeline.nowMillis;
  const until = performance.now() + 5;
  while (performance.now() < until);
  expect(timeline.nowMillis).toBe(paused);
});
