/**
 * Gives a way to run work in the async context in which this was called, whatever context a later caller is inside of. Work that
 * must not belong to the caller's transaction or request is run by it: a lease that others must see at once, a value made for all.
 *
 * @example
 * const outside = detach() // when the pool is made
 * await outside(() => database.sql`…`.run()) // in no transaction, whoever asks
 */
export function detach(): <T>(work: () => T) => T {
  const hooks = globalThis.process?.getBuiltinModule?.("node:async_hooks")
  // Where a runtime has no contexts there is nothing to leave.
  return hooks?.AsyncLocalStorage.snapshot() ?? ((work) => work())
}
