export type { OtlpMetricsSettings, OtlpSettings, PipelineSettings, ServerSettings } from './settings.js';
export { type StartOptions, WorkerPipeline } from './start.js';
