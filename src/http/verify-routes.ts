import { z } from 'zod';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization } from '../organizations/organization.ts';
import {
  type AuthorizationDetail,
  isAuthorizationDetail,
} from '../protocol/authorization-details.ts';
import { clientIdBesideDid, parseDidWeb } from '../protocol/did-web.ts';
import type { AccessRequest, Verifier } from '../verifier/ports.ts';
import type { Verdict } from '../verifier/verdict.ts';
import { ok } from './answer.ts';
import { reportAnswer } from './credential-answers.ts';
import { type Route, route } from './route.ts';

const authorizationDetail = z
  .custom<AuthorizationDetail>(isAuthorizationDetail, {
    message: 'must be an object with a "type" (RFC 9396 section 2)',
  })
  .meta({ type: 'object', properties: { type: { type: 'string' } }, required: ['type'] });

const verifyInput = z
  .strictObject({
    client_id: z.string().optional(),
    jwt: z.string().optional(),
    did: z.string().optional(),
    scope: z.string().max(4096).optional(),
    authorizationDetails: z.array(authorizationDetail).max(64).optional(),
  })
  .refine(({ client_id, jwt, did }) => [client_id, jwt, did].filter(isGiven).length === 1, {
    message: 'give exactly one of "client_id", "jwt" and "did"',
  })
  .meta({ oneOf: ['client_id', 'jwt', 'did'].map((name) => ({ required: [name] })) });

type VerifyInput = z.output<typeof verifyInput>;

/** The organization's own verdict on a client, as a report. */
export const verifyRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/verify',
    scope: 'verify',
    servesNarrowTokens: true,
    input: verifyInput,
    summary: 'Verify a client, a credential or a DID',
    answers: { 200: reportAnswer },
    run: async ({ ports, caller }, input) => {
      const organization = await ports.registry.findOrganization(caller);
      const types = await ports.registry.listCredentialTypes(caller);
      const verifier = ports.verifierOf(organization, types);
      const verdict = await verify(verifier, { organization, input });
      const { clientId } = verdict.report.subject;
      // Only an agent's own organization looks after it: others leave no mark on it.
      const isOwn = clientId?.startsWith(`${organization.baseUrl}/a/`) === true;
      if (isOwn) ports.registry.noteVerification(clientId);
      return verdict;
    },
    view: (verdict) => ok(verdict.report),
  }),
];

function verify(
  verifier: Verifier,
  order: { readonly organization: Organization; readonly input: VerifyInput },
): Promise<Verdict> {
  const { client_id, jwt, did, scope, authorizationDetails } = order.input;
  const request: AccessRequest = {
    ...(scope === undefined ? {} : { scope }),
    ...(authorizationDetails === undefined ? {} : { authorizationDetails }),
  };
  if (jwt !== undefined) return verifier.verifyCredential(jwt, request);
  if (did !== undefined) return verifyDid(verifier, { ...order, did, request });
  return verifier.verifyClient(client_id ?? '', request);
}

/** A DID is judged by the client_id beside its document, whose papers must name that very DID. */
async function verifyDid(
  verifier: Verifier,
  order: {
    readonly organization: Organization;
    readonly did: string;
    readonly request: AccessRequest;
  },
): Promise<Verdict> {
  const scheme = order.organization.baseUrl.startsWith('http:') ? 'http' : 'https';
  const did = parseDidWeb(order.did);
  const clientId = did.ok ? clientIdBesideDid(did.value, scheme) : did;
  if (!clientId.ok) throw refuse(clientId.faults[0]?.detail ?? 'must be a did:web identifier');
  const verdict = await verifier.verifyClient(clientId.value, order.request);
  const subject = verdict.report.subject.did;
  if (subject === null || subject === order.did) return verdict;
  throw refuse('the papers beside its document name another DID');
}

function refuse(detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'The DID cannot be verified.', {
    faults: [{ pointer: '/did', detail }],
  });
}

function isGiven(text: string | undefined): boolean {
  return text !== undefined;
}
