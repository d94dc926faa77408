import { expect, test } from 'vitest';
import { Secret } from '../../src/config/secrets.ts';
import { createLog } from '../../src/http/log.ts';

test('one JSON line per event, whatever is in a text', () => {
  const [line, ...rest] = record((log) => log.info({ name: 'a\r\nb\u001b[31m\u2028' }, 'seen'));
  expect(rest).toEqual([]);
  expect(line?.endsWith('\n')).toBe(true);
  expect(line?.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(line ?? '')).toMatchObject({ level: 'info', msg: 'seen' });
});

test('what is secret by its name or its type is not written', () => {
  const canary = 'canary';
  const lines = record((log) => {
    log.warn({ token: canary, authorization: canary, jwt: canary, privateJwk: { d: canary } });
    log.warn({ request: { authorization: canary, body: canary, headers: { cookie: canary } } });
    log.warn({ settings: { key: new Secret(canary), masterKey: canary, databaseUrl: canary } });
    log.error({ err: Object.assign(new Error('refused'), { body: canary, config: { canary } }) });
  });
  expect(lines).toHaveLength(4);
  expect(lines.join('')).not.toContain(canary);
  expect(JSON.parse(lines[3] ?? '')).toMatchObject({ err: { type: 'Error', message: 'refused' } });
});

test('below its level it is silent', () => {
  expect(record((log) => log.debug('x'))).toEqual([]);
});

function record(write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  write(createLog('info', { write: (line) => void lines.push(line) }));
  return lines;
}
