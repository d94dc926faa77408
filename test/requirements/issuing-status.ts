import { held, type Requirement } from './requirement.ts';

/** Status lists as the registry hands out their indices, signs, publishes and retires them. */
export const requirements: readonly Requirement[] = [
  held('I-01', 'No two credentials have the same index, however many processes issue'),
  held('I-03', 'An index tells neither when, nor after which other, it was handed out'),
  held('I-04', 'A full list is followed by another, and no issue fails for it'),
  held('I-08', 'Whoever asks, no bit of another organization is changed'),
  held('I-11', 'A list is kept until a day after the last credential in it has ended'),
];
