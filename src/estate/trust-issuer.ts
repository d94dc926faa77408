import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization } from '../organizations/organization.ts';
import { parseDidWeb } from '../protocol/did-web.ts';
import type { EstateCaller, EstateDeps } from './estate-caller.ts';
import type { TrustedIssuer } from './imported-credential.ts';

const typePattern = /^[A-Za-z][A-Za-z0-9]{0,99}$/;
const mostTypes = 20;
const mostIssuers = 100;

/**
 * Trusts an outside issuer for these types of credential, about agents of this organization only,
 * in the place of what it was trusted for before.
 */
export async function trustIssuer(
  deps: EstateDeps,
  input: EstateCaller & {
    readonly organization: Pick<Organization, 'did'>;
    readonly issuer: string;
    readonly credentialTypes: readonly string[];
  },
): Promise<TrustedIssuer> {
  const { organizationId, actor, issuer } = input;
  const credentialTypes = [...new Set(input.credentialTypes)];
  checkIssuer(issuer, input.organization);
  checkTypes(credentialTypes);
  const trusted = { issuer, credentialTypes, createdAt: deps.clock.now() };
  return deps.work.run(async ({ imports, audit }) => {
    await imports.putTrusted(organizationId, trusted);
    const all = await imports.listTrusted(organizationId);
    if (all.length > mostIssuers)
      throw refusal('/issuer', `would be one of more than ${mostIssuers}`);
    const event = { organizationId, actor, subject: issuer, reason: null };
    await audit.append([{ ...event, action: 'issuer.trusted', details: { credentialTypes } }]);
    return all.find((one) => one.issuer === issuer) ?? trusted;
  });
}

/** Ends that trust: what was imported of the issuer counts for nothing from this moment. */
export async function distrustIssuer(
  deps: EstateDeps,
  input: EstateCaller & { readonly issuer: string },
): Promise<void> {
  const { organizationId, actor, issuer } = input;
  const at = deps.clock.now();
  await deps.work.run(async ({ imports, findings, audit }) => {
    if (!(await imports.deleteTrusted(organizationId, issuer))) {
      throw new SealwrightError('issuer-not-trusted', 'The issuer was not trusted.');
    }
    const order = { issuer, cause: 'issuer-not-trusted', at };
    const rejected = await imports.rejectFrom(organizationId, order);
    const agents = [...new Set(rejected.map(({ agentId }) => agentId))].sort();
    for (const agentId of agents) await findings.makeDue(agentId, at);
    const details = { imports: rejected.map(({ id }) => id).sort() };
    const event = { organizationId, actor, subject: issuer, reason: null, details };
    await audit.append([{ ...event, action: 'issuer.distrusted' }]);
  });
}

function checkIssuer(issuer: string, { did }: Pick<Organization, 'did'>): void {
  const parsed = parseDidWeb(issuer);
  if (!parsed.ok) throw refusal('/issuer', 'must be a did:web identifier');
  if (issuer === did) throw refusal('/issuer', 'is the organization itself');
}

function checkTypes(types: readonly string[]): void {
  const faults = types.flatMap((type, place): readonly InputFault[] => {
    const isType = typePattern.test(type) && type !== 'VerifiableCredential';
    return isType ? [] : [{ pointer: `/credentialTypes/${place}`, detail: 'is not such a type' }];
  });
  if (types.length === 0 || types.length > mostTypes) {
    throw refusal('/credentialTypes', `must name 1 to ${mostTypes} types`);
  }
  if (faults.length > 0) {
    throw new SealwrightError('invalid-input', 'The types cannot be trusted.', { faults });
  }
}

function refusal(pointer: string, detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'The issuer cannot be trusted.', {
    faults: [{ pointer, detail }],
  });
}
