export { type ChannelEnd, listenForRequests, type ReaderMessage } from './api-metrics/channel.js';
export type { OtlpMetricsSettings, OtlpSettings, PipelineSettings, ServerSettings } from './settings.js';
export { type StartOptions, WorkerPipeline } from './start.js';
export { type Seat, takeSeat } from './threads/directory.js';
export { JoinedPipeline, type JoinOptions } from './threads/joined-pipeline.js';
