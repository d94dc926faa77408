import { maxVerificationMethods } from '../protocol/limits.ts';
import { identityMaxAgeS } from '../publication/public-document.ts';
import { type SigningKey, verificationMethodOf } from './signing-key.ts';

/** A shared cache that does not tell the age of its copies, and the reader behind it. */
const cachesInARow = 2;
/** A reader that gets a copy at its very end goes on with it for so long (verifier/resolve/freshness). */
const reuseFloorMs = 5_000;
/** An exchange that began before the new document was there may take so long (verifier: deadline). */
const exchangeMs = 5_000;

/** How long after its publication a key may be missing in the documents that readers hold. */
export const documentCacheMs = cachesInARow * identityMaxAgeS * 1_000 + reuseFloorMs + exchangeMs;

/** Listed keys beyond which no further one is prepared: what is left is for emergencies. */
export const mostListedKeys = maxVerificationMethods - 4;

/** When every reader knows a published key, so that what it signs is accepted everywhere. */
export function safeToActivateAt({ stateSince }: Pick<SigningKey, 'stateSince'>): Date {
  return new Date(stateSince.getTime() + documentCacheMs);
}

/**
 * The keys that the DID document lists, revoked ones too: all of them, or, beyond what readers take,
 * without the oldest revoked ones, which are refused when they are missing as when they are listed.
 */
export function listedKeys(keys: readonly SigningKey[]): readonly SigningKey[] {
  const known = keys.filter(({ state }) => state !== 'created');
  const inForce = known.filter(({ revokedAt }) => revokedAt === null);
  const room = Math.max(0, maxVerificationMethods - inForce.length);
  const revoked = known.filter(({ revokedAt }) => revokedAt !== null);
  const kept = new Set(room === 0 ? [] : revoked.slice(-room));
  return known.filter((key) => key.revokedAt === null || kept.has(key));
}

/** The keys that the key set offers: those under which something may be in force. */
export function offeredKeys(keys: readonly SigningKey[]): readonly SigningKey[] {
  return listedKeys(keys).filter(({ revokedAt }) => revokedAt === null);
}

/** The key with this id, `kid` or thumbprint, or undefined. */
export function keyCalled(keys: readonly SigningKey[], name: string): SigningKey | undefined {
  return keys.find((key) => [key.id, verificationMethodOf(key), key.thumbprint].includes(name));
}
