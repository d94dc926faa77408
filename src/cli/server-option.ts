import type { Parameter } from './command.ts';

/** For every command that calls the service. The token comes from the environment alone. */
export const serverOption: Parameter = {
  form: '--server <origin>',
  help: 'the service, instead of SEALWRIGHT_SERVER',
};

export const reasonOption: Parameter = {
  form: '--reason <text>',
  help: 'why; it stands in the audit trail',
  required: true,
};

export const limitOption: Parameter = {
  form: '--limit <count>',
  help: 'print at most so many rows',
};
