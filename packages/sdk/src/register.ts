import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Scope, TickscopeError } from '@tickscope/core';
import {
  cellsFor,
  DEFAULT_RECORDER_OPTIONS,
  definitionBytesFor,
  NoopScope,
  Recorder,
  ScopeRecorder,
  setCurrentScope,
} from '@tickscope/core/internal';
import { type Seat, takeSeat } from '@tickscope/pipeline';
import type { RegisterOptions } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import type { ResolvedConfig } from './config/resolved.js';
import { connect } from './connect.js';
import { installAmbient, uninstallAmbient } from './otel/ambient.js';
import { installPropagator } from './otel/context/install-propagator.js';
import { installTracerProvider, uninstallTracerProvider } from './otel/provider/install.js';

interface Registration {
  readonly options: RegisterOptions;
  readonly scope: Scope;
}

// On globalThis, so that two copies of this package in one process find the same scope.
const KEY = Symbol.for('tickscope.registration.v1');
const holder = globalThis as { [KEY]?: Registration };

/**
 * Starts Tickscope in this thread; once, at start-up. Everything is optional, see RegisterOptions. Returns at
 * once: the pipeline's worker boots beside the bot, and what is recorded until then waits in shared memory.
 *
 * A second call in the same thread returns the same scope if its options are equal. Other threads of the process
 * call it too: each gets a scope of its own, and all of them share the pipeline of the first one, its port and
 * its export.
 *
 * @throws TickscopeError `TICKSCOPE_INVALID_CONFIG`, naming every setting that is wrong, what was expected,
 * what came and from where (not with `onConfigError: 'disable'`); `TICKSCOPE_ALREADY_REGISTERED` for other
 * options than those of the first call; `TICKSCOPE_UNSUPPORTED_RUNTIME` before Node.js 20.19. Nothing that the scope offers throws.
 */
export function register<const S extends string = string, const G extends string = string>(
  options: RegisterOptions<S, G> = {},
): Scope<S, G> {
  const known = holder[KEY];
  if (known !== undefined) {
    if (isDeepStrictEqual(known.options, options)) return known.scope as unknown as Scope<S, G>;
    throw new TickscopeError(
      'TICKSCOPE_ALREADY_REGISTERED',
      'register() was called before in this thread with other options; call it once, and use currentScope() elsewhere',
    );
  }
  requireRuntime(process.versions.node);
  const config = resolveOrDisable(options);
  for (const warning of config?.warnings ?? []) warn(warning);
  const scope = config?.enabled ? start(config) : new NoopScope();
  // OpenTelemetry's specification: a disabled SDK hands contexts on all the same.
  if (config?.origins.enabled === 'environment OTEL_SDK_DISABLED') {
    installPropagator(config.propagators, config.propagateTo);
  }
  holder[KEY] = { options, scope };
  setCurrentScope(scope);
  return scope as unknown as Scope<S, G>;
}

/** `require(esm)`, which CommonJS bots need, came with 20.19 and 22.12. */
function requireRuntime(version: string): void {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new TickscopeError(
    'TICKSCOPE_UNSUPPORTED_RUNTIME',
    `Tickscope needs Node.js 20.19 or newer; this is ${version}`,
  );
}

/** Undefined: the configuration was refused, and the bot is to run without telemetry. */
function resolveOrDisable(options: RegisterOptions): ResolvedConfig | undefined {
  try {
    return resolveConfig(options);
  } catch (error) {
    if (!(error instanceof TickscopeError) || options.onConfigError !== 'disable') throw error;
    warn(`disabled: ${error.message}`);
    return undefined;
  }
}

function start(config: ResolvedConfig): ScopeRecorder {
  const seat: Seat = config.pipeline === 'inline' ? { role: 'owner', lane: 1 } : takeSeat();
  // Of its own for every scope, so that ids differ even where the numbers of lanes begin again.
  const key = new Uint32Array(4);
  randomBytes(16).copy(new Uint8Array(key.buffer));
  const { sizes } = DEFAULT_RECORDER_OPTIONS;
  const { stages, symbolLimit } = config;
  const recorder = new Recorder({
    ...DEFAULT_RECORDER_OPTIONS,
    mode: config.mode,
    sampleRatio: config.sampleRatio,
    overflow: config.ring.overflow,
    sizes: {
      ...sizes,
      ringSlots: config.ring.slots,
      inFlightSlots: config.maxOpenTicks,
      cells: cellsFor(sizes.cells, stages.length, symbolLimit),
      definitionBytes: definitionBytesFor(sizes.definitionBytes, stages.length, symbolLimit),
    },
    abandonAfterMillis: config.abandonAfterMillis,
    ambientStages: config.ambientStages,
    debugHandles: config.debugHandles,
    symbolLimit,
    key,
    lane: seat.lane,
  });
  recorder.ambient = installAmbient(config.contextManager);
  const uninstallPropagator = installPropagator(config.propagators, config.propagateTo);
  const { tracerProvider: mode, spanLimits: limits } = config;
  installTracerProvider(recorder, { mode, limits, warn });
  const loop = {
    stages: config.stages,
    guardReasons: config.guardReasons,
    ...(config.deadlineMillis !== undefined && { deadlineMs: config.deadlineMillis }),
  };
  const control = connect({ config, seat, region: recorder.region.buffer, onWarning: warn });
  return new ScopeRecorder(recorder, loop, {
    get address() {
      return control.address;
    },
    flush: () => control.flush(),
    async shutdown() {
      await control.shutdown();
      uninstallTracerProvider(recorder);
      uninstallAmbient(recorder.ambient);
      uninstallPropagator();
      delete holder[KEY];
      setCurrentScope(undefined);
    },
  });
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'TickscopeWarning', code: 'TICKSCOPE_WARNING' });
}
