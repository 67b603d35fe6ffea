import type { JsonObject } from "@ashlar/sdk"
import { useEffect, useRef, useState } from "react"
import { isEqual } from "../../model/changes.ts"
import { isObject } from "../../model/fields.ts"
import { Editor } from "../../ui/editor.tsx"

interface JsonTabProps {
  data: JsonObject
  onChange: (data: JsonObject) => void
  /** The text is, or is not, an object. */
  onValid: (valid: boolean) => void
  onSubmit: () => void
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The whole document as text. What is typed is part of the same draft as the fields. */
export function JsonTab({ data, onChange, onValid, onSubmit }: JsonTabProps) {
  const [text, setText] = useState(() => JSON.stringify(data, null, 2))
  const valid = useRef(onValid)
  valid.current = onValid
  // A draft that was discarded or saved elsewhere shows here; what is being typed is left alone.
  useEffect(() => {
    setText((old) => {
      const parsed = parseObject(old)
      return parsed && isEqual(parsed, data) ? old : JSON.stringify(data, null, 2)
    })
  }, [data])
  useEffect(() => () => valid.current(true), [])
  const type = (next: string): void => {
    setText(next)
    const parsed = parseObject(next)
    onValid(parsed !== undefined)
    if (parsed && !isEqual(parsed, data)) onChange(parsed)
  }
  return (
    <Editor
      className="flex-1"
      value={text}
      language="json"
      label="Document as JSON"
      onChange={type}
      onSubmit={onSubmit}
    />
  )
}
