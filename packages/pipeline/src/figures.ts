/**
 * What the pipeline says of the bot and of itself: snapshot, health, history and its own metrics, put together from
 * the cells and from what each stage knows.
 */
import type { SeriesSnapshot } from '@tickscope/core/internal';
import { acrossSymbols } from './aggregate/across-symbols.js';
import { PercentileHistory } from './aggregate/percentile-history.js';
import { ReaderMaximum } from './aggregate/reader-maximum.js';
import { RecentDrops } from './aggregate/recent-drops.js';
import { RecentWindow } from './aggregate/recent-window.js';
import { summarize } from './aggregate/summary.js';
import { systemClock } from './clock.js';
import { findStuckTicks } from './detect/stuck-ticks.js';
import type { Drain } from './drain/drain.js';
import type { ReadableSeries } from './export/metrics/cells-metric-producer.js';
import { type PipelineReadings, pipelineSeries } from './export/metrics/pipeline-series.js';
import type { TraceExportQueue } from './export/traces/export-queue.js';
import { type Lanes, parallelSymbols } from './lanes.js';
import type { Ledger } from './ledger.js';
import { type HealthJson, KEEP_REASONS, type KeepReason, type SnapshotJson } from './protocol.js';
import { decideHealth } from './serve/health.js';
import type { PipelineSettings } from './settings.js';

const CAPTURE_INTERVAL_MILLIS = 1000;

export interface FiguresOptions {
  readonly settings: PipelineSettings;
  readonly restarts: number;
  readonly lanes: Lanes;
  readonly drain: Drain;
  readonly ledger: Ledger;
  readonly queue: TraceExportQueue;
  /** What the metrics' export and the API's spans say of themselves at this moment. */
  readonly ownFigures: () => Pick<PipelineReadings, 'metricExports' | 'apiMetrics'> & {
    readonly lateSupplements: number;
  };
}

export class Figures {
  readonly #options: FiguresOptions;
  readonly #startedMillis = performance.now();
  readonly #recent = new RecentWindow();
  readonly #recentDrops = new RecentDrops();
  readonly #parallelSymbols = new ReaderMaximum();
  readonly #drainGapMillis = new ReaderMaximum();
  readonly #keptBy = Object.fromEntries(KEEP_REASONS.map((reason) => [reason, 0])) as Record<
    KeepReason,
    number
  >;
  readonly history = new PercentileHistory();
  #keptTicks = 0;
  #lastCaptureMillis = 0;

  constructor(options: FiguresOptions) {
    this.#options = options;
  }

  /** Counts a tick that is kept. */
  kept(keptBy: readonly KeepReason[]): void {
    this.#keptTicks++;
    for (const reason of keptBy) this.#keptBy[reason]++;
  }

  /** Once a turn. */
  capture(now: number): void {
    const { settings, lanes, ledger } = this.#options;
    this.#observeMaxima();
    // Only the server's answers look back, and a copy of every cell once a second is what they cost.
    if (settings.server === undefined || now - this.#lastCaptureMillis < CAPTURE_INTERVAL_MILLIS) return;
    this.#lastCaptureMillis = now;
    const cells = acrossSymbols(lanes.series());
    this.#recent.capture(cells, now);
    this.history.push(this.#summary(cells, now), Date.now());
    this.#recentDrops.update(ledger.toJson().dropped, now);
  }

  #observeMaxima(): void {
    const { lanes, drain } = this.#options;
    this.#parallelSymbols.observe(lanes.takeParallelMaximum());
    this.#drainGapMillis.observe(drain.takeLongestGapMillis());
  }

  /** What one collection of a reader sees; its maxima are those since its own last one. */
  addMetricReader(): () => ReadableSeries[] {
    const takeParallelSymbols = this.#parallelSymbols.addReader();
    const takeDrainGapMillis = this.#drainGapMillis.addReader();
    return () => {
      this.#observeMaxima();
      return [
        ...this.#options.lanes.deferredSeries(),
        parallelSymbols(takeParallelSymbols()),
        ...this.#ownSeries(takeDrainGapMillis()),
      ];
    };
  }

  #ownSeries(drainGapMillis: number): SeriesSnapshot[] {
    const { settings, restarts, lanes, drain, ledger, ownFigures } = this.#options;
    const { lateSupplements, ...own } = ownFigures();
    return pipelineSeries({
      ...own,
      ledger: ledger.toJson(),
      keptBy: this.#keptBy,
      ringFillRatio: drain.fill,
      drainGapMillis,
      lastTickAgeMillis: lanes.lastTickAgeMillis,
      openTicks: lanes.openTicks,
      stuckTicks: this.#stuck().length,
      sampleRatio: lanes.sampleRatio,
      workerRestarts: restarts,
      anomalies: { ...lanes.anomalies(), supplements_late: lateSupplements },
      exportQueueCapacitySpans: settings.traces && settings.exportQueue.maxSpans,
    });
  }

  health(): HealthJson {
    const { lanes, drain, ledger } = this.#options;
    return decideHealth({
      mode: lanes.mode,
      stuck: this.#stuck(),
      openTicks: lanes.openTicks,
      lastTickAgeMillis: lanes.lastTickAgeMillis,
      uptimeMillis: this.#uptimeMillis(),
      recentlyDropped: this.#recentDrops.update(ledger.toJson().dropped, performance.now()),
      drainGapMillis: drain.recentLongestGapMillis,
      lastExportFailure: this.#lastExportFailure(),
    });
  }

  snapshot(): SnapshotJson {
    const { settings, lanes, ledger } = this.#options;
    const now = performance.now();
    const cells = [...acrossSymbols(lanes.series()), parallelSymbols(lanes.parallelSymbols)];
    const { attributes } = settings.resource;
    return {
      service: String(attributes['service.name']),
      instance: String(attributes['service.instance.id']),
      pid: process.pid,
      nodeVersion: process.version,
      nowUnixMillis: Date.now(),
      uptimeMillis: this.#uptimeMillis(),
      mode: lanes.mode,
      sampleRatio: lanes.sampleRatio,
      lastTickAgeMillis: lanes.lastTickAgeMillis,
      openTicks: lanes.openTicks,
      threads: lanes.threads(),
      ...this.#summary(cells, now),
      deadlineMillisByLoop: lanes.deadlines(),
      keptBy: this.#keptBy,
      keptTicks: this.#keptTicks,
      ledger: ledger.toJson(),
      stuck: this.#stuck(),
    };
  }

  #summary(series: readonly SeriesSnapshot[], now: number) {
    const recent = this.#recent.difference(series, now);
    return summarize({ series, recent, declaredStages: this.#options.lanes.declaredStages() });
  }

  #lastExportFailure(): HealthJson['lastExportFailure'] {
    const { lastFailure } = this.#options.queue;
    if (lastFailure === undefined) return null;
    return { ageMillis: systemClock.nowMillis() - lastFailure.atMillis, message: lastFailure.message };
  }

  #stuck() {
    const { drain, settings } = this.#options;
    return findStuckTicks(drain.readers, performance.now(), settings.stuckAfterMillis);
  }

  #uptimeMillis(): number {
    return performance.now() - this.#startedMillis;
  }
}
