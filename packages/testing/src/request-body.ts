import { TestMisused } from "./errors.ts"

/** A body, and what it says it is. */
export interface RequestBody {
  readonly content: string | Uint8Array<ArrayBuffer> | FormData
  /** Undefined where whoever sends it knows: the boundary of a form is made then. */
  readonly type: string | undefined
  /** As a failing test shows it. */
  readonly shown: string
}

/** What a field of a form may be; lists become several fields of one name. */
export type FormValue = string | number | boolean | Blob | readonly (string | number | boolean | Blob)[] | undefined

export function jsonBody(value: unknown): RequestBody {
  const content = JSON.stringify(value) as string | undefined
  if (content === undefined) throw new TestMisused(`Expected a value with a form in JSON, got ${typeof value}`)
  return { content, type: "application/json", shown: content }
}

export function formBody(fields: Readonly<Record<string, FormValue>>): RequestBody {
  const search = new URLSearchParams()
  for (const [name, value] of eachField(fields)) {
    if (value instanceof Blob) throw new TestMisused(`The field "${name}" is a file. Send it with multipart().`)
    search.append(name, value)
  }
  const content = search.toString()
  return { content, type: "application/x-www-form-urlencoded", shown: content }
}

export function multipartBody(fields: Readonly<Record<string, FormValue>> | FormData): RequestBody {
  if (fields instanceof FormData) return { content: fields, type: undefined, shown: describeForm(fields) }
  const form = new FormData()
  for (const [name, value] of eachField(fields)) form.append(name, value)
  return { content: form, type: undefined, shown: describeForm(form) }
}

export function textBody(text: string | Uint8Array, type: string): RequestBody {
  if (typeof text === "string") return { content: text, type, shown: text }
  return { content: new Uint8Array(text), type, shown: `(${text.length} bytes)` }
}

function* eachField(fields: Readonly<Record<string, FormValue>>): Generator<readonly [string, string | Blob]> {
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) yield [name, one instanceof Blob ? one : String(one)]
  }
}

function describeForm(form: FormData): string {
  return [...form]
    .map(([name, value]) =>
      typeof value === "string"
        ? `${name}: ${value}`
        : `${name}: (file ${value.name}, ${value.type}, ${value.size} bytes)`,
    )
    .join("\n")
}
