import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, isPublicAddress } from '../../../src/verifier/node/public-address.ts';

describe('isPublicAddress', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '2606:4700:4700::1111',
    '2A00:1450:4001:81b::200e',
    '::ffff:1.1.1.1',
  ])('lets %s through', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '',
    'localhost',
    'id.acme.com',
    '1.1.1.1.1',
    '1.1.1.1%eth0',
    '2606:4700::1%1',
    'fe80::1%eth0',
    '[2606:4700:4700::1111]',
    ' 1.1.1.1',
    '1.1.1.1:443',
  ])('refuses %j, which is no address of the public internet', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  it.each([
    'B-02 1.1',
    'B-02 16843009',
    'B-02 0x01010101',
    'B-02 01.01.01.01',
    'B-02 1.1.257',
    'B-02 ::ffff:0x1010101',
  ])('%s is a spelling in which no resolver answers', (row) => {
    expect(isPublicAddress(row.slice('B-02 '.length))).toBe(false);
  });
});

describe('isLoopbackAddress', () => {
  it.each(['127.0.0.1', '::1'])('knows %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });

  it.each(['127.0.0.2', '1.1.1.1', '10.0.0.1', '::', '::ffff:127.0.0.1', ''])(
    'does not take %j for an address of a loopback name',
    (address) => {
      expect(isLoopbackAddress(address)).toBe(false);
    },
  );
});
