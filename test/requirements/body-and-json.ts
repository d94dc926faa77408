import { held, type Requirement } from './requirement.ts';

/** What is read of an answer, and what of JSON that a stranger wrote. */
export const requirements: readonly Requirement[] = [
  held('C-01', 'A body that declares to be too long is not read (CIMD-02 §8.7).'),
  held('C-02', 'A body that does not declare it is cut at the cap.'),
  held('C-03', 'The cap is on what comes out of the decompressor.'),
  held('C-04', 'An encoding that was not asked for is refused (RFC 9110 §8.4).'),
  held('C-05', 'Only what is served as JSON, once and plainly, is read as JSON (CIMD-02 §4).'),
  held('C-06', 'No object names a member twice, at any depth and however escaped (RFC 8259 §4).'),
  held('C-07', 'Nothing is nested deeper than 32 levels.'),
  held('C-08', 'No member name reaches for the prototypes of objects.'),
  held('C-09', 'Text is UTF-8 without a byte order mark (RFC 8259 §8.1).'),
  held('C-10', 'Numbers mean the same to every reader, or are refused (RFC 8259 §6).'),
  held('C-11', 'The top level of a document is an object.'),
  held('C-12', 'Reading takes time in proportion to the text, whatever its names.'),
  held('C-13', 'No pattern that sees a stranger’s text backtracks far.'),
  held('C-14', 'An answer that two readers would take differently is refused (RFC 9112 §6.3).'),
];
