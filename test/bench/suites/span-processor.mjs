import { runChild } from '../lib/child.mjs';
import { figure, table, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { median, pairedRatio, summarize } from '../lib/statistics.mjs';

const PROCESSORS = [
  ['none', 'no span processor'],
  ['tickscope', 'TickscopeSpanProcessor'],
  ['json', 'BatchSpanProcessor, OTLP as JSON'],
  ['protobuf', 'BatchSpanProcessor, OTLP as protobuf'],
];
const WORKLOADS = [
  ['stages', 'a tick and its stages'],
  ['requests', 'requests with 4 attributes and an event'],
];

function cases(endpoint) {
  return WORKLOADS.flatMap(([spans, of]) =>
    PROCESSORS.map(([processor, label]) => ({
      key: `${spans} ${processor}`,
      label: `${label}: ${of}`,
      spans,
      processor,
      options: { processor, spans, endpoint },
    })),
  );
}

export const suite = {
  title: 'A span processor in the stock SDK, serialisation included',
  explanation: [
    "The kernel's account of the trading thread, per span, in bursts of 80 ticks with pauses: a stock provider of",
    'OpenTelemetry JS 2.12 at ratio 1, whose spans reach a receiver in another process by way of the processor, none of',
    'them lost. *Own* is what is more than in a provider without a processor.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const receiver = await startReceiver();
    try {
      const variants = acrossNodes(cases(receiver.endpoint), nodes);
      const measure = ({ options, node }) =>
        runChild(
          'span-processor.mjs',
          {
            module: 'span-processor',
            options,
            bursts: quick ? 80 : 400,
            warmUpBursts: quick ? 60 : 200,
            ticksPerBurst: 80,
          },
          { node: node.path },
        );
      const results = await interleave({ variants, rounds: quick ? 2 : 7, random, measure, progress });
      return { nodes, runs: Object.fromEntries(results) };
    } finally {
      await receiver.stop();
    }
  },

  tables({ nodes, runs }) {
    return nodes.map((node) => {
      const rows = cases().map(({ key, label, spans }) => {
        const own = runs[caseKey(key, node)];
        return [
          label,
          withInterval(summarize(own.map(({ mainNsPerSpan }) => mainNsPerSpan))),
          figure(median(ownNs(runs, node, key, spans))),
          figure(median(own.map(({ othersNsPerSpan }) => othersNsPerSpan))),
          figure(Math.max(...own.map(({ lost }) => lost))),
        ];
      });
      const header = ['ns of processor time per span', 'trading thread', 'own', 'other threads', 'lost'];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, runs }) {
    return nodes.flatMap((node) =>
      WORKLOADS.flatMap(([spans, of]) =>
        ['json', 'protobuf'].map((rival) => {
          const rivals = ownNs(runs, node, `${spans} ${rival}`, spans);
          const ratio = pairedRatio(rivals, ownNs(runs, node, `${spans} tickscope`, spans));
          const isLost = runs[caseKey(`${spans} tickscope`, node)].some(({ lost }) => lost > 0);
          return {
            target: `the processor costs less than BatchSpanProcessor with OTLP as ${rival}: ${of}`,
            node: node.version,
            figure: `${figure(ratio.median)} ×`,
            met: ratio.median > 1 && !isLost,
          };
        }),
      ),
    );
  },
};

/** Repetition by repetition, less what the provider takes without a processor. */
function ownNs(runs, node, key, spans) {
  const without = runs[caseKey(`${spans} none`, node)];
  return runs[caseKey(key, node)].map(
    ({ mainNsPerSpan }, repetition) => mainNsPerSpan - without[repetition].mainNsPerSpan,
  );
}
