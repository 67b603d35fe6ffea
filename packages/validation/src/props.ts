import type { StandardOptions } from "@ashlar/core"
import { schemaDocument } from "./json-schema.ts"
import type { Locale } from "./locale.ts"
import { type Node, run, runAsync } from "./node.ts"
import type { SchemaProps, ValidationResult } from "./schema.ts"

/** What makes a node a Standard Schema. One with asynchronous rules answers by promises, as its type says. */
export function propsOf<O, I>(node: Node): SchemaProps<O, I> {
  const ask = node.isAsync ? runAsync : run
  return {
    version: 1,
    vendor: "ashlar",
    validate: (value, options) => ask(node, value, localeOf(options)) as ValidationResult<O>,
    jsonSchema: {
      input: ({ target, libraryOptions }) => schemaDocument(node, "input", target, libraryOptions),
      output: ({ target, libraryOptions }) => schemaDocument(node, "output", target, libraryOptions),
    },
  }
}

function localeOf(options: StandardOptions | undefined): Locale | undefined {
  return options?.libraryOptions?.locale as Locale | undefined
}
