import type { AuditTrail } from '../audit/audit-trail.ts';
import type { NoteKey } from '../audit/checkpoint.ts';
import type { AuditTreeStore } from '../audit/tree-store.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeyReader, KeyStore } from '../keys/key-store.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { decodeBase64url } from '../protocol/base64url.ts';

/** What the audit keys of an installation are entered under; no DID, so that no document lists them. */
export const auditKeyHolder = 'urn:sealwright:audit';

/** Makes a key for checkpoints, which is not stored yet. */
export type MakeAuditKey = (order: {
  readonly organizationId: OrganizationId;
  readonly did: string;
  readonly at: Date;
}) => Promise<SigningKey>;

/** What finding and making the audit key takes. */
export interface AuditKeyDeps {
  readonly work: UnitOfWork<{
    readonly keys: KeyStore;
    readonly auditTree: AuditTreeStore;
    readonly audit: AuditTrail;
  }>;
  readonly keys: KeyReader;
  readonly makeAuditKey: MakeAuditKey;
}

/** The audit keys that are not destroyed, oldest first: one is active, former ones are retired. */
export function listAuditKeys(deps: { readonly keys: KeyReader }): Promise<readonly SigningKey[]> {
  return deps.keys.listByDids([auditKeyHolder]);
}

/**
 * The active audit key, made if there is none. It belongs to the installation, and is entered with its
 * first organization. Retiring the active key has the next one made here.
 */
export async function openAuditKey(
  deps: AuditKeyDeps,
  order: { readonly organizationId: OrganizationId; readonly at: Date },
): Promise<SigningKey> {
  const active = (await listAuditKeys(deps)).findLast(isActive);
  if (active !== undefined) return active;
  const made = await deps.makeAuditKey({ ...order, did: auditKeyHolder });
  return deps.work.run(async (stores) => {
    await stores.auditTree.lock();
    const other = (await listAuditKeys(stores)).findLast(isActive);
    if (other !== undefined) return other;
    await stores.keys.insert(made);
    await stores.audit.append([
      {
        organizationId: order.organizationId,
        actor: { kind: 'system', id: 'service' },
        action: 'audit-key.created',
        subject: made.id,
        reason: null,
        details: { key: made.thumbprint },
      },
    ]);
    return made;
  });
}

/** An audit key as verifiers of notes know it. */
export function noteKeyOf(name: string, { publicJwk }: SigningKey): NoteKey {
  const publicKey = decodeBase64url(publicJwk.x);
  if (publicKey === undefined) throw new TypeError('A stored key has no coordinate.');
  return { name, publicKey };
}

function isActive({ state, purpose }: SigningKey): boolean {
  return state === 'active' && purpose === 'audit';
}
