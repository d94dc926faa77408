import { isPlainLine } from '../kernel/plain-line.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { pointerTo } from '../protocol/parsed.ts';
import { isTrustDomain, trustDomainOf } from './spiffe-id.ts';
import type { WorkloadRule } from './workload-rule.ts';

/** What is judged about a rule. */
export type WorkloadRuleDraft = Pick<
  WorkloadRule,
  'name' | 'kind' | 'issuer' | 'audience' | 'claims' | 'grants' | 'tokenLifetimeS' | 'jwksUri'
>;

/** The organization that the rule is for, and whether the installation is a development one. */
export interface RuleSurroundings {
  readonly baseUrl: string;
  readonly loopback: boolean;
}

const most = { name: 120, url: 500, claims: 16, values: 32, text: 256 };
const lifetimeS = { least: 60, most: 3600 };

/** What every token has: it tells no workload from another. */
const indistinct: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti']);

/**
 * Issuers that vouch for everybody's workloads, and the claims of which one has to say whose it is: a
 * rule without it would let in whoever has an account there.
 */
const sharedIssuers: Readonly<Record<string, readonly string[]>> = {
  'https://token.actions.githubusercontent.com': [
    'sub',
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'job_workflow_ref',
  ],
  'https://gitlab.com': ['sub', 'project_path', 'project_id', 'namespace_path', 'namespace_id'],
};

/** Refuses a rule with every fault named, so that one answer is enough to mend it. */
export function checkWorkloadRule(rule: WorkloadRuleDraft, place: RuleSurroundings): void {
  const faults = [
    ...nameFaults(rule.name),
    ...(rule.kind === 'oidc' ? oidcFaults(rule, place) : spiffeFaults(rule, place)),
    ...audienceFaults(rule.audience, place.baseUrl),
    ...claimFaults(rule),
    ...grantFaults(rule),
  ];
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'The rule cannot be kept as it is.', { faults });
}

function nameFaults(name: string): InputFault[] {
  const isName = name.trim() !== '' && name.length <= most.name && isPlainLine(name);
  return isName ? [] : [{ pointer: '/name', detail: `use 1 to ${most.name} plain characters` }];
}

function oidcFaults(rule: WorkloadRuleDraft, { loopback }: RuleSurroundings): InputFault[] {
  const { jwksUri } = rule;
  return [
    ...urlFaults('/issuer', rule.issuer, { loopback, query: false }),
    ...(jwksUri === null ? [] : urlFaults('/jwksUri', jwksUri, { loopback, query: true })),
  ];
}

function spiffeFaults(rule: WorkloadRuleDraft, { loopback }: RuleSurroundings): InputFault[] {
  const bundle =
    rule.jwksUri === null
      ? [{ pointer: '/jwksUri', detail: 'name the URL of the bundle of the trust domain' }]
      : urlFaults('/jwksUri', rule.jwksUri, { loopback, query: true });
  return isTrustDomain(rule.issuer)
    ? bundle
    : [{ pointer: '/issuer', detail: 'must be a trust domain, such as prod.acme.com' }, ...bundle];
}

function urlFaults(
  pointer: string,
  text: string,
  rules: { readonly loopback: boolean; readonly query: boolean },
): InputFault[] {
  if (isPlainUrl(text, rules)) return [];
  return [{ pointer, detail: 'must be an https URL in its one canonical form' }];
}

/** Without what would make two spellings of one URL, and without what a reader would not send. */
function isPlainUrl(
  text: string,
  { loopback, query }: { readonly loopback: boolean; readonly query: boolean },
): boolean {
  if (text.length > most.url || !URL.canParse(text)) return false;
  const url = new URL(text);
  const isOneSpelling = url.href === text || url.href === `${text}/`;
  const isSafe =
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && loopback && isLoopbackName(url.hostname));
  const isBare = url.username === '' && url.password === '' && !text.includes('#');
  return isOneSpelling && isSafe && isBare && (query || !text.includes('?'));
}

// A token is meant for one organization: an audience that another one could also choose would let
// that other one take in workloads that were never its own.
function audienceFaults(audience: string, baseUrl: string): InputFault[] {
  // Below an origin are the base URLs of other organizations too.
  const isOthers = audience.startsWith(`${baseUrl}/o/`);
  const isOwn = audience === baseUrl || (audience.startsWith(`${baseUrl}/`) && !isOthers);
  if (isOwn && audience.length <= most.url && isPlainLine(audience)) return [];
  return [
    {
      pointer: '/audience',
      detail: `must be ${baseUrl} or a URL below it, not that of another organization`,
    },
  ];
}

function claimFaults(rule: WorkloadRuleDraft): InputFault[] {
  const names = Object.keys(rule.claims);
  const single = names.flatMap((name) => demandFaults(name, rule.claims[name] ?? []));
  if (names.length === 0 || names.length > most.claims) {
    return [{ pointer: '/claims', detail: `name 1 to ${most.claims} claims` }];
  }
  return [...single, ...(rule.kind === 'spiffe' ? idFaults(rule) : ownerFaults(rule, names))];
}

function demandFaults(name: string, values: readonly string[]): InputFault[] {
  const pointer = `/claims${pointerTo(name)}`;
  if (indistinct.has(name) || name === '' || name === '/' || name.length > most.text) {
    return [{ pointer, detail: 'tells no workload from another' }];
  }
  if (values.length === 0 || values.length > most.values) {
    return [{ pointer, detail: `give 1 to ${most.values} values` }];
  }
  return values.flatMap((value) => valueFaults(pointer, value));
}

function valueFaults(pointer: string, value: string): InputFault[] {
  if (value === '' || value.length > most.text || !isPlainLine(value)) {
    return [{ pointer, detail: `use 1 to ${most.text} plain characters` }];
  }
  const rest = value.endsWith('/*') ? value.slice(0, -2) : value;
  // What begins with a slash has nothing before it: `/*` would fit every path.
  const isPattern = rest !== '' && !rest.includes('*');
  return isPattern ? [] : [{ pointer, detail: 'a * stands only at the end, after a /' }];
}

/** A rule for a trust domain names its workloads by their SPIFFE IDs, and those in that domain. */
function idFaults({ claims, issuer }: WorkloadRuleDraft): InputFault[] {
  const ids = claims['sub'] ?? [];
  const isInDomain = (id: string) => trustDomainOf(id.replace(/\/\*$/, '/x')) === issuer;
  if (ids.length > 0 && ids.every(isInDomain)) return [];
  return [{ pointer: '/claims/sub', detail: `name SPIFFE IDs such as spiffe://${issuer}/ns/a` }];
}

function ownerFaults({ issuer }: WorkloadRuleDraft, names: readonly string[]): InputFault[] {
  const owners = sharedIssuers[issuer];
  if (owners === undefined || names.some((name) => owners.includes(name))) return [];
  const detail = `this issuer is everybody's: name one of ${owners.join(', ')}`;
  return [{ pointer: '/claims', detail }];
}

function grantFaults({ grants, tokenLifetimeS }: WorkloadRuleDraft): InputFault[] {
  const faults: InputFault[] = [];
  if (grants.scopes.length === 0 || grants.scopes.includes('org:admin')) {
    faults.push({ pointer: '/grants/scopes', detail: 'name scopes, and never org:admin' });
  }
  if (grants.team !== null && (grants.team.trim() === '' || !isPlainLine(grants.team))) {
    faults.push({ pointer: '/grants/team', detail: 'must name a team' });
  }
  if (tokenLifetimeS < lifetimeS.least || tokenLifetimeS > lifetimeS.most) {
    faults.push({ pointer: '/tokenLifetime', detail: 'must be PT1M to PT1H' });
  }
  return faults;
}
