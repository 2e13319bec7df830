import type { Claim, Claims } from './claims.js';
import type { FileClaims } from './file.js';
import { SETTINGS, type SettingPath, type SettingValue } from './settings.js';

/** What every source says, and who wins: code, then environment, then file, then the default. */
export class Sources {
  readonly code: Claims;
  readonly environment: Claims;
  readonly file: FileClaims | undefined;
  /** Origin of every setting that was asked for, filled as they are. */
  readonly origins: Record<string, string> = {};
  readonly warnings: string[] = [];

  constructor(code: Claims, environment: Claims, file: FileClaims | undefined) {
    this.code = code;
    this.environment = environment;
    this.file = file;
  }

  /** In order of precedence. */
  all(): readonly Claims[] {
    return this.file ? [this.code, this.environment, this.file] : [this.code, this.environment];
  }

  claim<P extends SettingPath>(path: P): Claim<NonNullable<SettingValue<P>>> | undefined {
    for (const source of this.all()) {
      const claim = source.get(path);
      if (claim) return claim;
    }
    return undefined;
  }

  pick<P extends SettingPath>(path: P): SettingValue<P> {
    const claim = this.claim(path);
    this.origins[path] = claim?.origin ?? 'default';
    return (claim?.value ?? SETTINGS[path].fallback) as SettingValue<P>;
  }
}
