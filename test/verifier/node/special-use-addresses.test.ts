import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../src/verifier/node/public-address.ts';

/**
 * One block: its first and its last address, and those before and after it. A neighbour that is
 * not public itself is left out.
 */
interface Block {
  readonly block: string;
  readonly first: string;
  readonly last: string;
  readonly before?: string;
  readonly after?: string;
}

function block(block: string, first: string, last: string, ...outside: (string | null)[]): Block {
  const [before, after] = outside;
  return { block, first, last, ...(before ? { before } : {}), ...(after ? { after } : {}) };
}

// Every row of the IANA IPv4 Special-Purpose Address Registry, the multicast space, and 240/4 with
// its last address. Rows that are reachable from everywhere are refused all the same: they are
// relays, black holes and measuring points, where no organization publishes anything.
const blocksOfV4: readonly Block[] = [
  block('0.0.0.0/8 this network', '0.0.0.0', '0.255.255.255', null, '1.0.0.0'),
  block('0.0.0.0/32 this host', '0.0.0.0', '0.0.0.0'),
  block('10.0.0.0/8 private', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'),
  block('100.64.0.0/10 shared', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'),
  block('127.0.0.0/8 loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'),
  block(
    '169.254.0.0/16 link local',
    '169.254.0.0',
    '169.254.255.255',
    '169.253.255.255',
    '169.255.0.0',
  ),
  block('172.16.0.0/12 private', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'),
  block('192.0.0.0/24 IETF', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'),
  block('192.0.0.0/29 DS-Lite', '192.0.0.0', '192.0.0.7'),
  block('192.0.0.8/32 dummy', '192.0.0.8', '192.0.0.8'),
  block('192.0.0.9/32 PCP anycast', '192.0.0.9', '192.0.0.9'),
  block('192.0.0.10/32 TURN anycast', '192.0.0.10', '192.0.0.10'),
  block('192.0.0.170/31 NAT64 discovery', '192.0.0.170', '192.0.0.171'),
  block('192.0.2.0/24 TEST-NET-1', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'),
  block(
    '192.31.196.0/24 AS112',
    '192.31.196.0',
    '192.31.196.255',
    '192.31.195.255',
    '192.31.197.0',
  ),
  block('192.52.193.0/24 AMT', '192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'),
  block('192.88.99.0/24 6to4', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'),
  block('192.88.99.2/32 6a44', '192.88.99.2', '192.88.99.2'),
  block(
    '192.168.0.0/16 private',
    '192.168.0.0',
    '192.168.255.255',
    '192.167.255.255',
    '192.169.0.0',
  ),
  block(
    '192.175.48.0/24 AS112',
    '192.175.48.0',
    '192.175.48.255',
    '192.175.47.255',
    '192.175.49.0',
  ),
  block('198.18.0.0/15 benchmarks', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'),
  block(
    '198.51.100.0/24 TEST-NET-2',
    '198.51.100.0',
    '198.51.100.255',
    '198.51.99.255',
    '198.51.101.0',
  ),
  block(
    '203.0.113.0/24 TEST-NET-3',
    '203.0.113.0',
    '203.0.113.255',
    '203.0.112.255',
    '203.0.114.0',
  ),
  block('224.0.0.0/4 multicast', '224.0.0.0', '239.255.255.255', '223.255.255.255'),
  block('240.0.0.0/4 reserved', '240.0.0.0', '255.255.255.255'),
  block('255.255.255.255/32 broadcast', '255.255.255.255', '255.255.255.255'),
];

const ones = 'ffff:ffff:ffff:ffff:ffff:ffff';

// Every row of the IANA IPv6 Special-Purpose Address Registry, the multicast space, and what is no
// longer in use (RFC 3879, RFC 4291 §2.5.5.1) or was never given out.
const blocksOfV6: readonly Block[] = [
  block('::/128 unspecified', '::', '::'),
  block('::1/128 loopback', '::1', '::1'),
  block('::/96 IPv4-compatible', '::', '::ffff:ffff'),
  block('64:ff9b::/96 NAT64', '64:ff9b::', '64:ff9b::ffff:ffff'),
  block('64:ff9b:1::/48 local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'),
  block('100::/64 discard', '100::', '100::ffff:ffff:ffff:ffff'),
  block('100:0:0:1::/64 dummy', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'),
  block('2001::/23 IETF', '2001::', `2001:1ff:${ones}`, `2000:ffff:${ones}`, '2001:200::'),
  block('2001::/32 Teredo', '2001::', `2001:0:${ones}`),
  block('2001:1::1/128 PCP anycast', '2001:1::1', '2001:1::1'),
  block('2001:1::2/128 TURN anycast', '2001:1::2', '2001:1::2'),
  block('2001:1::3/128 DNS-SD anycast', '2001:1::3', '2001:1::3'),
  block('2001:2::/48 benchmarks', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'),
  block('2001:3::/32 AMT', '2001:3::', `2001:3:${ones}`),
  block('2001:4:112::/48 AS112', '2001:4:112::', '2001:4:112:ffff:ffff:ffff:ffff:ffff'),
  block('2001:10::/28 ORCHID', '2001:10::', `2001:1f:${ones}`),
  block('2001:20::/28 ORCHIDv2', '2001:20::', `2001:2f:${ones}`),
  block('2001:30::/28 drone tags', '2001:30::', `2001:3f:${ones}`),
  block(
    '2001:db8::/32 documentation',
    '2001:db8::',
    `2001:db8:${ones}`,
    `2001:db7:${ones}`,
    '2001:db9::',
  ),
  block('2002::/16 6to4', '2002::', `2002:ffff:${ones}`, `2001:ffff:${ones}`, '2003::'),
  block(
    '2620:4f:8000::/48 AS112',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:7fff:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:8001::',
  ),
  block(
    '3fff::/20 documentation',
    '3fff::',
    `3fff:fff:${ones}`,
    `3ffe:ffff:${ones}`,
    '3fff:1000::',
  ),
  block('4000::/3 not given out', '4000::', `5fff:ffff:${ones}`, `3fff:ffff:${ones}`),
  block('5f00::/16 segment routing', '5f00::', `5f00:ffff:${ones}`),
  block('fc00::/7 unique local', 'fc00::', `fdff:ffff:${ones}`),
  block('fe80::/10 link local', 'fe80::', `febf:ffff:${ones}`),
  block('fec0::/10 site local', 'fec0::', `feff:ffff:${ones}`),
  block('ff00::/8 multicast', 'ff00::', `ffff:ffff:${ones}`),
];

describe('special-use addresses', () => {
  it.each([...blocksOfV4, ...blocksOfV6])('B-06 $block is refused from end to end', (range) => {
    expect(isPublicAddress(range.first)).toBe(false);
    expect(isPublicAddress(range.last)).toBe(false);
  });

  it.each([...blocksOfV4, ...blocksOfV6].filter(({ before, after }) => before ?? after))(
    'B-06 $block is refused no further than that',
    ({ before, after }) => {
      if (before !== undefined) expect(isPublicAddress(before)).toBe(true);
      if (after !== undefined) expect(isPublicAddress(after)).toBe(true);
    },
  );

  it.each(blocksOfV4)('B-04 $block is refused inside IPv6 too', ({ first, last }) => {
    for (const address of [first, last]) {
      expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
      expect(isPublicAddress(`::${address}`)).toBe(false);
      expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false);
      expect(isPublicAddress(`64:ff9b:1::${address}`)).toBe(false);
      expect(isPublicAddress(`2002:${hextetsOf(address)}::1`)).toBe(false);
    }
  });

  it.each([
    ['AWS, Google, Azure, Oracle, OpenStack', '169.254.169.254'],
    ['AWS over IPv6', 'fd00:ec2::254'],
    ['the tasks of AWS', '169.254.170.2'],
    ['the pods of AWS', '169.254.170.23'],
    ['the pods of AWS over IPv6', 'fd00:ec2::23'],
    ['Google over IPv6', 'fd20:ce::254'],
    ['Azure’s wire server', '168.63.129.16'],
    ['Alibaba', '100.100.100.200'],
    ['Oracle of old', '192.0.0.192'],
    ['Tencent', '169.254.0.23'],
    ['Scaleway', '169.254.42.42'],
    ['Scaleway over IPv6', 'fd00:42::42'],
    ['OpenStack over IPv6', 'fe80::a9fe:a9fe'],
  ])('B-05 the metadata of %s at %s are refused', (_cloud, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('B-05 Azure’s wire server has public neighbours', () => {
    expect(isPublicAddress('168.63.129.15')).toBe(true);
    expect(isPublicAddress('168.63.129.17')).toBe(true);
  });
});

/** An IPv4 address as the two groups by which 6to4 embeds it. */
function hextetsOf(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
