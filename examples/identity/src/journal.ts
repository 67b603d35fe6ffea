import type { AccountNote } from "@ashlar/auth/accounts"
import type { BaseContext } from "@ashlar/http"
import type { Audit, AuditEntry, AuditOutcome, AuditReport } from "@ashlar/security/audit"

export interface Noted {
  /** Whose account it is about. Undefined: of nobody here. */
  readonly about?: string | undefined
  /** Who did it; null: nobody who is known. Default: whose account it is. */
  readonly by?: string | null | undefined
  readonly outcome?: AuditOutcome
  readonly details?: Readonly<Record<string, unknown>>
}

/** Who signed in and who changed what, in a log that shows when somebody tampers with it. */
export class Journal {
  readonly #audit: Audit

  constructor(audit: Audit) {
    this.#audit = audit
  }
  /** What accounts tell: who came in, and what was changed. */
  readonly account: AccountNote = async ({ what, userId, by }, ctx) => {
    const isRefused = what.endsWith(".refused")
    // The name is not noted: people type passwords there.
    const who = { about: userId, ...(isRefused && { by: null, outcome: "failure" as const }) }
    await this.note(ctx, what, { ...who, ...(by && { details: { by } }) })
  }
  /** What cannot be noted does not happen: this throws. */
  async note(
    ctx: BaseContext | undefined,
    action: string,
    { about, by = about, outcome, details }: Noted,
  ): Promise<void> {
    await this.#audit.append({
      action,
      actor: typeof by !== "string" ? { type: "anonymous", id: "-" } : { type: "person", id: by },
      ...(about !== undefined && { target: { type: "person", id: about } }),
      ...(outcome !== undefined && { outcome }),
      ...(ctx && { context: { address: ctx.address, agent: labelOf(ctx.headers.get("user-agent")) } }),
      ...(details !== undefined && { details }),
    })
  }
  /** What happened to an account, the newest first. */
  async of(personId: string): Promise<readonly AuditEntry[]> {
    return (await this.#audit.list({ target: { type: "person", id: personId }, limit: 50 })).entries
  }
  async page(query: { readonly after?: string | undefined; readonly outcome?: AuditOutcome | undefined }) {
    const { after, outcome } = query
    return await this.#audit.list({ limit: 50, ...(after && { after }), ...(outcome && { outcome }) })
  }
  async verify(): Promise<AuditReport> {
    return await this.#audit.verify()
  }
  async close(): Promise<void> {
    await this.#audit.close()
  }
}

/** A browser and a system, as people call them. */
export function labelOf(agent: string | null | undefined): string {
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent ?? "")?.[0] ?? "A browser"
  const system = /Windows|Mac OS|Android|iPhone|Linux/.exec(agent ?? "")?.[0] ?? "a device"
  return `${browser === "Edg" ? "Edge" : browser} on ${system}`
}
