declare const brand: unique symbol;

/** A string that only its own room can mint, so that two kinds of identifier cannot be swapped. */
export type Brand<Name extends string> = string & { readonly [brand]: Name };
