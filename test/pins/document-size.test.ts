import { describe, expect, it } from 'vitest';
import type { AgentKind } from '../../src/agents/agent.ts';
import { agentUrls, clientDocumentOf } from '../../src/cimd/client-document.ts';
import {
  checkDocumentBudget,
  draftClientMetadata,
} from '../../src/cimd/publish-client-metadata.ts';
import type { PassportSummary } from '../../src/credentials/compose-passport.ts';
import { largestPassportBytes, recordPassport } from '../../src/credentials/record-credential.ts';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { didWebOf } from '../../src/protocol/did-web.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { anAgent } from '../agents/made-agent.ts';
import { aContext, aPassportDraft } from '../credentials/made-context.ts';
import { anOrganization } from '../keys/made-issuer.ts';
import { aList } from '../status/made-list.ts';
import { makeKey, newSeal } from '../veramo/made-keys.ts';

/** 86 characters, so that the client_id below has the 120 bytes that are the most there may be. */
const longHost =
  'agent-identities.production.platform-security-engineering.europe-west1.acme-groups.com';
const firstThumbprint = 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s';
const secondThumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const attestation = { standard: 'ISO/IEC 27001:2022', validUntil: '2027-03-01T00:00:00Z' };

interface Papers {
  readonly kind: AgentKind;
  readonly host: string;
  readonly index: number;
  readonly scopes: number;
  readonly attestations: number;
  readonly thumbprints: readonly string[];
}

/** The sizes of a document that is really signed, and of the largest that it may grow to. */
async function sizesOf(papers: Papers) {
  const baseUrl = `https://${papers.host}`;
  const organization = anOrganization(baseUrl);
  const { clientId, callback } = agentUrls(organization, 'billing-bot');
  const agent = anAgent({
    kind: papers.kind,
    clientId,
    did: didWebOf(baseUrl, ['a', 'billing-bot']),
    redirectUris: [callback],
  });
  const seal = newSeal();
  const key = await makeKey(seal, { alias: papers.host });
  const core = clientDocumentOf({ organization, agent, signingAlgorithm: 'ES256' });
  const status = { listId: aList().id, listNumber: 12, index: papers.index };
  const context = aContext({ issuer: { organization, key }, agent, status });
  const draft = aPassportDraft({
    summary: summaryOf(papers),
    jwkThumbprints: papers.thumbprints,
    documentDigest: await clientMetadataDigest(core),
  });
  const { payload } = recordPassport(context, draft);
  const passport = await createVeramoSigner({ seal }).signCredential({ key, payload });
  const largest = largestPassportBytes(context, draft);
  checkDocumentBudget(core, largest);
  const { body } = draftClientMetadata({ agent, core, passport, loopback: false });
  const document = body.byteLength;
  return { clientId: clientId.length, passport: passport.length, document, largest };
}

function summaryOf({ scopes, attestations }: Papers): PassportSummary {
  return {
    ...aPassportDraft().summary,
    authorizedScopes: Array.from({ length: scopes }, (_, place) => `read:logs/region-${place}`),
    complianceAttestations: Array.from({ length: attestations }, () => attestation),
  };
}

const plain = {
  kind: 'agent',
  host: 'id.acme.com',
  index: 48_211,
  attestations: 1,
  thumbprints: [firstThumbprint],
} as const;
const worst = {
  kind: 'mcp-server',
  host: longHost,
  index: 131_071,
  attestations: 4,
  thumbprints: [firstThumbprint, secondThumbprint],
} as const;

describe('the bytes of a client metadata document', () => {
  it.each<readonly [string, Papers, object]>([
    [
      'five scopes',
      { ...plain, scopes: 5 },
      { clientId: 45, passport: 2446, document: 2974, largest: 2791 },
    ],
    [
      'the thirty-two scopes that a passport holds',
      { ...plain, scopes: 32 },
      { clientId: 45, passport: 3231, document: 3759, largest: 3577 },
    ],
    [
      'a long host, two keys and four attestations',
      { ...worst, scopes: 5 },
      { clientId: 120, passport: 4027, document: 4855, largest: 4027 },
    ],
  ])('with %s', async (_name, papers, sizes) => {
    expect(await sizesOf(papers)).toStrictEqual(sizes);
  });

  it('are never more than 5,000: what would grow beyond is refused', async () => {
    await expect(sizesOf({ ...worst, scopes: 32 })).rejects.toThrow('document-too-large');
  });
});
