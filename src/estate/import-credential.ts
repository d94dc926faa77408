import { createHash } from 'node:crypto';
import type { Agent } from '../agents/agent.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization } from '../organizations/organization.ts';
import { parseCompactJws } from '../protocol/compact-jws.ts';
import { type AgentCredential, parseAgentCredential } from '../protocol/credential-envelope.ts';
import { maxJwtBytes } from '../protocol/limits.ts';
import type { EstateCaller, EstateDeps } from './estate-caller.ts';
import type { ImportReader } from './import-store.ts';
import type {
  ImportedCredential,
  ImportId,
  JudgeOutside,
  TrustedIssuer,
} from './imported-credential.ts';

const mostImports = 50;

/** What an import needs beside its stores: whom to trust, and a judge. */
export interface ImportCredentialDeps extends EstateDeps {
  readonly imports: ImportReader;
  readonly judgeOutside: JudgeOutside;
}

/** An outside credential for one agent. */
export interface ImportOrder extends EstateCaller {
  readonly organization: Organization;
  readonly agent: Agent;
  readonly jwt: string;
  readonly reason: string;
}

/**
 * Imports a credential about the agent by somebody else, once it is found to hold: about this very
 * agent, of an issuer that is trusted for its types, signed, in its time, and neither revoked nor
 * suspended. Its octets are kept as they came. The same octets again are the same import. Throws
 * `import-refused`, or `import-undetermined` where that could not be found out.
 */
export async function importCredential(
  deps: ImportCredentialDeps,
  order: ImportOrder,
): Promise<ImportedCredential> {
  const credential = readAbout(order);
  const trusted = await deps.imports.listTrusted(order.organizationId);
  const { organization, jwt } = order;
  const { state, cause } = await deps.judgeOutside({ organization, trusted, jwt });
  if (state === 'undetermined') {
    throw new SealwrightError('import-undetermined', `It could not be checked: ${cause}.`);
  }
  if (state === 'rejected') throw refused(`${cause}`);
  const imported = importOf(order, credential, deps.clock.now());
  return deps.work.run(async ({ imports, findings, audit }) => {
    const { agentId, organizationId, issuer, types, sha256, checkedAt } = imported;
    // Whoever is distrusted meanwhile does not slip in.
    if (!isTrusted(await imports.listTrusted(organizationId), imported)) {
      throw refused('issuer-not-trusted');
    }
    const isNew = await imports.insertImport(imported);
    const held = await imports.listImports([agentId]);
    if (!isNew) return held.find((one) => one.sha256 === sha256) ?? imported;
    if (held.length > mostImports) throw refused(`an agent has at most ${mostImports} imports`);
    await findings.makeDue(agentId, checkedAt);
    const details = { agent: agentId, issuer, types, sha256 };
    const { actor, reason } = order;
    const event = { organizationId, actor, subject: imported.id, reason, details };
    await audit.append([{ ...event, action: 'import.accepted' }]);
    return imported;
  });
}

/** Drops an import, whatever its state. */
export async function removeImport(
  deps: EstateDeps,
  order: EstateCaller & { readonly imported: ImportedCredential },
): Promise<void> {
  const { organizationId, actor, imported } = order;
  const { id, agentId, issuer, sha256 } = imported;
  await deps.work.run(async ({ imports, findings, audit }) => {
    await imports.deleteImport(id);
    await findings.makeDue(agentId, deps.clock.now());
    const details = { agent: agentId, issuer, sha256 };
    const event = { organizationId, actor, subject: id, reason: null, details };
    await audit.append([{ ...event, action: 'import.removed' }]);
  });
}

/** The credential as it reads, before anybody is asked about it. */
function readAbout({ jwt, agent, organization }: ImportOrder): AgentCredential {
  // VC-JOSE-COSE §3.1: the media type keeps a credential apart from every other signed token.
  const jws = parseCompactJws(jwt, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  const parsed = jws.ok ? parseAgentCredential(jws.value) : jws;
  if (!parsed.ok) {
    const [fault] = parsed.faults;
    throw refused(`credential-malformed (${fault?.rule ?? 'unreadable'})`);
  }
  const { subjectId, subjectDid, issuer } = parsed.value;
  if (issuer === organization.did) throw refused('it is one of the organization’s own');
  if (subjectId === agent.clientId && subjectDid === agent.did) return parsed.value;
  throw refused('subject-mismatch');
}

function importOf(order: ImportOrder, credential: AgentCredential, at: Date): ImportedCredential {
  return {
    id: newId<ImportId>('imp', at),
    organizationId: order.organizationId,
    agentId: order.agent.id,
    jwt: order.jwt,
    sha256: createHash('sha256').update(order.jwt).digest('base64url'),
    issuer: credential.issuer,
    types: credential.types.filter((type) => type !== 'VerifiableCredential'),
    claims: credential.subject,
    validFrom: credential.validFrom,
    validUntil: credential.validUntil,
    reason: order.reason,
    state: 'accepted',
    cause: null,
    checkedAt: at,
    importedAt: at,
  };
}

function isTrusted(
  trusted: readonly TrustedIssuer[],
  { issuer, types }: Pick<ImportedCredential, 'issuer' | 'types'>,
): boolean {
  const entry = trusted.find((one) => one.issuer === issuer);
  return entry !== undefined && types.every((type) => entry.credentialTypes.includes(type));
}

function refused(why: string): SealwrightError {
  return new SealwrightError('import-refused', `It was not imported: ${why}.`);
}
