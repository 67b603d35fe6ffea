import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { type Schema, v } from "@ashlar/validation"

/** A file on the shelf, as callers see it. */
export interface Item {
  readonly id: string
  /** What its sender called it; for people, never a path. */
  readonly name: string
  /** The media type, as its content shows it. */
  readonly type: string
  readonly sizeBytes: number
  /** ISO 8601. */
  readonly addedAt: string
}

export const Item: Schema<Item> = v
  .object({
    id: v.string(),
    name: v.string().describe("What its sender called it"),
    type: v.string().describe("The media type, as its content shows it"),
    sizeBytes: v.integer(),
    addedAt: v.string().describe("ISO 8601"),
  })
  .meta({ id: "Item" })

/** What the shelf remembers of an item: where it is, or that it is gone. */
interface Line extends Partial<Item> {
  readonly id: string
  readonly file?: string
  readonly removed?: true
}

/** Which files there are. The list is a log, a line for each change, so that a start reads what the last run wrote. */
export class Shelf {
  /** Where uploads go. */
  readonly filesFolder: string
  readonly #log: string
  readonly #items: Map<string, { readonly item: Item; readonly file: string }>
  /** Changes wait for one another, or two lines could mix. */
  #last: Promise<void>

  private constructor(folder: string) {
    this.filesFolder = join(folder, "files")
    this.#log = join(folder, "shelf.ndjson")
    this.#items = new Map()
    this.#last = Promise.resolve()
  }

  static async open(folder: string): Promise<Shelf> {
    const shelf = new Shelf(folder)
    await mkdir(folder, { recursive: true })
    const log = await readFile(shelf.#log, "utf8").catch(() => "")
    for (const text of log.split("\n").filter(Boolean)) {
      const { file = "", removed, ...item } = JSON.parse(text) as Line
      if (removed === true) shelf.#items.delete(item.id)
      else if (await exists(join(shelf.filesFolder, file))) shelf.#items.set(item.id, { item: item as Item, file })
    }
    return shelf
  }

  /** All items, the newest first. */
  list(): readonly Item[] {
    return [...this.#items.values()].map(({ item }) => item).reverse()
  }
  find(id: string): Item | undefined {
    return this.#items.get(id)?.item
  }
  pathOf(id: string): string {
    return join(this.filesFolder, this.#items.get(id)?.file ?? "")
  }
  /** @param file the name under which it was stored. */
  async add(file: string, facts: Pick<Item, "name" | "type" | "sizeBytes">): Promise<Item> {
    const item: Item = { id: crypto.randomUUID(), ...facts, addedAt: new Date().toISOString() }
    await this.#write({ ...item, file })
    this.#items.set(item.id, { item, file })
    return item
  }
  async remove(id: string): Promise<void> {
    const path = this.pathOf(id)
    this.#items.delete(id)
    await this.#write({ id, removed: true })
    await rm(path, { force: true })
  }

  #write(line: Line): Promise<void> {
    const written = this.#last.then(() => appendFile(this.#log, `${JSON.stringify(line)}\n`))
    this.#last = written.catch(() => undefined)
    return written
  }
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true
}
