import { expect, test } from 'vitest';
import { rejectionIn } from './partial-success.js';

test.each<[response: unknown, rejected: ReturnType<typeof rejectionIn>]>([
  [{ partialSuccess: { rejectedSpans: '3', errorMessage: 'too old' } }, { spans: 3, message: 'too old' }],
  [{ partialSuccess: { rejectedSpans: 3 } }, { spans: 3, message: '' }],
  [{ partialSuccess: { rejectedSpans: '0', errorMessage: 'deprecated field' } }, undefined],
  [{ partialSuccess: {} }, undefined],
  [{ partialSuccess: null }, undefined],
  [{ partialSuccess: { rejectedSpans: 'many', errorMessage: 7 } }, undefined],
  [{ partialSuccess: { rejectedSpans: -2 } }, undefined],
  [{ partialSuccess: { rejectedSpans: 2, errorMessage: 7 } }, { spans: 2, message: '' }],
  [{}, undefined],
  [null, undefined],
  ['ok', undefined],
])('in %j', (response, rejected) => {
  expect(rejectionIn(response)).toEqual(rejected);
});
