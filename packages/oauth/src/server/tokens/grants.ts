import type { RequestedClaims } from "../authorize/requested-claims.ts"
import type { Person } from "../people.ts"
import { type Kept, Records } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"

/** What a person allowed a client. Everything that was issued by it ends with it. */
export interface Grant {
  readonly sub: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly authTimeMs: number
  readonly amr: readonly string[]
  readonly acr: string | null
  readonly sid: string | null
  readonly nonce: string | null
  readonly claims: RequestedClaims
  readonly atMs: number
}

export interface CodeRecord {
  readonly grantId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly challenge: string
  /** Of the key that the client said it would use. */
  readonly jkt: string | null
  readonly used: boolean
}

export interface RefreshRecord {
  readonly grantId: string
  readonly clientId: string
  /** Until when the family lives, whatever is used. */
  readonly familyUntilMs: number
  /** The key that it is bound to. */
  readonly jkt: string | null
  readonly usedMs: number | null
  /** How often it gave another after it was used. */
  readonly again: number
}

/** What an access token says, in it or beside it. */
export interface AccessClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly client_id: string
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** The grant, while there is one. */
  readonly gid?: string
  readonly auth_time?: number
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly cnf?: { readonly jkt: string }
  readonly act?: Readonly<Record<string, unknown>>
}

/** Whom a token is for. */
export function audienceOf({ aud }: Pick<AccessClaims, "aud">): readonly string[] {
  return typeof aud === "string" ? [aud] : aud
}

/** What was granted and issued. */
export class Grants {
  readonly grants: Records<Grant>
  readonly codes: Records<CodeRecord>
  readonly refreshes: Records<RefreshRecord>
  readonly accesses: Records<AccessClaims>
  readonly revoked: Records<true>

  constructor(store: OAuthStore) {
    this.grants = new Records(store, "grant")
    this.codes = new Records(store, "code")
    this.refreshes = new Records(store, "refresh")
    this.accesses = new Records(store, "access")
    this.revoked = new Records(store, "revoked")
  }

  /** Lets a grant live until then. @returns whether it still is there. */
  async extend(kept: Kept<Grant>, untilMs: number): Promise<boolean> {
    // Somebody else may extend it at the same time; only its end counts.
    for (let attempt = 0, now: Kept<Grant> | undefined = kept; attempt < 5 && now !== undefined; attempt++) {
      if (await this.grants.change(now, now.value, untilMs)) return true
      now = await this.grants.get(kept.id)
    }
    return false
  }
}

export function grantOf(
  person: Person,
  request: Pick<Grant, "clientId" | "scopes" | "resources" | "nonce" | "claims">,
  nowMs: number,
): Grant {
  return {
    sub: person.id,
    clientId: request.clientId,
    scopes: request.scopes,
    resources: request.resources,
    authTimeMs: person.authTimeMs,
    amr: person.amr ?? [],
    acr: person.acr ?? null,
    sid: person.sessionId ?? null,
    nonce: request.nonce,
    claims: request.claims,
    atMs: nowMs,
  }
}
