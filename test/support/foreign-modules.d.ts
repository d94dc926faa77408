/** Other people's code that tests read with, and that comes without types: only what is used. */
declare module '@digitalbazaar/credentials-context' {
  export const contexts: ReadonlyMap<string, object>;
}

declare module '@digitalbazaar/vc-bitstring-status-list' {
  export function createList(options: { length: number }): Promise<{
    setStatus(index: number, status: boolean): void;
    encode(): Promise<string>;
  }>;
  export function decodeList(options: { encodedList: string }): Promise<{
    readonly length: number;
    getStatus(index: number): boolean;
  }>;
}
