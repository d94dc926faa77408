const pattern =
  /^P(?!$)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/;

/**
 * The moment that lies an ISO 8601 duration such as `P1Y`, `P90D` or `PT24H` after another, by the
 * calendar of UTC; null for a text that is no such duration.
 */
export function addDuration(from: Date, text: string): Date | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  const end = new Date(from);
  end.setUTCFullYear(end.getUTCFullYear() + years);
  end.setUTCMonth(end.getUTCMonth() + months);
  end.setUTCDate(end.getUTCDate() + weeks * 7 + days);
  end.setUTCSeconds(end.getUTCSeconds() + (hours * 60 + minutes) * 60 + seconds);
  return end;
}
