export { BreachListAway, PasswordHashUnknown, PasswordsBusy, PasswordWeak, PasswordWrong } from "../errors.ts"
export { type BreachFilterOptions, breachFilter, makeBreachFilter } from "./breach-filter.ts"
export type { BreachList } from "./breach-list.ts"
export { type BreachRangeOptions, breachRange } from "./breach-range.ts"
export {
  createPasswordPolicy,
  type PasswordPolicy,
  type PasswordPolicyOptions,
  type WeakReason,
} from "./password-policy.ts"
export { createPasswords, type Passwords, type PasswordsOptions } from "./passwords.ts"
