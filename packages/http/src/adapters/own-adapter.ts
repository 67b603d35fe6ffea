import type { Adapter } from "../server.ts"

/** The adapter of this runtime; the others are never loaded. On Bun `own-adapter-bun.ts` stands in its place. */
export async function loadOwnAdapter(strictWebSockets: boolean): Promise<Adapter> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).listenBun
  if ("Deno" in globalThis && !strictWebSockets) return (await import("./deno.ts")).listenDeno
  return (await import("./node.ts")).listenNode
}
