import type { JsonValue } from "@ashlar/sdk"
import { isObject, valueText } from "../model/fields.ts"
import { plural } from "../model/format.ts"

const MAX_TAGS = 8
const MAX_TAG_CHARACTERS = 14

/** A value as the document panel shows it: in mono, coloured by its type. */
export function FieldValue({ value }: { value: JsonValue | undefined }) {
  if (value === undefined) return <span className="mono text-fg-3">missing</span>
  if (typeof value === "string") return <span className="mono tok-s">{value === "" ? '""' : value}</span>
  if (typeof value === "number") return <span className="mono tok-n">{valueText(value)}</span>
  if (value === null || typeof value === "boolean") return <span className="mono tok-b">{String(value)}</span>
  if (isObject(value)) return <span className="mono text-fg-3">{plural(Object.keys(value).length, "field")}</span>
  const items = value as readonly JsonValue[]
  const short = items.every((item) => typeof item !== "object" && String(item).length <= MAX_TAG_CHARACTERS)
  if (items.length > 0 && items.length <= MAX_TAGS && short)
    return (
      <span className="inline-flex gap-1.5">
        {items.map((item, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: positions are what elements are known by
          <span className="tag mono" key={position}>
            {String(item)}
          </span>
        ))}
      </span>
    )
  return <span className="mono text-fg-3">{plural(items.length, "item")}</span>
}
