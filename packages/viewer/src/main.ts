/** The page at /dashboard: asks for a snapshot once a second and shows it. */
import './styles.css';
import type { SnapshotJson } from '@tickscope/pipeline/protocol';
import { Alarm } from './alarm.js';
import { fetchHistory, fetchSnapshot } from './api.js';
import { outcomeTone } from './badge.js';
import { Bars } from './bars.js';
import { h } from './dom.js';
import { type Connection, Header } from './header.js';
import { History } from './history.js';
import { LatencyCard } from './latency-card.js';
import { LedgerCard } from './ledger-card.js';
import { RateCards } from './rate-cards.js';
import { RequestsCard } from './requests-card.js';
import { StagesTable } from './stages-table.js';
import { TickDialog } from './tick-dialog.js';
import { readable, TickList } from './tick-list.js';

const POLL_MILLIS = 1000;
/** Every so many polls the list of kept ticks is fetched. */
const LIST_EVERY = 2;
/** After a longer gap (a hidden tab, a lost connection) the server's history fills it. */
const GAP_MILLIS = 5000;
/** A young bot's plots are not squeezed into the right edge of a long axis. */
const MIN_SPAN_MILLIS = 30_000;

const history = new History();
let snapshot: SnapshotJson | undefined;
let connection: Connection = { state: 'connecting' };
let answeredAt = 0;

const header = new Header();
const alarm = new Alarm();
const latency = new LatencyCard(draw);
const rates = new RateCards();
const stages = new StagesTable((key) => latency.select(key), draw);
const outcomes = new Bars('Outcomes', 'No tick yet.');
const trips = new Bars('Guard trips', 'No guard has tripped.');
const requests = new RequestsCard();
const ledger = new LedgerCard();
const dialog = new TickDialog(() => list.ticks.map(({ traceId }) => traceId));
const list = new TickList((traceId) => dialog.open(traceId));

const page = h(
  'main',
  {},
  alarm.element,
  h('div', { class: 'row wide' }, latency.element, rates.element),
  stages.element,
  h('div', { class: 'row thirds' }, outcomes.element, trips.element, ledger.element),
  requests.element,
  list.element,
);
document.getElementById('app')?.append(header.element, page, dialog.element);

function draw(): void {
  if (snapshot === undefined) return;
  const end = history.times.at(-1) ?? snapshot.nowUnixMillis;
  const known = end - (history.times[0] ?? end);
  const span = Math.min(latency.spanMillis, Math.max(known, MIN_SPAN_MILLIS));
  const range = { min: end - span, max: end };
  header.update(snapshot, history);
  alarm.update(snapshot.stuck);
  latency.update(snapshot, history, range);
  rates.update(history, range);
  stages.update(snapshot, latency.stage);
  outcomes.update(bars(snapshot.ticksByOutcome, outcomeTone));
  trips.update(bars(snapshot.guardTrips, () => 'warn'));
  requests.update(snapshot.requests);
  ledger.update(snapshot.ledger);
  list.updateFilters(snapshot);
}

/** In the order in which they came: largest first would make bars jump. */
function bars(counts: Readonly<Record<string, number>>, toneOf: (name: string) => string) {
  return Object.entries(counts).map(([name, count]) => ({
    label: readable(name),
    count,
    tone: toneOf(name),
  }));
}

async function poll(count: number): Promise<void> {
  try {
    const next = await fetchSnapshot();
    const isOther =
      snapshot !== undefined && (next.pid !== snapshot.pid || next.instance !== snapshot.instance);
    const last = history.times.at(-1);
    if (isOther || last === undefined || next.nowUnixMillis - last > GAP_MILLIS) {
      history.load(await fetchHistory());
    }
    history.append(next);
    snapshot = next;
    answeredAt = performance.now();
    connection = { state: 'live' };
    if (count % LIST_EVERY === 0) await list.refresh();
  } catch {
    if (connection.state !== 'lost') {
      connection = { state: 'lost', sinceUnixMillis: snapshot?.nowUnixMillis ?? Date.now() };
    }
  }
  document.body.classList.toggle('lost', connection.state === 'lost');
  draw();
  header.updateFreshness(snapshot, connection, performance.now() - answeredAt);
}

async function run(): Promise<never> {
  for (let count = 0; ; count++) {
    const startedAt = performance.now();
    await poll(count);
    const pause = Math.max(0, POLL_MILLIS - (performance.now() - startedAt));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

dialog.start();
void run();
