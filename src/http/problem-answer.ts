import { z } from 'zod';

/** A problem document (RFC 9457 §3), as answers carry it. */
export const problemAnswer = z
  .object({
    type: z.string().meta({ description: 'A page that says how to mend it.' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable: switch on it.' }),
    detail: z.string().optional(),
    instance: z.string().optional().meta({ description: 'Names the request in the log.' }),
    fix: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'A JSON Pointer into the input.' }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });
