/** Papers that are bad from the start and stay so, each in its own way. */
export const tamperedKinds = [
  'redirect-changed',
  'signature-changed',
  'keys-swapped',
  'passport-of-another',
  'issuer-untrusted',
  'passport-expired',
  'key-unlisted',
];

/** Papers that are in order, of agents that are stopped: before the run, or in the course of it. */
export const stoppedKinds = [
  'revoked-before',
  'suspended-before',
  'revoked-untold',
  'revoked-told',
  'suspended-in-turns',
];

/** How many clients it takes for every kind to be there; the rest of each thirty is good. */
export const clientsPerRound = 30;

const kinds = [...tamperedKinds, ...stoppedKinds];

/** What sort of client the n-th is. */
export function kindOf(number) {
  return kinds[number % clientsPerRound] ?? 'good';
}

/** The scopes that the papers permit, and what every call asks for: one of them is never granted. */
export const permittedScopes = ['read:logs'];
export const requestedScope = 'read:logs write:everything';

/**
 * The instant as verifier and issuers see it: real time, or faster so that a short run sees as much
 * of the life of a list as a long one.
 */
export function clockAt({ epochMs, pace }) {
  return () => Math.floor(epochMs + (Date.now() - epochMs) * pace);
}
