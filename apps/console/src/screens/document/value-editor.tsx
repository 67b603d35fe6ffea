import type { JsonValue } from "@ashlar/sdk"
import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from "react"
import { typeOf } from "../../model/fields.ts"

type Kind = "text" | "num" | "bool" | "null" | "json"

const kindNames: readonly Kind[] = ["text", "num", "bool", "null", "json"]

function kindOf(value: JsonValue | undefined): Kind {
  const type = typeOf(value)
  if (value === undefined) return "text"
  if (type === "int" || type === "num") return "num"
  return type === "array" || type === "object" ? "json" : type
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value)
}

type Read = { readonly value: JsonValue } | { readonly wrong: string }

/** What was typed, as a value of the chosen type. Digits may be grouped by commas, spaces or underscores. */
export function readValue(text: string, kind: Kind): Read {
  if (kind === "text") return { value: text }
  if (kind === "null") return { value: null }
  if (kind === "bool")
    return text === "true" || text === "false" ? { value: text === "true" } : { wrong: "true or false" }
  if (kind === "num") {
    const digits = text.trim().replaceAll(/(?<=\d)[,_ ](?=\d)/g, "")
    return digits !== "" && Number.isFinite(Number(digits)) ? { value: Number(digits) } : { wrong: "a number" }
  }
  try {
    return { value: JSON.parse(text) as JsonValue }
  } catch {
    return { wrong: "JSON" }
  }
}

interface ValueEditorProps {
  name: string
  value: JsonValue | undefined
  onDone: (value: JsonValue | undefined) => void
  onCancel: () => void
}

/** One value, edited in its row. Enter and leaving the row keep it, Escape does not. */
export function ValueEditor({ name, value, onDone, onCancel }: ValueEditorProps) {
  const [kind, setKind] = useState<Kind>(() => kindOf(value))
  const [text, setText] = useState(() => textOf(value))
  const input = useRef<HTMLInputElement & HTMLSelectElement>(null)
  const read = readValue(text, kind)
  useEffect(() => {
    input.current?.focus()
    if (input.current instanceof HTMLInputElement) input.current.select()
  }, [])

  const finish = (): void => {
    if ("value" in read) onDone(value === undefined && text === "" ? undefined : read.value)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      onCancel()
    } else if (event.key === "Enter") {
      event.preventDefault()
      finish()
    }
  }
  const choose = (next: Kind): void => {
    setKind(next)
    if (next === "bool" && text !== "true" && text !== "false") setText("false")
    input.current?.focus()
  }
  const leave = (to: EventTarget | null, row: Element | null): void => {
    if (to instanceof Node && row?.contains(to)) return
    if ("value" in read) finish()
    else onCancel()
  }
  const common = {
    ref: input,
    className: "field mono",
    "aria-label": `Value of ${name}`,
    value: text,
    onKeyDown,
    onBlur: (event: FocusEvent<HTMLElement>) => leave(event.relatedTarget, event.currentTarget.closest(".f")),
    onChange: (event: { target: { value: string } }) => setText(event.target.value),
  }
  return (
    <>
      <select
        className="ty appearance-none bg-transparent h-6"
        aria-label={`Type of ${name}`}
        value={kind}
        onKeyDown={onKeyDown}
        onBlur={(event) => leave(event.relatedTarget, event.currentTarget.closest(".f"))}
        onChange={(event) => choose(event.target.value as Kind)}
      >
        {kindNames.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
      <span>
        {kind === "bool" ? (
          <select {...common}>
            <option>true</option>
            <option>false</option>
          </select>
        ) : kind === "null" ? (
          <input {...common} value="null" readOnly />
        ) : (
          <input
            {...common}
            aria-invalid={"wrong" in read || undefined}
            title={"wrong" in read ? `Expected ${read.wrong}` : undefined}
            spellCheck={kind === "text"}
            autoComplete="off"
          />
        )}
      </span>
    </>
  )
}

interface NewFieldProps {
  taken: readonly string[]
  onDone: (name: string, value: JsonValue) => void
  onCancel: () => void
}

/** A name, then a value. A value that reads as JSON is that, everything else is text. */
export function NewField({ taken, onDone, onCancel }: NewFieldProps) {
  const [name, setName] = useState("")
  const [text, setText] = useState("")
  const wrong = taken.includes(name) ? "There is a field of this name." : undefined
  const finish = (): void => {
    if (name === "" || wrong !== undefined) return
    const read = readValue(text, "json")
    onDone(name, "value" in read ? read.value : text)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" && event.key !== "Enter") return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === "Enter") finish()
    else onCancel()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a row of this list
    <div
      role="group"
      aria-label="New field"
      className="f ed gap-x-2"
      style={{ gridTemplateColumns: "140px minmax(0, 1fr)" }}
      onKeyDown={onKeyDown}
    >
      <input
        className="field mono"
        aria-label="Name of the new field"
        aria-invalid={wrong !== undefined || undefined}
        title={wrong}
        placeholder="name"
        // biome-ignore lint/a11y/noAutofocus: "Add field" was pressed to type here
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <input
        className="field mono"
        aria-label="Value of the new field"
        placeholder="text, 42, true, null or JSON"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  )
}
