import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { createKey } from './paper-world.ts';
import {
  changeSubject,
  onlyTrust,
  reissue,
  rejected,
  resign,
  type Tampering,
} from './tampering.ts';

const dayMs = 86_400_000;

/** What goes wrong with a passport itself. */
export const credentialTamperings: readonly Tampering[] = [
  rejected('credential.envelope', 'D-15 text that is no JWS', 'credential-malformed', {
    tamper: (world) => world.publish({ jwt: 'not.a.jws' }),
  }),
  rejected('credential.envelope', 'D-01 no signature at all', 'algorithm-not-allowed', {
    tamper: async (world) => {
      const [, payload] = (await world.sign(await world.passport())).split('.');
      const header = btoa(JSON.stringify({ alg: 'none', kid: 'x', typ: 'vc+jwt' }));
      await world.publish({ jwt: `${header.replaceAll('=', '')}.${payload}.` });
    },
  }),
  rejected('credential.envelope', 'D-05 a key of its own in the header', 'credential-malformed', {
    tamper: async (world) => resign({ jwk: (await createKey()).jwk })(world),
  }),
  rejected('credential.envelope', 'D-16 a token of another type', 'credential-malformed', {
    tamper: resign({ typ: 'at+jwt' }),
  }),
  rejected('credential.envelope', "D-18 another issuer's kid", 'credential-malformed', {
    tamper: resign({ kid: 'did:web:evil.com#key-1' }),
  }),
  rejected(
    'credential.envelope',
    'credentials:VCDM-20 a member that goes unread',
    'credential-malformed',
    {
      tamper: reissue((payload) => ({ ...payload, proof: {} })),
    },
  ),
  rejected('credential.envelope', 'credentials:VCDM-10 two subjects', 'subject-mismatch', {
    tamper: reissue((payload) => ({
      ...payload,
      credentialSubject: [payload['credentialSubject'] ?? null, { id: 'https://evil.com/c' }],
    })),
  }),
  rejected('credential.envelope', 'credentials:JC-17 a status nobody can check', 'status-invalid', {
    tamper: reissue((payload) => ({ ...payload, credentialStatus: { type: 'Trust2026' } })),
  }),
  rejected('credential.signature', 'signed with another key', 'signature-invalid', {
    tamper: async (world) => {
      const forger = await createKey();
      const header = { kid: world.kidOf(world.issuerKey) };
      const jwt = await world.sign(await world.passport(), { key: forger, header });
      await world.publish({ jwt });
    },
  }),
  rejected('credential.signature', 'scopes added after signing', 'signature-invalid', {
    tamper: async (world) => {
      const [header, , signature] = (await world.sign(await world.passport())).split('.');
      const wider = await world.passport({ authorizedScopes: ['admin:everything'] });
      const payload = Buffer.from(JSON.stringify(wider)).toString('base64url');
      await world.publish({ jwt: `${header}.${payload}.${signature}` });
    },
  }),
  rejected(
    'credential.signature',
    'D-04 an algorithm that is not the key’s',
    'algorithm-not-allowed',
    {
      tamper: async (world) => {
        const forger = await createKey('Ed25519');
        const header = { kid: world.kidOf(world.issuerKey) };
        const jwt = await world.sign(await world.passport(), { key: forger, header });
        await world.publish({ jwt });
      },
    },
  ),
  rejected('credential.schema', 'a claim that is no claim of a passport', 'schema-invalid', {
    tamper: changeSubject({ trustScore: 99 }),
  }),
  rejected('credential.schema', 'a facet in the place of the passport', 'schema-invalid', {
    policy: onlyTrust({
      credentialTypes: ['AgentAuthorizationCredential', 'AgentComplianceCredential'],
    }),
    tamper: reissue(({ credentialSubject, ...payload }) => {
      const { id = '', did = '', name = '' } = credentialSubject as JsonObject;
      const attestations = [
        {
          framework: 'https://www.iso.org/standard/27001',
          edition: 'ISO/IEC 27001:2022',
          outcome: 'certified',
          assessor: 'Example Assessors',
        },
      ];
      const type = ['VerifiableCredential', 'AgentComplianceCredential'];
      return { ...payload, type, credentialSubject: { id, did, name, attestations } };
    }),
  }),
  rejected('credential.validity', 'D-22 a passport that ran out', 'expired', {
    tamper: (world) => world.advance(7 * dayMs),
  }),
  rejected('credential.validity', 'D-22 a passport from next week', 'not-yet-valid', {
    tamper: async (world) => {
      const validFrom = new Date(world.clock() + dayMs);
      const validUntil = new Date(world.clock() + 2 * dayMs);
      const payload = await world.passport({ validFrom, validUntil });
      await world.publish({ jwt: await world.sign(payload) });
    },
  }),
  rejected('credential.lifetime', 'D-24 a passport for a year', 'policy-not-met', {
    tamper: async (world) => {
      const validUntil = new Date(world.clock() + 365 * dayMs);
      await world.publish({ jwt: await world.issue({ validUntil }) });
    },
  }),
  rejected('credential.subject', "another agent's genuine passport", 'subject-mismatch', {
    tamper: async (world) => {
      const clientId = `${world.origin}/a/other-bot/client.json`;
      await world.publish({ jwt: await world.issue({ clientId }) });
    },
  }),
];
