import { runBot, startExchange } from '../lib/bot.mjs';
import { figure, table, withInterval } from '../lib/document.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { shuffled, summarize } from '../lib/statistics.mjs';

const FIGURES = [
  ['p50', ({ p50 }) => p50],
  ['p95', ({ p95 }) => p95],
  ['p99', ({ p99 }) => p99],
  ['processor time per tick, all threads', ({ cpuMillisPerTick }) => cpuMillisPerTick],
];

export const suite = {
  title: 'The example bot with and without Tickscope',
  explanation: [
    'The market maker of `examples/market-maker`, as it stands and without its instrumentation, against the same',
    'simulated exchange and market, in pairs whose order is shuffled; spans go to a receiver in another process.',
    "Milliseconds of the bot's own tick by its own clock, from the arrival of the market data to the end of the tick,",
    "the exchange's nearly constant latency of 8 ms included, the first two seconds left out. The difference is that",
    'of the pairs, in percent of the bare bot.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const receiver = await startReceiver();
    const pairs = quick ? 1 : 10;
    const reports = Object.fromEntries(nodes.map(({ version }) => [version, { bare: [], instrumented: [] }]));
    try {
      for (let pair = 0; pair < pairs; pair++) {
        for (const node of shuffled(nodes, random)) {
          for (const variant of shuffled(['bare', 'instrumented'], random)) {
            progress(`pair ${pair + 1}/${pairs}: ${variant} @ ${node.version}`);
            // A fresh exchange with the pair's seed: both bots of a pair meet the same market and latencies.
            const exchange = await startExchange(1_000 + pair);
            try {
              const report = await runBot({
                node: node.path,
                variant,
                address: exchange.address,
                seconds: quick ? 5 : 7,
                environment: {
                  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
                  OTEL_EXPORTER_PROMETHEUS_PORT: '0',
                },
              });
              reports[node.version][variant].push(report);
            } finally {
              await exchange.stop();
            }
          }
        }
      }
    } finally {
      await receiver.stop();
    }
    return { nodes, reports };
  },

  tables({ nodes, reports }) {
    return nodes.map((node) => {
      const { bare, instrumented } = reports[node.version];
      const rows = FIGURES.map(([label, pick]) => [
        label,
        figure(summarize(bare.map(pick)).median),
        figure(summarize(instrumented.map(pick)).median),
        withInterval(differencePercent(reports[node.version], pick), '%'),
      ]);
      const ticks = bare.reduce((sum, report) => sum + report.ticks, 0);
      const header = [
        `${bare.length} pairs, ${ticks} bare ticks`,
        'bare, ms',
        'with Tickscope, ms',
        'difference',
      ];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, reports }) {
    return nodes.flatMap((node) =>
      FIGURES.slice(0, 2).map(([label, pick]) => {
        const difference = differencePercent(reports[node.version], pick);
        return {
          target: `example bot, ${label} of its own tick: difference under 1 %`,
          node: node.version,
          figure: withInterval(difference, '%'),
          met: Math.abs(difference.median) < 1,
          headline: true,
        };
      }),
    );
  },
};

function differencePercent({ bare, instrumented }, pick) {
  return summarize(bare.map((report, pair) => (pick(instrumented[pair]) / pick(report) - 1) * 100));
}
