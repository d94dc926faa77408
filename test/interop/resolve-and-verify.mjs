// Run on its own, so that Node trusts the CA of NODE_EXTRA_CA_CERTS. It holds no code of the
// project: stock web-did-resolver finds the key, jose verifies. Reads compact tokens as a JSON
// array on stdin; writes for each what was found, or why it failed.
import { text } from 'node:stream/consumers';
import { Resolver } from 'did-resolver';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { getResolver } from 'web-did-resolver';

const resolver = new Resolver(getResolver());

async function verify(token) {
  const { alg, kid, typ } = decodeProtectedHeader(token);
  const { didDocument, didResolutionMetadata } = await resolver.resolve(kid.split('#')[0]);
  if (didDocument === null) return { error: didResolutionMetadata.error };
  const method = didDocument.verificationMethod.find(({ id }) => id === kid);
  if (!didDocument.assertionMethod.includes(kid)) return { error: 'not for assertions' };
  const key = await importJWK(method.publicKeyJwk, alg);
  const { payload } = await compactVerify(token, key, { algorithms: [alg] });
  return { typ, alsoKnownAs: didDocument.alsoKnownAs, payload: new TextDecoder().decode(payload) };
}

const tokens = JSON.parse(await text(process.stdin));
const answers = tokens.map((token) => verify(token).catch(({ name }) => ({ error: name })));
process.stdout.write(JSON.stringify(await Promise.all(answers)));
