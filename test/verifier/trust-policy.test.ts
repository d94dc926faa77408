import { describe, expect, it } from 'vitest';
import { trustOf } from '../../src/verifier/trust.ts';
import { parseTrustPolicy } from '../../src/verifier/trust-policy.ts';

const entry = {
  issuer: 'did:web:id.acme.com',
  clientIds: ['https://id.acme.com/a/'],
  credentialTypes: ['AgentAuthorizationCredential'],
};
const policy = { mode: 'enforce', trust: [entry] };

function faultsOf(input: unknown): readonly string[] {
  const parsed = parseTrustPolicy(input);
  return parsed.ok ? [] : parsed.faults.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

describe('parseTrustPolicy', () => {
  it('reads everything that a policy may say', () => {
    const full = {
      mode: 'monitor',
      trust: [
        {
          ...entry,
          algorithms: ['ES256', 'Ed25519', 'EdDSA'],
          status: { maxAgeS: 45, staleS: 1 },
          lifetime: { maxDays: 3 },
          distrustAfter: '2026-12-31T00:00:00Z',
        },
      ],
      require: {
        complianceAttestations: ['ISO/IEC 27001:2022'],
        authorizedScopes: ['read:logs/production'],
        credentialTypes: ['AgentComplianceCredential'],
        claims: [
          { claim: '/provenance/slsaLevel', atLeast: 3 },
          { claim: '/delegation/permitted', oneOf: [false] },
          { claim: '/a~1b~0c/', oneOf: ['x', 2, true] },
        ],
      },
      status: { maxAgeS: 30, staleS: 3_600 },
      lifetime: { maxDays: 7 },
    };
    expect(parseTrustPolicy(full)).toEqual({ ok: true, value: full });
  });

  it('trusts nobody when the list is empty', () => {
    expect(parseTrustPolicy({ mode: 'enforce', trust: [] })).toMatchObject({ ok: true });
    expect(trustOf({ mode: 'enforce', trust: [] }).covers('https://id.acme.com/a/x')).toBe(false);
  });

  it.each([
    [null, [' policy-object', '/mode policy-mode', '/trust policy-list']],
    ['everything', [' policy-object', '/mode policy-mode', '/trust policy-list']],
    [[policy], [' policy-object', '/mode policy-mode', '/trust policy-list']],
    [{ mode: 'enforce' }, ['/trust policy-list']],
    [{ trust: [entry] }, ['/mode policy-mode']],
    [{ ...policy, mode: 'off' }, ['/mode policy-mode']],
    [{ ...policy, trusts: [] }, ['/trusts policy-unknown']],
    [{ ...policy, trust: 'any' }, ['/trust policy-list']],
    [{ ...policy, require: { scopes: ['x'] } }, ['/require/scopes policy-unknown']],
    [{ ...policy, require: { authorizedScopes: 'x' } }, ['/require/authorizedScopes policy-list']],
    [
      { ...policy, require: { authorizedScopes: ['a b'] } },
      ['/require/authorizedScopes/0 policy-scope'],
    ],
    [{ ...policy, require: [] }, ['/require policy-object']],
    [{ ...policy, status: { maxAgeS: 29 } }, ['/status/maxAgeS policy-number']],
    [{ ...policy, status: { maxAgeS: 3_601 } }, ['/status/maxAgeS policy-number']],
    [{ ...policy, status: { maxAgeS: '60' } }, ['/status/maxAgeS policy-number']],
    [{ ...policy, status: { maxAgeS: Number.NaN } }, ['/status/maxAgeS policy-number']],
    [{ ...policy, status: { staleS: -1 } }, ['/status/staleS policy-number']],
    [{ ...policy, lifetime: { maxDays: 0 } }, ['/lifetime/maxDays policy-number']],
    [{ ...policy, lifetime: { days: 7 } }, ['/lifetime/days policy-unknown']],
    [{ ...policy, status: null }, ['/status policy-object']],
    [{ ...policy, lifetime: { maxDays: null } }, ['/lifetime/maxDays policy-number']],
    [{ ...policy, require: null }, ['/require policy-object']],
    [{ ...policy, require: { credentialTypes: 'any' } }, ['/require/credentialTypes policy-list']],
    [
      { ...policy, require: { credentialTypes: ['', 7] } },
      ['/require/credentialTypes/0 policy-text', '/require/credentialTypes/1 policy-text'],
    ],
    [JSON.parse('{"mode":"enforce","trust":[],"__proto__":{}}'), ['/__proto__ policy-unknown']],
    [
      { ...policy, constructor: 'x', toString: 'y' },
      ['/constructor policy-unknown', '/toString policy-unknown'],
    ],
  ])('refuses %j', (input, faults) => {
    expect(faultsOf(input)).toEqual(faults);
  });

  it.each([
    [{ ...entry, issuer: 'did:web:*' }, ['/trust/0/issuer policy-issuer']],
    [{ ...entry, issuer: 'https://id.acme.com' }, ['/trust/0/issuer policy-issuer']],
    [{ ...entry, issuer: undefined }, ['/trust/0/issuer policy-issuer']],
    [{ ...entry, issuers: [] }, ['/trust/0/issuers policy-unknown']],
    [{ ...entry, clientIds: [] }, ['/trust/0/clientIds policy-empty']],
    [{ ...entry, clientIds: undefined }, ['/trust/0/clientIds policy-list']],
    [{ ...entry, clientIds: ['https://id.acme.com/a'] }, ['/trust/0/clientIds/0 policy-prefix']],
    [{ ...entry, clientIds: ['https://id.acme.com'] }, ['/trust/0/clientIds/0 policy-prefix']],
    [{ ...entry, clientIds: ['https://*.acme.com/'] }, ['/trust/0/clientIds/0 policy-prefix']],
    [{ ...entry, clientIds: ['http://id.acme.com/a/'] }, ['/trust/0/clientIds/0 policy-prefix']],
    [{ ...entry, clientIds: ['https://id.acme.com/?a=/'] }, ['/trust/0/clientIds/0 policy-prefix']],
    [
      { ...entry, clientIds: ['https://id.acme.com/b/../a/'] },
      ['/trust/0/clientIds/0 policy-prefix'],
    ],
    [
      { ...entry, clientIds: [''] },
      ['/trust/0/clientIds/0 policy-text', '/trust/0/clientIds/0 policy-prefix'],
    ],
    [{ ...entry, credentialTypes: [] }, ['/trust/0/credentialTypes policy-empty']],
    [{ ...entry, credentialTypes: [''] }, ['/trust/0/credentialTypes/0 policy-text']],
    [{ ...entry, distrustAfter: 'soon' }, ['/trust/0/distrustAfter policy-instant']],
    [{ ...entry, distrustAfter: '2026-12-31' }, ['/trust/0/distrustAfter policy-instant']],
    [{ ...entry, issuer: null }, ['/trust/0/issuer policy-issuer']],
    [{ ...entry, issuer: ['did:web:id.acme.com'] }, ['/trust/0/issuer policy-issuer']],
    [{ ...entry, algorithms: [] }, ['/trust/0/algorithms policy-empty']],
    [{ ...entry, algorithms: 'ES256' }, ['/trust/0/algorithms policy-list']],
    [{ ...entry, algorithms: null }, ['/trust/0/algorithms policy-list']],
    [
      { ...entry, algorithms: ['none', 'es256', 'ES256K', 'RS256', 'ES256'] },
      [0, 1, 2, 3].map((at) => `/trust/0/algorithms/${at} policy-algorithm`),
    ],
    [{ ...entry, status: { maxAgeS: 3_601 } }, ['/trust/0/status/maxAgeS policy-number']],
    [{ ...entry, status: { maxAge: 60 } }, ['/trust/0/status/maxAge policy-unknown']],
    [{ ...entry, status: 60 }, ['/trust/0/status policy-object']],
    [{ ...entry, lifetime: { maxDays: 3_661 } }, ['/trust/0/lifetime/maxDays policy-number']],
    [{ ...entry, lifetime: 7 }, ['/trust/0/lifetime policy-object']],
  ])('refuses the entry %j', (input, faults) => {
    expect(faultsOf({ mode: 'enforce', trust: [input] })).toEqual(faults);
  });

  it('says in words what each member must be', () => {
    const wrong = {
      mode: 'off',
      trust: [
        {
          issuer: 'x',
          clientIds: ['x'],
          credentialTypes: [],
          algorithms: ['x'],
          status: { maxAgeS: 0, staleS: -1 },
          lifetime: { maxDays: 0 },
          distrustAfter: 'x',
          weight: 1,
        },
      ],
      block: ['x', ''],
      require: {
        complianceAttestations: 'x',
        authorizedScopes: ['a b'],
        claims: [{ claim: 'x' }, { claim: '/x', oneOf: [null] }, { claim: '/x', atLeast: 'x' }, 7],
      },
    };
    const parsed = parseTrustPolicy(wrong);
    const faults = parsed.ok ? [] : parsed.faults;
    expect(faults.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual([
      '/mode must be "enforce" or "monitor"',
      '/trust/0/weight is not one of issuer, clientIds, credentialTypes, algorithms, status, lifetime, distrustAfter',
      '/trust/0/issuer must be one did:web identifier',
      '/trust/0/distrustAfter must be null or an instant such as 2026-11-20T12:00:00Z',
      '/trust/0/clientIds/0 must be an https URL without query that ends in "/"',
      '/trust/0/credentialTypes must name at least one: an empty list vouches for nothing',
      '/trust/0/algorithms/0 must be one of ES256, Ed25519, EdDSA',
      '/trust/0/status/maxAgeS must be from 30 to 3600',
      '/trust/0/status/staleS must be from 0 to 3600',
      '/trust/0/lifetime/maxDays must be from 1 to 3660',
      '/block/0 must be a client_id, or a prefix of some that ends in "/"',
      '/block/1 must be a text that is not empty',
      '/block/1 must be a client_id, or a prefix of some that ends in "/"',
      '/require/complianceAttestations must be a list',
      '/require/authorizedScopes/0 must be one scope token (RFC 6749 section 3.3)',
      '/require/claims/0/claim must be a JSON Pointer such as /provenance/slsaLevel',
      '/require/claims/0 must have exactly one of "oneOf" and "atLeast"',
      '/require/claims/1/oneOf/0 must be a text, a number, true or false',
      '/require/claims/2/atLeast must be from -9007199254740991 to 9007199254740991',
      '/require/claims/3 must be an object',
      '/require/claims/3/claim must be a text that is not empty',
      '/require/claims/3 must have exactly one of "oneOf" and "atLeast"',
    ]);
  });

  it('has a fault for an issuer that cannot even be written as a text', () => {
    const issuer = Object.create(null);
    expect(faultsOf({ mode: 'enforce', trust: [{ ...entry, issuer }] })).toEqual([
      '/trust/0/issuer policy-issuer',
    ]);
  });

  it.each([
    ['x', ['/require/claims policy-list']],
    [['/name'], [' policy-object', '/claim policy-text', ' policy-claim']],
    [[{ claim: '/name' }], [' policy-claim']],
    [[{ claim: '/name', oneOf: ['x'], atLeast: 1 }], [' policy-claim']],
    [[{ claim: '/name', oneOf: [] }], ['/oneOf policy-empty']],
    [[{ claim: '/name', oneOf: 'x' }], ['/oneOf policy-list']],
    [[{ claim: '/name', oneOf: [null] }], ['/oneOf/0 policy-value']],
    [[{ claim: '/name', oneOf: [{}] }], ['/oneOf/0 policy-value']],
    [[{ claim: '/name', oneOf: [Number.NaN] }], ['/oneOf/0 policy-value']],
    [[{ claim: '/name', atLeast: '3' }], ['/atLeast policy-number']],
    [[{ claim: '/name', atLeast: null }], ['/atLeast policy-number']],
    [[{ claim: '/name', atLeast: Number.POSITIVE_INFINITY }], ['/atLeast policy-number']],
    [[{ claim: '/name', equals: 1 }], ['/equals policy-unknown', ' policy-claim']],
    [[{ claim: '', atLeast: 1 }], ['/claim policy-text']],
    [[{ claim: 'name', atLeast: 1 }], ['/claim policy-pointer']],
    [[{ claim: '/a~2', atLeast: 1 }], ['/claim policy-pointer']],
    [[{ claim: '/a~', atLeast: 1 }], ['/claim policy-pointer']],
    [[{ claim: 7, atLeast: 1 }], ['/claim policy-text']],
  ])('refuses the required claims %j', (claims, faults) => {
    const wanted = Array.isArray(claims)
      ? faults.map((fault) => `/require/claims/0${fault}`)
      : faults;
    expect(faultsOf({ ...policy, require: { claims } })).toEqual(wanted);
  });

  it('names every fault at once', () => {
    const faults = faultsOf({
      mode: 'off',
      trust: [{ ...entry, issuer: '' }],
      status: { maxAgeS: 1 },
    });
    expect(faults).toHaveLength(3);
  });
});

describe('trust', () => {
  const trust = trustOf({ mode: 'enforce', trust: [entry] });
  const claimant = {
    issuer: 'did:web:id.acme.com',
    subject: 'https://id.acme.com/a/bot/client.json',
    types: ['AgentAuthorizationCredential'],
    issuedAt: Date.parse('2026-11-20T12:00:00Z'),
    algorithm: 'ES256',
  };
  const usual = { statusMaxAgeMs: 60_000, statusStaleMs: 0, maxLifetimeMs: 2_678_400_000 };
  const trusted = { trusted: true, limits: usual };
  const refused = (distrust: string) => ({ trusted: false, distrust });

  it('covers URLs below a prefix, by their raw text', () => {
    expect(trust.covers('https://id.acme.com/a/bot/client.json')).toBe(true);
    expect(trust.covers('https://id.acme.com/ab/client.json')).toBe(false);
    expect(trust.covers('https://id.acme.com.evil.com/a/bot')).toBe(false);
    expect(trust.covers('http://id.acme.com/a/bot')).toBe(false);
    expect(trust.covers('https://ID.acme.com/a/bot')).toBe(false);
  });

  it.each([
    'did:web:id.acme.com.evil.com',
    'did:web:id.acme.com:u:mallory',
    'did:web:id.acme.co',
    'did:web:evil.com:id.acme.com',
    'DID:web:id.acme.com',
    'did:web:ID.acme.com',
    'did:web:id.acme.com#key-1',
    '',
  ])('F-02 is for the exact issuer, which %j is not', (issuer) => {
    expect(trust.judge(claimant)).toEqual(trusted);
    expect(trust.judge({ ...claimant, issuer })).toEqual(refused('issuer'));
  });

  it('is for the exact prefix and type', () => {
    expect(trust.judge({ ...claimant, subject: 'https://x.com/a/bot' })).toEqual(
      refused('client-id'),
    );
    expect(trust.judge({ ...claimant, types: ['Other'] })).toEqual(refused('credential-type'));
  });

  it('counts every type: none is smuggled in beside a trusted one, and none at all is nothing', () => {
    const judge = (types: readonly string[]) => trust.judge({ ...claimant, types });
    expect(judge(['AgentAuthorizationCredential', 'AdminCredential'])).toEqual(
      refused('credential-type'),
    );
    expect(judge([])).toEqual(refused('credential-type'));
    expect(judge(['McpServerCredential'])).toEqual(refused('credential-type'));
    expect(judge(['AgentAuthorizationCredential', 'McpServerCredential'])).toEqual(trusted);
  });

  it('F-18 ends for credentials issued after the instant of distrust', () => {
    const ended = trustOf({
      mode: 'enforce',
      trust: [{ ...entry, distrustAfter: '2026-11-20T12:00:00Z' }],
    });
    expect(ended.judge(claimant)).toEqual(trusted);
    expect(ended.judge({ ...claimant, issuedAt: claimant.issuedAt + 1 })).toEqual(
      refused('distrusted-since'),
    );
  });

  it('takes the algorithms that the entry names, each by its own name, and no others', () => {
    const narrow = trustOf({ mode: 'enforce', trust: [{ ...entry, algorithms: ['Ed25519'] }] });
    expect(narrow.judge({ ...claimant, algorithm: 'Ed25519' })).toEqual(trusted);
    expect(narrow.judge({ ...claimant, algorithm: 'EdDSA' })).toEqual(refused('algorithm'));
    expect(narrow.judge(claimant)).toEqual(refused('algorithm'));
  });

  it('is for every prefix and every algorithm of an entry, not for all of them at once', () => {
    const wide = trustOf({
      mode: 'enforce',
      trust: [
        {
          ...entry,
          clientIds: ['https://id.acme.com/b/', ...entry.clientIds],
          algorithms: ['Ed25519', 'ES256'],
        },
      ],
    });
    expect(wide.judge(claimant)).toEqual(trusted);
    expect(wide.judge({ ...claimant, subject: 'https://id.acme.com/b/x' })).toEqual(trusted);
    expect(wide.judge({ ...claimant, algorithm: 'Ed25519' })).toEqual(trusted);
  });

  it('has the limits of the policy for whoever has none of his own', () => {
    const { limits } = trustOf({
      mode: 'enforce',
      trust: [],
      status: { maxAgeS: 30, staleS: 5 },
      lifetime: { maxDays: 7 },
    });
    expect(limits).toEqual({
      statusMaxAgeMs: 30_000,
      statusStaleMs: 5_000,
      maxLifetimeMs: 604_800_000,
    });
  });

  it('is enough once, when several entries name an issuer', () => {
    const several = trustOf({
      mode: 'enforce',
      trust: [{ ...entry, clientIds: ['https://id.acme.com/b/'] }, entry],
    });
    expect(several.judge(claimant)).toEqual(trusted);
  });

  it('does not add up entries: what one lacks, another does not lend', () => {
    const several = trustOf({
      mode: 'enforce',
      trust: [
        { ...entry, credentialTypes: ['AgentComplianceCredential'] },
        { ...entry, clientIds: ['https://id.acme.com/b/'] },
        { ...entry, algorithms: ['EdDSA'] },
      ],
    });
    expect(several.judge(claimant)).toEqual(refused('credential-type'));
    const mixed = ['AgentAuthorizationCredential', 'AgentComplianceCredential'];
    expect(several.judge({ ...claimant, types: mixed, algorithm: 'EdDSA' })).toEqual(
      refused('credential-type'),
    );
  });
});

describe('the limits of trust', () => {
  const dayMs = 86_400_000;
  const claimant = {
    issuer: 'did:web:id.acme.com',
    subject: 'https://id.acme.com/a/bot/client.json',
    types: ['AgentAuthorizationCredential'],
    issuedAt: 0,
    algorithm: 'EdDSA',
  };
  const limitsOf = (own: object, whole: object = {}) => {
    const judgement = trustOf({
      mode: 'enforce',
      trust: [{ ...entry, ...own }],
      ...whole,
    }).judge(claimant);
    return judgement.trusted ? judgement.limits : judgement.distrust;
  };

  it.each([
    ['nobody names any', {}, {}, [60, 0, 31]],
    [
      'the objects are empty',
      { status: {}, lifetime: {} },
      { status: {}, lifetime: {} },
      [60, 0, 31],
    ],
    [
      'the policy names them',
      {},
      { status: { maxAgeS: 90, staleS: 5 }, lifetime: { maxDays: 7 } },
      [90, 5, 7],
    ],
    [
      'the entry names them',
      { status: { maxAgeS: 30, staleS: 9 }, lifetime: { maxDays: 1 } },
      {},
      [30, 9, 1],
    ],
    [
      'both name them, by the entry',
      { status: { maxAgeS: 3_600, staleS: 0 }, lifetime: { maxDays: 90 } },
      { status: { maxAgeS: 30, staleS: 5 }, lifetime: { maxDays: 7 } },
      [3_600, 0, 90],
    ],
    [
      'each names some, one by one',
      { status: { maxAgeS: 45 } },
      { status: { maxAgeS: 30, staleS: 5 }, lifetime: { maxDays: 7 } },
      [45, 5, 7],
    ],
  ])('are as documented when %s', (_case, own, whole, [maxAgeS = 0, staleS = 0, maxDays = 0]) => {
    expect(limitsOf(own, whole)).toEqual({
      statusMaxAgeMs: maxAgeS * 1_000,
      statusStaleMs: staleS * 1_000,
      maxLifetimeMs: maxDays * dayMs,
    });
  });

  it('are those of the first entry that trusts, whatever others say', () => {
    const trust = trustOf({
      mode: 'enforce',
      trust: [
        { ...entry, credentialTypes: ['Other'], lifetime: { maxDays: 1 } },
        { ...entry, lifetime: { maxDays: 2 } },
        { ...entry, lifetime: { maxDays: 3 } },
      ],
    });
    expect(trust.judge(claimant)).toMatchObject({ limits: { maxLifetimeMs: 2 * dayMs } });
  });
});

describe('what a policy leaves out', () => {
  it('is never "any"', () => {
    const parsed = parseTrustPolicy({ mode: 'enforce', trust: [entry] });
    if (!parsed.ok) throw new Error('the smallest policy is a policy');
    expect(parsed.value).toEqual({ mode: 'enforce', trust: [{ ...entry, distrustAfter: null }] });
    const trust = trustOf(parsed.value);
    expect(trust).toMatchObject({
      mode: 'enforce',
      kind: 'policy',
      requiredStandards: [],
      requiredScopes: [],
      requiredTypes: [],
      requiredClaims: [],
      limits: { statusMaxAgeMs: 60_000, statusStaleMs: 0, maxLifetimeMs: 2_678_400_000 },
    });
  });

  it.each(['issuer', 'clientIds', 'credentialTypes'])(
    'has to be said of an entry: %s',
    (member) => {
      const partial = Object.fromEntries(Object.entries(entry).filter(([name]) => name !== member));
      expect(faultsOf({ mode: 'enforce', trust: [partial] })).toHaveLength(1);
    },
  );

  it('is trust in nobody when nobody is named', () => {
    const trust = trustOf({ mode: 'enforce', trust: [] });
    const claimant = { issuer: '', subject: '', types: [], issuedAt: 0, algorithm: '' };
    expect(trust.covers('')).toBe(false);
    expect(trust.judge(claimant)).toEqual({ trusted: false, distrust: 'issuer' });
  });
});
