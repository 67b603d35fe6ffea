import { existsSync } from "node:fs"
import { tmpdir } from "node:os"

/** Where a test puts folders that it syncs a thousand times: in memory, where the system has such a place. */
export function memoryFolder(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir()
}
