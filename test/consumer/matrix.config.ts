import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The full matrix, which downloads and takes minutes: a step of its own in `.ci/run`, `pnpm run test:matrix` elsewhere. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/consumer/{full-matrix,auto-instrumentations}.test.ts'],
    fileParallelism: false,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.cache/matrix-results.json' }]]
      : ['default'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
