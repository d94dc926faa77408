import { createHash, timingSafeEqual } from 'node:crypto';

const bearer = /^Bearer +(\S+)$/i;

/**
 * Whether an Authorization header carries this token. Takes as long whatever part of it is right; the
 * token itself is not kept.
 */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization) => {
    const presented = bearer.exec(authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(presented), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
