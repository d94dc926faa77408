/** How often each property is tried: 2,000 times, or as often as PROPERTY_RUNS says. */
export const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 2_000);
