import { mkdirSync } from "node:fs"

/** Mounts a disk of 40 MB for one test. */
export async function onSmallDisk(disk: string, work: (disk: string) => Promise<void>): Promise<void> {
  mkdirSync(disk)
  await Bun.$`mount -t tmpfs -o size=40m tmpfs ${disk}`.quiet()
  try {
    await work(disk)
  } finally {
    await Bun.$`umount ${disk}`.quiet()
  }
}
