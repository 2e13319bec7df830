/**
 * The pipeline: the only file that names every stage (but for what `figures.ts` puts together to be looked at).
 *
 *     rings ─► drain ─► tail sampling ─► budget ─► hold-back ─► store, export queue ─► OTLP
 *     span rings ─► drain ─► API spans, with their ticks' decisions ─► export queue
 *     cells ─► metric producer ─► /metrics, OTLP          snapshot ─► /api, page
 *
 * It runs in the worker, or, with `pipeline: 'inline'`, on the trading thread; it does not know which.
 */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { FrameCopies, RegionReader } from '@tickscope/core/internal';
import { ApiSnapshots } from './api-metrics/snapshots.js';
import { systemClock } from './clock.js';
import { Drain, type DrainedFrame } from './drain/drain.js';
import { ApiMetrics } from './export/metrics/api-metrics.js';
import { CellsMetricProducer } from './export/metrics/cells-metric-producer.js';
import { ExemplarStore } from './export/metrics/exemplar-store.js';
import { createMetricsExport, type MetricsExport } from './export/metrics/metrics-export.js';
import { TraceExportQueue } from './export/traces/export-queue.js';
import { OtlpTraceTransport } from './export/traces/otlp-transport.js';
import { Figures } from './figures.js';
import { type KeptTick, keptRecord } from './kept-tick.js';
import { Lanes } from './lanes.js';
import { Ledger } from './ledger.js';
import type { HealthJson, SnapshotJson } from './protocol.js';
import { RetiredLanes, type RetiredTotals } from './retired-lanes.js';
import type { ServeSources } from './serve/routes.js';
import { HttpServer } from './serve/server.js';
import type { PipelineSettings } from './settings.js';
import { KeptTickStore } from './store/kept-ticks.js';
import { ApiSpans } from './tail/api-spans.js';
import { HoldBack } from './tail/hold-back.js';
import { type FrameReading, KeptFrame } from './tail/kept-frame.js';
import { type Decision, KeptIds } from './tail/kept-ids.js';
import { SpanBudget } from './tail/span-budget.js';
import { TailSampler } from './tail/tail-sampler.js';
import { WallClock } from './wall-clock.js';

/** Idle: nothing waits for 20 ms. Busy: more than 1/16 of a ring is full. */
const IDLE_POLL_MILLIS = 20;
const BUSY_POLL_MILLIS = 1;
const BUSY_FILL = 1 / 16;
const REMEMBERED_DECISIONS = 65_536;
const HOLD_BACK_MAX_TICKS = 16_384;
const SAMPLED_OUT: Decision = { keptBy: [], threshold: undefined, isSampledOut: true };
/** What a batch may take in all, retries included. */
const BATCH_LIMIT_MILLIS = 30_000;

export interface PipelineOptions {
  readonly settings: PipelineSettings;
  /** How often the worker has been started before in this process. */
  readonly restarts: number;
  /** Where the ledger keeps its verdicts; by default its own memory. */
  readonly verdicts?: Float64Array;
  /** Of threads that ended under an earlier worker. */
  readonly retired?: RetiredTotals | undefined;
  /** Called when everything of a thread that has ended is drained and added to the totals. */
  readonly onRetired?: (reader: RegionReader) => void;
}

export class Pipeline {
  readonly #wallClock = new WallClock();
  readonly #ledger: Ledger;
  readonly #drain: Drain;
  readonly #lanes: Lanes;
  readonly #retired: RetiredLanes;
  readonly #onRetired: (reader: RegionReader) => void;
  /** Lanes that are given up, until their rings are empty: `off` once they have been told to record no more. */
  readonly #ending = new Map<RegionReader, 'on' | 'off'>();
  readonly #sampler: TailSampler;
  readonly #budget: SpanBudget;
  /** Apart, since an export queue that is full keeps the ones and drops the others. */
  readonly #frames = { urgent: new FrameCopies(), usual: new FrameCopies() };
  #reading: FrameReading | undefined;
  readonly #keptIds = new KeptIds(REMEMBERED_DECISIONS);
  readonly #holdBack: HoldBack;
  readonly #apiSpans: ApiSpans;
  readonly #store: KeptTickStore;
  readonly #queue: TraceExportQueue;
  readonly #exemplars: ExemplarStore;
  readonly #apiSnapshots = new ApiSnapshots();
  readonly #apiMetrics: ApiMetrics;
  readonly #metrics: MetricsExport;
  readonly #server: HttpServer | undefined;
  readonly #figures: Figures;
  #unfinishedSpans = 0;

  constructor({ settings, restarts, verdicts, retired, onRetired }: PipelineOptions) {
    this.#ledger = new Ledger(verdicts);
    this.#wallClock.observe();
    this.#drain = new Drain(
      (frame) => this.#onFrame(frame),
      (reader, frame) => this.#apiSpans.receive(reader, frame),
    );
    this.#retired = new RetiredLanes(retired);
    this.#onRetired = onRetired ?? (() => {});
    this.#lanes = new Lanes(this.#drain.readers, this.#retired);
    this.#sampler = new TailSampler(settings.tail.goldenInterval);
    this.#budget = new SpanBudget(settings.tail.maxKeptSpansPerSecond, systemClock.nowMillis);
    this.#store = new KeptTickStore(settings.store.maxTicks);
    this.#holdBack = new HoldBack(
      {
        holdBackMillis: settings.tail.holdBackMillis,
        maxTicks: HOLD_BACK_MAX_TICKS,
        maxSpans: settings.exportQueue.maxSpans,
      },
      (kept) => this.#release(kept),
    );
    this.#exemplars = new ExemplarStore({ hasSeries: (key) => this.#lanes.hasSeries(key) });
    this.#queue = new TraceExportQueue({
      settings: settings.exportQueue,
      transport: settings.traces && new OtlpTraceTransport(settings.traces),
      batchLimitMillis: BATCH_LIMIT_MILLIS,
      resource: resourceFromAttributes({ ...settings.resource.attributes }),
      verdicts: this.#ledger,
      clock: systemClock,
      onState: (ticks, state) => {
        for (const kept of ticks) kept.exportState = state;
      },
      onAcknowledged: (items) => {
        if (settings.metrics.exemplars) this.#exemplars.acknowledged(items);
      },
    });
    this.#apiSpans = new ApiSpans({
      readers: this.#drain.readers,
      keptIds: this.#keptIds,
      budget: this.#budget,
      verdicts: this.#ledger,
      originUnixNanos: () => this.#wallClock.originUnixNanos,
      onKept: (kept) => this.#queue.enqueueApiSpan(kept),
      onSupplement: (supplement) => this.#holdBack.supplement(supplement),
    });
    this.#figures = new Figures({
      settings,
      restarts,
      lanes: this.#lanes,
      drain: this.#drain,
      ledger: this.#ledger,
      queue: this.#queue,
      ownFigures: () => ({
        metricExports: this.#metrics.otlpExports && { ...this.#metrics.otlpExports },
        apiMetrics: this.#apiMetrics.readings,
        lateSupplements: this.#apiSpans.lateSupplements,
      }),
    });
    this.#apiMetrics = new ApiMetrics(this.#apiSnapshots, settings.metrics.constantLabels);
    this.#metrics = createMetricsExport({
      settings,
      apiMetrics: this.#apiMetrics,
      createProducer: (collectedForm) =>
        new CellsMetricProducer({
          read: this.#figures.addMetricReader(),
          exemplarsOf: (key) => this.#exemplars.of(key),
          collectedForm,
          startUnixNanos: this.#wallClock.originUnixNanos,
          constantLabels: settings.metrics.constantLabels,
        }),
    });
    this.#server = settings.server && new HttpServer({ settings: settings.server, sources: this.#sources() });
    this.#lanes.supply(this.#ledger);
    this.#ledger.supplyRecorded(() => this.#unfinishedSpans);
    this.#ledger.supplyInFlight('api_spans', () => this.#apiSpans.pendingSpans);
    this.#ledger.supplyInFlight('hold_back', () => this.#holdBack.spans);
    this.#ledger.supplyInFlight('export_queue', () => this.#queue.queuedSpans);
    this.#ledger.supplyInFlight('exporting', () => this.#queue.exportingSpans);
  }

  /**
   * A trading thread's region; from now on it is drained and counted.
   * @throws RangeError when another version of Tickscope has laid it out.
   */
  addRegion(buffer: SharedArrayBuffer, threadId: number): RegionReader {
    const reader = new RegionReader(buffer);
    this.#lanes.setThread(reader, threadId);
    this.#drain.add(reader);
    return reader;
  }

  /** Its thread has ended or left: it is drained to the last frame, its open ticks are exported as unfinished. */
  endRegion(reader: RegionReader): void {
    if (!this.#ending.has(reader)) this.#ending.set(reader, 'on');
  }

  /** After the regions were added, in a worker that replaces another. */
  settleRestart(): void {
    this.#ledger.settleRestart(this.#lanes.spansTaken);
  }

  /** Starts the HTTP server. Resolves to its base URL, or to the reason why there is none. */
  async listen(): Promise<{ address: string } | { reason: string } | undefined> {
    const result = await this.#server?.listen();
    if (result === undefined) return undefined;
    return result.listening ? { address: result.address } : { reason: result.reason };
  }

  /** One turn of everything that is not driven by the network. @returns milliseconds until the next. */
  turn(): number {
    const isEmpty = this.#drain.turn();
    this.#retireEnded();
    const now = performance.now();
    this.#wallClock.observe(Date.now(), now);
    this.#apiSpans.sweep(now, isEmpty);
    this.#holdBack.release(now);
    this.#figures.capture(now);
    if (!isEmpty) return 0;
    return this.#drain.fill > BUSY_FILL ? BUSY_POLL_MILLIS : IDLE_POLL_MILLIS;
  }

  /**
   * Everything recorded before the call is exported or counted as lost when this resolves.
   * @param isLast the process is ending: ticks that are still open are exported as unfinished.
   */
  async flush(limitMillis: number, isLast: boolean): Promise<void> {
    const deadline = performance.now() + limitMillis;
    do this.#drain.finish(limitMillis);
    while (this.#retireEnded());
    if (isLast) {
      // Whoever would answer waits for this.
      this.#apiSnapshots.stopAsking();
      for (const reader of this.#drain.readers) this.#unfinishedSpans += this.#exportUnfinished(reader);
    }
    for (let look = 0; look < 2; look++) {
      this.#apiSpans.lookForLost();
      this.#drain.finish(Math.max(0, deadline - performance.now()));
    }
    this.#holdBack.drainAll();
    const left = Math.max(0, deadline - performance.now());
    await Promise.all([this.#queue.flush(left), this.#metrics.flush(left)]);
  }

  async shutdown(limitMillis: number): Promise<void> {
    await this.flush(limitMillis, false);
    // Nobody will read what other threads record from now on.
    for (const reader of this.#drain.readers) reader.switchOff();
    this.#queue.shutdown();
    await Promise.all([this.#metrics.shutdown(limitMillis), this.#server?.close()]);
    this.#apiSnapshots.close();
  }

  #onFrame({ reader, view, facts, threshold }: DrainedFrame): void {
    const { decoder } = reader;
    if (!facts.isTick) return this.#onLateSpan({ reader, view, facts, threshold });
    const keptBy = this.#sampler.decide({
      missed: facts.missed,
      failed: facts.failed,
      guardTripCount: facts.tripped ? 1 : 0,
      unfinished: false,
      sampledByRatio: facts.sampledByRatio,
    });
    if (keptBy.length === 0) {
      if (facts.hasApiSpans) this.#remember(reader, facts.sequence, SAMPLED_OUT);
      return this.#ledger.sampledOut(facts.spanCount);
    }
    if (!this.#budget.tryTake(keptBy, facts.spanCount)) {
      this.#remember(reader, facts.sequence, { keptBy: [], threshold });
      return this.#ledger.dropped('span_budget', facts.spanCount);
    }
    const { sequence, spanCount } = facts;
    const copies = keptBy[0] === 'ratio' ? this.#frames.usual : this.#frames.urgent;
    const { originUnixNanos } = this.#wallClock;
    this.#keep(
      new KeptFrame(
        { lane: reader.lane, sequence, spans: spanCount, copies, copy: copies.keep(view) },
        this.#readingOf(decoder, threshold, originUnixNanos),
        keptBy,
      ),
      { threshold, trace: decoder.traceToFollow(view, { threshold }, originUnixNanos) },
      reader,
    );
  }

  /** Shared by the frames of a turn. */
  #readingOf(decoder: FrameReading['decoder'], threshold: number, originUnixNanos: bigint): FrameReading {
    const latest = this.#reading;
    if (
      latest?.decoder !== decoder ||
      latest.threshold !== threshold ||
      latest.originUnixNanos !== originUnixNanos
    ) {
      this.#reading = { decoder, threshold, originUnixNanos };
    }
    return this.#reading as FrameReading;
  }

  #onLateSpan({ reader, view, facts, threshold }: DrainedFrame): void {
    // As its tick was decided and described, whatever the ratio is by now.
    const decision = this.#keptIds.decisionOf(reader.lane, facts.sequence);
    const sampling = { threshold: decision?.threshold ?? threshold };
    const late = reader.decoder.lateSpan(view, sampling, this.#wallClock.originUnixNanos);
    const keptBy = late.isStandalone ? this.#sampler.decideAlone(facts.sampledByRatio) : decision?.keptBy;
    if (keptBy === undefined || (late.isStandalone && keptBy.length === 0)) {
      return this.#ledger.sampledOut(facts.spanCount);
    }
    if (keptBy.length === 0 || !this.#budget.tryTake(keptBy, facts.spanCount)) {
      return this.#ledger.dropped('span_budget', facts.spanCount);
    }
    this.#store.addLateSpan(late);
    this.#queue.enqueueLate({ late, keptBy });
  }

  #remember(reader: RegionReader, sequence: number, decision: Decision): void {
    this.#keptIds.remember(reader.lane, sequence, decision);
    this.#apiSpans.onDecision(reader, sequence, decision);
  }

  /** @param reading as it was decided by. */
  #keep(kept: KeptTick, reading: Pick<Decision, 'threshold' | 'trace'>, reader: RegionReader): void {
    this.#figures.kept(kept.keptBy);
    // First: what was added to the tick through the API is then found to wait with it.
    this.#holdBack.add(kept, performance.now(), reading.trace !== undefined);
    this.#remember(reader, kept.sequence, { keptBy: kept.keptBy, ...reading });
  }

  #release(kept: KeptTick): void {
    this.#store.add(kept);
    this.#queue.enqueue(kept);
  }

  /** @returns whether one was told to record no more: it can be retired after the next look into its rings. */
  #retireEnded(): boolean {
    let isAnyTold = false;
    for (const [reader, state] of this.#ending) {
      if (reader.ring.fill > 0 || reader.priorityRing.fill > 0 || reader.spanRing.fill > 0) continue;
      if (state === 'on') {
        // A thread that only shut its scope down may still tick: what it writes until it notices comes next turn.
        reader.switchOff();
        this.#ending.set(reader, 'off');
        isAnyTold = true;
        continue;
      }
      this.#ending.delete(reader);
      const unfinishedSpans = this.#exportUnfinished(reader);
      this.#drain.remove(reader);
      this.#retired.add(reader, unfinishedSpans);
      // Kept ticks are decoded later, and must not keep the region.
      reader.definitions.detach();
      this.#reading = undefined;
      this.#onRetired(reader);
    }
    return isAnyTold;
  }

  get retiredTotals(): RetiredTotals {
    return this.#retired.totals;
  }

  /**
   * The last look at ticks that never ended.
   * @returns their spans: the writer did not count them as recorded.
   */
  #exportUnfinished(reader: RegionReader): number {
    const now = performance.now();
    const threshold = reader.samplingThreshold;
    let spans = 0;
    for (const view of reader.openFrames()) {
      const facts = reader.decoder.facts(view, { threshold });
      if (!facts.traced) continue;
      const tick = reader.decoder.tick(view, { threshold }, this.#wallClock.originUnixNanos, now);
      const keptBy = this.#sampler.decide({
        missed: tick.missed,
        failed: facts.failed,
        guardTripCount: tick.guardTripCount,
        unfinished: true,
        sampledByRatio: facts.sampledByRatio,
      });
      const kept = keptRecord(tick, keptBy);
      spans += kept.spans;
      this.#keep(kept, { threshold, trace: tick }, reader);
    }
    return spans;
  }

  #sources(): ServeSources {
    return {
      snapshot: () => this.snapshot(),
      history: () => this.#figures.history.toJson(),
      health: () => this.health(),
      ticks: (query) => this.#store.list(query),
      tick: (traceId) => this.#store.get(traceId),
      renderMetrics: (format) => this.#metrics.renderMetrics(format),
    };
  }

  health(): HealthJson {
    return this.#figures.health();
  }

  snapshot(): SnapshotJson {
    return this.#figures.snapshot();
  }
}
