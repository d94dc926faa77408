import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const dayS = 86_400;

/**
 * A credential as peers know it: a VC-JWT of VCDM 1.1 with ES256, without a status, by a did:web
 * issuer whose DID document is at hand.
 *
 * @param {object} claims of the subject, with its id
 * @returns {Promise<{ jwt: string, forged: string, document: { id: string } }>}
 */
export async function issueVcJwt(claims) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const did = 'did:web:issuer.example';
  const kid = `${did}#key-1`;
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
    id: did,
    verificationMethod: [
      { id: kid, type: 'JsonWebKey2020', controller: did, publicKeyJwk: { kty, crv, x, y } },
    ],
    assertionMethod: [kid],
    authentication: [kid],
  };
  const vc = {
    '@context': ['https://www.w3.org/2018/credentials/v1'],
    type: ['VerifiableCredential', 'AgentAuthorizationCredential'],
    credentialSubject: claims,
  };
  const startS = Math.floor(Date.now() / 1000) - 60;
  const jwt = await new SignJWT({ vc })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
    .setIssuer(did)
    .setSubject(claims.id)
    .setJti('urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11')
    .setIssuedAt(startS)
    .setNotBefore(startS)
    .setExpirationTime(startS + dayS)
    .sign(privateKey);
  const signature = Buffer.alloc(64, 1).toString('base64url');
  const forged = `${jwt.slice(0, jwt.lastIndexOf('.'))}.${signature}`;
  return { jwt, forged, document };
}
