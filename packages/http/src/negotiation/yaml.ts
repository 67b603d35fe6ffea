interface Scalar {
  readonly value?: unknown
  type?: string | null
}

/** The part of the package `yaml` that is used here. */
export interface YamlPackage {
  readonly Document: new (value: unknown, options: object) => { toString(): string }
  visit(document: object, visitor: { Scalar(key: unknown, node: Scalar): void }): void
}

/**
 * Characters that YAML writes escaped only, and those that end a line in YAML 1.1 and none in 1.2: left as they are, one
 * reader refuses the document, and for another a text begins the next member of its list.
 * @see https://yaml.org/spec/1.2.2/#51-character-set
 */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g
/** A text that YAML 1.1 gives a meaning, and that the package takes for none. */
const MEANT = /^=$/

/**
 * Plain data as YAML that readers of 1.1 and of 1.2 take for the same: most readers still know `no`, `1:30`, `2026-01-02`
 * and `<<` as something else than texts, so those are quoted.
 */
export function toYaml({ Document, visit }: YamlPackage, value: unknown): string {
  const document = new Document(value, { compat: "yaml-1.1" })
  visit(document, {
    Scalar(_key, node) {
      const { value: text } = node
      if (typeof text === "string" && (text.search(ESCAPED) !== -1 || MEANT.test(text))) node.type = "QUOTE_DOUBLE"
    },
  })
  return document.toString().replace(ESCAPED, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}
