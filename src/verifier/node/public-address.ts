import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Addresses that are special although ipaddr.js calls some of them unicast: the IANA registries of
 * RFC 6890 in full (so that a release of the library that forgets a row changes nothing), and the
 * addresses at which clouds answer questions about the machine that asks.
 */
const refusedV4: readonly Range[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((text) => ipaddr.parseCIDR(text));

const refusedV6: readonly Range[] = [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
].map((text) => ipaddr.parseCIDR(text));

// RFC 4291 §2.4 and the IANA allocation: the only IPv6 space that is global unicast today.
const globalV6: Range = ipaddr.parseCIDR('2000::/3');

/**
 * Whether a socket to this address reaches the public internet and nothing else. IPv4 addresses
 * inside IPv6 are judged as what they embed; a text that is no address is not public.
 */
export function isPublicAddress(text: string): boolean {
  const address = readAddress(text);
  if (address === undefined || address.range() !== 'unicast') {
    return false;
  }
  return address.kind() === 'ipv4'
    ? !isWithin(address, refusedV4)
    : isWithin(address, [globalV6]) && !isWithin(address, refusedV6);
}

/** Whether a socket to this address reaches this machine, by the addresses that its names have. */
export function isLoopbackAddress(text: string): boolean {
  return text === '127.0.0.1' || text === '::1';
}

// Sockets take an address in its usual spelling only; ipaddr.js also reads what `inet_aton` does.
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(text) !== 0 && !text.includes('%') ? ipaddr.process(text) : undefined;
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly Range[]): boolean {
  return ranges.some((range) => address.match([...range]));
}
