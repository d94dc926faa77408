import type { OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import type { ImportCredentialDeps } from './import-credential.ts';
import { type ImportedCredential, recheckAfterMs } from './imported-credential.ts';

const importsAtOnce = 16;

/** What a check of what was imported needs. */
export interface RecheckImportsDeps extends ImportCredentialDeps {
  readonly organizations: OrganizationReader;
}

/**
 * Asks about imports again that were not asked about for five minutes, those longest ago first,
 * until none is left, `until` has come or `stopping` is aborted. Trouble with one is not trouble with another.
 */
export async function recheckImports(
  deps: RecheckImportsDeps,
  until: Date,
  stopping?: AbortSignal,
): Promise<{ readonly asked: number; readonly failures: readonly unknown[] }> {
  const failures: unknown[] = [];
  let asked = 0;
  while (deps.clock.now() < until && stopping?.aborted !== true) {
    const at = deps.clock.now();
    const before = new Date(at.getTime() - recheckAfterMs);
    const due = await deps.imports.listUnchecked({ before, at }, importsAtOnce);
    const checks = await Promise.allSettled(due.map((imported) => recheck(deps, imported)));
    const failed = checks.flatMap((check) => (check.status === 'rejected' ? [check.reason] : []));
    failures.push(...failed);
    asked += due.length - failed.length;
    // One that fails stays the one that waits longest: the next round goes on behind it.
    if (due.length < importsAtOnce || failed.length > 0) break;
  }
  return { asked, failures };
}

async function recheck(deps: RecheckImportsDeps, imported: ImportedCredential): Promise<void> {
  const { id, organizationId, agentId, jwt, issuer } = imported;
  const organization = await findOrganization(deps, organizationId);
  const trusted = await deps.imports.listTrusted(organizationId);
  const found = await deps.judgeOutside({ organization, trusted, jwt });
  const at = deps.clock.now();
  await deps.work.run(async ({ imports, findings, audit }) => {
    await imports.recordCheck(id, { ...found, at });
    if (found.state === imported.state && found.cause === imported.cause) return;
    await findings.makeDue(agentId, at);
    const details = { agent: agentId, issuer, state: found.state, cause: found.cause };
    const actor = { kind: 'system', id: 'judge-estate' } as const;
    const event = { organizationId, actor, subject: id, reason: null, details };
    await audit.append([{ ...event, action: 'import.rechecked' }]);
  });
}

async function findOrganization(deps: RecheckImportsDeps, id: OrganizationId) {
  const organization = await deps.organizations.find(id);
  if (organization !== null) return organization;
  throw new TypeError(`There is no organization ${id}.`);
}
