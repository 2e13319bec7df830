import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadScenario, parseScenario, ScenarioError } from './scenario.js';

const shipped = (name: string) => new URL(`../scenarios/${name}.json`, import.meta.url);
const defaultJson = () => JSON.parse(readFileSync(shipped('default'), 'utf8'));

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as Error).message;
  }
  throw new Error('expected a ScenarioError');
}

test.each(['default', 'calm'])('the shipped scenario %s is usable', (name) => {
  expect(loadScenario(shipped(name)).name).toBe(name);
});

test('the default scenario has every kind of fault, the calm one none', () => {
  const kinds = new Set(loadScenario(shipped('default')).faults.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['disconnect', 'freeze', 'gap', 'rate_squeeze', 'wide_spread']);
  expect(loadScenario(shipped('calm')).faults).toEqual([]);
});

test('every problem is named with its path, the expectation and the actual value', () => {
  const json = defaultJson();
  json.symbols = ['A', 'A'];
  json.market.depth = 1.5;
  json.market.dept = 3;
  delete json.latency;
  json.faults = [{ kind: 'freez', firstAtMs: 0 }, { kind: 'freeze', firstAtMs: -1, durationMs: 5 }, 7];
  expect(messageOf(() => parseScenario(json, 'my.json'))).toBe(
    `scenario my.json cannot be used:
  scenario.latency: expected an object, got nothing
  scenario.symbols: expected 1 to 64 distinct non-empty strings, got ["A","A"]
  scenario.market.depth: expected an integer from 1 to 100, got 1.5
  scenario.market.dept: unknown setting; known here: burstProbability, depth, spreadTicks, takerMaxLots, takerProbability, updateIntervalMs, volatilityTicks
  scenario.faults[2]: expected an object, got 7
  scenario.faults[0].kind: expected one of gap, disconnect, freeze, wide_spread, rate_squeeze, got "freez"
  scenario.faults[1].firstAtMs: expected a number from 0 to 86400000, got -1`,
  );
});

test('a setting of another kind of fault is refused', () => {
  const json = defaultJson();
  json.faults = [{ kind: 'gap', firstAtMs: 0, durationMs: 5 }];
  expect(messageOf(() => parseScenario(json, 'x'))).toContain(
    'scenario.faults[0].durationMs: unknown setting',
  );
});

test('a tail that ends before the median is refused', () => {
  const json = defaultJson();
  json.latency.tailMaxMs = 7;
  expect(messageOf(() => parseScenario(json, 'x'))).toContain(
    'latency.tailMaxMs: expected a number from 8 to',
  );
});

test('a file that is missing or no JSON is named', () => {
  expect(messageOf(() => loadScenario('/no/such/file.json'))).toMatch(
    /cannot read scenario \/no\/such\/file.json/,
  );
  expect(messageOf(() => loadScenario(new URL(import.meta.url)))).toMatch(/scenario .* is not JSON/);
});
