import type { AuditQuery } from "@ashlar/admin"
import type { AuditEntry, Page } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Outcome } from "../cli.ts"
import { wholeNumber } from "../program.ts"
import { printable, toTable } from "../text.ts"

/** The flags of a command that reads a trail. */
export function withTrailFlags(command: Command): Command {
  return command
    .description("who changed what, the newest first")
    .option("--action <name>", "only this, such as key.create, or key for all that begin so")
    .option("--actor <kind:id>", "only what this one did")
    .option("--target <name>", "only what was done to this")
    .option("--since <time>", "from this time on: 2026-11-29T00:00:00Z")
    .option("--until <time>", "before this time")
    .option("--cursor <text>", "the next page")
    .option("--limit <count>", "how many; default: 50", wholeNumber(1, 1_000))
}

export type TrailFlags = AuditQuery

/** A page of a trail, as a person reads it. */
export function tellTrail(page: Page<AuditEntry>): Outcome {
  const rows = page.items.map(({ at, actor, action, target, details }) =>
    [at, actor.label, action, target, JSON.stringify(details)].map(printable),
  )
  const more = page.next === null ? "" : `\nMore: --cursor ${page.next}`
  const table = toTable(["at", "who", "what", "of", "details"], rows)
  return { value: page, text: rows.length === 0 ? "Nothing yet." : table + more }
}
