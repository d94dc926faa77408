import type { Certificate, Contact, Host } from './host.ts';
import type { Discovery } from './rules.ts';

/** A certificate that lives for months is renewed with a month to go; two weeks are late. */
const soonDays = 14;
const leastVersions: ReadonlySet<string> = new Set(['TLSv1.2', 'TLSv1.3']);

/** What is wrong with an origin before anything is asked of it; each certificate fault once. */
export function findHostDefects(host: Host): readonly Discovery[] {
  const { resolution, addresses } = host;
  if (resolution === 'unresolved') return [['probe.address.unresolved', {}]];
  if (resolution === 'not-public') return [['probe.address.not-public', {}]];
  const reached = host.contacts.find(({ failure }) => failure === null);
  if (reached === undefined) return [unreached(host.contacts)];
  const only6 = !host.loopback && host.contacts.every(({ family }) => family === 6);
  return [
    ...(only6 ? [['probe.address.ipv6-only', { addresses: [...addresses] }] as const] : []),
    ...(host.loopback ? [] : unreachable(host.contacts)),
    ...connectionDefects(reached),
  ];
}

function unreached(contacts: readonly Contact[]): Discovery {
  const tried = contacts.map(({ address, failure }) => `${address}: ${failure}`);
  const shook = contacts.some(({ failure }) => failure === 'handshake');
  return [shook ? 'probe.tls.failed' : 'probe.reach.unanswered', { tried }];
}

/** Whoever probes without IPv6 cannot tell whether it works: that failure is our own. */
function unreachable(contacts: readonly Contact[]): readonly Discovery[] {
  const silent = contacts.filter(
    ({ failure, family }) => failure !== null && !(family === 6 && failure === 'unreachable'),
  );
  if (silent.length === 0) return [];
  const tried = silent.map(({ address, failure }) => `${address}: ${failure}`);
  return [['probe.address.unreachable', { tried }]];
}

function connectionDefects({ protocol, certificate }: Contact): readonly Discovery[] {
  if (certificate === null) return [];
  const old = protocol !== null && !leastVersions.has(protocol);
  return [
    ...(old ? [['probe.tls.old-version', { protocol }] as const] : []),
    ...certificateDefects(certificate),
  ];
}

function certificateDefects(certificate: Certificate): readonly Discovery[] {
  const { validFrom, validTo, daysLeft, days, chainFault, nameMatches } = certificate;
  const now = Date.now();
  const over = now > Date.parse(validTo) || now < Date.parse(validFrom);
  // Certificates of a few days are renewed with a day or two to go.
  const soon = !over && Date.parse(validTo) - now < Math.min(soonDays, days / 4) * 86_400_000;
  return [
    ...(chainFault === null ? [] : [['probe.tls.untrusted', { fault: chainFault }] as const]),
    ...(nameMatches ? [] : [['probe.tls.name', {}] as const]),
    ...(over ? [['probe.tls.expired', { validFrom, validTo }] as const] : []),
    ...(soon ? [['probe.tls.expires-soon', { validTo, daysLeft }] as const] : []),
  ];
}
