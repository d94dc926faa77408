import { held, type Requirement } from './requirement.ts';

/** Status lists as the registry publishes them, with several processes and with a signer that fails. */
export const requirements: readonly Requirement[] = [
  held(
    'I-09',
    'Whoever publishes, no reader ever sees a list older than one that was there before',
  ),
  held('I-10', 'A revocation that cannot be signed is recorded, and nothing unsigned is served'),
];
