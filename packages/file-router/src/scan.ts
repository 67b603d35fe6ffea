import type { Dirent } from "node:fs"
import { readdir } from "node:fs/promises"
import { Conflict, FolderUnreadable, LinkRefused, TooManyFiles } from "./errors.ts"
import { isIgnored, type Place, readPlace } from "./place.ts"

export interface ScanOptions {
  /** The folder that holds the routes. */
  readonly folder: string
  /** How many files and folders are looked at before the scan gives up. Default 10,000. */
  readonly maxFiles?: number
}

/** A route file that was found. */
export interface FoundFile extends Place {
  /** From the folder of the routes, with `/` on every system. */
  readonly file: string
  /** The `_layer` files above it, outermost first. */
  readonly layers: readonly string[]
}

const SOURCE = /\.(?:ts|mts|tsx|js|mjs|jsx)$/
const LAYER = /^_layer\.(?:ts|mts|tsx|js|mjs|jsx)$/
/** Tests and declarations stand beside routes and are none. */
const BESIDE = /\.(?:test|spec|test-d|d)\.[a-z]+$/

/**
 * Finds the route files of a folder, in an order that depends on their names only.
 * @throws {FILE_ROUTER_NAME_INVALID} @throws {FILE_ROUTER_CONFLICT} @throws {FILE_ROUTER_LINK_REFUSED}
 * @throws {FILE_ROUTER_FOLDER_UNREADABLE} @throws {FILE_ROUTER_TOO_MANY_FILES}
 */
export async function scanRoutes({ folder, maxFiles = 10_000 }: ScanOptions): Promise<readonly FoundFile[]> {
  let seen = 0
  const walk = async (below: string, layers: readonly string[]): Promise<FoundFile[]> => {
    const entries = await list(folder, below)
    seen += entries.length
    if (seen > maxFiles)
      throw new TooManyFiles(`${folder} holds more than ${maxFiles} files`, { details: { maxFiles } })
    const within = (name: string): string => (below === "" ? name : `${below}/${name}`)
    const own = ownLayer(entries, within)
    const inner = own === undefined ? layers : [...layers, own]
    const found: FoundFile[] = []
    for (const entry of entries) {
      if (isIgnored(entry.name)) continue
      const path = within(entry.name)
      if (entry.isSymbolicLink()) throw new LinkRefused(`${path} is a symbolic link`)
      if (entry.isDirectory()) found.push(...(await walk(path, inner)))
      else if (entry.isFile() && SOURCE.test(path) && !BESIDE.test(path)) {
        found.push({ file: path, ...readPlace(path), layers: inner })
      }
    }
    return found
  }
  const found = await walk("", [])
  refuseConflicts(found)
  return found.sort((a, b) => compare(a.path, b.path))
}

async function list(folder: string, below: string): Promise<Dirent[]> {
  const path = below === "" ? folder : `${folder}/${below}`
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.sort((a, b) => compare(a.name, b.name))
  } catch (cause) {
    throw new FolderUnreadable(`Could not read the routes in ${path}: ${(cause as Error).message}`, { cause })
  }
}

function ownLayer(entries: readonly Dirent[], within: (name: string) => string): string | undefined {
  const [first, second] = entries.filter(({ name }) => LAYER.test(name))
  if (first === undefined) return undefined
  if (second !== undefined) {
    throw new Conflict(`${within(first.name)} and ${within(second.name)} are both the layer of one folder`)
  }
  if (!first.isFile()) throw new LinkRefused(`${within(first.name)} is no file`)
  return within(first.name)
}

/** Two files conflict when one request could mean either: their paths differ at most in the names of parameters. */
function refuseConflicts(found: readonly FoundFile[]): void {
  const taken = new Map<string, FoundFile>()
  for (const one of found) {
    for (const shape of one.shapes) {
      const other = taken.get(shape)
      if (other !== undefined) {
        const both = other.path === one.path ? one.path : `${other.path} and ${one.path}`
        throw new Conflict(`${other.file} and ${one.file} stand for one path (${both})`)
      }
      taken.set(shape, one)
    }
  }
}

/** By code unit, so that the order is the same in every language and on every system. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
