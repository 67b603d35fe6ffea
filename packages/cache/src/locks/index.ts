export { CacheLockLost, CacheLockTimeout } from "../errors.ts"
export type { Attempt, LockStore } from "./lock-store.ts"
export type { AcquireOptions, Lock, LockOptions, Locks } from "./locks.ts"
export { defineLocks, lockGuarantees, openLocks } from "./open-locks.ts"
