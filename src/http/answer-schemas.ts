import { z } from 'zod';

/** A moment in UTC, to the millisecond. */
export const stamp = z.string().meta({
  format: 'date-time',
  examples: ['2026-11-20T12:00:00.000Z'],
});

/** A moment, where there is one. */
export const stampOrNull = stamp.nullable();

/** A text, where there is one. */
export const textOrNull = z.string().nullable();

/** Several texts. */
export const texts = z.array(z.string());

/** A JSON object that is shown as it was given. */
export const openObject = z.record(z.string(), z.unknown());

/** A public key as a JWK (RFC 7517). */
export const publicJwk = openObject.meta({ description: 'A public key as a JWK (RFC 7517).' });

/** A private key as a JWK. */
export const privateJwk = openObject.meta({
  description: 'The private key as a JWK. It is in this one answer and is not kept.',
});

/** A listing: one page of rows, and the cursor of the following one. */
export function pageOf(row: z.ZodType): z.ZodType {
  const next = textOrNull.meta({ description: 'Goes back as `cursor`; null after the last page.' });
  return z.object({ data: z.array(row), next });
}
