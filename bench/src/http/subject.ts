import type { Runtime } from "./runtime.ts"

/** A server that is measured. */
export interface Subject {
  readonly runtime: Runtime
  /** As rows name it. `raw` is the runtime by hand; what is neither that nor `ashlar` is a peer. */
  readonly name: string
  /** Its entry in `servers/`. */
  readonly entry: string
}

export const SUBJECTS: readonly Subject[] = [
  { runtime: "bun", name: "raw", entry: "raw-bun.ts" },
  { runtime: "bun", name: "ashlar", entry: "ashlar.ts" },
  { runtime: "bun", name: "elysia", entry: "elysia.ts" },
  { runtime: "bun", name: "hono", entry: "hono-bun.ts" },
  { runtime: "node", name: "raw", entry: "raw-node.ts" },
  { runtime: "node", name: "ashlar", entry: "ashlar.ts" },
  { runtime: "node", name: "fastify", entry: "fastify.ts" },
  { runtime: "node", name: "hono", entry: "hono-node.ts" },
  { runtime: "deno", name: "raw", entry: "raw-deno.ts" },
  { runtime: "deno", name: "ashlar", entry: "ashlar.ts" },
  { runtime: "deno", name: "hono", entry: "hono-deno.ts" },
]
