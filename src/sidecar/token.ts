import { createHash, timingSafeEqual } from 'node:crypto';

const bearer = /^Bearer +(\S+)$/i;

/** Whether an Authorization header carries the token. Takes as long whatever part of it is right. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const presented = bearer.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(presented), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
