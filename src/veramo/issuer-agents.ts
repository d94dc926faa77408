import { MemoryDIDStore } from '@veramo/did-manager';
import { MemoryKeyStore } from '@veramo/key-manager';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyId, SigningKey } from '../keys/signing-key.ts';
import { assembleAgent, type VeramoAgent } from './assemble-agent.ts';
import { KeyRing } from './key-ring.ts';
import { managedIdentifierOf, managedKeyOf } from './managed-key.ts';

interface IssuerAgent {
  readonly key: SigningKey;
  readonly agent: VeramoAgent;
}

/**
 * One long-lived Veramo agent per signing key: it knows that key and its DID, from what it was
 * handed, and asks no database. At most `limit` agents are kept; the one not used longest leaves
 * first, and with it the private key it had opened.
 */
export class IssuerAgents {
  readonly #seal: KeySeal;
  readonly #limit: number;
  readonly #agents = new Map<KeyId, IssuerAgent>();

  constructor(seal: KeySeal, limit: number) {
    this.#seal = seal;
    this.#limit = limit;
  }

  /** The agent of exactly this key; one whose record differs in any way gets a new agent. */
  async find(key: SigningKey): Promise<VeramoAgent> {
    const held = this.#agents.get(key.id);
    if (held === undefined || !isSameKey(held.key, key)) return this.#assemble(key);
    this.#keep(held);
    return held.agent;
  }

  async #assemble(key: SigningKey): Promise<VeramoAgent> {
    const keyStore = new MemoryKeyStore();
    const didStore = new MemoryDIDStore();
    await keyStore.importKey(managedKeyOf(key));
    await didStore.importDID(managedIdentifierOf(key));
    const ring = new KeyRing();
    ring.add(key);
    const agent = assembleAgent({ seal: this.#seal, ring, keyStore, didStore });
    this.#keep({ key, agent });
    return agent;
  }

  #keep(held: IssuerAgent): void {
    this.#agents.delete(held.key.id);
    this.#agents.set(held.key.id, held);
    const [oldest] = this.#agents.keys();
    if (this.#agents.size > this.#limit && oldest !== undefined) this.#agents.delete(oldest);
  }
}

function isSameKey(held: SigningKey, key: SigningKey): boolean {
  if (held === key) return true;
  return (
    held.organizationId === key.organizationId &&
    held.did === key.did &&
    held.purpose === key.purpose &&
    held.algorithm === key.algorithm &&
    held.thumbprint === key.thumbprint &&
    isSameBox(held.sealed, key.sealed)
  );
}

function isSameBox(held: Uint8Array | null, box: Uint8Array | null): boolean {
  return held !== null && box !== null && Buffer.compare(held, box) === 0;
}
