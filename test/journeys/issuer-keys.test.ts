import { beforeEach, describe, expect, it } from 'vitest';
import { issueCredential } from '../../src/journeys/issue-credential.ts';
import { createIssuePapers } from '../../src/journeys/issue-papers.ts';
import type { IssuerKey } from '../../src/journeys/issuer-key.ts';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import { asJson, certified } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, payloadOf, type RegistryWorld } from './registry-world.ts';

const second = 1_000;
const minute = 60 * second;
const safeMs = 610 * second;

let world: RegistryWorld;

beforeEach(async () => {
  world = await openRegistryWorld();
  await world.keep();
  world.clock.moveBy(second);
});

const keys = () => world.registry.listIssuerKeys(world.caller);
const prepare = () => world.registry.prepareIssuerKey(world.caller);
const activate = (key: IssuerKey) =>
  world.registry.activateIssuerKey({ ...world.caller, key: key.id });
const compromise = (key: string) =>
  world.registry.compromiseIssuerKey({ ...world.caller, key, reason: 'INC-7' });
const rotate = async () => {
  const key = await prepare();
  world.clock.moveBy(safeMs);
  return activate(key);
};
const kidOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
const active = async () => {
  const found = (await keys()).find(({ state }) => state === 'active');
  if (found === undefined) throw new Error('no active key');
  return found;
};
const listKids = async () =>
  Promise.all(
    ['/status/1r', '/status/1s', '/token-status/1'].map(async (path) =>
      kidOf(await world.text(path)),
    ),
  );
const sealedOf = async (id: string) =>
  (await world.deps.keys.listByDids([world.organization.did])).find((key) => key.id === id)?.sealed;
interface Method {
  readonly id: string;
  readonly expires?: string;
  readonly revoked?: string;
}
const didDocument = async (): Promise<{
  verificationMethod: Method[];
  assertionMethod: string[];
}> => world.json('/.well-known/did.json');
const keySet = async (): Promise<string[]> =>
  (await world.json('/jwks.json')).keys.map(({ kid }: { kid: string }) => kid);

/** The same registry in another process, which has used the issuer already. */
async function openSecondProcess() {
  const issuers = new IssuerDirectory(world.deps);
  await issuers.find(world.organization.id);
  const deps = { ...world.deps, issuers };
  const issuePapers = createIssuePapers(deps);
  return {
    issue: (handle: string) => {
      world.clock.moveBy(1);
      const order = { ...world.caller, handle, reason: 'CHG-1', type: 'compliance' };
      return issueCredential({ ...deps, issuePapers }, { ...order, claims: asJson(certified) });
    },
  };
}

describe('a prepared key', () => {
  it('is in both documents at once, and signs nothing', async () => {
    const first = await active();
    const next = await prepare();
    expect(next).toMatchObject({
      state: 'published',
      safeToActivateAt: new Date('2026-11-20T12:10:11Z'),
      activatesAt: null,
      nextStep: { action: 'activate', at: new Date('2026-11-20T12:10:11Z'), automatic: false },
    });
    expect((await didDocument()).assertionMethod).toStrictEqual([first.kid, next.kid]);
    expect(await keySet()).toStrictEqual([first.kid, next.kid]);
    await world.enrol('bot');
    expect(kidOf((await world.json('/a/bot/client.json'))['vc+jwt'])).toBe(first.kid);
  });

  it('is not activated before every reader knows it, to the millisecond', async () => {
    const next = await prepare();
    world.clock.moveBy(safeMs - 1);
    expect(await refusalLater(activate(next))).toStrictEqual(['key-wrong-state']);
    world.clock.moveBy(1);
    expect(await activate(next)).toMatchObject({ id: next.id, state: 'active' });
  });

  it('is the only one, and may be given up', async () => {
    const next = await prepare();
    expect(await refusalLater(prepare())).toStrictEqual(['key-wrong-state']);
    const given = await world.registry.retireIssuerKey({ ...world.caller, key: next.kid });
    expect(given.state).toBe('destroyed');
    expect((await didDocument()).assertionMethod).not.toContain(next.kid);
    expect(await keySet()).not.toContain(next.kid);
    expect(await refusalLater(activate(next))).toStrictEqual(['key-not-found']);
  });

  it('takes over by itself when that was ordered', async () => {
    const next = await world.registry.rotateIssuerKey(world.caller);
    expect(next.activatesAt).toStrictEqual(new Date('2026-11-20T12:10:11Z'));
    world.clock.moveBy(safeMs - 1);
    expect(await world.keep()).toMatchObject({ issuerKeysChanged: 0, failures: [] });
    world.clock.moveBy(1);
    expect(await world.keep()).toMatchObject({ issuerKeysChanged: 1, failures: [] });
    expect((await active()).id).toBe(next.id);
    expect(await world.keep()).toMatchObject({ issuerKeysChanged: 0, failures: [] });
  });
});

describe('an activated key', () => {
  it('signs all that is issued from then on, and the lists at once', async () => {
    await world.enrol('bot');
    const next = await rotate();
    expect(await listKids()).toStrictEqual([next.kid, next.kid, next.kid]);
    const facet = await world.issue('bot');
    expect(kidOf(facet.jwt ?? '')).toBe(next.kid);
    expect(kidOf((await world.json('/a/bot/client.json'))['vc+jwt'])).toBe(next.kid);
  });

  it('is left alone when it is activated again', async () => {
    const next = await rotate();
    const audited = await world.audited();
    expect(await activate(next)).toStrictEqual(next);
    expect(await world.audited()).toStrictEqual(audited);
  });

  it('is not retired without a successor', async () => {
    const { id } = await active();
    const order = world.registry.retireIssuerKey({ ...world.caller, key: id });
    expect(await refusalLater(order)).toStrictEqual(['key-wrong-state']);
  });

  it('is known at once to whoever plans papers, in another process too', async () => {
    await world.enrol('bot');
    const elsewhere = await openSecondProcess();
    const next = await rotate();
    const facet = await elsewhere.issue('bot');
    expect(facet.keyId).toBe(next.id);
  });
});

describe('a retired key', () => {
  it('loses its private half at once, and is listed until its last credential is past', async () => {
    const first = await active();
    await world.enrol('bot');
    const facet = await world.issue('bot', { validFor: 'P398D' });
    await rotate();
    const [retired] = await keys();
    const ends = new Date(facet.validUntil.getTime() + minute);
    expect(retired).toMatchObject({ id: first.id, state: 'retired', listedUntil: ends });
    expect(await sealedOf(first.id)).toBeNull();
    const [method] = (await didDocument()).verificationMethod;
    expect(method).toMatchObject({ id: first.kid, expires: ends.toISOString() });
    expect((await didDocument()).assertionMethod).toContain(first.kid);
  });

  it('outlives the last list that it signed, even when it signed nothing else', async () => {
    await rotate();
    const { listedUntil } = (await keys())[0] ?? {};
    expect(listedUntil).toStrictEqual(new Date(world.clock.now().getTime() + 16 * minute));
  });

  it('is destroyed by a round once that is past, and leaves both documents', async () => {
    const first = await active();
    await rotate();
    const ends = (await keys())[0]?.listedUntil?.getTime() ?? 0;
    world.clock.moveBy(ends - world.clock.now().getTime() - 1);
    await world.keep();
    expect((await keys()).map(({ id }) => id)).toContain(first.id);
    world.clock.moveBy(1);
    expect(await world.keep()).toMatchObject({ issuerKeysChanged: 1, failures: [] });
    expect((await keys()).map(({ id }) => id)).not.toContain(first.id);
    expect((await didDocument()).assertionMethod).not.toContain(first.kid);
    expect(await keySet()).not.toContain(first.kid);
    const actions = (await world.audited()).map(({ action }) => action);
    expect(actions).toContain('issuer-key.destroyed');
  });
});

describe('an activation in the middle of an issue', () => {
  it('leaves what was recorded to the key that it was recorded under', async () => {
    const first = await active();
    await world.enrol('bot');
    const next = await prepare();
    world.clock.moveBy(safeMs);
    let turns = 0;
    world.interruptions.beforeSigning = async (payload) => {
      if (payload['credentialSubject'] === undefined || turns > 0) return;
      turns += 1;
      await activate(next);
    };
    const facet = await world.issue('bot', { validFor: 'P300D' });
    expect(turns).toBe(1);
    expect(kidOf(facet.jwt ?? '')).toBe(first.kid);
    expect((await keys())[0]?.listedUntil?.getTime()).toBeGreaterThan(facet.validUntil.getTime());
    expect((await world.issue('bot')).keyId).toBe(next.id);
  });
});

describe('a list that is being signed', () => {
  it('is signed again when its key is retired meanwhile', async () => {
    const first = await active();
    const next = await prepare();
    let turns = 0;
    world.interruptions.beforeSigning = async () => {
      turns += 1;
      if (turns > 1) return;
      const stateSince = world.clock.now();
      await world.database.run(async ({ keys: stored }) => {
        await stored.change(first.id, { state: 'retired', stateSince });
        await stored.change(next.id, { state: 'active', stateSince });
      });
    };
    const [list] = await world.deps.status.listLists();
    if (list === undefined) throw new Error('no list');
    await world.deps.lists.publish(list.id);
    expect(await listKids()).toStrictEqual([next.kid, next.kid, next.kid]);
  });
});

describe('a compromised key', () => {
  async function openWithPapers() {
    const agent = await world.enrol('bot');
    const facet = await world.issue('bot', { validFor: 'P60D' });
    const key = await active();
    const passport = (await world.json('/a/bot/client.json'))['vc+jwt'] as string;
    world.clock.moveBy(minute);
    return { agent, facet, key, passport };
  }

  it('is revoked in the DID document, and in no key set', async () => {
    const { key } = await openWithPapers();
    const outcome = await compromise(key.kid);
    const at = world.clock.now();
    expect(outcome.key).toMatchObject({ id: key.id, state: 'retired', revokedAt: at });
    const document = await didDocument();
    expect(document.verificationMethod).toMatchObject([
      { id: key.kid, revoked: at.toISOString() },
      { id: outcome.replacement.kid },
    ]);
    expect(document.assertionMethod).toStrictEqual([outcome.replacement.kid]);
    expect(await keySet()).toStrictEqual([outcome.replacement.kid]);
    expect(await sealedOf(key.id)).toBeNull();
  });

  it('takes all that it signed with it, and agents get the same papers under the new one', async () => {
    const { agent, facet, key } = await openWithPapers();
    const outcome = await compromise(key.id);
    const { replacement } = outcome;
    expect(outcome).toMatchObject({
      revoked: 3,
      suspended: 0,
      agentsReissued: 1,
      agentsUnderWay: 0,
    });
    expect(await listKids()).toStrictEqual([replacement.kid, replacement.kid, replacement.kid]);
    const held = await world.held(agent.id);
    const [old, young] = [
      held.filter(({ keyId }) => keyId === key.id),
      held.filter(({ keyId }) => keyId === replacement.id),
    ];
    for (const one of old) expect(await world.shown(one)).toBe('revoked');
    for (const one of young) expect(await world.shown(one)).toBe('valid');
    expect(young.map(({ type }) => type).toSorted()).toStrictEqual(['allowed-actions', 'passport']);
    expect(young.find(({ type }) => type === facet.type)).toMatchObject({
      claims: facet.claims,
      visibility: facet.visibility,
      reason: facet.reason,
      validUntil: facet.validUntil,
    });
    expect(await world.passport('bot')).toMatchObject({
      credentialSubject: { authorizedScopes: ['read:logs/production'] },
    });
  });

  it('is replaced by the key that is prepared, without waiting', async () => {
    const { key } = await openWithPapers();
    const next = await prepare();
    const { replacement } = await compromise(key.id);
    expect(replacement).toMatchObject({ id: next.id, state: 'active' });
  });

  it('that is retired already leaves the active one in its place', async () => {
    const { key, facet } = await openWithPapers();
    const next = await rotate();
    const { replacement, ...outcome } = await compromise(key.id);
    expect(replacement.id).toBe(next.id);
    expect(outcome).toMatchObject({ revoked: 3, agentsReissued: 1 });
    expect(await world.shown(facet)).toBe('revoked');
  });

  it('may be given up twice', async () => {
    const { key } = await openWithPapers();
    const { replacement } = await compromise(key.id);
    const again = await compromise(key.id);
    expect(again).toMatchObject({ revoked: 0, agentsReissued: 0, agentsUnderWay: 0 });
    expect(again.replacement.id).toBe(replacement.id);
  });

  it('leaves what was revoked before revoked, and suspended facets go for good', async () => {
    const { facet, key } = await openWithPapers();
    const suspended = await world.issue('bot', { validFor: 'P61D' });
    const order = { ...world.caller, reason: 'INC-6' };
    await world.registry.revokeCredential({ ...order, id: facet.id });
    await world.registry.suspendCredential({ ...order, id: suspended.id });
    world.clock.moveBy(second);
    const outcome = await compromise(key.id);
    expect(outcome).toMatchObject({ suspended: 1, agentsReissued: 1, agentsUnderWay: 0 });
    expect(await world.passport('bot')).toMatchObject({
      credentialSubject: { authorizedScopes: [] },
    });
  });

  it('gives a suspended agent its papers when it is resumed', async () => {
    const { key } = await openWithPapers();
    const bot = { ...world.caller, handle: 'bot', reason: 'INC-6' };
    await world.registry.suspendAgent(bot);
    expect(await compromise(key.id)).toMatchObject({ agentsReissued: 0, agentsUnderWay: 0 });
    world.clock.moveBy(second);
    await world.registry.resumeAgent(bot);
    expect(await world.keep()).toMatchObject({ agentsReissued: 1, failures: [] });
    expect(await world.passport('bot')).toMatchObject({
      credentialSubject: { authorizedScopes: ['read:logs/production'] },
    });
    expect(await world.keep()).toMatchObject({ agentsReissued: 0 });
  });

  it('stops what was recorded under it from being sealed', async () => {
    const { key } = await openWithPapers();
    let turns = 0;
    world.interruptions.beforeSigning = async (payload) => {
      if (payload['sub'] === undefined || turns > 0) return;
      turns += 1;
      await compromise(key.id);
    };
    expect(await refusalLater(world.issue('bot'))).toStrictEqual(['credential-wrong-state']);
    expect(turns).toBe(1);
    await world.keep();
    expect(kidOf((await world.json('/a/bot/client.json'))['vc+jwt'])).toBe((await active()).kid);
  });

  it('refuses without a reason, and for a key that there is not', async () => {
    const { key } = await openWithPapers();
    const silent = world.registry.compromiseIssuerKey({ ...world.caller, key: key.id, reason: '' });
    expect(await refusalLater(silent)).toStrictEqual([
      'invalid-input',
      '/reason: say why, in 1 to 500 characters',
    ]);
    expect(await refusalLater(compromise('key_none'))).toStrictEqual(['key-not-found']);
    expect((await active()).id).toBe(key.id);
  });
});

it('refuses a caller who reaches a part of the agents only', async () => {
  const { id } = await active();
  for (const reach of [
    { team: 'payments', agentId: null },
    { team: null, agentId: 'agt_1' },
  ]) {
    const narrow = { ...world.caller, reach };
    const { registry } = world;
    for (const asked of [
      registry.listIssuerKeys(narrow),
      registry.prepareIssuerKey(narrow),
      registry.rotateIssuerKey(narrow),
      registry.activateIssuerKey({ ...narrow, key: id }),
      registry.retireIssuerKey({ ...narrow, key: id }),
      registry.compromiseIssuerKey({ ...narrow, key: id, reason: 'INC-7' }),
    ]) {
      expect(await refusalLater(asked)).toStrictEqual(['not-permitted']);
    }
  }
  expect(await keys()).toHaveLength(1);
});

it('never lists more keys than readers take, and keeps room for an emergency', async () => {
  await world.enrol('bot');
  for (let turn = 0; turn < 59; turn += 1) {
    await world.issue('bot', { validFor: 'P398D' });
    await rotate();
  }
  expect(await keys()).toHaveLength(60);
  expect(await refusalLater(prepare())).toStrictEqual(['key-wrong-state']);
  for (let turn = 0; turn < 6; turn += 1) await compromise((await active()).id);
  const { verificationMethod, assertionMethod } = await didDocument();
  expect(verificationMethod).toHaveLength(64);
  expect(assertionMethod.at(-1)).toBe((await active()).kid);
  expect((await world.document('/.well-known/did.json'))?.body.byteLength).toBeLessThan(65_536);
});

it('carries on where a process stopped in the middle of an emergency', async () => {
  const agent = await world.enrol('bot');
  await world.issue('bot', { validFor: 'P60D' });
  const { id } = await active();
  world.clock.moveBy(minute);
  world.interruptions.beforeSigning = async () => {
    throw new Error('the process ends here');
  };
  await expect(compromise(id)).rejects.toThrow('the process ends here');
  world.interruptions.beforeSigning = async () => {};
  const replacement = await active();
  expect(replacement.id).not.toBe(id);
  expect(await world.keep()).toMatchObject({ agentsReissued: 1, failures: [] });
  expect(await listKids()).toStrictEqual([replacement.kid, replacement.kid, replacement.kid]);
  for (const one of await world.held(agent.id)) {
    expect(await world.shown(one)).toBe(one.keyId === id ? 'revoked' : 'valid');
  }
  expect(payloadOf((await world.json('/a/bot/client.json'))['vc+jwt'])).toMatchObject({
    credentialSubject: { authorizedScopes: ['read:logs/production'] },
  });
});
