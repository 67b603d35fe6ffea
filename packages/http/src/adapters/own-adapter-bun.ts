import type { Adapter } from "../server.ts"
import { listenBun } from "./bun.ts"

/**
 * The adapter where the program, or its bundle, is for Bun only (`imports` in the manifest). What is imported when it is
 * needed is costly in a bundle: all that it stands on is made in functions then, and an app starts a tenth later.
 */
export async function loadOwnAdapter(_strictWebSockets: boolean): Promise<Adapter> {
  return listenBun
}
