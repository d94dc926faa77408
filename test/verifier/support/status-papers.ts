import {
  buildBitstringStatusList,
  encodeBitstring,
} from '../../../src/protocol/bitstring-status-list.ts';
import type { JsonObject, JsonValue } from '../../../src/protocol/strict-json.ts';
import {
  buildTokenStatusList,
  encodeStatuses,
  type StatusBits,
} from '../../../src/protocol/token-status-list.ts';
import type { Fetch } from '../../../src/verifier/index.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { PaperWorld, Signing } from './paper-world.ts';

const validMs = 900_000;

/** What a list is made of, beside what the world brings; everything has a valid default. */
export interface CraftedList extends Signing {
  /** Where it is published; the revocation list unless given. */
  readonly at?: string;
  /** The whole bitstring, or its encoding as it stands. */
  readonly bits?: Uint8Array;
  readonly encodedList?: string;
  readonly change?: (payload: JsonObject) => JsonObject;
  readonly subject?: JsonObject;
}

/** Publishes a bitstring list that is signed, whatever is in it. */
export async function publishCrafted(world: PaperWorld, list: CraftedList): Promise<void> {
  const { at = world.revocationList, bits = new Uint8Array(16_384), change, subject } = list;
  const payload = buildBitstringStatusList({
    url: at,
    issuer: world.issuer,
    purpose: 'revocation',
    encodedList: list.encodedList ?? (await encodeBitstring(bits)),
    validFrom: new Date(world.clock()),
    validUntil: new Date(world.clock() + validMs),
    ttlMs: 30_000,
    origin: world.origin,
  });
  const members = { ...(payload['credentialSubject'] as JsonObject), ...subject };
  const whole = { ...payload, credentialSubject: members };
  const body = await world.sign(change?.(whole) ?? whole, list);
  world.serve(at, { headers: { 'content-type': 'application/vc+jwt' }, body });
}

/** What a token status list is made of; everything has a valid default. */
export interface CraftedTokenList extends Signing {
  readonly bits?: StatusBits;
  readonly bytes?: Uint8Array;
  readonly change?: (payload: JsonObject) => JsonObject;
}

/** Publishes a token status list, and a passport that has its status there and nowhere else. */
export async function publishTokens(
  world: PaperWorld,
  index: number,
  { bits = 2, bytes = new Uint8Array(32_768), change, key, header }: CraftedTokenList = {},
): Promise<void> {
  const payload = buildTokenStatusList({
    url: world.tokenList,
    issuer: world.issuer,
    iat: new Date(world.clock()),
    exp: new Date(world.clock() + validMs),
    ttlS: 30,
    bits,
    lst: await encodeStatuses(bytes),
  });
  const signing = { header: { typ: 'statuslist+jwt', cty: undefined, ...header } };
  const body = await world.sign(
    change?.(payload) ?? payload,
    key === undefined ? signing : { ...signing, key },
  );
  world.serve(world.tokenList, { body });
  await publishTokenReference(world, { idx: index, uri: world.tokenList });
}

/** Publishes a passport that has its status in a token status list alone. */
export async function publishTokenReference(
  world: PaperWorld,
  reference: JsonObject,
): Promise<void> {
  const { credentialStatus: _none, ...passport } = await world.passport();
  const payload = { ...passport, status: { status_list: reference } };
  await world.publish({ jwt: await world.sign(payload) });
}

/** An entry of the revocation list of a world, with some members changed. */
export function entryOf(world: PaperWorld, changes: JsonObject = {}): JsonObject {
  return {
    type: 'BitstringStatusListEntry',
    statusPurpose: 'revocation',
    statusListIndex: String(world.index),
    statusListCredential: world.revocationList,
    ...changes,
  };
}

/** Publishes a passport with exactly this `credentialStatus`. */
export async function publishEntries(world: PaperWorld, entries: JsonValue): Promise<void> {
  const payload = { ...(await world.passport()), credentialStatus: entries };
  await world.publish({ jwt: await world.sign(payload) });
}

/** The verdict of a verifier that knows nothing yet, and the rule that decided. */
export async function judgeAfresh(world: PaperWorld, fetch: Fetch = world.fetch) {
  const verifier = createVerifier({ ...world.options(), fetch });
  const { outcome, reason, report } = await verifier.verifyClient(world.clientId);
  const decisive = report.checks.find((check) => ['fail', 'undetermined'].includes(check.outcome));
  return { outcome, answer: reason ?? outcome, rule: decisive?.evidence['rule'] };
}
