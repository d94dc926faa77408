import { lookup } from 'node:dns';

/** One answer of a resolver, as `dns.lookup` with `all` gives it. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves a name to every address it has; rejects when it has none. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver (hosts file, DNS), every address of both families. */
export const resolveBySystem: ResolveHost = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      error === null ? resolve(addresses) : reject(error);
    });
  });
