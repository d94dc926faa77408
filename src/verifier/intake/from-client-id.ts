import { parseClientId } from '../../protocol/client-id.ts';
import type { ClientMetadata } from '../../protocol/client-metadata.ts';
import { clientMetadataDigest, parseClientMetadata } from '../../protocol/client-metadata.ts';
import type { Sha256 } from '../../protocol/digest.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import type { JsonObject } from '../../protocol/strict-json.ts';
import type { FetchedResponse } from '../ports.ts';
import { parseJsonDocument } from '../resolve/json-document.ts';
import type { VerifiedClient } from '../verdict.ts';
import { presentCredential } from './from-jwt.ts';
import type { Presentation } from './presentation.ts';
import { freezeDeeply } from './presentation.ts';

/** Where a document was read, and whether development hosts may appear in it. */
export interface DocumentOrigin {
  readonly url: string;
  readonly allowLoopback: boolean;
}

/** Takes a client metadata document apart (CIMD-02 §4), credential included. */
export async function presentDocument(
  response: FetchedResponse,
  origin: DocumentOrigin,
  sha256?: Sha256,
): Promise<Presentation> {
  return presentMetadata(parseJsonDocument(response), origin, sha256);
}

/** Takes client metadata apart, wherever they came from; `origin.url` is their client_id. */
export async function presentMetadata(
  json: Parsed<JsonObject>,
  origin: DocumentOrigin,
  sha256?: Sha256,
): Promise<Presentation> {
  const metadata = parseMetadata(json, origin);
  if (!metadata.ok) {
    return { document: { metadata, client: null, digest: '' } };
  }
  const { document, credential } = metadata.value;
  const digest = await clientMetadataDigest(document, sha256);
  return freezeDeeply({
    document: { metadata, client: clientOf(metadata.value), digest },
    ...(credential === undefined ? {} : { credential: presentCredential(credential) }),
  });
}

function parseMetadata(json: Parsed<JsonObject>, origin: DocumentOrigin): Parsed<ClientMetadata> {
  const clientId = parseClientId(origin.url, origin);
  if (!clientId.ok) {
    return clientId;
  }
  return json.ok ? parseClientMetadata(json.value, { ...origin, clientId: clientId.value }) : json;
}

function clientOf(metadata: ClientMetadata): VerifiedClient {
  const { clientId, clientName, redirectUris, grantTypes, tokenEndpointAuthMethod, jwksUri } =
    metadata;
  const { host } = new URL(clientId);
  const { 'vc+jwt': _passport, ...document } = metadata.document;
  return {
    clientId,
    name: clientName,
    host,
    redirectUris,
    grantTypes,
    tokenEndpointAuthMethod,
    jwksUri,
    metadata: document,
  };
}
