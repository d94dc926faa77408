import { gunzipSync, inflateSync } from 'node:zlib';
import type { UnsignedStatusLists } from '../../src/status/build-status-lists.ts';

/** The octets behind the lists, unpacked by node:zlib and none of the project's own code. */
export function octetsOf(lists: UnsignedStatusLists) {
  return {
    revocation: unpackBitstring(lists.revocation),
    suspension: unpackBitstring(lists.suspension),
    token: unpackTokens(lists.token),
  };
}

function unpackBitstring(payload: object): Buffer {
  const { credentialSubject } = payload as { credentialSubject: { encodedList: string } };
  return gunzipSync(Buffer.from(credentialSubject.encodedList.slice(1), 'base64url'));
}

function unpackTokens(payload: object): Buffer {
  const { status_list: list } = payload as { status_list: { lst: string } };
  return inflateSync(Buffer.from(list.lst, 'base64url'));
}

/** The states of a few indices, read the way each standard numbers them. */
export function statesOf(octets: ReturnType<typeof octetsOf>, index: number) {
  const bit = (octetsOfList: Buffer) => ((octetsOfList[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
  const token = ((octets.token[index >> 2] ?? 0) >> ((index & 3) * 2)) & 3;
  return { revoked: bit(octets.revocation), suspended: bit(octets.suspension), token };
}
