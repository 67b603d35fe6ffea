import { randomFillSync } from "node:crypto"
import { closeSync, existsSync, openSync, statfsSync, statSync, unlinkSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/*
 * On a full disk even DELETE fails, for it must first write to the log, and a checkpoint of the log may have to lengthen
 * the database before the log can be cut. So some room is kept in a file, one per disk, that is given up at that moment.
 */

/** A whole log (1,000 pages until its checkpoint), and as much again for the deletes. With 1 MB a full log stays stuck. */
const ballastBytes = 8 * 1024 * 1024

/** Lays the ballast down if there is room for it twice over, and mends one that a crash cut short. */
export function keepBallast(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === ballastBytes) return
    if (freeBytes(path) >= 2 * ballastBytes) layBallast(path)
  } catch {
    // A ballast is a precaution: opening the file itself says better what is wrong.
    releaseBallast(path)
  }
}

function layBallast(path: string): void {
  const descriptor = openSync(path, "w")
  try {
    // Random bytes: a file system that compresses would keep no room for zeros.
    const block = randomFillSync(new Uint8Array(1024 * 1024))
    for (let at = 0; at < ballastBytes; at += block.length) writeSync(descriptor, block)
  } finally {
    closeSync(descriptor)
  }
}

/** Gives the room back to the disk. */
export function releaseBallast(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It was given up before, or the disk takes no change at all.
  }
}

/**
 * True while the ballast is gone and the disk has no room for it. Every file on the disk sees that from the ballast's
 * absence, so none of them fills its log with the room that was given up for the deletes.
 */
export function isDiskShort(ballastPath: string, filePath: string): boolean {
  if (existsSync(ballastPath)) return false
  if (freeBytes(filePath) < 2 * ballastBytes) return true
  keepBallast(ballastPath)
  return false
}

/** Bytes that this user may still write on the disk of a path. */
function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize
}
