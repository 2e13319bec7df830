/** What the end-to-end and fault tests stand on: judges and processes that share no code with what they judge. */
export { ArrivalLog } from './otlp/arrival-log.js';
export type { ReceiverMode } from './otlp/mode.js';
export { OtlpReceiver } from './otlp/receiver.js';
export { OtlpReceiverProcess } from './otlp/receiver-process.js';
export type { ReceivedEvent, ReceivedPoint, ReceivedRequest, ReceivedSpan } from './otlp/records.js';
export { type PollOptions, pollUntil } from './poll.js';
export { Child, type ChildOptions, type Exit } from './process/child.js';
export { cleanEnvironment } from './process/environment.js';
export { freePort } from './process/free-port.js';
export { CHROMIUM_ARGUMENTS, chromiumPath } from './tools/chromium.js';
export { type DebianProgram, debianProgram, debianPrometheusClient } from './tools/debian.js';
export { type OptionalTool, optionalTool } from './tools/optional-tool.js';
export { type ExemplarSample, Prometheus, type PrometheusOptions, type Sample } from './tools/prometheus.js';
