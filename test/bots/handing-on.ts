/**
 * A trace through three threads of control. The bot continues what its environment names, starts a worker thread and a
 * child process that continue it in turn, and calls a service of its own and a venue on the way. The argument is the
 * address of both.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { context, propagation, type Span, trace } from '@opentelemetry/api';
import {
  type Request,
  register,
  remoteContext,
  remoteParent,
  traceEnvironment,
  traceHeaders,
} from '@tickscope/sdk';
import { report } from './work.js';

const file = fileURLToPath(import.meta.url);
const [, , role, address = '', ...propagateTo] = argv;
const scope = register({ service: 'handing-on', mode: 'full', prometheus: false, propagateTo });

if (!isMainThread) await goOn('thread', workerData);
else if (role === 'child') await goOn('child', env);
else await begin();
await scope.flush();

/** What a thread or process does with what it was handed. */
async function goOn(symbol: string, carrier: unknown): Promise<void> {
  await context.with(remoteContext(carrier), () =>
    scope.tick({ symbol, parent: remoteParent(carrier) }, () => {
      report({ from: symbol, baggage: baggage(), headers: traceHeaders() });
    }),
  );
}

async function begin(): Promise<void> {
  await context.with(remoteContext(env), () =>
    scope.tick({ symbol: 'main', parent: remoteParent(env) }, async (tick) => {
      await Promise.all([
        scope.exchangeRequest('POST', 'own', (request) => post('own', traceHeaders(request))),
        scope.exchangeRequest('POST', 'venue', (request) => post('venue', instrumented(request))),
      ]);
      await tick.stage('thread', (stage) =>
        once(new Worker(file, { workerData: traceHeaders(stage) }), 'exit'),
      );
      const options = { env: { ...env, ...traceEnvironment() }, stdio: 'inherit' } as const;
      await once(spawn(process.execPath, [file, 'child'], options), 'exit');
      report({ from: 'main', baggage: baggage(), headers: traceHeaders() });
    }),
  );
}

function post(path: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${address}/${path}`, { method: 'POST', headers });
}

/** As libraries that instrument HTTP clients do it for every request of the process. */
function instrumented(request: Request): Record<string, string> {
  const { hostname } = new URL(address);
  const span = { spanContext: () => request.spanContext(), attributes: { 'server.address': hostname } };
  const headers = {};
  propagation.inject(trace.setSpan(context.active(), span as unknown as Span), headers);
  return headers;
}

function baggage(): string | undefined {
  return propagation.getActiveBaggage()?.getEntry('desk')?.value;
}
