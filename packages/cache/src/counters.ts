/** What a cache counts while it works. */
export class Counters {
  hits = 0
  staleHits = 0
  misses = 0
  writes = 0
  makes = 0
  shared = 0
  failures = 0
  graces = 0
  storeErrors = 0
}
