import { run } from './run.js';
import { createQuoting } from './tick.js';

await run(createQuoting);
