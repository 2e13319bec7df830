import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pollUntil } from '../poll.js';
import { Child } from '../process/child.js';
import { freePort } from '../process/free-port.js';
import { debianProgram } from './debian.js';

export interface PrometheusOptions {
  /** `host:port` of what is scraped. */
  readonly targets: readonly string[];
  /** Default 1 000. */
  readonly scrapeIntervalMillis?: number;
  /** For example `exemplar-storage`. */
  readonly features?: readonly string[];
  /** Text of a rules file. */
  readonly rules?: string;
}

/** One element of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One exemplar that the server has stored. */
export interface ExemplarSample {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampSeconds: number;
}

/** A real Prometheus server with a data folder of its own. */
export class Prometheus implements AsyncDisposable {
  readonly address: string;
  readonly #child: Child;
  readonly #folder: string;
  readonly #targetCount: number;

  private constructor(address: string, child: Child, folder: string, targetCount: number) {
    this.address = address;
    this.#child = child;
    this.#folder = folder;
    this.#targetCount = targetCount;
  }

  /** Resolves when each target has been scraped for the first time, successfully or not. */
  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const program = await debianProgram('prometheus');
    const folder = await mkdtemp(join(tmpdir(), 'tickscope-prometheus-'));
    const configuration = join(folder, 'prometheus.yml');
    await writeFile(configuration, configurationText(options, folder));
    if (options.rules !== undefined) await writeFile(join(folder, 'rules.yml'), options.rules);
    const port = await freePort();
    const child = Child.program(program, {
      args: [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        ...(options.features?.length ? [`--enable-feature=${options.features.join(',')}`] : []),
      ],
    });
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, child, folder, options.targets.length);
    try {
      await pollUntil(
        async () => {
          if (child.exited) return 'ended';
          return (await fetch(`${prometheus.address}/-/ready`)).ok;
        },
        { timeoutMillis: 20_000, description: 'Prometheus to be ready' },
      );
      if (child.exited) throw new Error(`Prometheus ended:\n${child.stderr}`);
      // It takes about five seconds from being ready to its first scrape.
      await pollUntil(async () => (await prometheus.queryOne('count(up)')) === options.targets.length, {
        timeoutMillis: 30_000,
        description: 'Prometheus to begin scraping',
      });
      return prometheus;
    } catch (error) {
      await prometheus[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An instant query; `atUnixMillis` defaults to now. */
  async query(expression: string, atUnixMillis?: number): Promise<Sample[]> {
    const parameters = new URLSearchParams({ query: expression });
    if (atUnixMillis !== undefined) parameters.set('time', String(atUnixMillis / 1000));
    const { resultType, result } = await this.#get(`/api/v1/query?${parameters}`);
    if (resultType === 'scalar') return [{ labels: {}, value: Number(result[1]) }];
    return result.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => ({
      labels: metric,
      value: Number(value[1]),
    }));
  }

  /** The value of a query that gives exactly one element. */
  async queryOne(expression: string, atUnixMillis?: number): Promise<number> {
    const samples = await this.query(expression, atUnixMillis);
    if (samples.length !== 1) throw new Error(`${expression} gave ${JSON.stringify(samples)}`);
    return (samples[0] as Sample).value;
  }

  /** The first and the last value scraped of exactly one series. */
  async rangeOf(selector: string): Promise<{ readonly first: number; readonly last: number }> {
    const parameters = new URLSearchParams({ query: `${selector}[1h]` });
    const { result } = await this.#get(`/api/v1/query?${parameters}`);
    if (result.length !== 1) throw new Error(`${selector} gave ${result.length} series`);
    const values: [number, string][] = result[0].values;
    return { first: Number(values[0]?.[1]), last: Number(values.at(-1)?.[1]) };
  }

  /** What `query_exemplars` gives for the series of an expression in the last hour. */
  async queryExemplars(expression: string): Promise<ExemplarSample[]> {
    const now = Date.now() / 1000;
    const parameters = new URLSearchParams({
      query: expression,
      start: String(now - 3600),
      end: String(now + 1),
    });
    type Found = {
      seriesLabels: Record<string, string>;
      exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
    };
    const found: Found[] = await this.#get(`/api/v1/query_exemplars?${parameters}`);
    return found.flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        seriesLabels,
        labels,
        value: Number(value),
        timestampSeconds: timestamp,
      })),
    );
  }

  /** Resolves when a successful scrape of every target can be queried. */
  async waitForScrape(timeoutMillis = 20_000): Promise<void> {
    await pollUntil(async () => (await this.queryOne('count(up == 1)')) === this.#targetCount, {
      timeoutMillis,
      description: `${this.address} to scrape its targets`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  // biome-ignore lint/suspicious/noExplicitAny: each caller knows its endpoint's shape.
  async #get(path: string): Promise<any> {
    const response = await fetch(this.address + path);
    const answer = (await response.json()) as { status: string; data: unknown; error?: string };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }
}

function configurationText(options: PrometheusOptions, folder: string): string {
  // JSON is YAML.
  return JSON.stringify({
    global: {
      scrape_interval: `${options.scrapeIntervalMillis ?? 1_000}ms`,
      scrape_timeout: `${options.scrapeIntervalMillis ?? 1_000}ms`,
      evaluation_interval: '1s',
    },
    ...(options.rules === undefined ? {} : { rule_files: [join(folder, 'rules.yml')] }),
    scrape_configs: [{ job_name: 'bot', static_configs: [{ targets: options.targets }] }],
  });
}
