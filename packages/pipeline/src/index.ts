export type { OtlpSettings, PipelineSettings, ServerSettings } from './settings.js';
