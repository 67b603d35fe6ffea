import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { Transactions } from "./authorize/transaction.ts"
import type { ClientKeys } from "./clients/client-keys.ts"
import type { Clients } from "./clients/clients.ts"
import type { DpopProofs } from "./dpop/dpop-proofs.ts"
import type { KeyRing } from "./keys/key-ring.ts"
import type { BackChannel } from "./logout/back-channel.ts"
import type { OAuthPages } from "./pages/pages.ts"
import type { People, Person } from "./people.ts"
import type { Settings } from "./settings.ts"
import type { OAuthStore } from "./store/store.ts"
import type { Applications } from "./tokens/applications.ts"
import type { ExchangePolicy } from "./tokens/exchange-grant.ts"
import type { Grants } from "./tokens/grants.ts"

/** An open server, as its endpoints see it. */
export interface Parts {
  readonly settings: Settings
  readonly store: OAuthStore
  readonly keys: KeyRing
  readonly clients: Clients
  readonly clientKeys: ClientKeys
  readonly grants: Grants
  readonly applications: Applications
  readonly dpop: DpopProofs
  readonly backChannel: BackChannel
  readonly transactions: Transactions
  readonly people: People
  readonly pages: OAuthPages
  readonly limits: RateLimits
  readonly exchange: ExchangePolicy | undefined
  now(): number
  /** What people read of scopes. */
  describeScopes(scopes: readonly string[]): readonly { readonly name: string; readonly description: string }[]
  /** What a person is called on the server's pages. */
  nameOf(person: Person): Promise<string>
}
