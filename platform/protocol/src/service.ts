import { type Schema, v } from "@ashlar/validation"

export interface Health {
  readonly status: "ok" | "failing" | "draining"
  readonly checks: Readonly<Record<string, { readonly status: "ok" | "failing"; readonly detail: string }>>
}
export const Health: Schema<Health> = v
  .object({
    status: v.enum(["ok", "failing", "draining"]),
    checks: v.record(v.string(), v.object({ status: v.enum(["ok", "failing"]), detail: v.string() })),
  })
  .meta({ id: "Health" })

/** What holds a function: the sandbox, WebAssembly alone, nothing (the operator said so), or it cannot run. */
export type Isolation = "sandboxed" | "wasm" | "trusted" | "unavailable"
export const Isolation: Schema<Isolation> = v.enum(["sandboxed", "wasm", "trusted", "unavailable"]).meta({
  id: "Isolation",
  description:
    "What holds a function: the sandbox, WebAssembly alone, nothing (the operator said so), or it cannot run.",
})

export interface RuntimeCapability {
  readonly available: boolean
  readonly isolation: Isolation
  readonly detail: string
}
const capability: Schema<RuntimeCapability> = v
  .object({
    available: v.boolean(),
    isolation: Isolation,
    detail: v.string(),
  })
  .meta({ id: "RuntimeCapability" })
/** What this install can do, with its drivers and limits. */
export interface Capabilities {
  readonly version: string
  readonly signups: "open" | "closed"
  readonly requireMfa: boolean
  readonly database: { readonly driver: string; readonly durability: string }
  readonly functions: { readonly bun: RuntimeCapability; readonly quickjs: RuntimeCapability }
  /** By name with its unit: `maxDocumentBytes`. */
  readonly limits: Readonly<Record<string, number>>
}
export const Capabilities: Schema<Capabilities> = v
  .object({
    version: v.string(),
    signups: v.enum(["open", "closed"]),
    requireMfa: v.boolean().describe("Whether a second factor is asked of everybody"),
    database: v.object({ driver: v.string(), durability: v.string() }),
    functions: v.object({ bun: capability, quickjs: capability }),
    limits: v.record(v.string(), v.number()).describe("By name with its unit: `maxDocumentBytes`"),
  })
  .meta({ id: "Capabilities", description: "What this install can do." })
