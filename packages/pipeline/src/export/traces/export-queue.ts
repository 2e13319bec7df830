/**
 * Takes kept ticks to the backend: bounded, whole ticks or nothing, every span with a verdict.
 *
 *     enqueue → backlog (maxSpans) → at most maxConcurrentExports batches in flight → exported | dropped
 *
 * Nothing here throws or waits, and a backend that hangs makes nothing grow: an export that has not been
 * acknowledged within its time limit is abandoned, connection and all.
 */
import type { Resource } from '@opentelemetry/resources';
import type { Clock } from '../../clock.js';
import type { ExportState, KeptApiSpan, KeptLateSpan, KeptTick } from '../../kept-tick.js';
import type { DropReason, Verdicts } from '../../ledger.js';
import type { PipelineSettings } from '../../settings.js';
import { apiReadableSpan } from './api-readable-span.js';
import { type BacklogEntry, ExportBacklog } from './export-backlog.js';
import { lateReadableSpan, toReadableSpans } from './readable-spans.js';
import { SpareBuffer } from './spare-buffer.js';
import { TraceRequestWriter } from './trace-json.js';
import type { Rejection, SendResult, TraceTransport } from './trace-transport.js';

interface TraceExportQueueOptions {
  readonly settings: PipelineSettings['exportQueue'];
  /** Undefined: there is no endpoint, and everything is counted as not exported. */
  readonly transport: TraceTransport | undefined;
  /** The time that a batch has in all, retries included, milliseconds. */
  readonly batchLimitMillis: number;
  readonly resource: Resource;
  readonly verdicts: Verdicts;
  readonly clock: Clock;
  /** Hears what becomes of every tick: once when there is no endpoint, else once when it is out of the queue. */
  readonly onState: (ticks: readonly KeptTick[], state: ExportState) => void;
  /** Hears of what the backend has acknowledged without rejecting any of it: of what is certainly there. */
  readonly onAcknowledged?: (items: readonly (KeptTick | KeptLateSpan)[]) => void;
}

type Item = KeptTick | KeptLateSpan | KeptApiSpan;
type Entry = BacklogEntry & { readonly item: Item };

interface Batch {
  readonly entries: readonly Entry[];
  readonly spans: number;
  readonly oldestOrder: number;
  readonly abort: AbortController;
  readonly request: Buffer;
}

export interface ExportFailure {
  /** By the queue's clock. */
  readonly atMillis: number;
  readonly message: string;
}

interface Flush {
  readonly upToOrder: number;
  readonly done: () => void;
}

/** A backend may say anything. */
const MAX_MESSAGE_CHARACTERS = 200;

export class TraceExportQueue {
  readonly #options: TraceExportQueueOptions;
  readonly #backlog: ExportBacklog<Entry>;
  readonly #batches = new Set<Batch>();
  readonly #flushes = new Set<Flush>();
  readonly #buffers = new SpareBuffer();
  #exportingSpans = 0;
  #lastOrder = 0;
  #cancelScheduled: (() => void) | undefined;
  #isShutDown = false;
  #lastFailure: ExportFailure | undefined;

  constructor(options: TraceExportQueueOptions) {
    this.#options = options;
    this.#backlog = new ExportBacklog(options.settings.maxSpans);
  }

  /** Spans that wait. */
  get queuedSpans(): number {
    return this.#backlog.spans;
  }

  /** Spans that were handed to the transport and have no verdict yet. */
  get exportingSpans(): number {
    return this.#exportingSpans;
  }

  /** When and why a batch last failed, or lost spans to a rejection, however long ago; undefined before the first. */
  get lastFailure(): ExportFailure | undefined {
    return this.#lastFailure;
  }

  enqueue(kept: KeptTick): void {
    this.#enqueue({ item: kept, spans: kept.spans, keptBy: kept.keptBy, order: ++this.#lastOrder });
  }

  enqueueLate(kept: KeptLateSpan): void {
    this.#enqueue({ item: kept, spans: 1, keptBy: kept.keptBy, order: ++this.#lastOrder });
  }

  enqueueApiSpan(kept: KeptApiSpan): void {
    this.#enqueue({ item: kept, spans: 1, keptBy: kept.keptBy, order: ++this.#lastOrder });
  }

  /**
   * Resolves when everything that was enqueued before has a verdict, after `limitMillis` at the latest: what
   * is left then is given up as `export_failed`. At once if the backend refuses connections, since the
   * exporter's back-off would only use up the time that a bot has to exit. Never rejects.
   */
  flush(limitMillis: number): Promise<void> {
    const { transport, clock } = this.#options;
    const upToOrder = this.#lastOrder;
    if (transport === undefined || !this.#holdsUpTo(upToOrder)) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = () => this.#giveUp(upToOrder);
      const cancelLimit = clock.after(limitMillis, giveUp);
      const flush: Flush = {
        upToOrder,
        done: () => {
          cancelLimit();
          this.#flushes.delete(flush);
          resolve();
        },
      };
      this.#flushes.add(flush);
      void transport.probe(limitMillis).then((reachability) => {
        if (reachability === 'unreachable') giveUp();
      });
      this.#dispatch();
    });
  }

  /** Gives up what is left, closes the connections; from now on everything is dropped as `shutdown`. */
  shutdown(): void {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.#giveUp(this.#lastOrder);
    this.#options.transport?.close();
  }

  #enqueue(entry: Entry): void {
    if (this.#options.transport === undefined) {
      this.#options.verdicts.notExported(entry.spans);
      this.#tell([entry], 'not_exported');
    } else if (this.#isShutDown) {
      this.#drop([entry], 'shutdown');
    } else {
      const evicted: Entry[] = [];
      const accepted = this.#backlog.offer(entry, (victim) => evicted.push(victim));
      if (!accepted) evicted.push(entry);
      if (evicted.length > 0) this.#drop(evicted, 'export_queue_full');
      if (accepted) this.#dispatch();
    }
  }

  /** Sends what may be sent now: full batches, or during a flush all; the rest after the scheduled delay. */
  #dispatch(): void {
    const { settings, clock } = this.#options;
    while (this.#batches.size < settings.maxConcurrentExports && this.#backlog.spans > 0) {
      if (this.#backlog.spans < settings.batchSpans && this.#flushes.size === 0) break;
      this.#sendBatch();
    }
    if (this.#backlog.spans > 0) {
      this.#cancelScheduled ??= clock.after(settings.scheduledDelayMillis, () => {
        this.#cancelScheduled = undefined;
        if (this.#backlog.spans > 0 && this.#batches.size < settings.maxConcurrentExports) this.#sendBatch();
        this.#dispatch();
      });
    }
  }

  #sendBatch(): void {
    const { transport, settings, batchLimitMillis, clock } = this.#options;
    if (transport === undefined) return;
    const { entries, request } = this.#encode(this.#backlog.takeBatch(settings.batchSpans));
    if (entries.length === 0) return;
    const batch: Batch = {
      entries,
      spans: sumOfSpans(entries),
      oldestOrder: entries.reduce((oldest, { order }) => Math.min(oldest, order), Number.POSITIVE_INFINITY),
      abort: new AbortController(),
      request,
    };
    this.#batches.add(batch);
    this.#exportingSpans += batch.spans;
    const cancelLimit = clock.after(batchLimitMillis, () => {
      this.#abandon(batch, `no acknowledgement within ${batchLimitMillis} ms`);
    });
    batch.abort.signal.addEventListener('abort', cancelLimit, { once: true });
    const settle = (result: SendResult) => {
      cancelLimit();
      this.#settle(batch, result);
    };
    transport
      .send(request, batch.abort.signal)
      .then(settle, (error: unknown) => settle({ status: 'failed', message: String(error) }));
  }

  /** A tick that cannot be encoded is dropped alone instead of failing its batch. */
  #encode(candidates: readonly Entry[]): { entries: Entry[]; request: Buffer } {
    const { resource } = this.#options;
    const entries: Entry[] = [];
    const writer = new TraceRequestWriter(resource, sumOfSpans(candidates), this.#buffers);
    for (const entry of byScope(candidates)) {
      try {
        writer.add(toSpans(entry.item, resource));
        entries.push(entry);
      } catch {
        this.#drop([entry], 'invalid_record');
      }
    }
    return { entries, request: writer.finish() };
  }

  #settle(batch: Batch, result: SendResult): void {
    // A batch that was abandoned has its verdict.
    if (!this.#batches.delete(batch)) return;
    this.#exportingSpans -= batch.spans;
    if (result.status === 'acknowledged') {
      // Only then: of a batch that was given up the exporter may still send something.
      this.#buffers.giveBack(batch.request);
      this.#acknowledge(batch, result.rejected);
    } else {
      this.#fail(result.message);
      this.#drop(batch.entries, 'export_failed');
    }
    this.#resolveFlushes();
    this.#dispatch();
  }

  /** Nobody knows which spans were rejected: unless it was all of them, every tick counts as exported. */
  #acknowledge(batch: Batch, rejected: Rejection | undefined): void {
    const lost = Math.min(rejected?.spans ?? 0, batch.spans);
    this.#options.verdicts.exported(batch.spans - lost);
    if (rejected === undefined) {
      const items = batch.entries.map(({ item }) => item);
      this.#options.onAcknowledged?.(
        items.filter((item): item is KeptTick | KeptLateSpan => !('span' in item)),
      );
    } else {
      this.#fail(`${lost} of ${batch.spans} spans rejected: ${rejected.message}`);
      this.#options.verdicts.dropped('rejected', lost);
    }
    this.#tell(batch.entries, lost === batch.spans ? 'dropped' : 'exported');
  }

  #fail(message: string): void {
    const { clock } = this.#options;
    this.#lastFailure = { atMillis: clock.nowMillis(), message: message.slice(0, MAX_MESSAGE_CHARACTERS) };
  }

  #abandon(batch: Batch, message: string): void {
    batch.abort.abort();
    this.#settle(batch, { status: 'failed', message });
  }

  #giveUp(upToOrder: number): void {
    const removed: Entry[] = [];
    this.#backlog.removeUpTo(upToOrder, (entry) => removed.push(entry));
    if (removed.length > 0) this.#drop(removed, 'export_failed');
    for (const batch of [...this.#batches]) {
      if (batch.oldestOrder <= upToOrder) this.#abandon(batch, 'given up by a flush or shutdown');
    }
  }

  #resolveFlushes(): void {
    for (const flush of [...this.#flushes]) {
      if (!this.#holdsUpTo(flush.upToOrder)) flush.done();
    }
  }

  #holdsUpTo(order: number): boolean {
    if (this.#backlog.holdsUpTo(order)) return true;
    for (const batch of this.#batches) if (batch.oldestOrder <= order) return true;
    return false;
  }

  #drop(entries: readonly Entry[], reason: DropReason): void {
    this.#options.verdicts.dropped(reason, sumOfSpans(entries));
    this.#tell(entries, 'dropped');
    this.#resolveFlushes();
  }

  /** Late spans have no state of their own: their tick's is what a reader wants to know. */
  #tell(entries: readonly Entry[], state: ExportState): void {
    const ticks: KeptTick[] = [];
    for (const { item } of entries) if (isTick(item)) ticks.push(item);
    if (ticks.length > 0) this.#options.onState(ticks, state);
  }
}

function toSpans(item: Item, resource: Resource) {
  if ('late' in item) return [lateReadableSpan(item.late, item.keptBy, resource)];
  if ('span' in item) return [apiReadableSpan(item, resource)];
  return toReadableSpans(item.tick, item.keptBy, resource, item.supplements);
}

function isTick(item: Item): item is KeptTick {
  return !('late' in item || 'span' in item);
}

/** A request has its spans by scope: those of the API come last, and those of one scope together. */
function byScope(entries: readonly Entry[]): readonly Entry[] {
  const groups = new Map<unknown, Entry[]>([[undefined, []]]);
  for (const entry of entries) {
    const scope = 'span' in entry.item ? entry.item.span.scope : undefined;
    const group = groups.get(scope);
    if (group === undefined) groups.set(scope, [entry]);
    else group.push(entry);
  }
  return groups.size === 1 ? entries : [...groups.values()].flat();
}

function sumOfSpans(entries: readonly Entry[]): number {
  return entries.reduce((sum, { spans }) => sum + spans, 0);
}
