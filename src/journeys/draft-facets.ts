import {
  type DraftPlace,
  type FacetDraft,
  type FacetOrder,
  facetDraftOf,
} from '../credentials/facet-draft.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { checkReason } from './check-reason.ts';

const mostFacets = 8;

/** The facets of a list of orders; a refusal points to the place in `/credentials`. */
export function draftFacets(
  orders: readonly FacetOrder[],
  place: DraftPlace,
): readonly FacetDraft[] {
  if (orders.length > mostFacets) {
    throw new SealwrightError('invalid-input', 'There are too many credentials.', {
      faults: [{ pointer: '/credentials', detail: `must have at most ${mostFacets} entries` }],
    });
  }
  return orders.map((order, index) =>
    placed(`/credentials/${index}`, () => draftFacet(order, place)),
  );
}

/** The facet of one order; pointers go into it. */
export function draftFacet(order: FacetOrder, place: DraftPlace): FacetDraft {
  checkReason(order.reason);
  return facetDraftOf(order, place);
}

/** Runs `work`; the pointers of a refusal are moved below `prefix`. */
export function placed<Result>(prefix: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SealwrightError)) throw error;
    const { code, detail, faults } = error;
    throw new SealwrightError(code, detail, {
      faults: faults.map((fault) => ({ ...fault, pointer: `${prefix}${fault.pointer}` })),
      cause: error,
    });
  }
}
