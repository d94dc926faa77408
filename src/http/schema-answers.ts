import { z } from 'zod';
import { openObject, stamp, textOrNull } from './answer-schemas.ts';

const row = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int(),
  type: z.string(),
  description: textOrNull,
  url: z.string(),
  createdAt: stamp,
});

/** A credential type of an organization's own, in its newest version. */
export const customTypeAnswer = row.meta({ id: 'CredentialType' });

/** The same, with its schema as it was registered. */
export const wholeCustomTypeAnswer = row
  .extend({ schema: openObject })
  .meta({ id: 'WholeCredentialType' });

/** The newest version whole, and where all of them are published. */
export const customTypeVersionsAnswer = row
  .extend({
    schema: openObject,
    versions: z.array(z.object({ version: z.int(), url: z.string(), createdAt: stamp })),
  })
  .meta({ id: 'CredentialTypeVersions' });
