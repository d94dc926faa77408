import { compactVerify, importJWK } from 'jose';
import { expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

it('bench', async () => {
  const world = await createPaperWorld();
  const verifier = createVerifier(world.options());
  for (let i = 0; i < 3000; i++)
    await verifier.verifyClient(world.clientId, { scope: 'read:logs/production read:logs/pii' });
  for (let r = 0; r < 3; r++) {
    const n = 20000;
    const t = performance.now();
    for (let i = 0; i < n; i++)
      await verifier.verifyClient(world.clientId, { scope: 'read:logs/production read:logs/pii' });
    console.log(
      'warm us',
      (((performance.now() - t) / n) * 1000).toFixed(1),
      world.fetch.asked.length,
    );
  }
  const jwt = JSON.parse((world.fetch.answers.get(world.clientId) as { body: string }).body)[
    'vc+jwt'
  ];
  const key = await importJWK({ ...world.issuerKey.jwk }, 'ES256');
  for (let i = 0; i < 300; i++) await compactVerify(jwt, key);
  const n2 = 2000;
  const t2 = performance.now();
  for (let i = 0; i < n2; i++) await compactVerify(jwt, key);
  console.log('jose us', (((performance.now() - t2) / n2) * 1000).toFixed(1));
  const n3 = 300;
  const t3 = performance.now();
  for (let i = 0; i < n3; i++) {
    const v = createVerifier(world.options());
    const r = await v.verifyClient(world.clientId);
    if (r.outcome !== 'accepted') throw new Error('x');
  }
  console.log('cold us', (((performance.now() - t3) / n3) * 1000).toFixed(1));
  expect(1).toBe(1);
}, 60000);
