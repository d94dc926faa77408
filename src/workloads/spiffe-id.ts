import type { JsonValue } from '../protocol/strict-json.ts';

const trustDomain = /^[a-z0-9._-]{1,255}$/;
const segment = /^(?!\.{1,2}$)[a-zA-Z0-9._-]+$/;
const maxLength = 2048;

/** Whether a text is the name of a trust domain (SPIFFE-ID §2.1). */
export function isTrustDomain(text: string): boolean {
  return trustDomain.test(text);
}

/** The trust domain of a SPIFFE ID that names a workload; undefined for any other value. */
export function trustDomainOf(id: JsonValue | undefined): string | undefined {
  if (typeof id !== 'string' || id.length > maxLength || !id.startsWith('spiffe://')) {
    return undefined;
  }
  const [domain = '', ...path] = id.slice('spiffe://'.length).split('/');
  // SPIFFE-ID §2.2: no empty segment, no `.` and `..`, and no slash at the end.
  const isWorkload = path.length > 0 && path.every((part) => segment.test(part));
  return isWorkload && isTrustDomain(domain) ? domain : undefined;
}
