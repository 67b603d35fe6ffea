export { type AccountRoutes, accountRoutes } from "./account-routes.ts"
export type { AccountUser, AccountUsers } from "./account-users.ts"
export {
  type AccountEvent,
  type AccountNote,
  type Accounts,
  type AccountsOptions,
  openAccounts,
  type TypedCode,
  type TypedPassword,
} from "./accounts.ts"
export type { Entered, Proven, StepWay } from "./entered.ts"
export type { OwnAccount, OwnSession } from "./own-routes.ts"
