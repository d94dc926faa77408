import { afterEach, expect, it } from 'vitest';
import { decisionLine, decisionOf } from '../../src/sidecar/decision-log.ts';
import { rulingWithout } from '../../src/sidecar/ruling.ts';
import type { TestSidecar, TestSidecarOptions } from './support/running-sidecar.ts';
import { revoke, startTestSidecar } from './support/running-sidecar.ts';

let sidecar: TestSidecar;

async function start(options: TestSidecarOptions = {}): Promise<void> {
  sidecar = await startTestSidecar(options);
}

afterEach(() => sidecar[Symbol.asyncDispose]());

/** The one line of the log, with what differs from run to run made plain. */
function onlyLine(): string {
  expect(sidecar.lines).toHaveLength(1);
  return (sidecar.lines[0] ?? '')
    .replace(/"rpt_[0-9a-f]{32}"/, '"rpt_1"')
    .replace(/"ms":\d+\}/, '"ms":1}');
}

it('an acceptance is one line with these members in this order', async () => {
  await start();
  const { clientId } = sidecar.world;
  await sidecar.post('/hooks/keycloak', { clientId, scope: 'read:logs/production read:logs/pii' });
  expect(onlyLine()).toBe(
    '{"time":"2026-11-20T12:00:00.000Z","route":"/hooks/keycloak",' +
      '"clientId":"https://id.acme.com/a/billing-bot/client.json","issuer":"did:web:id.acme.com",' +
      '"scopes":{"granted":["read:logs/production"],"withheld":["read:logs/pii"]},' +
      '"outcome":"accepted","reason":null,"report":"rpt_1","mode":"enforce","ms":1}\n',
  );
});

it('a refusal in monitor mode says what it would have been', async () => {
  await start({ mode: 'monitor' });
  await revoke(sidecar.world);
  const { clientId } = sidecar.world;
  await sidecar.post('/api/v1/verify', { client_id: clientId, scope: 'read:logs/production' });
  expect(onlyLine()).toBe(
    '{"time":"2026-11-20T12:00:00.000Z","route":"/api/v1/verify",' +
      '"clientId":"https://id.acme.com/a/billing-bot/client.json","issuer":"did:web:id.acme.com",' +
      '"scopes":{"granted":[],"withheld":["read:logs/production"]},' +
      '"outcome":"rejected","reason":"status-revoked","report":"rpt_1","mode":"monitor","ms":1}\n',
  );
});

it('a client under no trusted prefix has no issuer', async () => {
  await start();
  await sidecar.post('/hooks/keycloak', { clientId: 'https://other.example/client.json' });
  expect(onlyLine()).toBe(
    '{"time":"2026-11-20T12:00:00.000Z","route":"/hooks/keycloak",' +
      '"clientId":"https://other.example/client.json","issuer":null,' +
      '"scopes":{"granted":[],"withheld":[]},' +
      '"outcome":"rejected","reason":"issuer-not-trusted","report":"rpt_1","mode":"enforce","ms":1}\n',
  );
});

it('what a client chose stays on its line, in ASCII, and short', async () => {
  await start();
  const clientId = `a\r\n{"outcome":"accepted"}\u001b[2J\u2028\u202eé${'x'.repeat(3_000)}`;
  await sidecar.post('/hooks/keycloak', { clientId, scope: 'ö' });
  const [line = ''] = sidecar.lines;
  expect(line).toMatch(/^[ -~]+\n$/);
  expect(line).toContain('a\\r\\n{\\"outcome\\":\\"accepted\\"}\\u001b[2J\\u2028\\u202e\\u00e9xxx');
  expect(sidecar.decisions()[0]?.clientId).toHaveLength(2_048);
  expect(sidecar.decisions()[0]?.scopes.withheld).toEqual(['ö']);
});

it('as many scopes as fit a line are listed, and no authorization details', async () => {
  await start();
  const scopes = Array.from({ length: 100 }, (_, at) => `scope${at}`);
  const ruling = {
    ...rulingWithout(null, { mode: 'enforce', reason: 'overloaded' }),
    withheld: [{ type: 'account' }, ...scopes],
  } as const;
  const decision = decisionOf(ruling, { time: new Date(0), route: '/x', ms: 1.6 });
  expect(decision.scopes.withheld).toHaveLength(64);
  expect(decision.scopes.withheld[0]).toBe('scope0');
  expect(decision.ms).toBe(2);
  expect(decisionLine({ ...decision, scopes: { granted: [], withheld: [] } })).toBe(
    '{"time":"1970-01-01T00:00:00.000Z","route":"/x","clientId":null,"issuer":null,' +
      '"scopes":{"granted":[],"withheld":[]},"outcome":"undetermined","reason":"overloaded",' +
      '"report":null,"mode":"enforce","ms":2}\n',
  );
});
