import { blueprint, SchemaBuilder } from "./builder.ts"
import type { JsonSchema, JsonSchemaMode } from "./json-schema.ts"
import { checkAt, createNode, type Node, nodeOf } from "./node.ts"
import type { Run } from "./run.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { kindOf, type Term, term } from "./term.ts"
import { tuple } from "./tuple.ts"

/** Sets and maps. JSON has none, so their items come as lists too. */

const A_SET = term("set")
const A_MAP = term("map")

function setNode(item: Node): Node {
  return createNode({
    expected: A_SET,
    check(value, run) {
      const items = itemsOf(value, Set, A_SET, run)
      if (items === undefined) return undefined
      const checked = new Set(checkAll(item, items, run))
      return value instanceof Set && isSame([...checked], items) ? value : checked
    },
    toJson: (context) => setJson(item.toJson(context.inside), context.mode),
  })
}

/** What goes in may be there twice. What comes out is different by identity, which for objects is not so as JSON. */
function setJson(items: JsonSchema, mode: JsonSchemaMode): JsonSchema {
  const isSimple =
    "const" in items || "enum" in items || ["boolean", "integer", "number", "string"].includes(String(items.type))
  return { type: "array", items, ...(mode === "output" && isSimple && { uniqueItems: true }) }
}

function mapNode(entry: Node): Node {
  return createNode({
    expected: A_MAP,
    check(value, run) {
      const entries = itemsOf(value, Map, A_MAP, run)
      if (entries === undefined) return undefined
      const before = run.count
      const checked = checkAll(entry, entries, run)
      if (run.count !== before) return undefined
      return value instanceof Map && isSame(checked, entries) ? value : new Map(checked as [unknown, unknown][])
    },
    toJson: (context) => ({ type: "array", items: entry.toJson(context.inside) }),
  })
}

function itemsOf(value: unknown, kind: typeof Set | typeof Map, expected: Term, run: Run): unknown[] | undefined {
  if (value instanceof kind) return [...value]
  return Array.isArray(value) ? value : run.expect("type", expected, kindOf(value))
}

function checkAll(item: Node, items: readonly unknown[], run: Run): unknown[] {
  const checked: unknown[] = []
  for (let at = 0; at < items.length && !run.isFull; at++) checked.push(checkAt(item.check, items[at], at, run))
  return checked
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, at) => Object.is(one, others[at]))
}

export function set<S extends AnySchema>(item: S): Schema<Set<S["~o"]>, Set<S["~i"]> | S["~i"][]> {
  return new SchemaBuilder<Set<S["~o"]>, Set<S["~i"]> | S["~i"][]>(blueprint(setNode(nodeOf(item))))
}

export function map<K extends AnySchema, V extends AnySchema>(
  key: K,
  value: V,
): Schema<Map<K["~o"], V["~o"]>, Map<K["~i"], V["~i"]> | [K["~i"], V["~i"]][]> {
  const entry = nodeOf(tuple([key, value]))
  return new SchemaBuilder<Map<K["~o"], V["~o"]>, Map<K["~i"], V["~i"]> | [K["~i"], V["~i"]][]>(
    blueprint(mapNode(entry)),
  )
}
