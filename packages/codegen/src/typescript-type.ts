import type { Type } from "./type-model.ts"

/** How TypeScript writes a type. */
export function typescriptType(type: Type): string {
  switch (type.kind) {
    case "any":
      return "unknown"
    case "bytes":
      return "Blob"
    case "integer":
      return "number"
    case "literal":
      return JSON.stringify(type.value)
    case "list":
      return `readonly ${inList(type.of)}[]`
    case "tuple":
      return `readonly [${type.of.map(typescriptType).join(", ")}]`
    case "map":
      return `Readonly<Record<string, ${typescriptType(type.of)}>>`
    case "union":
      return type.of.map(typescriptType).join(" | ")
    case "all":
      return type.of.map(inList).join(" & ")
    case "named":
      return type.name
    case "object": {
      const fields = type.fields.map(
        ({ name, type: of, isRequired }) => `readonly ${key(name)}${isRequired ? "" : "?"}: ${typescriptType(of)}`,
      )
      return fields.length === 0 ? "Record<string, never>" : `{ ${fields.join("; ")} }`
    }
    default:
      return type.kind
  }
}

function inList(type: Type): string {
  const text = typescriptType(type)
  return type.kind === "union" || type.kind === "all" || type.kind === "list" || type.kind === "tuple"
    ? `(${text})`
    : text
}

/** A property's name, quoted where it has to be. */
export function key(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name)
}
