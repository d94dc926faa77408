import type { Verifier } from '../verifier/ports.ts';
import type { Reason, Verdict } from '../verifier/verdict.ts';
import { AdminFailure, type AdminFailureCode, type Product } from './product.ts';

/** What a round needs. */
export interface SyncOptions {
  readonly verifier: Pick<Verifier, 'verifyClient'>;
  readonly product: Product;
  /** For how long an undetermined client is left alone, in milliseconds. */
  readonly graceMs: number;
  /** Nothing is changed, only told. */
  readonly isDryRun: boolean;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Since when clients have been undetermined, by the product's name, in milliseconds since the epoch. */
export type UndeterminedSince = Map<string, number>;

/** What was done about a client, or would have been. */
export type SyncAction =
  | 'none'
  | 'disabled'
  | 'enabled'
  | 'would-disable'
  | 'would-enable'
  /** Undetermined, and within the grace. */
  | 'waiting'
  /** In order, but disabled by somebody else, whose business it stays. */
  | 'left-disabled'
  | 'failed';

/** How one client came out of a round. */
export interface SyncResult {
  /** The product's own name for the client. */
  readonly client: string;
  readonly clientId: string;
  readonly outcome: Verdict['outcome'];
  readonly reason: Reason | null;
  readonly action: SyncAction;
  /** Why it failed; null otherwise. */
  readonly failure: {
    readonly code: AdminFailureCode | 'internal-error';
    readonly message: string;
  } | null;
}

const atOnce = 4;

/**
 * One round over all clients, from the product's names to their client_ids. A client whose papers are
 * withdrawn is disabled, one that we disabled is enabled again once its papers are in order; nothing
 * counts as done before the product shows it. Never rejects: what went wrong is in the results, and
 * is tried again in the next round.
 */
export async function syncClients(
  options: SyncOptions,
  clients: ReadonlyMap<string, string>,
  since: UndeterminedSince,
): Promise<readonly SyncResult[]> {
  for (const name of since.keys()) if (!clients.has(name)) since.delete(name);
  const rest = clients.entries();
  const results: SyncResult[] = [];
  const work = async (): Promise<void> => {
    for (const [client, clientId] of rest) {
      results.push(await syncClient(options, { client, clientId, since }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.sort((one, other) => (one.client < other.client ? -1 : 1));
}

interface Case {
  readonly client: string;
  readonly clientId: string;
  readonly since: UndeterminedSince;
}

async function syncClient(
  options: SyncOptions,
  { client, clientId, since }: Case,
): Promise<SyncResult> {
  const verdict = await options.verifier.verifyClient(clientId);
  const { outcome, reason } = verdict;
  const result = { client, clientId, outcome, reason };
  try {
    const wanted = wish(
      options,
      verdict,
      sinceOf(client, { verdict, since, now: options.clock() }),
    );
    return {
      ...result,
      action: await carryOut(options, client, { verdict, wanted }),
      failure: null,
    };
  } catch (error) {
    return { ...result, action: 'failed', failure: failureOf(error) };
  }
}

type Wish = 'enabled' | 'disabled' | 'as-it-is';

/** Since when the client has been undetermined; undefined when it is not. */
function sinceOf(
  client: string,
  { verdict, since, now }: { verdict: Verdict; since: UndeterminedSince; now: number },
): number | undefined {
  if (verdict.outcome !== 'undetermined') {
    since.delete(client);
    return undefined;
  }
  const began = Math.min(since.get(client) ?? now, now);
  since.set(client, began);
  return began;
}

function wish({ graceMs, clock }: SyncOptions, verdict: Verdict, since: number | undefined): Wish {
  if (verdict.outcome === 'accepted') return 'enabled';
  if (since === undefined) return 'disabled';
  return clock() - since >= graceMs ? 'disabled' : 'as-it-is';
}

async function carryOut(
  { product, isDryRun, clock }: SyncOptions,
  client: string,
  { verdict, wanted }: { readonly verdict: Verdict; readonly wanted: Wish },
): Promise<SyncAction> {
  const present = await product.read(client);
  if (present === undefined) {
    throw new AdminFailure('client-missing', `${client}: there is no such client`);
  }
  if (wanted === 'as-it-is') return 'waiting';
  // A policy that only watches changes nothing anywhere.
  const isTold = isDryRun || verdict.advisory === true;
  if (wanted === 'disabled') {
    if (!present.isEnabled) return 'none';
    if (isTold) return 'would-disable';
    await product.disable(client, `${verdict.reason} at ${new Date(clock()).toISOString()}`);
    return 'disabled';
  }
  if (!present.isMarked) return present.isEnabled ? 'none' : 'left-disabled';
  if (isTold) return 'would-enable';
  await product.enable(client);
  return 'enabled';
}

function failureOf(error: unknown): NonNullable<SyncResult['failure']> {
  return error instanceof AdminFailure
    ? { code: error.code, message: error.message }
    : { code: 'internal-error', message: error instanceof Error ? error.name : typeof error };
}
