import {
  type SignAssertionDeps,
  type SignAssertionInput,
  type SignedAssertion,
  signAssertion,
} from './sign-assertion.ts';

/** Signing for agents whose keys the registry holds. */
export interface AssertionCases {
  signAssertion(input: SignAssertionInput): Promise<SignedAssertion>;
}

/** Binds the cases to their ports. */
export function bindAssertionCases(deps: SignAssertionDeps): AssertionCases {
  return { signAssertion: (input) => signAssertion(deps, input) };
}
