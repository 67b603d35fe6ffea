import type { Accounts } from "./accounts.ts"
import { type FactorRoutes, factorRoutes } from "./factor-routes.ts"
import { type OwnRoutes, ownRoutes } from "./own-routes.ts"
import { type Behind, behindDoor } from "./route-door.ts"
import { type SecondStepRoutes, type SignInRoutes, secondStepRoutes, signInRoutes } from "./sign-in-routes.ts"

/** All routes of accounts: a contract for `createClient`, too. */
export type AccountRoutes = Behind<SignInRoutes & SecondStepRoutes & OwnRoutes & FactorRoutes>

/**
 * The routes of people's accounts, to be mounted at the `path` of `openAccounts`: sign-in by password, mail, passkey, with a second step
 * where there is one; sign-up by mail, where `users` can create; verification, reset, a new address or password; factors, recovery codes, devices
 * and sessions. They speak JSON, and forms of pages may post to them: those are led on by redirects. Each has schemas, bounds, `csrf` and
 * limits by address, account and device; none tells whether an address has an account.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example app.scope("/auth", (auth) => auth.add(accountRoutes(accounts)))
 */
export function accountRoutes(accounts: Accounts): AccountRoutes {
  const routes = {
    ...signInRoutes(accounts),
    ...secondStepRoutes(accounts),
    ...ownRoutes(accounts),
    ...factorRoutes(accounts),
  }
  return behindDoor(routes, accounts)
}
