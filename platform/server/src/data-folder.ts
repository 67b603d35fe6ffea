import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { DataForeign, DataInUse, DataNewer, DataNotWritable } from "./errors.ts"

/** The layout version of the folder. A folder of a later one is refused; an earlier one is migrated file by file. */
const LAYOUT = 1

/** The folder that holds everything an install must keep. */
export interface DataFolder {
  readonly path: string
  readonly systemFile: string
  readonly rootKeyFile: string
  /** The same as a driver's URL. */
  readonly rootKeyUrl: string
  /** The install's secret, wrapped by a root key that is elsewhere. */
  readonly installSecretFile: string
  /** The URL of the file of schedules, and of the queue where no other is given. */
  readonly jobsUrl: string
  /** The URL of the folder of functions' code, where no other is given. */
  readonly bundlesUrl: string
  /** The file of one project. Only ids come here, so no name of a caller ever becomes a path. */
  projectFile(projectId: string): string
  /** Lets another process use the folder. */
  release(): void
}

/**
 * Prepares the folder, and holds it until {@link DataFolder.release}: two processes with one folder would both think
 * themselves the only writer.
 *
 * @throws {SERVER_DATA_NOT_WRITABLE} @throws {SERVER_DATA_NEWER} @throws {SERVER_DATA_IN_USE} @throws {SERVER_DATA_FOREIGN}
 */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder)
  try {
    makeFolder(path)
    checkLayout(path)
    makeFolder(join(path, "projects"))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new DataNotWritable(`The data folder ${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    })
  }
  const lock = hold(path)
  return {
    path,
    systemFile: join(path, "system.db"),
    rootKeyFile: join(path, "root.key"),
    rootKeyUrl: `file:${encodePath(join(path, "root.key"))}`,
    installSecretFile: join(path, "install.sealed"),
    jobsUrl: `sqlite:${encodePath(join(path, "jobs.db"))}`,
    bundlesUrl: `file:${encodePath(join(path, "bundles"))}`,
    projectFile: (projectId) => join(path, "projects", `${projectId}.db`),
    release: () => rmSync(lock, { force: true }),
  }
}

/** A path as it stands in a driver's URL. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/")
}

function makeFolder(path: string): void {
  if (existsSync(path)) return
  mkdirSync(path, { recursive: true, mode: 0o700 })
  // SQLite syncs the folder of its files, and nobody syncs the folder's parent: without this a power cut can lose all.
  syncFolder(dirname(path))
}

function syncFolder(path: string): void {
  const handle = openSync(path, "r")
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function checkLayout(path: string): void {
  const file = join(path, "ashlar.json")
  if (existsSync(file)) {
    const { layout } = readLayout(file)
    if (layout <= LAYOUT) return
    throw new DataNewer(`${path} has layout ${layout}, this version knows up to ${LAYOUT}. Start the newer version.`)
  }
  const others = readdirSync(path).filter((name) => !name.startsWith("."))
  if (others.length > 0)
    throw new DataForeign(`${path} holds ${others.slice(0, 3).join(", ")} and is not an Ashlar folder`)
  writeDurably(file, `${JSON.stringify({ layout: LAYOUT })}\n`)
  syncFolder(path)
}

function readLayout(file: string): { layout: number } {
  try {
    const { layout } = JSON.parse(readFileSync(file, "utf8")) as { layout: unknown }
    if (typeof layout === "number") return { layout }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new DataForeign(`${file} is not readable as Ashlar's own. Restore it from a backup, or choose another folder.`)
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, "wx", 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Takes the lock file, also from a process that died with it. */
function hold(path: string): string {
  const lock = join(path, "lock")
  const own = `${process.pid} ${startTime(process.pid) ?? "?"}`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeDurably(lock, own)
      return lock
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    const [pid = "", started] = readFileSync(lock, "utf8").split(" ")
    if (pid !== String(process.pid) && isSameProcess(Number(pid), started)) {
      throw new DataInUse(`${path} is used by process ${pid}. Stop it first, or choose another folder with --data.`)
    }
    rmSync(lock, { force: true })
  }
  throw new DataInUse(`${path} could not be locked. Is another Ashlar starting at this moment?`)
}

/** A pid is used again after its process ended, so its start time must fit as well, where the system tells it. */
function isSameProcess(pid: number, started: string | undefined): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
  const now = startTime(pid)
  return now === undefined || started === "?" || now === started
}

/** Field 22 of /proc/PID/stat: clock ticks after boot. Undefined where there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {
    return undefined
  }
}
