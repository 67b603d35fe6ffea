import { randomUUID } from "node:crypto"
import { link, open, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { StorageFailed } from "../errors.ts"

/**
 * A holder on this machine is asked whether it lives; of one elsewhere, or of one that has this process's number (as the first
 * process of a container that was started again), age must do. What is done under a lock takes milliseconds.
 */
const STALE_MS = 20_000
const WAIT_MS = 30_000
const POLL_MS = 4

/**
 * A lock between processes that have nothing but a folder in common, and that may be killed while they hold it.
 *
 * A file in the folder is a generation; the highest is the lock, and says whether it is held. To take a lock that is free, or
 * whose holder is gone, is to make the next generation, which one alone can. Lower ones are taken away by their successors, so
 * the highest never goes: whoever made one and then sees a higher one was late, and gives way.
 */
export class FileLock {
  readonly #folder: string
  /** Within the process they wait in line. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws {STORAGE_FAILED} when another has it for longer than 30 seconds. */
  with<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(
      () => this.#hold(work),
      () => this.#hold(work),
    )
    this.#last = mine.catch(() => undefined)
    return mine
  }

  async #hold<T>(work: () => Promise<T>): Promise<T> {
    const generation = await this.#take()
    try {
      return await work()
    } finally {
      await this.#free(generation)
    }
  }

  async #take(): Promise<number> {
    const untilMs = Date.now() + WAIT_MS
    for (;;) {
      const [highest = 0] = await this.#generations()
      if (highest === 0 || (await this.#isFree(highest))) {
        if (await this.#make(highest + 1)) {
          const [now, ...former] = await this.#generations()
          if (now === highest + 1) {
            for (const one of former) await rm(this.#path(one), { force: true })
            return now
          }
          await rm(this.#path(highest + 1), { force: true }) // late
        }
        continue
      }
      if (Date.now() > untilMs) throw new StorageFailed("Another process holds the lock of the folder for too long.")
      await new Promise((done) => setTimeout(done, POLL_MS + Math.random() * POLL_MS))
    }
  }

  async #free(generation: number): Promise<void> {
    const made = join(this.#folder, `free-${randomUUID()}`)
    const handle = await open(made, "wx", 0o600)
    await handle.close()
    await rename(made, this.#path(generation))
  }

  /** Highest first. */
  async #generations(): Promise<number[]> {
    const names = await readdir(this.#folder)
    return names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => b - a)
  }

  async #make(generation: number): Promise<boolean> {
    // Whole when it appears: whoever finds it empty takes it for free.
    const made = join(this.#folder, `take-${randomUUID()}`)
    const handle = await open(made, "wx", 0o600)
    try {
      await handle.writeFile(`${hostname()}\n${process.pid}`)
    } finally {
      await handle.close()
    }
    try {
      await link(made, this.#path(generation))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
      throw error
    } finally {
      await rm(made, { force: true })
    }
  }

  async #isFree(generation: number): Promise<boolean> {
    const path = this.#path(generation)
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)])
      if (text === "") return true
      const [host, pid] = text.split("\n")
      if (host === hostname() && Number(pid) !== process.pid) return !isAlive(Number(pid))
      return Date.now() - mtimeMs > STALE_MS
    } catch (error) {
      // A higher one has taken its place.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
      throw error
    }
  }

  #path(generation: number): string {
    return join(this.#folder, String(generation))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
