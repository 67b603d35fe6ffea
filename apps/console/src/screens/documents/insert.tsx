import type { JsonObject, JsonValue } from "@ashlar/sdk"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { FileUp, X } from "lucide-react"
import { type DragEvent, useEffect, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { isObject } from "../../model/fields.ts"
import { plural } from "../../model/format.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { Editor } from "../../ui/editor.tsx"
import { messageOf } from "../../ui/state.tsx"
import { flash, sampleDocument } from "./shared.ts"

/** The server takes this many at once. */
const BATCH = 1_000

/** The shape of a document, emptied: what a new one starts from. */
function emptied(value: JsonValue): JsonValue {
  if (typeof value === "string") return ""
  if (typeof value === "number") return 0
  if (typeof value === "boolean") return false
  if (Array.isArray(value)) return []
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, 12)
        .map(([key, inner]) => [key, emptied(inner)]),
    )
  return null
}

function startText(): string {
  const sample = sampleDocument.get()
  if (!sample || JSON.stringify(sample.data).length > 2_000) return '{\n  "name": ""\n}'
  return JSON.stringify(emptied(sample.data), null, 2)
}

type Parsed = { readonly documents: readonly JsonObject[] } | { readonly wrong: string }

/** One object, an array of them, or one object per line. */
export function parseDocuments(text: string): Parsed {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    try {
      if (lines.length < 2) throw error
      value = lines.map((line) => JSON.parse(line) as unknown)
    } catch {
      return { wrong: `This is not JSON yet: ${(error as Error).message}` }
    }
  }
  const documents = Array.isArray(value) ? value : [value]
  if (documents.length === 0) return { wrong: "The array is empty." }
  const at = documents.findIndex((document) => !isObject(document))
  if (at >= 0)
    return {
      wrong: documents.length === 1 ? "Expected an object, { … }." : `Expected objects only; item ${at + 1} is none.`,
    }
  return { documents: documents as JsonObject[] }
}

/** One document by hand, or many by paste or file. */
export function InsertPanel() {
  const { p, c } = useParams({ from: "/signed-in/projects/$p/collections/$c/insert" })
  const navigate = useNavigate()
  const cache = useQueryClient()
  const [text, setText] = useState(startText)
  const [isOver, setIsOver] = useState(false)
  const [done, setDone] = useState(0)
  const file = useRef<HTMLInputElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const parsed = parseDocuments(text)
  const documents = "documents" in parsed ? parsed.documents : []
  useEffect(() => heading.current?.focus(), [])

  const close = (): void => void navigate({ to: "/projects/$p/collections/$c", params: { p, c }, search: (old) => old })
  const insert = useMutation({
    mutationFn: async () => {
      const collection = admin.documents<JsonObject>(p, c)
      const [only] = documents
      if (documents.length === 1 && only) return [await collection.insert(only)]
      const stored = []
      for (let from = 0; from < documents.length; from += BATCH) {
        stored.push(...(await collection.insertMany(documents.slice(from, from + BATCH))))
        setDone(stored.length)
      }
      return stored
    },
    onSettled: () => {
      refresh(p, "count", "collection", "collections", "explain")
      void cache.invalidateQueries({ queryKey: ["p", p, "documents", c] })
    },
    onSuccess: (stored) => {
      const [only] = stored
      for (const { id } of stored.slice(0, 100)) flash(id)
      if (stored.length > 1) showToast({ tone: "ok", title: `Inserted ${plural(stored.length, "document")}`, text: c })
      if (stored.length === 1 && only)
        void navigate({
          to: "/projects/$p/collections/$c/d/$id",
          params: { p, c, id: only.id },
          search: (old) => old,
          replace: true,
        })
      else close()
    },
  })
  const submit = (): void => {
    if (documents.length > 0 && !insert.isPending) insert.mutate()
  }
  useActions([
    { id: "insert-now", title: "Insert", group: "Do", keys: "mod+Enter", inFields: true, run: submit },
    {
      id: "close-insert",
      title: "Close the panel",
      group: "Do",
      keys: "Escape",
      inFields: true,
      quiet: true,
      run: close,
    },
  ])
  const readFile = (chosen: File | undefined): void => {
    void chosen?.text().then(setText)
  }
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(false)
    readFile(event.dataTransfer.files[0])
  }

  return (
    <aside
      className="pane panel tall"
      aria-label="Insert"
      data-pane=""
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
    >
      <button type="button" className="sheet-handle" aria-label="Close the panel" onClick={close} />
      <div className="bar head">
        <h2 ref={heading} tabIndex={-1}>
          Insert
        </h2>
        <span className="text-fg-3">into {c}</span>
        <div className="ml-auto flex">
          <IconButton icon={FileUp} label="Read a file" onClick={() => file.current?.click()} />
          <IconButton icon={X} label="Close" keys="Escape" onClick={close} />
        </div>
        <input
          ref={file}
          type="file"
          accept=".json,.ndjson,.jsonl,application/json"
          className="hidden"
          aria-label="A file of documents"
          onChange={(event) => readFile(event.target.files?.[0])}
        />
      </div>
      <div className="bar course-end px-4! text-sm text-fg-3">
        {isOver ? (
          <b className="text-chalk-text">Let go to read the file</b>
        ) : (
          "One object, an array of them, or one per line. A file can be dropped here."
        )}
      </div>
      <Editor
        className={`flex-1 ${isOver ? "bg-chalk-soft!" : ""}`}
        value={text}
        language="json"
        label="Documents as JSON"
        onChange={setText}
        onSubmit={submit}
      />
      <div className="save">
        <div className="changes text-sm" role="status">
          {"wrong" in parsed ? (
            <span className="text-fg-2 cut">{parsed.wrong}</span>
          ) : insert.isPending && documents.length > 1 ? (
            `${done} of ${plural(documents.length, "document")}`
          ) : (
            plural(documents.length, "document")
          )}
        </div>
        {insert.isError && (
          <p className="wrong" role="alert">
            {messageOf(insert.error)}
            {done > 0 && ` ${plural(done, "document")} before it ${done === 1 ? "is" : "are"} stored.`}
          </p>
        )}
        <div className="flex items-center gap-2 mt-2.5">
          <span className="hint">Ids and revision 1 are given by the server</span>
          <Button
            className="ml-auto"
            look="ink"
            keys="mod+Enter"
            busy={insert.isPending}
            disabled={documents.length === 0}
            onClick={submit}
          >
            {documents.length > 1 ? `Insert ${documents.length}` : "Insert"}
          </Button>
        </div>
      </div>
    </aside>
  )
}
