export type { OtlpSettings, PipelineSettings, ServerSettings } from './settings.js';
export { type StartOptions, WorkerPipeline } from './start.js';
