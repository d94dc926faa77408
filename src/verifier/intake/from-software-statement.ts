import type { Presentation } from './presentation.ts';

/**
 * What is presented by a software statement (RFC 7591 §2.3) and the document it is about: that
 * document, held to the statement. A passport of the document's own does not stand in for it.
 */
export function presentUnderStatement(
  document: Presentation,
  statement: Presentation,
): Presentation {
  return Object.freeze({ ...document, ...statement });
}
