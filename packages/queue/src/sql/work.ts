import type { Dialect, Queryable } from "@ashlar/orm"
import { type Sql, sql } from "@ashlar/orm"

/** What the statements of one transaction, or of one request, share. */
export interface SqlWork {
  readonly db: Queryable
  readonly dialect: Dialect
  readonly queue: string
  readonly nowMs: number
}

const NOTHING = sql``
const FOR_UPDATE = sql` for update`
const SKIP_LOCKED = sql` for update skip locked`

/** Holds the rows until the commit. SQLite has one writer at a time, and needs no more. */
export function forUpdate({ dialect }: SqlWork): Sql {
  return dialect === "sqlite" ? NOTHING : FOR_UPDATE
}

/** Holds the rows that nobody else holds, and passes over the others. */
export function skipLocked({ dialect }: SqlWork): Sql {
  return dialect === "sqlite" ? NOTHING : SKIP_LOCKED
}

/** `in` a list of any length, in a text that is the same for lists of nearly any length, so that it is prepared once. */
export function inList(dialect: Dialect, values: readonly (string | number | bigint)[]): Sql {
  if (dialect === "postgres") return sql`= any(${values})`
  if (dialect === "sqlite") return sql`in (select value from json_each(${JSON.stringify(values, exactly)}))`
  return sql`in ${sql.list(values)}`
}

function exactly(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value
}

const templates: Map<string, TemplateStringsArray> = new Map()

/**
 * A template of so many rows of values, the same object each time, so that its text is made once. Nothing but constants is part of it.
 */
export function rowsTemplate(head: string, columns: number, rows: number): TemplateStringsArray {
  const key = `${rows} ${head}`
  const known = templates.get(key)
  if (known !== undefined) return known
  const strings = Array.from({ length: rows * columns + 1 }, (_, at) => {
    if (at === 0) return `${head} values (`
    if (at === rows * columns) return ")"
    return at % columns === 0 ? "), (" : ", "
  })
  const template = Object.freeze(Object.assign(strings, { raw: strings })) as unknown as TemplateStringsArray
  templates.set(key, template)
  return template
}

/** Sizes of parts of a list: few different ones, so that few texts are prepared. */
export function* parts(length: number, largest = 64): Generator<{ readonly at: number; readonly size: number }> {
  let at = 0
  for (let size = largest; size >= 1; size /= 2)
    while (length - at >= size) {
      yield { at, size }
      at += size
    }
}
