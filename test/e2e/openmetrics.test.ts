import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { register, type Scope } from '@tickscope/sdk';
import {
  cleanEnvironment,
  debianProgram,
  debianPrometheusClient,
  OtlpReceiver,
  optionalTool,
} from '@tickscope-test/support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const python = await optionalTool({
  name: 'Debian’s Python client of Prometheus',
  obtain: async () => {
    const folder = await debianPrometheusClient();
    await promisify(execFile)('python3', ['-c', 'import prometheus_client.openmetrics.parser'], {
      env: { ...cleanEnvironment(), PYTHONPATH: folder },
    });
    return folder;
  },
  leavesUnchecked: 'that an OpenMetrics parser accepts /metrics with hostile label values',
});
const promtool = await optionalTool({
  name: 'promtool',
  obtain: () => debianProgram('promtool'),
  leavesUnchecked: 'that promtool accepts /metrics as text 0.0.4 with hostile label values',
});

const HOSTILE = [
  'a"b',
  'back\\slash',
  'ends in \\',
  'two\nlines',
  '\r\n# EOF\n',
  '} 1 # {trace_id="x"} 1',
  'le="0.5"',
  '漢字 🦀 é',
  '\u0000 \u0007',
  ' ',
];
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

let receiver: OtlpReceiver;
let scope: Scope;
let address: string;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  scope = register({
    prometheus: { port: 0 },
    otlp: { endpoint: receiver.endpoint },
    symbolLabel: true,
    deadlineMs: 1,
    constantLabels: { venue: 'a"\\' },
    holdBackMs: 0,
  });
  address = (await scope.address) as string;
  for (const name of HOSTILE) {
    const tick = scope.begin({ symbol: name, startedAt: performance.now() - 5 });
    tick.lap(name);
    tick.guardTrip(name);
    tick.end();
    scope.measure(name, () => {});
    scope.exchangeRequest(name, name, () => {});
    scope.dbQuery(name, name, () => {});
  }
  await scope.flush();
});
afterAll(async () => {
  await scope?.shutdown();
  await receiver?.[Symbol.asyncDispose]();
});

describe('/metrics with hostile label values', () => {
  test.skipIf(!python)('is OpenMetrics to a parser of others, exemplars included', async () => {
    const reply = await scrape('application/openmetrics-text; version=1.0.0');
    expect(reply.contentType).toBe(OPENMETRICS);
    const families = await parse(reply.body);
    const samples = families.flatMap((family) => family.samples);
    for (const name of HOSTILE) {
      // NUL separates names in shared memory.
      const value = name.replaceAll('\0', '\ufffd');
      const labels = { stage: value, symbol: value, venue: 'a"\\' };
      expect(samples).toContainEqual({
        name: 'mm_stage_duration_ms_count',
        labels,
        value: 1,
        exemplar: null,
      });
    }
    const exemplars = samples.flatMap(({ name, exemplar }) => (exemplar === null ? [] : { name, exemplar }));
    const traceIds = new Set(receiver.spans.map(({ traceId }) => traceId));
    for (const { exemplar } of exemplars) expect(traceIds).toContain(exemplar.trace_id);
    expect([...new Set(exemplars.map(({ name }) => name))].sort()).toEqual([
      'database_queries_total',
      'database_query_duration_milliseconds_bucket',
      'mm_exchange_req_ms_bucket',
      'mm_exchange_requests_total',
      'mm_guard_trips_total',
      'mm_operation_duration_ms_bucket',
      'mm_stage_duration_ms_bucket',
      'mm_tick_deadline_miss_total',
    ]);
    const types = Object.fromEntries(families.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({ target: 'info', mm_ticks: 'counter', mm_stage_duration_ms: 'histogram' });
  });

  test.skipIf(!promtool)('is text 0.0.4 to promtool', async () => {
    const reply = await scrape('*/*');
    expect(reply.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const complaints = await run(promtool as string, ['check', 'metrics'], reply.body);
    // Of names that others have given; nothing but their units.
    for (const line of complaints.trim().split('\n')) {
      expect(line).toMatch(
        /abbreviated units$|^database_\w+ use base unit "seconds" instead of "milliseconds"$/,
      );
    }
  });
});

async function scrape(accept: string): Promise<{ contentType: string | null; body: string }> {
  const response = await fetch(`${address}/metrics`, { headers: { accept } });
  return { contentType: response.headers.get('content-type'), body: await response.text() };
}

interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly exemplar: Readonly<Record<string, string>> | null;
  }[];
}

const PARSER = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode('utf-8')
print(json.dumps([{
    'name': family.name, 'type': family.type,
    'samples': [{
        'name': sample.name, 'labels': sample.labels, 'value': sample.value,
        'exemplar': sample.exemplar.labels if sample.exemplar else None,
    } for sample in family.samples],
} for family in text_string_to_metric_families(text)]))
`;

async function parse(exposition: string): Promise<ParsedFamily[]> {
  const environment = { ...cleanEnvironment(), PYTHONPATH: python };
  return JSON.parse(await run('python3', ['-c', PARSER], exposition, environment));
}

/** What a program says to its input; throws with its errors unless it ends well, or with promtool's 3 for complaints. */
async function run(
  program: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv = cleanEnvironment(),
): Promise<string> {
  const child = spawn(program, args, { env });
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (code !== 0 && code !== 3) throw new Error(`${program} ended with ${code}:\n${errors}`);
  return output || errors;
}
