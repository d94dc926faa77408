import { generateKeyPair, SignJWT } from 'jose';
import { compare, numbersFor, rateOver } from './measure.mjs';
import { subjectOf } from './papers.mjs';
import { createMemoryVeramo, createSqliteVeramo } from './stock-veramo.mjs';

const parallel = 16;

/**
 * Credentials a second: ours, each durable and published with a new passport, through the use case
 * and through HTTP, one by one and 16 in parallel; those of stock Veramo; and bare signatures.
 */
export async function measureIssuing({ registry, load, folder, scale, say }) {
  const veramo = await createSqliteVeramo(folder);
  const { sign } = await createMemoryVeramo();
  const signJwt = await createBareSigner();
  const forMs = scale.sampleMs;
  const single = scale.issues;
  const many = 4 * scale.issues;
  try {
    return await compare(
      {
        'use case, one by one': async () =>
          rateOver(registry.issue, { items: await registry.planIssues(single) }),
        'use case, 16 in parallel': async () =>
          rateOver(registry.issue, { items: await registry.planIssues(many), parallel }),
        'HTTP, one by one': async () => postIssues(load, registry, { count: single }),
        'HTTP, 16 in parallel': async () => postIssues(load, registry, { count: many, parallel }),
        'stock Veramo to SQLite, one by one': () =>
          rateOver((number) => veramo.issue(subjectOf(number)), { items: uniqueNumbers(forMs) }),
        'stock Veramo in memory, one by one': () =>
          rateOver((number) => sign(subjectOf(number)), { items: numbersFor(forMs) }),
        'stock Veramo in memory, 16 in parallel': () =>
          rateOver((number) => sign(subjectOf(number)), { items: numbersFor(forMs), parallel }),
        'bare jose signature, one by one': () =>
          rateOver((number) => signJwt(subjectOf(number)), { items: numbersFor(forMs) }),
      },
      { ...scale, say },
    );
  } finally {
    await veramo.close();
  }
}

async function postIssues(load, registry, { count, parallel = 1 }) {
  const planned = await registry.planIssues(count);
  return load.post({
    url: registry.url,
    token: registry.token,
    connections: parallel,
    posts: planned.map(({ handle, order }) => ({
      path: `/api/v1/agents/${handle}/credentials`,
      body: JSON.stringify({ ...order, reason: 'bench' }),
    })),
  });
}

let counted = 0;

/** Numbers that never repeat: the same credential twice would be one row. */
function* uniqueNumbers(forMs) {
  for (const _ of numbersFor(forMs)) {
    counted += 1;
    yield counted;
  }
}

async function createBareSigner() {
  const { privateKey } = await generateKeyPair('ES256');
  const protectedHeader = {
    alg: 'ES256',
    typ: 'vc+jwt',
    cty: 'vc',
    kid: 'did:web:issuer.example#NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  };
  return (credentialSubject) =>
    new SignJWT({ issuer: 'did:web:issuer.example', credentialSubject })
      .setProtectedHeader(protectedHeader)
      .sign(privateKey);
}
