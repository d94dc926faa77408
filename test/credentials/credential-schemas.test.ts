import { describe, expect, it } from 'vitest';
import { recordPassport } from '../../src/credentials/record-credential.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { aContext, aPassportDraft } from './made-context.ts';
import { readSchemas } from './read-schemas.ts';

const schemas = readSchemas();
const payload: JsonObject = JSON.parse(recordPassport(aContext(), aPassportDraft()).payload);

describe('the published schemas', () => {
  it('take the passport of the contract', () => {
    expect(schemas.faultsOf('passport', payload)).toStrictEqual([]);
  });

  it.each(['compliance', 'provenance', 'allowed-actions'] as const)(
    'for %s do not take it',
    (type) => {
      expect(schemas.faultsOf(type, payload).length).toBeGreaterThan(0);
    },
  );

  it('name every place that departs from them', () => {
    const { exp: _exp, ...rest } = payload;
    const departed = { ...rest, iat: '1795176000', issuer: 'did:key:z6Mk' };
    const pointers = schemas.faultsOf('passport', departed).map(({ pointer }) => pointer);
    expect([...new Set(pointers)].sort()).toStrictEqual(['', '/iat', '/issuer']);
  });

  it.each(['vc', 'vp', 'nbf', 'proof', 'jti'])('take no %s', (member) => {
    const faults = schemas.faultsOf('passport', { ...payload, [member]: 1 });
    expect(faults).toStrictEqual([{ pointer: '', detail: 'must NOT have additional properties' }]);
  });
});

it('a type without a schema is a mistake of the caller', () => {
  expect(() => schemas.faultsOf('unknown' as 'passport', payload)).toThrow(
    'There is no schema for unknown.',
  );
});
