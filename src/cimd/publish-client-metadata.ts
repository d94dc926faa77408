import type { Agent } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { ClientId } from '../protocol/client-id.ts';
import {
  type ClientMetadataJson,
  measureMembers,
  parseClientMetadata,
  serializeDocument,
  withCredential,
} from '../protocol/client-metadata.ts';
import { publishDocumentBytes } from '../protocol/limits.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import { encodeUtf8 } from '../protocol/utf8.ts';
import { type DocumentDraft, draftIdentityDocument } from '../publication/public-document.ts';

/**
 * The CIMD with its passport, read back by our own parser before anyone else can read it.
 * Throws `document-invalid` when that parser would refuse it.
 */
export function draftClientMetadata(order: {
  readonly agent: Agent;
  readonly core: ClientMetadataJson;
  readonly passport: string;
  /** Whether plain http on loopback is acceptable, as in development. */
  readonly loopback: boolean;
}): DocumentDraft {
  const document = withCredential(order.core, order.passport);
  checkClientDocument({ ...order, core: document });
  return draftIdentityDocument(order.agent.clientId, serializeDocument(document));
}

/**
 * The strict CIMD, which names its passport in a header instead of holding it, and that passport.
 * Throws `document-invalid` when our own parser would refuse the document.
 */
export function draftStrictDocuments(order: {
  /** The agent as its strict document has it. */
  readonly agent: Agent;
  readonly core: ClientMetadataJson;
  readonly passport: string;
  readonly passportUrl: string;
  readonly loopback: boolean;
}): readonly DocumentDraft[] {
  checkClientDocument(order);
  const document = draftIdentityDocument(order.agent.clientId, serializeDocument(order.core));
  const passport = draftIdentityDocument(order.passportUrl, encodeUtf8(order.passport));
  // RFC 8288 §3: the link says what the document is described by, and in which form.
  const link = `<${order.passportUrl}>; rel="describedby"; type="application/vc+jwt"`;
  return [
    { ...document, link },
    { ...passport, mediaType: 'application/vc+jwt' },
  ];
}

/**
 * Reads client metadata, with or without a passport, as a stranger would. Throws `document-invalid`
 * with the places that our own parser refuses.
 */
export function checkClientDocument(order: {
  readonly agent: Agent;
  readonly core: ClientMetadataJson;
  readonly loopback: boolean;
}): void {
  const json = parseStrictJsonObject(serializeDocument(order.core));
  const parsed = json.ok
    ? parseClientMetadata(json.value, {
        clientId: order.agent.clientId as ClientId,
        allowLoopback: order.loopback,
      })
    : json;
  if (parsed.ok) return;
  throw new SealwrightError('document-invalid', 'The client metadata would not be accepted.', {
    faults: parsed.faults.map(({ pointer, detail }) => ({ pointer, detail })),
  });
}

/**
 * Refuses a document that would grow above 5,000 bytes, naming its largest members.
 * `credentialBytes` is the length of the passport at its largest, after a rotation.
 */
export function checkDocumentBudget(core: ClientMetadataJson, credentialBytes: number): void {
  const excess = documentExcess(core, credentialBytes);
  if (excess !== null) throw excess;
}

/** What `checkDocumentBudget` would refuse with; null when the document keeps to its budget. */
export function documentExcess(
  core: ClientMetadataJson,
  credentialBytes: number,
): SealwrightError | null {
  const largest = withCredential(core, 'x'.repeat(credentialBytes));
  const bytes = serializeDocument(largest).byteLength;
  if (bytes <= publishDocumentBytes) return null;
  const members = measureMembers(largest).slice(0, 3);
  return new SealwrightError(
    'document-too-large',
    `The client metadata could grow to ${bytes} bytes; ${publishDocumentBytes} is the most that is published.`,
    {
      faults: members.map(({ name, bytes: size }) => ({
        pointer: `/${name}`,
        detail: `takes ${size} bytes`,
      })),
    },
  );
}
