import { AbstractKeyManagementSystem } from '@veramo/key-manager';

/**
 * What both key management systems leave out of Veramo's interface. Private keys are never
 * imported, keys are neither listed nor deleted through Veramo, and none agrees on a secret: a key
 * serves one purpose.
 */
export abstract class SigningKms extends AbstractKeyManagementSystem {
  override importKey(): Promise<never> {
    return unsupported('importKey');
  }

  override listKeys(): Promise<never> {
    return unsupported('listKeys');
  }

  override deleteKey(): Promise<never> {
    return unsupported('deleteKey');
  }

  override sharedSecret(): Promise<never> {
    return unsupported('sharedSecret');
  }
}

/** Answers calls to parts of Veramo's interfaces that this room leaves out: a fault of the caller. */
export function unsupported(method: string): Promise<never> {
  return Promise.reject(new TypeError(`${method} is not part of this agent.`));
}
