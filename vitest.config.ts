import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'test/{e2e,stress,faults}/**/*.test.ts',
    ],
    // Whole-process tests measure and provoke: two at a time on two cores would test the scheduler instead.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
