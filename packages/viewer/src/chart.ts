/** A time plot: uPlot with this page's colours, axes and manners. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTime, NONE } from './format.js';

export interface ChartSeries {
  readonly label: string;
  /** A CSS custom property, for example `--p50`. */
  readonly colour: string;
  readonly width?: number;
  readonly fill?: boolean;
}

export interface ChartOptions {
  readonly height: number;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number | null) => string;
  /** For the labels of the y axis. Default: `format`. */
  readonly formatAxis?: (value: number | null) => string;
  readonly logarithmic?: boolean;
  /** Plots with the same key share their cursor. */
  readonly syncKey: string;
  /** Receives the figures under the cursor, or of the newest point; one text per series and the time. */
  readonly onLegend?: (values: readonly string[], time: string) => void;
}

/** A horizontal line with a label, or undefined. */
export interface Threshold {
  readonly value: number;
  readonly label: string;
}

type Column = readonly (number | null)[];

const AXIS_FONT = '11px system-ui, sans-serif';
/** A threshold further off than this many times the largest value would flatten the curves. */
const THRESHOLD_REACH = 4;

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #threshold: Threshold | undefined;
  #span = { min: 0, max: 1 };
  #width = 0;

  constructor(element: HTMLElement, options: ChartOptions) {
    this.element = element;
    this.#options = options;
    new ResizeObserver(() => this.#resize()).observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot?.redraw(false));
  }

  setData(
    timesUnixMillis: readonly number[],
    columns: readonly Column[],
    spanMillis: { readonly min: number; readonly max: number },
    threshold?: Threshold,
  ): void {
    this.#threshold = threshold;
    this.#span = spanMillis;
    const data = [timesUnixMillis, ...columns] as unknown as uPlot.AlignedData;
    if (this.#plot === undefined) this.#create(data);
    else this.#plot.setData(data);
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #create(data: uPlot.AlignedData): void {
    this.#width = this.element.clientWidth;
    if (this.#width === 0) return;
    const { height, series, format, formatAxis = format, logarithmic, syncKey } = this.#options;
    const axis: uPlot.Axis = {
      stroke: () => colour('--muted'),
      grid: { stroke: () => colour('--grid'), width: 1 },
      ticks: { show: false },
      font: AXIS_FONT,
    };
    this.#plot = new uPlot(
      {
        width: this.#width,
        height,
        ms: 1,
        padding: [10, 6, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: syncKey }, points: { size: 7 }, drag: { x: false, y: false }, y: false },
        scales: {
          x: { time: true, range: () => [this.#span.min, this.#span.max] },
          y: logarithmic
            ? { distr: 3, range: (_, min, max) => this.#logRange(min, max) }
            : { range: (_, __, max) => this.#range(max) },
        },
        axes: [
          {
            ...axis,
            size: 26,
            gap: 4,
            space: 90,
            values: (_, splits) => splits.map((split) => formatTime(split)),
          },
          {
            ...axis,
            size: 64,
            space: 34,
            values: (_, splits) => splits.map((split) => (split === null ? '' : formatAxis(split))),
          },
        ],
        series: [
          {},
          ...series.map(
            (one): uPlot.Series => ({
              label: one.label,
              stroke: () => colour(one.colour),
              width: one.width ?? 1.75,
              points: { show: false },
              ...(one.fill ? { fill: () => colour(`${one.colour}-fill`) } : {}),
            }),
          ),
        ],
        hooks: {
          draw: [(plot) => this.#drawThreshold(plot)],
          setCursor: [() => this.#legend()],
          setData: [() => this.#legend()],
          ready: [() => this.#legend()],
        },
      },
      data,
      this.element,
    );
  }

  #range(max: number | null): [number, number] {
    const top = max === null || max <= 0 ? 1 : max;
    return [0, Math.max(top, this.#visibleThreshold(top) ?? 0) * 1.08];
  }

  #logRange(min: number | null, max: number | null): [number, number] {
    if (min === null || max === null || !(min > 0)) return [0.001, 1];
    const top = Math.max(max, this.#visibleThreshold(max) ?? 0);
    return [10 ** Math.floor(Math.log10(min)), 10 ** Math.ceil(Math.log10(top * 1.001))];
  }

  #visibleThreshold(largest: number): number | undefined {
    const value = this.#threshold?.value;
    const reach = this.#options.logarithmic ? Number.POSITIVE_INFINITY : largest * THRESHOLD_REACH;
    return value !== undefined && value <= reach ? value : undefined;
  }

  #drawThreshold(plot: uPlot): void {
    const threshold = this.#threshold;
    if (threshold === undefined) return;
    const { ctx } = plot;
    const { left, top, width } = plot.bbox;
    const ratio = devicePixelRatio;
    const isVisible = threshold.value <= (plot.scales.y.max ?? 0);
    const y = isVisible ? plot.valToPos(threshold.value, 'y', true) : top;
    ctx.save();
    ctx.strokeStyle = colour('--deadline');
    ctx.lineWidth = ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    if (isVisible) {
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
    }
    const text = isVisible ? threshold.label : `${threshold.label}, above this range ↑`;
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    // On a patch of the card's colour, so that curves do not run through the text.
    const patch = { width: ctx.measureText(text).width + 10 * ratio, height: 16 * ratio };
    const middle = Math.max(y, top + patch.height / 2);
    const start = left + 8 * ratio;
    ctx.fillStyle = colour('--surface');
    ctx.fillRect(start, middle - patch.height / 2, patch.width, patch.height);
    ctx.fillStyle = colour('--deadline');
    ctx.fillText(text, start + 5 * ratio, middle);
    ctx.restore();
  }

  #legend(): void {
    const plot = this.#plot;
    const { onLegend, format } = this.#options;
    if (plot === undefined || onLegend === undefined) return;
    const times = plot.data[0];
    const at = plot.cursor.idx ?? times.length - 1;
    const values = plot.data.slice(1).map((column) => format(column[at] ?? null));
    onLegend(values, times[at] === undefined ? NONE : formatTime(times[at]));
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (this.#plot === undefined || width === this.#width || width === 0) return;
    this.#width = width;
    this.#plot.setSize({ width, height: this.#options.height });
  }
}

function colour(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}
