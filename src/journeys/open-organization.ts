import type { AgentReader } from '../agents/agent-store.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { ApiTokenStore } from '../organizations/api-token-store.ts';
import {
  issuerDomainOf,
  type Organization,
  type OrganizationId,
} from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import {
  type CreateOrganizationDeps,
  type OrganizationStores,
  recordOrganization,
} from './create-organization.ts';

const actor = { kind: 'system', id: 'service' } as const;

/** What opening an organization writes: with the URL, the tokens move too. */
export interface OpenOrganizationStores extends OrganizationStores {
  readonly tokens: ApiTokenStore;
}

/** What tells an installation that was used before, and whether its keys can be opened. */
export interface OpenOrganizationDeps extends Omit<CreateOrganizationDeps, 'work'> {
  readonly work: UnitOfWork<OpenOrganizationStores>;
  readonly organizations: OrganizationReader;
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly seal: KeySeal;
}

/**
 * The first organization, at the base URL of the installation: the one there is, or a new one on the
 * first start. An installation may move to another URL, with its tokens, while it has neither agents
 * nor other organizations; after that a move would rename identities, and throws `start-refused`. So
 * does a master key that does not open the organization's signing key.
 */
export async function openOrganization(
  deps: OpenOrganizationDeps,
  baseUrl: string,
): Promise<Organization> {
  const organizations = await deps.organizations.list();
  const first = organizations.find(({ standing }) => standing === 'first');
  if (first?.baseUrl === baseUrl) {
    await checkMasterKey(deps, first);
    return first;
  }
  if (first !== undefined) await refuseRenaming(deps, { organizations, first, baseUrl });
  const former = organizations.find((organization) => organization.baseUrl === baseUrl);
  if (former !== undefined) await checkMasterKey(deps, former);
  return deps.work.run(async (stores) => {
    if (first !== undefined) await stores.organizations.changeStanding(first.id, 'former');
    const opened = former ?? (await create(deps, stores, baseUrl));
    await stores.organizations.changeStanding(opened.id, 'first');
    if (first !== undefined) await move(stores, first, opened);
    return { ...opened, standing: 'first' };
  });
}

async function create(
  deps: OpenOrganizationDeps,
  stores: OpenOrganizationStores,
  baseUrl: string,
): Promise<Organization> {
  const at = deps.clock.now();
  const id = newId<OrganizationId>('org', at);
  const name = issuerDomainOf({ baseUrl });
  const contact = `agents@${new URL(baseUrl).hostname}`;
  const order = { id, actor, at, baseUrl, name, contact, standing: 'first' } as const;
  return (await recordOrganization(deps, stores, order)).organization;
}

/** Who was let in before the move is let in after it. */
async function move(
  stores: OpenOrganizationStores,
  from: Organization,
  to: Organization,
): Promise<void> {
  await stores.tokens.handOver(from.id, to.id);
  const details = { baseUrl: to.baseUrl, formerly: from.baseUrl };
  const event = { organizationId: to.id, actor, subject: to.id, reason: null, details } as const;
  await stores.audit.append([{ ...event, action: 'organization.updated' }]);
}

async function checkMasterKey(
  deps: OpenOrganizationDeps,
  organization: Organization,
): Promise<void> {
  const keys = await deps.keys.listByDids([organization.did]);
  for (const { id, organizationId, purpose, sealed } of keys) {
    if (sealed === null) continue;
    try {
      deps.seal.open(sealed, { organizationId, keyId: id, purpose }).fill(0);
    } catch (cause) {
      throw new SealwrightError(
        'start-refused',
        'The master key does not open the private keys of this database. Give the key that was in use when they were made.',
        { cause },
      );
    }
  }
}

async function refuseRenaming(
  deps: OpenOrganizationDeps,
  move: {
    readonly organizations: readonly Organization[];
    readonly first: Organization;
    readonly baseUrl: string;
  },
): Promise<void> {
  const { organizations, first, baseUrl } = move;
  for (const { id, baseUrl: taken } of organizations) {
    const agents = await deps.agents.list({ organizationId: id }, { limit: 1 });
    if (agents.length > 0) throw renaming(baseUrl, `agents exist under ${taken}`);
  }
  if (organizations.every(({ standing }) => standing !== 'member')) return;
  throw renaming(baseUrl, `organizations exist beside ${first.baseUrl}`);
}

function renaming(baseUrl: string, why: string): SealwrightError {
  return new SealwrightError(
    'start-refused',
    `SEALWRIGHT_URL is ${baseUrl}, but ${why}: another URL would rename every identity. Set it back.`,
  );
}
