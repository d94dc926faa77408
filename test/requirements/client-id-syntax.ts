import { held, type Requirement } from './requirement.ts';

/** What a text must be before it is taken for a client_id, and fetched. */
export const requirements: readonly Requirement[] = [
  held('A-01', 'Only https is read, and nothing is asked of anybody otherwise (CIMD-02 §3).'),
  held('A-02', 'A client_id has a path, and more than `/` (CIMD-02 §3).'),
  held('A-03', 'No segment of the path is a dot, two dots or empty (CIMD-02 §3).'),
  held('A-04', 'No escape hides a dot segment, a slash or another escape (CIMD-02 §3).'),
  held('A-05', 'There is no fragment, not even an empty one (CIMD-02 §3).'),
  held('A-06', 'There is no user and no password, not even an empty one (CIMD-02 §3).'),
  held('A-07', 'A text that a URL parser would have to repair is none of ours (WHATWG URL §4.4).'),
  held('A-08', 'No white space and no control character is anywhere in it, nor cut off its ends.'),
  held('A-09', 'The host is written in lower-case ASCII, and in no spelling that becomes that.'),
  held('A-10', 'The default port is never written, and no other spelling shares what is held.'),
  held('A-11', 'More than 2,048 characters are refused before they are read.'),
  held('A-12', 'What is no string is refused like any other input, and nothing is thrown.'),
  held(
    'A-13',
    'A query is always refused, by a rule of its own; no option allows one (CIMD-02 §3).',
  ),
  held(
    'A-14',
    'Whatever is accepted is what a URL parser makes of it, with every rule above true.',
  ),
];
