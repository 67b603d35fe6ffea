import type { JsonObject, JsonValue } from "@ashlar/sdk"
import { ChevronDown, ChevronRight, Plus, Undo2, X } from "lucide-react"
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react"
import { isEqual } from "../../model/changes.ts"
import { isObject, type Path, pathText, typeOf, valueAt, valueText, withValue } from "../../model/fields.ts"
import { IconButton } from "../../ui/button.tsx"
import { FieldValue } from "../../ui/value.tsx"
import { NewField, ValueEditor } from "./value-editor.tsx"

interface Row {
  readonly path: Path
  readonly key: string
  readonly value: JsonValue | undefined
  readonly depth: number
  readonly canExpand: boolean
  readonly isExpanded: boolean
}

/** Objects this small are open from the start. */
const SMALL = 4
const MAX_ROWS = 500

function isSmall(value: JsonValue | undefined): boolean {
  if (!isObject(value)) return false
  const leaves = Object.values(value)
  return (
    leaves.length > 0 && leaves.length <= SMALL && leaves.every((leaf) => typeof leaf !== "object" || leaf === null)
  )
}

/** The fields in sight, from the top down. A field that the draft removed is still there, so that it can come back. */
function toRows(base: JsonValue | undefined, data: JsonValue | undefined, toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = []
  const walk = (before: JsonValue | undefined, now: JsonValue | undefined, path: Path): void => {
    const keys = Array.isArray(now)
      ? now.map((_, position) => position)
      : [...new Set([...Object.keys(isObject(before) ? before : {}), ...Object.keys(isObject(now) ? now : {})])]
    for (const key of keys) {
      if (rows.length >= MAX_ROWS) return
      const at = [...path, key]
      const value = valueAt(now, [key])
      const canExpand = (isObject(value) && Object.keys(value).length > 0) || (Array.isArray(value) && value.length > 0)
      const isExpanded = canExpand && isSmall(value) !== toggled.has(pathText(at))
      rows.push({
        path: at,
        key: typeof key === "number" ? `[${key}]` : key,
        value,
        depth: path.length,
        canExpand,
        isExpanded,
      })
      if (isExpanded) walk(valueAt(before, [key]), value, at)
    }
  }
  walk(base, data, [])
  return rows
}

interface FieldListProps {
  base: JsonObject
  data: JsonObject
  /** A field to start editing, from the address. */
  edit: string | undefined
  onChange: (data: JsonObject) => void
}

/** The document field by field. Enter or a press edits; what differs from the stored document carries the chalk edge. */
export function FieldList({ base, data, edit, onChange }: FieldListProps) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [editing, setEditing] = useState<string | undefined>(edit)
  const [adding, setAdding] = useState(false)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const rows = useMemo(() => toRows(base, data, toggled), [base, data, toggled])
  useEffect(() => {
    if (edit !== undefined) setEditing(edit)
  }, [edit])

  const toggle = (path: Path): void =>
    setToggled((old) => {
      const next = new Set(old)
      const text = pathText(path)
      if (!next.delete(text)) next.add(text)
      return next
    })
  const put = (path: Path, value: JsonValue | undefined): void => onChange(withValue(data, path, value) as JsonObject)
  const finish = (path: Path, value: JsonValue | undefined): void => {
    setEditing(undefined)
    if (!isEqual(value, valueAt(data, path))) put(path, value)
    focusRow(pathText(path))
  }
  const cancel = (path: string): void => {
    setEditing(undefined)
    focusRow(path)
  }
  const focusRow = (path: string): void => {
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"] button.v`)?.focus(),
    )
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    const target = event.target as HTMLElement
    if (step === 0 || event.altKey || target.closest("input, textarea, select")) return
    const values = [...(list.current?.querySelectorAll<HTMLElement>("[data-field] button.v") ?? [])]
    const now = values.indexOf(target.closest("[data-field]")?.querySelector<HTMLElement>("button.v") ?? target)
    const next = values[now + step]
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows move between the buttons inside
    <div ref={list} onKeyDown={onKeyDown}>
      {rows.map((row) => {
        const text = pathText(row.path)
        const before = valueAt(base, row.path)
        const isGone = row.value === undefined
        const isDirty = !isEqual(before, row.value) && !row.isExpanded
        const isEditing = editing === text
        const classes = ["f", row.depth > 0 && "in", isDirty && "dirty", isEditing && "ed"].filter(Boolean).join(" ")
        return (
          <div key={text} className={classes} data-field={text}>
            <FieldName id={`${id}-name-${text}`} row={row} onToggle={() => toggle(row.path)} />
            {isEditing ? (
              <ValueEditor
                name={text}
                value={row.value}
                onDone={(value) => finish(row.path, value)}
                onCancel={() => cancel(text)}
              />
            ) : (
              <>
                <span className="ty">{isGone ? "" : typeOf(row.value)}</span>
                <button
                  type="button"
                  className="v"
                  title="Edit"
                  id={`${id}-value-${text}`}
                  aria-labelledby={`${id}-name-${text} ${id}-value-${text}`}
                  onClick={() => setEditing(text)}
                >
                  {isGone ? <span className="mono text-fg-3">removed</span> : <FieldValue value={row.value} />}
                </button>
              </>
            )}
            <span className="flex items-center justify-end">
              {isDirty && (
                <span className="was mono text-fg-3 cut">
                  {before === undefined ? "new" : isGone ? `was ${valueText(before)}` : `was ${valueText(before)}`}
                </span>
              )}
              {isDirty ? (
                <IconButton
                  small
                  className="drop"
                  icon={Undo2}
                  label={`Put ${text} back`}
                  onClick={() => put(row.path, before)}
                />
              ) : (
                <IconButton
                  small
                  className="drop"
                  icon={X}
                  label={`Remove ${text}`}
                  onClick={() => put(row.path, undefined)}
                />
              )}
            </span>
          </div>
        )
      })}
      {rows.length >= MAX_ROWS && <p className="hint p-4">More fields than fit here. JSON shows all of them.</p>}
      {adding ? (
        <NewField
          taken={Object.keys(data)}
          onCancel={() => setAdding(false)}
          onDone={(name, value) => {
            setAdding(false)
            put([name], value)
            focusRow(name)
          }}
        />
      ) : (
        <button
          type="button"
          className="f border-0! flex! gap-1.5 text-fg-2 hover:text-fg"
          onClick={() => setAdding(true)}
        >
          <Plus className="i s" />
          Add field
        </button>
      )}
    </div>
  )
}

function FieldName({ id, row, onToggle }: { id: string; row: Row; onToggle: () => void }) {
  const indent = { paddingLeft: row.depth * 18 }
  if (!row.canExpand)
    return (
      <span className="mono k" style={indent}>
        <span id={id}>{row.key}</span>
      </span>
    )
  return (
    <button type="button" className="mono k" style={indent} aria-expanded={row.isExpanded} onClick={onToggle}>
      <span id={id}>{row.key}</span>
      {row.isExpanded ? <ChevronDown className="i tw" /> : <ChevronRight className="i tw" />}
    </button>
  )
}
