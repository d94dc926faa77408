import { findMetadataFaults } from '../protocol/client-metadata-rules.ts';
import { parseCompactJws } from '../protocol/compact-jws.ts';
import { parseJwks } from '../protocol/jwks.ts';
import { maxJwtBytes } from '../protocol/limits.ts';
import type { Fault } from '../protocol/parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { StandardId } from './standard-rules.ts';
import type { Subject } from './subject.ts';

/** A rule that is broken, and where. */
export type Defect = readonly [id: StandardId, pointer: string];

/** Stands in for the URL of a document that names none; faults that compare with it are dropped. */
const nowhere = 'https://client.invalid/client.json';

/** Every way in which the client metadata breaks CIMD-02 §4.1 and the standards around it. */
export function findMetadataDefects(subject: Subject): readonly Defect[] {
  const { json } = subject;
  return [
    ...ruleDefects(subject),
    ...authDefects(json),
    ...keySetDefects(json),
    ...redirectDefects(json),
    ...credentialDefects(json),
  ];
}

/** The rules of `findMetadataFaults` by name, with the place where one name stands for several. */
export const metadataRules: Readonly<Record<string, StandardId>> = {
  'client-id-mismatch': 'cimd.client-id.mismatch',
  'metadata-secret': 'cimd.secrets.client-secret',
  'metadata-secret /token_endpoint_auth_method': 'cimd.secrets.auth-method',
  'metadata-private-key': 'cimd.secrets.private-key',
  'metadata-type': 'cimd.metadata.type',
  'metadata-keys': 'cimd.keys.both',
  'metadata-uri': 'cimd.metadata.page-uri',
  'metadata-uri /jwks_uri': 'cimd.keys.uri',
  'metadata-redirect-uri': 'cimd.redirect-uris.form',
  'jwks-uri-origin': 'cimd.keys.origin',
  'credential-malformed': 'cimd.vc-jwt.type',
};

function ruleDefects({ json, url, allowLoopback }: Subject): readonly Defect[] {
  const known = url !== null && URL.canParse(url);
  const faults = findMetadataFaults(json, { clientId: known ? url : nowhere, allowLoopback });
  return faults
    .filter(({ rule }) => known || rule !== 'jwks-uri-origin')
    .filter(({ rule }) => rule !== 'client-id-mismatch' || json['client_id'] !== url)
    .map((fault) => defectOf(fault, json));
}

function defectOf({ rule, pointer }: Fault, json: JsonObject): Defect {
  if (rule === 'client-id-mismatch' && typeof json['client_id'] !== 'string') {
    return ['cimd.client-id.missing', ''];
  }
  const id = metadataRules[`${rule} ${pointer}`] ?? metadataRules[rule];
  return [id ?? 'cimd.metadata.type', pointer];
}

function authDefects(json: JsonObject): readonly Defect[] {
  const method = json['token_endpoint_auth_method'];
  // RFC 7591 §2: the default is client_secret_basic, which CIMD-02 §4.1 forbids.
  if (method === undefined) return [['cimd.metadata.auth-method-absent', '']];
  const keyless = json['jwks_uri'] === undefined && json['jwks'] === undefined;
  // CIMD-02 §8.2: the keys that authenticate the client are those of its document.
  return method === 'private_key_jwt' && keyless ? [['cimd.keys.absent', '']] : [];
}

/** The rules of `parseJwks`. Private keys are found in the whole document. */
const keyRules: Readonly<Record<string, StandardId>> = {
  'jwks-shape': 'cimd.keys.shape',
  'jwks-kid': 'cimd.keys.kid',
  'jwk-malformed': 'cimd.keys.malformed',
  'jwk-unsupported': 'cimd.keys.unsupported',
  'jwk-use': 'cimd.keys.use',
  'jwk-alg': 'cimd.keys.use',
};

function keySetDefects({ jwks }: JsonObject): readonly Defect[] {
  const parsed = jwks === undefined ? undefined : parseJwks(jwks);
  if (parsed === undefined || parsed.ok) return [];
  return parsed.faults.flatMap(({ rule, pointer }): readonly Defect[] => {
    const id = keyRules[rule];
    return id === undefined ? [] : [[id, `/jwks${pointer}`]];
  });
}

// RFC 7591 §2: a client that is redirected to registers where.
function redirectDefects(json: JsonObject): readonly Defect[] {
  const { redirect_uris: uris, grant_types: grants = ['authorization_code'] } = json;
  const redirected = Array.isArray(grants) && grants.includes('authorization_code');
  const none = uris === undefined || (Array.isArray(uris) && uris.length === 0);
  return redirected && none ? [['cimd.redirect-uris.absent', '']] : [];
}

const headerRules: ReadonlySet<string> = new Set([
  'alg-not-allowed',
  'typ-not-allowed',
  'jws-header',
]);

// VC-CIMD-00 §6: a compact JWS whose subject is the client. Nothing is verified here.
function credentialDefects(json: JsonObject): readonly Defect[] {
  const text = json['vc+jwt'];
  if (typeof text !== 'string') return [];
  const jws = parseCompactJws(text, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  if (!jws.ok) {
    const inHeader = jws.faults.some(({ rule }) => headerRules.has(rule));
    return [[inHeader ? 'cimd.vc-jwt.header' : 'cimd.vc-jwt.format', '/vc+jwt']];
  }
  const named = subjectsOf(jws.value.payload).includes(json['client_id'] ?? null);
  return named ? [] : [['cimd.vc-jwt.subject', '/vc+jwt']];
}

function subjectsOf({ credentialSubject }: JsonObject): readonly JsonValue[] {
  const subjects = Array.isArray(credentialSubject) ? credentialSubject : [credentialSubject];
  return subjects.flatMap((subject: JsonValue | undefined) =>
    isJsonObject(subject) && subject['id'] !== undefined ? [subject['id']] : [],
  );
}
