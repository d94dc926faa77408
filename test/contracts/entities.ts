import { createHash } from 'node:crypto';
import type { Agent, AgentId } from '../../src/agents/agent.ts';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import type { CredentialId, CredentialRecord } from '../../src/credentials/credential.ts';
import type { Identifier } from '../../src/dids/identifier.ts';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';
import type { ApiToken, TokenId } from '../../src/organizations/api-token.ts';
import type { Organization, OrganizationId } from '../../src/organizations/organization.ts';
import type { Did } from '../../src/protocol/did-web.ts';
import type { PublishOrder } from '../../src/publication/public-document-store.ts';
import type { StatusList, StatusListId } from '../../src/status/status-list.ts';

/** Noon, plus so many seconds. */
export function noon(seconds = 0): Date {
  return new Date(Date.UTC(2026, 10, 20, 12, 0, seconds, 7));
}

export function organizationNamed(name: string): Organization {
  return {
    id: `org_${name}` as OrganizationId,
    baseUrl: `https://${name}.example`,
    did: `did:web:${name}.example` as Did,
    name,
    contact: `agents@${name}.example`,
    standing: 'member',
    createdAt: noon(),
  };
}

export const acme = organizationNamed('acme');
export const other = organizationNamed('other');

export function tokenNamed(name: string, changes: Partial<ApiToken> = {}): ApiToken {
  return {
    id: `tok_${name}` as TokenId,
    organizationId: acme.id,
    name,
    scopes: ['agents:read', 'verify'],
    platform: false,
    hash: createHash('sha256').update(name).digest('hex'),
    team: null,
    agentId: null,
    createdAt: noon(),
    expiresAt: null,
    revokedAt: null,
    ...changes,
  };
}

export function agentNamed(handle: string, changes: Partial<Agent> = {}): Agent {
  return {
    id: `agt_${handle}` as AgentId,
    organizationId: acme.id,
    handle,
    kind: 'agent',
    state: 'active',
    name: `Agent ${handle}`,
    description: null,
    owners: ['owner@acme.example'],
    team: null,
    tags: [],
    version: null,
    redirectUris: [`https://acme.example/a/${handle}/callback`],
    grantTypes: ['authorization_code', 'client_credentials'],
    logoUri: null,
    profiles: [],
    clientId: `https://acme.example/a/${handle}/client.json`,
    did: `did:web:acme.example:a:${handle}` as Did,
    keyCustody: 'jwk',
    expiresAt: null,
    createdAt: noon(),
    updatedAt: noon(),
    papersRevision: 0,
    publishedRevision: 0,
    ...changes,
  };
}

export function keyNamed(name: string, changes: Partial<SigningKey> = {}): SigningKey {
  return {
    id: `key_${name}` as KeyId,
    organizationId: acme.id,
    did: 'did:web:acme.example',
    purpose: 'credential',
    algorithm: 'ES256',
    thumbprint: createHash('sha256').update(name).digest('base64url'),
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' },
    sealed: Uint8Array.of(1, 0, 255),
    state: 'active',
    stateSince: noon(),
    listedUntil: null,
    activatesAt: null,
    revokedAt: null,
    createdAt: noon(),
    ...changes,
  };
}

export function identifierNamed(alias: string): Identifier {
  return {
    did: `did:web:${alias}` as Did,
    organizationId: acme.id,
    provider: 'did:web',
    alias,
    createdAt: noon(),
  };
}

export function listNumbered(number: number, changes: Partial<StatusList> = {}): StatusList {
  return {
    id: `lst_${number}` as StatusListId,
    organizationId: acme.id,
    number,
    size: 8,
    taken: 0,
    permutationKey: Uint8Array.of(7, 0, 255),
    revision: 0,
    publishedRevision: -1,
    publishedAt: null,
    lastEnd: null,
    retiredAt: null,
    ...changes,
  };
}

/** An intent that holds this index of the first list. */
export function intentNamed(
  name: string,
  index: number,
  changes: Partial<CredentialRecord> = {},
): CredentialRecord {
  return {
    id: `crd_${name}` as CredentialId,
    organizationId: acme.id,
    agentId: 'agt_bot' as AgentId,
    type: 'passport',
    claims: { z: 1, a: ['\u{1F600}', null, { deep: true }] },
    visibility: 'public',
    reason: 'because',
    validFrom: noon(),
    validUntil: noon(300),
    payload: `{"b":1,"a":"${name} \\u0000 \u{1F600}"}`,
    jwt: null,
    sealing: 'intended',
    keyId: 'key_first' as KeyId,
    status: { listId: listNumbered(1).id, listNumber: 1, index },
    createdAt: noon(),
    series: `crd_${name}` as CredentialId,
    renewalOf: null,
    renewsForS: null,
    ...changes,
  };
}

export function documentAt(path: string, text: string, changes: Partial<PublishOrder> = {}) {
  const body = new TextEncoder().encode(text);
  const order: PublishOrder = {
    path,
    mediaType: 'application/json',
    body,
    cacheControl: 'public, max-age=300',
    expiresAt: null,
    link: null,
    keepsVersions: true,
    state: 'live',
    sha256: createHash('sha256').update(body).digest('base64url'),
    publishedAt: noon(),
    ...changes,
  };
  return order;
}

export function eventOn(subject: string, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    organizationId: acme.id,
    actor: { kind: 'token', id: 'tok_1' },
    action: 'agent.onboarded',
    subject,
    reason: 'because',
    details: { handle: 'bot', tags: ['a', 'b'], count: 2, empty: null },
    ...changes,
  };
}
