import { z } from 'zod';

const pattern = /^PT(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?$/;

/** A short duration in hours, minutes and seconds (ISO 8601), such as `PT15M`, read as seconds. */
export const shortDuration = z
  .string()
  .meta({ examples: ['PT15M'], pattern: pattern.source })
  .transform((text, context) => {
    const parts = pattern.exec(text);
    if (parts !== null) {
      const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
      return hours * 3600 + minutes * 60 + seconds;
    }
    context.addIssue({ code: 'custom', message: 'must be a duration such as PT15M' });
    return z.NEVER;
  });

/** Seconds in the form that `shortDuration` reads: in minutes where they are whole. */
export function durationOf(seconds: number): string {
  return seconds % 60 === 0 ? `PT${seconds / 60}M` : `PT${seconds}S`;
}
