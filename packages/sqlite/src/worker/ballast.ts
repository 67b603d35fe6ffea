import { randomFillSync } from "node:crypto"
import { rmSync, statfsSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/*
 * On a full disk even DELETE fails, for it must first write to the log. One spare megabyte per disk is kept in a file
 * that is given up at that moment, so that the owner can delete their way out.
 */

/** Enough for the log of some hundred deletes. */
const ballastBytes = 1024 * 1024

/** Lays the ballast down if there is room for it twice over; true when it lies there. */
export function keepBallast(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size === ballastBytes) return true
  try {
    if (freeBytes(path) < 2 * ballastBytes) return false
    // Random bytes: a file system that compresses would keep no room for zeros.
    writeFileSync(path, randomFillSync(new Uint8Array(ballastBytes)))
    return true
  } catch {
    rmSync(path, { force: true })
    return false
  }
}

/** Gives the room back to the disk. */
export function releaseBallast(path: string): void {
  rmSync(path, { force: true })
}

/** Bytes that this user may still write on the disk of a path. */
function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize
}
