import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import {
  type CompromisedIssuerKey,
  type CompromiseIssuerKeyInput,
  compromiseIssuerKey,
} from './compromise-issuer-key.ts';
import { describeIssuerKey, type IssuerKey } from './issuer-key.ts';
import type { IssuerKeysDeps } from './issuer-keys.ts';
import type { Caller } from './registry.ts';
import {
  activateIssuerKey,
  type IssuerKeyRef,
  listIssuerKeys,
  prepareIssuerKey,
  retireIssuerKey,
  rotateIssuerKey,
} from './rotate-issuer-key.ts';

/** What became of a compromised key, as outsiders may know it. */
export interface CompromiseOutcome extends Omit<CompromisedIssuerKey, 'key' | 'replacement'> {
  readonly key: IssuerKey;
  readonly replacement: IssuerKey;
}

/** The keys of an issuer. All refuse, with `not-permitted`, who reaches a part of its agents only. */
export interface IssuerKeyCases {
  /** Those that are not destroyed, oldest first. */
  listIssuerKeys(caller: Caller): Promise<readonly IssuerKey[]>;
  prepareIssuerKey(caller: Caller): Promise<IssuerKey>;
  rotateIssuerKey(caller: Caller): Promise<IssuerKey>;
  activateIssuerKey(input: IssuerKeyRef): Promise<IssuerKey>;
  retireIssuerKey(input: IssuerKeyRef): Promise<IssuerKey>;
  compromiseIssuerKey(input: CompromiseIssuerKeyInput): Promise<CompromiseOutcome>;
}

/** Binds the use cases to their ports. */
export function bindIssuerKeyCases(deps: IssuerKeysDeps): IssuerKeyCases {
  const described = async (caller: Caller, key: SigningKey): Promise<IssuerKey> =>
    describeIssuerKey(key, await listIssuerKeys(deps, caller));
  const changing =
    <Input extends Caller>(change: (deps: IssuerKeysDeps, input: Input) => Promise<SigningKey>) =>
    async (input: Input): Promise<IssuerKey> =>
      described(input, await change(deps, wholly(input)));
  return {
    listIssuerKeys: async (caller) => {
      const keys = await listIssuerKeys(deps, wholly(caller));
      return keys.map((key) => describeIssuerKey(key, keys));
    },
    prepareIssuerKey: changing(prepareIssuerKey),
    rotateIssuerKey: changing(rotateIssuerKey),
    activateIssuerKey: changing(activateIssuerKey),
    retireIssuerKey: changing(retireIssuerKey),
    compromiseIssuerKey: async (input) => {
      const outcome = await compromiseIssuerKey(deps, wholly(input));
      const key = await described(input, outcome.key);
      return { ...outcome, key, replacement: await described(input, outcome.replacement) };
    },
  };
}

function wholly<Asked extends Caller>(asked: Asked): Asked {
  const { team = null, agentId = null } = asked.reach ?? {};
  if (team === null && agentId === null) return asked;
  throw new SealwrightError(
    'not-permitted',
    "The organization's own keys take a token that reaches all of its agents.",
  );
}
