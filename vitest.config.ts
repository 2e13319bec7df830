import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'test/support/src/**/*.test.ts',
      'test/{e2e,stress,faults}/**/*.test.ts',
      'test/consumer/{default,packed}.test.ts',
      'test/bench/lib/*.test.mjs',
    ],
    // Whole-process tests measure and provoke: two at a time on two cores would test the scheduler instead.
    fileParallelism: false,
    // `.ci/run` counts from the file.
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.cache/test-results.json' }]]
      : ['default'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
