// The bot with Tickscope: the one line that takes the place of the stock SDK's set-up in `main-stock.ts`.
import { register } from '@tickscope/sdk';
import { runBot } from './bot.js';

register();

await runBot(Number(process.argv[2] ?? 10));
