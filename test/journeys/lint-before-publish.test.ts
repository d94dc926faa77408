import { expect, it } from 'vitest';
import type { TargetLint } from '../../src/agents/agent-lint.ts';
import { createRegistry } from '../../src/journeys/create-registry.ts';
import { createIssuePapers } from '../../src/journeys/issue-papers.ts';
import { keepPapers } from '../../src/journeys/keep-papers.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const minuteMs = 60_000;

async function lintOf(world: RegistryWorld) {
  const lint = await world.registry.findAgentLint({ ...world.caller, handle: 'billing-bot' });
  if (lint === null) throw new Error('there is no lint');
  return lint;
}

/** The targets of one outcome. */
function those(targets: readonly TargetLint[] | undefined, outcome: TargetLint['outcome']) {
  return targets?.filter((report) => report.outcome === outcome).map(({ target }) => target);
}

/** The same registry with a signer whose credentials nobody could read. */
function withBrokenSigner({ deps }: RegistryWorld) {
  const signer = { ...deps.signer, signCredential: async () => 'no.credential' };
  const broken = { ...deps, signer };
  const issuePapers = createIssuePapers(broken);
  const all = { ...broken, issuePapers };
  return { registry: createRegistry(all), keep: () => keepPapers(all) };
}

it('keeps what every known server makes of the agent’s document', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const { checkedAt, documents } = await lintOf(world);
  expect(checkedAt).toStrictEqual(world.clock.now());
  expect(documents.map(({ clientId }) => clientId)).toStrictEqual([
    'https://id.acme.com/a/billing-bot/client.json',
  ]);
  const [own] = documents;
  expect(own?.findings).toStrictEqual([]);
  expect(those(own?.targets, 'refuses')).toStrictEqual(['keycloak', 'atproto']);
  const keycloak = own?.targets.find(({ target }) => target === 'keycloak');
  expect(keycloak?.findings).toStrictEqual([
    {
      id: 'keycloak.metadata.unknown-members',
      severity: 'error',
      places: ['/vc+jwt'],
      message: 'It refuses a document with members that it does not know, here vc+jwt.',
      fix: 'Publish a second document without them, under a client_id of its own, for this server.',
    },
  ]);
});

it('keeps it for the strict document too, and forgets it with that document', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot', { profiles: ['strict'] });
  const strict = (await lintOf(world)).documents[1];
  expect(strict?.clientId).toBe('https://id.acme.com/a/billing-bot/strict/client.json');
  expect(those(strict?.targets, 'refuses')).toStrictEqual(['atproto']);
  const order = { ...world.caller, handle: 'billing-bot', changes: { profiles: [] } };
  world.clock.moveBy(1);
  await world.registry.updateAgent(order);
  const lint = await lintOf(world);
  expect([lint.documents.length, lint.checkedAt]).toStrictEqual([1, world.clock.now()]);
});

it('refuses, by the rules of the standards, what would break them: nothing changes', async () => {
  const world = await openRegistryWorld({ baseUrl: 'http://localhost:8787' });
  const before = await world.snapshot();
  const redirectUris = ['https://app.example/back'];
  const [code, ...faults] = await refusalLater(world.enrol('billing-bot', { redirectUris }));
  expect(code).toBe('document-invalid');
  expect(faults.map((fault) => fault.replace(/:.*\(/, ' ('))).toStrictEqual([
    ' (cimd.url.scheme)',
    '/jwks_uri (cimd.keys.uri)',
    '/client_uri (cimd.metadata.page-uri)',
  ]);
  expect(await world.snapshot()).toStrictEqual(before);
  expect(await refusalLater(world.agent('billing-bot'))).toStrictEqual(['agent-not-found']);
});

it('publishes no passport that nobody could read: the document before it stays', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const before = await world.text('/a/billing-bot/client.json');
  const { registry, keep } = withBrokenSigner(world);
  world.clock.moveBy(minuteMs);
  const order = { ...world.caller, handle: 'billing-bot', changes: { name: 'New' } };
  const [code, fault] = await refusalLater(registry.updateAgent(order));
  expect([code, fault?.slice(0, 8)]).toStrictEqual(['document-invalid', '/vc+jwt:']);
  expect(fault).toContain('(cimd.vc-jwt.format)');
  expect(await world.text('/a/billing-bot/client.json')).toBe(before);
  expect(await keep()).toMatchObject({ agentsCaughtUp: 0 });
  expect(await world.text('/a/billing-bot/client.json')).toBe(before);
  await world.keep();
  expect((await world.json('/a/billing-bot/client.json')).client_name).toBe('New');
});

it('does not stand between a permission and its end: the finding is kept instead', async () => {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  const facet = await world.issue('billing-bot');
  // As a release with fewer rules may have left it.
  const profile = { ...agent, redirectUris: [] };
  const at = world.clock.now();
  await world.database.run(({ agents }) => agents.updateProfile(agent.id, profile, at));
  expect(await refusalLater(world.issue('billing-bot'))).toStrictEqual([
    'document-invalid',
    expect.stringContaining('(cimd.redirect-uris.absent)'),
  ]);
  await world.registry.revokeCredential({ ...world.caller, id: facet.id, reason: 'CHG-1' });
  expect(await world.shown(facet)).toBe('revoked');
  const { credentialSubject } = await world.passport('billing-bot');
  expect(credentialSubject.authorizedScopes).toStrictEqual([]);
  const [own] = (await lintOf(world)).documents;
  expect(own?.findings.map(({ id }) => id)).toStrictEqual(['cimd.redirect-uris.absent']);
});

it('has no lint for an agent of somebody else', async () => {
  const world = await openRegistryWorld();
  const order = { ...world.caller, handle: 'billing-bot' };
  expect(await refusalLater(world.registry.findAgentLint(order))).toStrictEqual([
    'agent-not-found',
  ]);
});
