export { requireScopes } from "./access/require-scopes.ts"
export { requireAcr, requireAmr, requireStepUp, type StepUp } from "./access/step-up.ts"
export { AuthSetupInvalid, CredentialsInvalid, CredentialsMissing, ScopeMissing, StepUpRequired } from "./errors.ts"
export { type BasicGuardOptions, basicGuard } from "./guards/basic-guard.ts"
export type { Challenge } from "./guards/challenge.ts"
export {
  anyOf,
  type CredentialSource,
  type Guard,
  type GuardErrors,
  guard,
  type Identified,
  optional,
  type PrincipalOf,
  refused,
} from "./guards/guard.ts"
export { type Actor, type AnyPrincipal, createPrincipal, type Principal, type PrincipalInit } from "./principal.ts"
