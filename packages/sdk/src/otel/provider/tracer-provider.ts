import type { Tracer, TracerOptions, TracerProvider } from '@opentelemetry/api';
import { TickscopeTracer, type TracerHome } from './tracer.js';

const MAX_SCOPES = 1_024;
const MAX_PART_UNITS = 256;

/** OpenTelemetry's TracerProvider over Tickscope's shared memory; registered by `register()`. */
export class TickscopeTracerProvider implements TracerProvider {
  readonly #home: TracerHome;
  readonly #tracers = new Map<string, Tracer>();

  constructor(home: TracerHome) {
    this.#home = home;
  }

  /** Whether anybody has asked for a tracer. */
  get isUsed(): boolean {
    return this.#tracers.size > 0;
  }

  /** The same tracer for the same scope. Never throws. */
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const scope = [name, version, schemaUrlOf(options)].map(scopePart).join('\0');
    const known = this.#tracers.get(scope);
    if (known !== undefined) return known;
    const tracer = new TickscopeTracer(this.#home, scope);
    if (this.#tracers.size < MAX_SCOPES) this.#tracers.set(scope, tracer);
    return tracer;
  }
}

function schemaUrlOf(options: TracerOptions | undefined): unknown {
  try {
    return options?.schemaUrl;
  } catch {
    return undefined;
  }
}

/** NUL separates the parts. */
function scopePart(part: unknown): string {
  return typeof part === 'string' ? part.slice(0, MAX_PART_UNITS).replaceAll('\0', '\ufffd') : '';
}
