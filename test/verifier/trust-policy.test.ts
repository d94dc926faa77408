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
      trust: [{ ...entry, distrustAfter: '2026-12-31T00:00:00Z' }],
      require: {
        complianceAttestations: ['ISO/IEC 27001:2022'],
        authorizedScopes: ['read:logs/production'],
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
  ])('refuses the entry %j', (input, faults) => {
    expect(faultsOf({ mode: 'enforce', trust: [input] })).toEqual(faults);
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
  };

  it('covers URLs below a prefix, by their raw text', () => {
    expect(trust.covers('https://id.acme.com/a/bot/client.json')).toBe(true);
    expect(trust.covers('https://id.acme.com/ab/client.json')).toBe(false);
    expect(trust.covers('https://id.acme.com.evil.com/a/bot')).toBe(false);
    expect(trust.covers('http://id.acme.com/a/bot')).toBe(false);
    expect(trust.covers('https://ID.acme.com/a/bot')).toBe(false);
  });

  it('is for the exact issuer, the prefix, and the type', () => {
    expect(trust.distrustOf(claimant)).toBeUndefined();
    expect(trust.distrustOf({ ...claimant, issuer: 'did:web:id.acme.com.evil.com' })).toBe(
      'issuer',
    );
    expect(trust.distrustOf({ ...claimant, issuer: 'did:web:id.acme.com:u:mallory' })).toBe(
      'issuer',
    );
    expect(trust.distrustOf({ ...claimant, subject: 'https://x.com/a/bot' })).toBe('client-id');
    expect(trust.distrustOf({ ...claimant, types: ['Other'] })).toBe('credential-type');
  });

  it('counts every type: none is smuggled in beside a trusted one, and none at all is nothing', () => {
    const types = ['AgentAuthorizationCredential', 'AdminCredential'];
    expect(trust.distrustOf({ ...claimant, types })).toBe('credential-type');
    expect(trust.distrustOf({ ...claimant, types: [] })).toBe('credential-type');
    expect(trust.distrustOf({ ...claimant, types: ['McpServerCredential'] })).toBe(
      'credential-type',
    );
    const server = ['AgentAuthorizationCredential', 'McpServerCredential'];
    expect(trust.distrustOf({ ...claimant, types: server })).toBeUndefined();
  });

  it('ends for credentials issued after the instant of distrust', () => {
    const ended = trustOf({
      mode: 'enforce',
      trust: [{ ...entry, distrustAfter: '2026-11-20T12:00:00Z' }],
    });
    expect(ended.distrustOf(claimant)).toBeUndefined();
    expect(ended.distrustOf({ ...claimant, issuedAt: claimant.issuedAt + 1 })).toBe(
      'distrusted-since',
    );
  });

  it('is enough once, when several entries name an issuer', () => {
    const several = trustOf({
      mode: 'enforce',
      trust: [{ ...entry, clientIds: ['https://id.acme.com/b/'] }, entry],
    });
    expect(several.distrustOf(claimant)).toBeUndefined();
  });
});
