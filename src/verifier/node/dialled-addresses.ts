import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import type { ResolvedAddress, ResolveHost } from './resolve-host.ts';

/** The error with which a connection is refused before a socket is opened. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

// RFC 6761 §6.3: loopback names are answered here, whatever the network's resolver says of them.
const loopbackAddresses: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** The resolver hook of a socket to a loopback name. */
export const lookupLoopback: LookupFunction = (_hostname, options, callback) => {
  answer(loopbackAddresses, options.all === true, callback);
};

/**
 * The resolver hook of a socket to anywhere else. What it answers is what is dialled, so a name
 * that changes its mind between check and use gains nothing; one address that is not public spoils
 * the whole answer.
 */
export function lookupPublic(resolveHost: ResolveHost): LookupFunction {
  return (hostname, options, callback) => {
    resolveHost(hostname).then(
      (addresses) => {
        if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
          callback(new AddressRefused('the name leads to an address that is not public'), []);
        } else {
          answer(addresses, options.all === true, callback);
        }
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('lookup failed'), []),
    );
  };
}

function answer(
  addresses: readonly ResolvedAddress[],
  all: boolean,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (all || first === undefined) {
    callback(null, [...addresses]);
  } else {
    callback(null, first.address, first.family);
  }
}
