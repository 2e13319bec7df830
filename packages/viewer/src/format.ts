/** Figures as text. */
export const NONE = '–';

/** Three significant digits in the unit that fits: `870 ns`, `12.4 µs`, `3.02 ms`, `1.20 s`. */
export function formatDuration(millis: number | null): string {
  if (millis === null || !Number.isFinite(millis)) return NONE;
  if (millis === 0) return '0';
  const size = Math.abs(millis);
  if (size < 0.0009995) return `${digits(millis * 1e6)} ns`;
  if (size < 0.9995) return `${digits(millis * 1e3)} µs`;
  if (size < 999.5) return `${digits(millis)} ms`;
  return size < 60_000 ? `${digits(millis / 1e3)} s` : formatAge(millis);
}

/** The same without trailing zeros, for settings and axes: `20 ms`, `2.5 ms`. */
export function formatRound(millis: number | null): string {
  return formatDuration(millis).replace(/\.(\d*?)0+ /, (_, kept: string) =>
    kept === '' ? ' ' : `.${kept} `,
  );
}

/** Always in microseconds, for figures that are compared with one another. */
export function formatMicros(millis: number): string {
  return `${grouped(millis * 1000, millis < 0.1 ? 1 : 0)} µs`;
}

/** `40 ms`, `4.2 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `5 d 3 h`. */
export function formatAge(millis: number): string {
  const seconds = millis / 1000;
  if (seconds < 1) return `${Math.round(millis)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

export function formatCount(count: number): string {
  if (count < 10_000_000) return grouped(count, 0);
  return count < 1e9 ? `${digits(count / 1e6)} M` : `${digits(count / 1e9)} G`;
}

export function formatRate(perSecond: number | null): string {
  if (perSecond === null) return NONE;
  return perSecond < 100 ? String(Number(digits(perSecond))) : grouped(perSecond, 0);
}

export function formatPercent(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return NONE;
  const percent = ratio * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.01) return '< 0.01 %';
  return `${percent < 10 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

/** Local time of day, 24 hours. */
export function formatTime(unixMillis: number, withMillis = false): string {
  const date = new Date(unixMillis);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMillis ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function grouped(value: number, fractionDigits: number): string {
  return value.toLocaleString('en', {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
}
