import type { Runtime } from "./runtime.ts"

/** A server that is measured. */
export interface Subject {
  readonly runtime: Runtime
  /** As rows name it. `raw` is the runtime by hand; what is neither that nor begins with `ashlar` is a peer. */
  readonly name: string
  /** Its entry in `servers/`. */
  readonly entry: string
  /** What its runtime is started with besides. */
  readonly flags?: readonly string[]
}

/** The servers of `npm run bench -- http`. */
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
  { runtime: "deno", name: "ashlar-proxied", entry: "ashlar-proxied.ts" },
  { runtime: "deno", name: "hono", entry: "hono-deno.ts" },
]

/** The servers of `npm run bench -- websocket`: what a client sends is published to all clients. */
export const WEBSOCKET_SUBJECTS: readonly Subject[] = [
  { runtime: "bun", name: "raw", entry: "websocket-raw-bun.ts" },
  { runtime: "bun", name: "ashlar", entry: "websocket-ashlar.ts" },
]

/** The servers of `npm run bench -- soak`; each can be told to collect its garbage. */
export const SOAK_SUBJECTS: readonly Subject[] = [
  { runtime: "bun", name: "ashlar", entry: "soak-ashlar.ts" },
  { runtime: "node", name: "ashlar", entry: "soak-ashlar.ts", flags: ["--expose-gc"] },
  { runtime: "deno", name: "ashlar", entry: "soak-ashlar.ts", flags: ["--v8-flags=--expose-gc"] },
]
