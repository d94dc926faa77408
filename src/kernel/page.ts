/** A slice of a listing, oldest first: at most `limit` rows whose id sorts after `after`. */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
}
