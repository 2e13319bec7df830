/** Which formats carry the context, and where it may go. */
import { accept, type Check, reject } from './check.js';
import { show } from './show.js';

export const PROPAGATORS = ['tracecontext', 'baggage'] as const;
export type PropagatorName = (typeof PROPAGATORS)[number];

const MAX_HOSTS = 256;
const HOST = /^(\*|(\*\.)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[?[0-9A-Fa-f:.]{2,45}\]?)$/;

export const propagatorNames: Check<readonly PropagatorName[]> = (value) => {
  const expected = `an array of ${PROPAGATORS.join(' and ')}, or of none`;
  if (!Array.isArray(value)) return reject(expected, show(value));
  const stranger = value.findIndex((name) => !PROPAGATORS.includes(name));
  if (stranger >= 0) return reject(expected, show(value[stranger]));
  return accept([...new Set(value)]);
};

export const hosts: Check<readonly string[]> = (value) => {
  const expected = `an array of at most ${MAX_HOSTS} host names, *.host or *`;
  if (!Array.isArray(value) || value.length > MAX_HOSTS) return reject(expected, show(value));
  const wrong = value.findIndex((host) => typeof host !== 'string' || !HOST.test(host));
  return wrong < 0 ? accept([...value]) : reject(expected, show(value[wrong]));
};
