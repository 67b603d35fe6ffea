import type { Document, Filter, JsonObject } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { ArrowRight, FileBraces, FolderOpen, type LucideIcon, SquareFunction, Table2, Zap } from "lucide-react"
import {
  Fragment,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react"
import { actionSnapshot, actions } from "../actions.ts"
import { useStore } from "../model/external.ts"
import { titleOf, valueText } from "../model/fields.ts"
import { plural, toTail } from "../model/format.ts"
import { match } from "../model/match.ts"
import { collectionsQuery, functionsQuery, projectsQuery } from "../queries.ts"
import { admin } from "../session.ts"
import { Dialog } from "../ui/dialog.tsx"
import { Keys } from "../ui/tooltip.tsx"
import { FieldValue } from "../ui/value.tsx"
import { overlay, type PaletteScope, paletteScope, takeEarly } from "./overlay.ts"

interface Item {
  readonly id: string
  readonly group: "Documents" | "Do" | "Go to"
  readonly title: string
  readonly hint?: string | undefined
  readonly icon: LucideIcon
  readonly keys?: string | undefined
  readonly run: () => void
  /** Tab goes inside. */
  readonly scope?: PaletteScope
  readonly document?: Document
}

const groups = ["Documents", "Do", "Go to"] as const
const SEARCH_PAUSE_MS = 150
const MAX_PER_GROUP = 8

export function Palette({ open }: { open: boolean }) {
  return open ? <OpenPalette /> : null
}

function OpenPalette() {
  const close = (): void => overlay.set(null)
  const here = useStore(paletteScope)
  const [scope, setScope] = useState<PaletteScope | null>(here)
  const [text, setText] = useState("")
  const [chosen, setChosen] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const onlyCommands = text.startsWith(">")
  const search = onlyCommands ? text.slice(1).trim() : text.trim()

  const documents = useDocumentSearch(onlyCommands ? null : scope, search)
  const nouns = useNouns()
  const items = useMemo(() => {
    const found: { item: Item; score: number }[] = []
    for (const item of onlyCommands ? nouns.filter((noun) => noun.group === "Do") : nouns) {
      const hit = match(item.title, search) ?? (item.hint === undefined ? undefined : match(item.hint, search))
      if (hit) found.push({ item, score: hit.score - (match(item.title, search) ? 0 : 20) })
    }
    found.sort((a, b) => b.score - a.score)
    return groups.flatMap((group) =>
      group === "Documents"
        ? documents
        : found
            .filter(({ item }) => item.group === group)
            .slice(0, search === "" ? 6 : MAX_PER_GROUP)
            .map(({ item }) => item),
    )
  }, [documents, nouns, search, onlyCommands])

  const current = items[Math.min(chosen, items.length - 1)]
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" })
  })

  const run = (item: Item | undefined): void => {
    if (!item) return
    close()
    // After the palette has given the focus back.
    queueMicrotask(item.run)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (step !== 0)
      setChosen((old) => (Math.min(old, items.length - 1) + step + items.length) % Math.max(1, items.length))
    else if (event.key === "Enter") run(current)
    else if (event.key === "Tab" && !event.shiftKey && current?.scope) {
      setScope(current.scope)
      setText("")
      setChosen(0)
    } else if (event.key === "Backspace" && text === "" && scope) setScope(null)
    else if (event.key === "?" && text === "") overlay.set("shortcuts")
    else return
    event.preventDefault()
  }

  return (
    <Dialog title="Search or jump to" bare className="palette" onClose={close}>
      <div className="palette-input">
        {scope && <span className="tag chalk">{scope.c}</span>}
        <input
          role="combobox"
          aria-label={scope ? `Search in ${scope.c}, commands and places` : "Search commands and places"}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={current ? `${id}-${current.id}` : undefined}
          aria-autocomplete="list"
          placeholder={scope ? "Search documents or jump to…" : "Search or jump to…"}
          value={text}
          onFocus={() => setText(text + takeEarly())}
          onChange={(event) => {
            setText(event.target.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
        <span className="text-fg-2" role="status">
          {search === "" ? "" : plural(items.length, "result")}
        </span>
      </div>
      <div className="palette-body">
        <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Results" ref={list}>
          {items.length === 0 && <p className="px-5 py-3 text-fg-2">Nothing is called that.</p>}
          {groups.map((group) => {
            const inGroup = items.filter((item) => item.group === group)
            if (inGroup.length === 0) return null
            return (
              // biome-ignore lint/a11y/useSemanticElements: a listbox holds groups, not fieldsets
              <div key={group} role="group" aria-label={group === "Documents" ? `Documents in ${scope?.c}` : group}>
                <div className="palette-group" aria-hidden="true">
                  {group === "Documents" ? `Documents in ${scope?.c}` : group}
                </div>
                {inGroup.map((item) => (
                  <Row
                    key={item.id}
                    id={`${id}-${item.id}`}
                    item={item}
                    search={search}
                    selected={item === current}
                    onHover={() => setChosen(items.indexOf(item))}
                    onRun={() => run(item)}
                  />
                ))}
              </div>
            )
          })}
        </div>
        <Preview item={current} />
      </div>
      <div className="palette-foot" aria-hidden="true">
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> move
        </span>
        {current?.scope && (
          <span>
            <kbd>⇥</kbd> search inside
          </span>
        )}
        {scope && (
          <span>
            <kbd>⌫</kbd> leave {scope.c}
          </span>
        )}
        <span className="ml-auto flex gap-4">
          <span>
            <kbd>&gt;</kbd> commands
          </span>
          <span>
            <kbd>?</kbd> all shortcuts
          </span>
        </span>
      </div>
    </Dialog>
  )
}

interface RowProps {
  id: string
  item: Item
  search: string
  selected: boolean
  onHover: () => void
  onRun: () => void
}

function Row({ id, item, search, selected, onHover, onRun }: RowProps) {
  return (
    // The input holds the focus and moves the choice.
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div id={id} role="option" aria-selected={selected} className="palette-row" onPointerMove={onHover} onClick={onRun}>
      <item.icon className="i" />
      <span className="cut">
        <b>{marked(item.title, search)}</b>
        {item.hint !== undefined && <span className="hint">{item.hint}</span>}
      </span>
      <span className="ml-auto">
        {selected && item.group === "Documents" ? (
          <Keys keys="Enter" />
        ) : (
          item.keys !== undefined && <Keys keys={item.keys} />
        )}
      </span>
    </div>
  )
}

function marked(title: string, search: string): ReactNode {
  const marks = match(title, search)?.marks ?? []
  const parts: ReactNode[] = []
  let end = 0
  for (const [start, stop] of marks) {
    parts.push(title.slice(end, start), <mark key={start}>{title.slice(start, stop)}</mark>)
    end = stop
  }
  return [...parts, title.slice(end)].map((part, position) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text
    <Fragment key={position}>{part}</Fragment>
  ))
}

function Preview({ item }: { item: Item | undefined }) {
  return (
    <aside className="palette-preview" aria-hidden="true">
      <div className="bar head justify-between">
        <b className="cut">{item?.title ?? ""}</b>
        {item?.document && <span className="mono text-fg-3">{toTail(item.document.id)}</span>}
      </div>
      {item?.document &&
        Object.entries(item.document.data)
          .slice(0, 9)
          .map(([key, value]) => (
            <div className="pk" key={key}>
              <span className="cut text-fg-2">{key}</span>
              <span className="cut">
                <FieldValue value={value} />
              </span>
            </div>
          ))}
      {item && !item.document && (
        <p className="px-4 py-3 text-fg-2">
          {item.hint ?? (item.group === "Do" ? "A command on this screen." : "Opens the page.")}
        </p>
      )}
      <div className="mt-auto border-t border-joint px-4 py-3 text-sm text-fg-2 flex items-center gap-2">
        <Keys keys="Enter" /> {item?.group === "Do" ? "Run" : "Open"}
      </div>
    </aside>
  )
}

/** Everything with a name on this screen: actions, collections, functions, projects. */
function useNouns(): readonly Item[] {
  const registered = useSyncExternalStore(actions.subscribe, actionSnapshot)
  const navigate = useNavigate()
  const { p } = useParams({ strict: false })
  const collections = useQuery({ ...collectionsQuery(p ?? ""), enabled: p !== undefined })
  const functions = useQuery({ ...functionsQuery(p ?? ""), enabled: p !== undefined })
  const projects = useQuery(projectsQuery())
  return useMemo(() => {
    const items: Item[] = registered
      .filter((action) => !action.quiet)
      .map((action) => ({
        id: action.id,
        group: action.group,
        title: action.title,
        hint: action.hint,
        icon: action.icon ?? (action.group === "Do" ? Zap : ArrowRight),
        keys: action.keys,
        run: action.run,
      }))
    if (p !== undefined) {
      for (const { name, count } of collections.data?.items ?? [])
        items.push({
          id: `collection-${name}`,
          group: "Go to",
          title: name,
          hint: `Collection · ${plural(count, "document")}`,
          icon: Table2,
          scope: { p, c: name, titlePath: undefined },
          run: () => void navigate({ to: "/projects/$p/collections/$c", params: { p, c: name } }),
        })
      for (const { name, runtime } of functions.data?.items ?? [])
        items.push({
          id: `function-${name}`,
          group: "Go to",
          title: name,
          hint: `Function · ${runtime}`,
          icon: SquareFunction,
          run: () => void navigate({ to: "/projects/$p/functions/$f", params: { p, f: name } }),
        })
    }
    for (const { id, slug, name } of projects.data?.items ?? [])
      if (slug !== p)
        items.push({
          id: `project-${id}`,
          group: "Go to",
          title: name,
          hint: "Project",
          icon: FolderOpen,
          run: () => void navigate({ to: "/projects/$p", params: { p: slug } }),
        })
    return items
  }, [registered, collections.data, functions.data, projects.data, p, navigate])
}

/** The documents of the scope whose title starts with the text: one query, after a short pause. */
function useDocumentSearch(scope: PaletteScope | null, search: string): readonly Item[] {
  const navigate = useNavigate()
  const [settled, setSettled] = useState(search)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(search), SEARCH_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [search])
  const { p = "", c = "", titlePath = "name" } = scope ?? {}
  const found = useQuery({
    queryKey: ["p", p, "palette", c, titlePath, settled],
    enabled: scope !== null && settled !== "",
    queryFn: ({ signal }) =>
      admin.documents<JsonObject>(p, c).where(startsWith(titlePath, settled)).limit(5).page({ signal }),
    placeholderData: (old) => old,
  })
  return useMemo(() => {
    if (scope === null || search === "") return []
    return (found.data?.items ?? []).map((document) => ({
      id: document.id,
      group: "Documents" as const,
      title: titleOf(document),
      hint: describe(document),
      icon: FileBraces,
      document,
      run: () => void navigate({ to: "/projects/$p/collections/$c/d/$id", params: { p, c, id: document.id } }),
    }))
  }, [found.data, scope, search, p, c, navigate])
}

/** Text that starts so, as typed or with a capital, lies between the text and the text with the last code point behind it. */
function startsWith(path: string, text: string): Filter<JsonObject> {
  const forms = [...new Set([text, text.charAt(0).toUpperCase() + text.slice(1), text.toUpperCase()])]
  return { $or: forms.map((form) => ({ [path]: { $gte: form, $lt: `${form}\u{10ffff}` } })) }
}

function describe(document: Document): string {
  const title = titleOf(document)
  return Object.values(document.data)
    .filter((value) => typeof value === "string" && value !== title && value.length < 32)
    .slice(0, 2)
    .map((value) => valueText(value))
    .join(" · ")
}
