import type { Enrolment } from '../enrolments/enrolment.ts';
import type { EnrolmentReader } from '../enrolments/enrolment-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { EnrolmentRef } from './enrolment-cases.ts';

/** The caller's enrolment with this id; another organization's is not found either. */
export async function findEnrolment(
  deps: { readonly enrolments: EnrolmentReader },
  input: EnrolmentRef,
): Promise<Enrolment> {
  const enrolment = await deps.enrolments.find(input.organizationId, input.id);
  if (enrolment !== null) return enrolment;
  throw new SealwrightError('enrolment-not-found', 'There is no enrolment with this id.');
}
