import { residentMegabytes } from "../http/process-memory.ts"
import type { ServerProcess } from "../http/server-process.ts"
import { gatherCrowd } from "./crowd.ts"

/** Until a new process, and then one with all its connections, has come to rest. */
const SETTLE_MS = 2000

/** KB of the server's resident memory for each WebSocket that is open and silent. */
export async function measureIdle(server: ServerProcess, connections: number): Promise<number> {
  await Bun.sleep(SETTLE_MS)
  const before = residentMegabytes(server.pid)
  const crowd = await gatherCrowd(server.port, connections)
  try {
    await Bun.sleep(SETTLE_MS)
    return ((residentMegabytes(server.pid) - before) * 1024) / connections
  } finally {
    crowd.close()
  }
}
