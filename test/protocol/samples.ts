import { encodeBase64url } from '../../src/protocol/base64url.ts';
import { type CompactJws, parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { didWebOf } from '../../src/protocol/did-web.ts';
import { buildFacet, type FacetType } from '../../src/protocol/facet.ts';
import { buildPassport, type PassportInput } from '../../src/protocol/passport.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { taken } from './rules.ts';

export const origin = 'https://id.acme.com';
export const issuer = didWebOf(origin);
export const clientId = `${origin}/a/billing-bot/client.json`;
export const agentDid = didWebOf(origin, ['a', 'billing-bot']);
export const kid = `${issuer}#NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs`;

const status = {
  revocationList: `${origin}/status/7r`,
  suspensionList: `${origin}/status/7s`,
  tokenList: `${origin}/token-status/7`,
  index: 48_211,
};
const envelope = {
  origin,
  id: 'urn:uuid:6b1c9f1e-52c4-4c44-8a14-8f6f4a1f1a11',
  issuer,
  clientId,
  did: agentDid,
  name: 'Billing Bot',
  validFrom: new Date('2026-11-20T12:00:00Z'),
  validUntil: new Date('2026-11-27T12:00:00Z'),
  status,
};

/** A passport with every member that a passport can have, save for what `changes` says. */
export function samplePassport(changes: Partial<PassportInput> = {}): JsonObject {
  return buildPassport({
    ...envelope,
    agentType: 'agent',
    agentVersion: '3.2.1',
    issuerDomain: 'id.acme.com',
    authorizedScopes: ['read:logs/production', 'write:tickets'],
    complianceAttestations: [
      { standard: 'ISO/IEC 27001:2022', validUntil: '2027-03-01T00:00:00Z' },
      { standard: 'SOC 2' },
    ],
    provenance: { digest: `sha256:${'ab'.repeat(32)}`, slsaLevel: 3 },
    delegation: { permitted: false, maxDepth: 0 },
    jwkThumbprints: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    documentDigest: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    ...changes,
  });
}

const pinned = { url: 'https://acme.com/evidence.pdf', digest: `sha384:${'cd'.repeat(48)}` };

/** Claims of each kind of facet with every member that they can have. */
export const sampleClaims: Readonly<Record<FacetType, JsonObject>> = {
  compliance: {
    attestations: [
      {
        framework: 'urn:iso:std:iso-iec:27001:ed-3',
        edition: 'ISO/IEC 27001:2022',
        outcome: 'conformant',
        assessor: 'did:web:assessor.example',
        certificateId: 'C-4711',
        scope: 'Billing, in the European Union',
        validFrom: '2026-01-01T00:00:00Z',
        validUntil: '2027-03-01T00:00:00+01:00',
        evidence: pinned,
      },
    ],
  },
  provenance: {
    software: {
      name: 'billing-bot',
      version: '3.2.1',
      repository: 'git+ssh://git.acme.com/billing-bot',
      commit: '0123456789abcdef0123456789abcdef01234567',
    },
    build: { builder: 'https://ci.acme.com/v1', slsaLevel: 3, invocation: 'run 4711' },
    artifacts: [{ name: 'billing-bot.tgz', digest: `sha256:${'ab'.repeat(32)}` }],
    model: {
      name: 'm-1',
      version: '2026-10',
      provider: 'Models, Inc.',
      digest: `sha512:${'ef'.repeat(64)}`,
      approvedBy: { policy: 'AI-7', approver: 'board', at: '2026-10-01T09:00:00Z' },
    },
    sbom: pinned,
    agentCard: pinned,
    mcpServer: pinned,
  },
  'allowed-actions': {
    actions: [
      {
        action: 'read',
        resource: 'logs/production',
        constraints: { hours: { from: 8, to: 18 } },
        authorizationDetails: [{ type: 'logs', locations: ['https://logs.acme.com'] }],
      },
      { action: 'write', resource: 'tickets' },
    ],
    denied: [{ action: 'read', resource: 'logs/pii' }],
    delegation: { permitted: true, maxDepth: 1 },
  },
};

/** A facet with these claims. */
export function sampleFacet(type: FacetType, claims: JsonObject = sampleClaims[type]): JsonObject {
  return buildFacet({ ...envelope, type, claims });
}

/** A compact JWS of this payload with a signature of zeros. */
export function compactOf(payload: unknown, header: JsonObject = {}): string {
  const protectedHeader = { alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid, ...header };
  const parts = [protectedHeader, payload].map((part) => encodeUtf8(JSON.stringify(part)));
  return [...parts, new Uint8Array(64)].map(encodeBase64url).join('.');
}

/** The same, taken apart. */
export function jwsOf(payload: unknown, header: JsonObject = {}): CompactJws {
  const typ = ['vc+jwt', 'statuslist+jwt'];
  return taken(parseCompactJws(compactOf(payload, header), { maxBytes: 100_000, typ }));
}
