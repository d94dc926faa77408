import { isPlainLine } from './plain-line.ts';

const mailboxPattern = /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,190}$/;

/** Whether a text is an e-mail address of the plain kind, without a display name or quoted parts. */
export function isMailbox(text: string): boolean {
  return mailboxPattern.test(text) && isPlainLine(text);
}
