/**
 * Runs work outside of whatever a later caller is inside of: in the async context in which this was called. A transaction that
 * has ended by then is not entered again.
 */
export function detach(): <T>(work: () => T) => T {
  const hooks = globalThis.process?.getBuiltinModule?.("node:async_hooks")
  // Where a runtime has no contexts there is nothing to leave.
  return hooks?.AsyncLocalStorage.snapshot() ?? ((work) => work())
}
