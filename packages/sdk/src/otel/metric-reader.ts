import { randomUUID } from 'node:crypto';
import { type ChannelEnd, listenForRequests, type ReaderMessage } from '@tickscope/pipeline';

/** What a MeterProvider gives its readers; of `@opentelemetry/sdk-metrics` 2.x and 3.x. */
interface MetricProducerLike {
  collect(options?: { timeoutMillis?: number }): Promise<{
    readonly resourceMetrics: { readonly scopeMetrics: readonly unknown[] };
  }>;
}

/** The SDKs' numbers, the same in 2.x and 3.x. */
const AGGREGATION_DEFAULT = { type: 0 } as const;
const TEMPORALITY_CUMULATIVE = 1;
/** The SDKs' own default for one instrument. */
const CARDINALITY_LIMIT = 2_000;
/** For observable instruments that wait for something. */
const COLLECT_TIMEOUT_MILLIS = 1_000;

/**
 * A MetricReader for the bot's own MeterProvider: what the bot records through OpenTelemetry's metrics API appears in
 * Tickscope's `/metrics` and OTLP beside Tickscope's own, views applied.
 *
 *     new MeterProvider({ readers: [new TickscopeMetricReader()] })
 *
 * Takes providers of `@opentelemetry/sdk-metrics` 2.x and 3.x, in any thread of the process, made before or after
 * `register()`; each provider wants a reader of its own. It collects when Tickscope is scraped or exports, never by
 * itself, and hands the figures on as they are: nothing is rendered or encoded on this thread. Cumulative, and of at
 * most 2 000 series an instrument. A bot that is blocked is not waited for: its last figures are shown, with their
 * age, and for one minute at most.
 *
 * Once made it never throws, but that a provider may be given it only once.
 */
export class TickscopeMetricReader {
  readonly #readerId = randomUUID();
  #producer: MetricProducerLike | undefined;
  #channel: ChannelEnd<ReaderMessage> | undefined;
  #collecting: Promise<void> | undefined;
  #round: number | undefined;
  #isShutDown = false;

  /**
   * Called by the MeterProvider.
   * @throws Error when it has one already, as the specification wants it.
   */
  setMetricProducer(producer: MetricProducerLike): void {
    if (this.#producer !== undefined)
      throw new Error('TickscopeMetricReader is bound to a MeterProvider already');
    this.#producer = producer;
    this.#channel = listenForRequests(({ round }) => {
      if (round === undefined) this.#post({ type: 'attached', readerId: this.#readerId });
      else void this.#answer(round);
    });
    this.#post({ type: 'attached', readerId: this.#readerId });
  }

  /** The instrument's own, where no view says otherwise. */
  selectAggregation(_instrumentType?: unknown): typeof AGGREGATION_DEFAULT {
    return AGGREGATION_DEFAULT;
  }

  selectAggregationTemporality(_instrumentType?: unknown): typeof TEMPORALITY_CUMULATIVE {
    return TEMPORALITY_CUMULATIVE;
  }

  selectCardinalityLimit(_instrumentType?: unknown): number {
    return CARDINALITY_LIMIT;
  }

  /** What the provider has now. @throws Error before it is bound to one. */
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's own type, of either line.
  collect(options?: { timeoutMillis?: number }): Promise<any> {
    if (this.#producer === undefined)
      throw new Error('TickscopeMetricReader is not bound to a MeterProvider');
    return this.#producer.collect(options);
  }

  /** Hands the present figures to Tickscope. Never rejects. */
  async forceFlush(_options?: unknown): Promise<void> {
    if (!this.#isShutDown) await this.#answer(undefined);
  }

  /** The same, for the last time. Never rejects. */
  async shutdown(_options?: unknown): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    await this.#answer(undefined);
    this.#post({ type: 'ended', readerId: this.#readerId });
    this.#channel?.close();
  }

  /** Requests that come while it collects are answered by that collection. */
  #answer(round: number | undefined): Promise<void> {
    this.#round = round ?? this.#round;
    this.#collecting ??= this.#collectAndPost().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  async #collectAndPost(): Promise<void> {
    try {
      const takenMillis = performance.timeOrigin + performance.now();
      const result = await this.#producer?.collect({ timeoutMillis: COLLECT_TIMEOUT_MILLIS });
      const scopeMetrics = result?.resourceMetrics.scopeMetrics ?? [];
      const snapshot = {
        type: 'snapshot',
        readerId: this.#readerId,
        round: this.#round,
        takenMillis,
      } as const;
      if (!this.#post({ ...snapshot, scopeMetrics })) {
        // Of what cannot be copied to another thread (a function as an attribute's value) JSON makes something.
        this.#post({ ...snapshot, scopeMetrics: JSON.parse(JSON.stringify(scopeMetrics)) });
      }
    } catch {
      // Nothing comes, and the last figures grow old, which Tickscope shows.
    }
  }

  #post(message: ReaderMessage): boolean {
    try {
      this.#channel?.post(message);
      return true;
    } catch {
      return false;
    }
  }
}
