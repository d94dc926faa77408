import { expect, it } from 'vitest';
import {
  cacheControls,
  draftPage,
  keptPath,
  pathOf,
} from '../../src/publication/public-document.ts';

it.each([
  ['https://id.acme.com/a/billing-bot/client.json', '//id.acme.com/a/billing-bot/client.json'],
  ['https://id.acme.com:8443/o/pay/status/7r', '//id.acme.com:8443/o/pay/status/7r'],
  ['http://localhost:8787/a/billing-bot', '//localhost:8787/a/billing-bot'],
])('serves %s at %s', (url, path) => {
  expect(pathOf(url)).toBe(path);
});

it.each([
  ['//id.acme.com/a/bot', 'id.acme.com', '/a/bot'],
  ['//id.acme.com:8443/a/bot', 'id.acme.com', '//id.acme.com:8443/a/bot'],
  ['//id.lab.com/a/bot', 'id.acme.com', '//id.lab.com/a/bot'],
  ['//id.lab.com/a/bot', undefined, '/a/bot'],
  ['/a/bot', 'id.acme.com', '/a/bot'],
  ['//', 'id.acme.com', '//'],
])('keeps %s at home on %s as %s', (path, home, kept) => {
  expect(keptPath(path, { home })).toBe(kept);
});

it('drafts a page', () => {
  expect(draftPage('https://id.acme.com/a/billing-bot', '<p>Grüße</p>')).toStrictEqual({
    path: '//id.acme.com/a/billing-bot',
    mediaType: 'text/html; charset=utf-8',
    body: Uint8Array.from(Buffer.from('3c703e4772c3bcc39f653c2f703e', 'hex')),
    cacheControl: 'public, max-age=60',
    expiresAt: null,
    link: null,
    keepsVersions: false,
  });
});

it('lets caches hold each kind of document as long as the contract says', () => {
  expect(cacheControls).toStrictEqual({
    identity: 'public, max-age=300',
    statusList: 'public, max-age=15, must-revalidate, no-transform',
    immutable: 'public, max-age=31536000, immutable',
    page: 'public, max-age=60',
    checkpoint: 'public, max-age=5, must-revalidate',
  });
});
