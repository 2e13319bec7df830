import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatCount,
  formatDuration,
  formatMicros,
  formatPercent,
  formatRate,
  formatRound,
} from './format.js';

describe('figures as text', () => {
  it.each([
    [null, '–'],
    [0, '0'],
    [0.00087, '870 ns'],
    [0.0009996, '1.00 µs'],
    [0.0124, '12.4 µs'],
    [0.9996, '1.00 ms'],
    [3.021, '3.02 ms'],
    [20, '20.0 ms'],
    [164.4, '164 ms'],
    [999.6, '1.00 s'],
    [61_000, '1 min 1 s'],
  ])('a duration of %s ms is %s', (millis, text) => {
    expect(formatDuration(millis)).toBe(text);
  });

  it('drops trailing zeros of round figures only', () => {
    expect([20, 2.5, 200, 1000, 0.01, 0].map(formatRound)).toEqual([
      '20 ms',
      '2.5 ms',
      '200 ms',
      '1 s',
      '10 µs',
      '0',
    ]);
  });

  it('gives microseconds, ages, counts, rates and shares', () => {
    expect([0.0079, 23.1547].map(formatMicros)).toEqual(['7.9 µs', '23,155 µs']);
    expect([7, 4210, 12_000, 185_000, 7_800_000, 97_200_000].map(formatAge)).toEqual([
      '7 ms',
      '4.2 s',
      '12 s',
      '3 min 5 s',
      '2 h 10 min',
      '1 d 3 h',
    ]);
    expect([0, 134_035, 12_345_678, 2.5e9].map(formatCount)).toEqual(['0', '134,035', '12.3 M', '2.50 G']);
    expect([null, 0, 0.25, 12.34, 1234.5].map(formatRate)).toEqual(['–', '0', '0.25', '12.3', '1,235']);
    expect([null, 0, 0.00001, 0.0151, 0.5].map(formatPercent)).toEqual([
      '–',
      '0 %',
      '< 0.01 %',
      '1.51 %',
      '50.0 %',
    ]);
  });
});
