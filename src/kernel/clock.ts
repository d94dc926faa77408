/** The time, as a port: nothing in the domain reads the system clock itself. */
export interface Clock {
  now(): Date;
}

/** The system's own clock. */
export const systemClock: Clock = { now: () => new Date() };
