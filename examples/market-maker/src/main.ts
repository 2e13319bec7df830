import { run } from './run.js';
import { createQuoting } from './tick-instrumented.js';

await run(createQuoting);
