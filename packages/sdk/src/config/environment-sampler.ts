import { ratio } from './check.js';
import { type EnvironmentReader, origin } from './environment-reader.js';
import { show } from './show.js';

const SAMPLER = 'OTEL_TRACES_SAMPLER';
const ARGUMENT = 'OTEL_TRACES_SAMPLER_ARG';
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Ratios become `sampleRatio`; `always_off` asks for no trace at all, hence for the mode `metrics`. */
export function readSampler(reader: EnvironmentReader): void {
  const sampler = reader.word(SAMPLER, SAMPLERS);
  if (sampler === undefined || !sampler.endsWith('traceidratio')) {
    if (reader.text(ARGUMENT) !== undefined) {
      reader.warn(ARGUMENT, `has no effect: ${SAMPLER} is not traceidratio or parentbased_traceidratio`);
    }
  }
  if (sampler === undefined) return;
  if (sampler.endsWith('always_off')) reader.claims.set('mode', 'metrics', origin(SAMPLER));
  else if (sampler.endsWith('always_on')) reader.claims.set('sampleRatio', 1, origin(SAMPLER));
  else readRatio(reader);
  if (!sampler.startsWith('parentbased')) {
    reader.warn(SAMPLER, `taken as parentbased_${sampler}: the decision of a remote parent is respected`);
  }
}

function readRatio(reader: EnvironmentReader): void {
  const text = reader.text(ARGUMENT);
  const share = reader.number(ARGUMENT);
  const checked = share === undefined ? undefined : ratio(share);
  if (checked?.ok) {
    reader.claims.set('sampleRatio', checked.value, origin(ARGUMENT));
    return;
  }
  if (checked) reader.ignore(ARGUMENT, checked.expected, show(text));
  // Without a usable argument the specification has the ratio at 1.
  reader.claims.set('sampleRatio', 1, origin(SAMPLER));
}
