import pg from "pg"

/** As many connections as questions at once. */
export function openPool(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 8 })
}
