import { describe, expect, it } from 'vitest';
import { negotiateFormat } from './negotiate-format.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

function contentTypeFor(accept: string | undefined): string {
  return negotiateFormat(accept).contentType;
}

describe('the form of /metrics', () => {
  it.each([undefined, '', '*/*', 'text/*', 'text/html,*/*;q=0.8', 'application/json', ';;,,=', 'text/plain'])(
    'is text 0.0.4 where nothing else is asked for: %s',
    (accept) => expect(contentTypeFor(accept)).toBe(TEXT),
  );

  it('is what Prometheus 2.42 prefers', () => {
    const text =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    expect(contentTypeFor(text)).toBe(OPENMETRICS);
    const native = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,${text.replace('1.0.0', '1.0.0;q=0.8')}`;
    expect(contentTypeFor(native)).toBe(PROTOBUF);
  });

  it('is what Prometheus 3 prefers, with the escaping that is in force', () => {
    const accept =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
    expect(contentTypeFor(accept)).toBe(`${OPENMETRICS}; escaping=underscores`);
  });

  it('goes by weight, and by order among equals', () => {
    expect(contentTypeFor('text/plain;q=0.9, application/openmetrics-text;q=0.8')).toBe(TEXT);
    expect(contentTypeFor('text/plain;q=0.8, application/openmetrics-text;q=0.9')).toBe(OPENMETRICS);
    expect(contentTypeFor('text/plain, application/openmetrics-text')).toBe(TEXT);
    expect(contentTypeFor('application/openmetrics-text, text/plain')).toBe(OPENMETRICS);
  });

  it('leaves out what is excluded, has an unreadable weight, or an unknown version', () => {
    for (const parameters of ['q=0', 'q=0.0', 'q=2', 'q=x', 'q=-1', 'version=2.0.0']) {
      expect(contentTypeFor(`application/openmetrics-text;${parameters}`), parameters).toBe(TEXT);
    }
    expect(contentTypeFor('text/plain;version=1.0.0, application/openmetrics-text;q=0.1')).toBe(OPENMETRICS);
    expect(contentTypeFor('application/vnd.google.protobuf')).toBe(TEXT);
    expect(contentTypeFor(PROTOBUF.replace('delimited', 'text'))).toBe(TEXT);
  });

  it('keeps the version that was asked for', () => {
    expect(contentTypeFor('application/openmetrics-text;version=0.0.1')).toBe(
      OPENMETRICS.replace('1.0.0', '0.0.1'),
    );
  });

  it('reads quoted parameters, spaces and capitals', () => {
    expect(contentTypeFor('Application/OpenMetrics-Text ; Version="1.0.0" ; Q=1')).toBe(OPENMETRICS);
    expect(contentTypeFor('x/y;a=",;\\"", application/openmetrics-text')).toBe(OPENMETRICS);
  });
});
