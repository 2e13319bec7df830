import { TickscopeError } from '@tickscope/core';
import { DEFAULT_RECORDER_OPTIONS, NoopScope, Recorder, ScopeRecorder } from '@tickscope/core/internal';
import { describe, expect, it } from 'vitest';
import { TickscopeSpanProcessor } from './span-processor.js';
import { checkedProcessorOptions } from './span-processor-options.js';

function refusal(options: unknown): string {
  try {
    checkedProcessorOptions(options);
  } catch (error) {
    expect(error).toBeInstanceOf(TickscopeError);
    expect((error as TickscopeError).code).toBe('TICKSCOPE_INVALID_CONFIG');
    return (error as TickscopeError).message;
  }
  throw new Error('nothing was refused');
}

describe('options of the span processor', () => {
  it('are taken as they are, and copied', () => {
    const attributes = ['venue'];
    const checked = checkedProcessorOptions({ stages: ['net', 'route'], attributes });
    attributes.push('later');
    expect(checked).toEqual({ stages: ['net', 'route'], attributes: ['venue'] });
    expect(checkedProcessorOptions({ stages: undefined })).toEqual({});
  });

  it('are refused with every problem at once', () => {
    expect(refusal({ stages: ['wait'], attributes: ['venue', 'venue'], stage: 'net' })).toBe(
      `Tickscope's configuration has 3 problems:
  TickscopeSpanProcessor stages: expected stages other than tick_total and wait, which are reserved, got "wait" (code)
  TickscopeSpanProcessor attributes: expected each attribute once, got "venue" twice (code)
  TickscopeSpanProcessor stage: expected a known key (nearest: stages), got "stage" (code)`,
    );
  });

  it.each<[options: unknown, problem: string]>([
    [null, 'options: expected an object, got null'],
    [['net'], 'options: expected an object, got an array of 1'],
    [{ stages: 'net' }, 'stages: expected an array of at most 64 stages, got "net"'],
    [{ attributes: 'venue' }, 'attributes: expected an array of at most 32 attribute names, got "venue"'],
    [
      { attributes: Array.from({ length: 33 }, (_, index) => `a${index}`) },
      'attributes: expected an array of at most 32 attribute names, got an array of 33',
    ],
    [{ attributes: [''] }, 'attributes: expected attribute names of 1 to 256 characters, got ""'],
    [{ attributes: [7] }, 'attributes: expected attribute names of 1 to 256 characters, got 7'],
  ])('%j are refused', (options, problem) => {
    expect(refusal(options)).toBe(
      `Tickscope's configuration has a problem:\n  TickscopeSpanProcessor ${problem} (code)`,
    );
  });

  it('are checked when the processor is made, unless its scope records nothing', () => {
    const recorder = new Recorder({ ...DEFAULT_RECORDER_OPTIONS, key: Uint32Array.of(1, 2, 3, 4) });
    const control = { address: Promise.resolve(undefined), flush: async () => {}, shutdown: async () => {} };
    const wrong = { stages: ['tick_total'] };
    expect(() => new TickscopeSpanProcessor(new ScopeRecorder(recorder, {}, control), wrong)).toThrow(
      'TickscopeSpanProcessor stages',
    );
    expect(() => new TickscopeSpanProcessor(new NoopScope(), wrong)).not.toThrow();
  });
});
