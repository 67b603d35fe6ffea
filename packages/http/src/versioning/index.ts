export type { DeprecationFacts, DeprecationOptions, DeprecationWarning } from "./deprecation.ts"
export { deprecation } from "./deprecation.ts"
export type { VersionedBy, Versioning, VersioningOptions } from "./versioning.ts"
export { defineVersions } from "./versioning.ts"
