import { ArrowDown, ArrowUp, ArrowUpDown, Braces, Columns3, ListFilter, Plus, Rows3, Trash2, X } from "lucide-react"
import { type FormEvent, useId, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { type Column, valueText } from "../../model/fields.ts"
import { plural } from "../../model/format.ts"
import {
  type Clause,
  clauseValueText,
  needsValue,
  type Operand,
  type Operator,
  operators,
  parseOperand,
} from "../../model/where.ts"
import type { DocumentsSearch } from "../../router.tsx"
import { Button, IconButton } from "../../ui/button.tsx"
import { Segments, Select } from "../../ui/form.tsx"
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine, MenuToggle, Popover } from "../../ui/menu.tsx"

interface FilterBarProps {
  clauses: readonly Clause[]
  columns: readonly Column[]
  shown: readonly Column[]
  sort: string | undefined
  view: "table" | "json"
  picked: number
  onDeletePicked: () => void
  onChange: (next: Partial<DocumentsSearch>) => void
}

/** Which documents, in which order, and how they are shown. */
export function FilterBar({ clauses, columns, shown, sort, view, picked, onDeletePicked, onChange }: FilterBarProps) {
  const [editing, setEditing] = useState<number | "new">()
  useActions([
    { id: "filter", title: "Filter", group: "Do", icon: ListFilter, keys: "/", run: () => setEditing("new") },
  ])
  const put = (position: number | "new", clause: Clause | undefined): void => {
    const next =
      position === "new"
        ? [...clauses, ...(clause ? [clause] : [])]
        : clauses.flatMap((old, at) => (at !== position ? [old] : clause ? [clause] : []))
    setEditing(undefined)
    onChange({ where: next.length > 0 ? next : undefined })
  }
  return (
    <div className="bar course-end" role="toolbar" aria-label="Filter, order and view">
      <div className="chips">
        <span className="text-sm text-fg-3 not-phone">where</span>
        {clauses.map((clause, position) => (
          <FilterChip
            // biome-ignore lint/suspicious/noArrayIndexKey: a chip is its position
            key={position}
            clause={clause}
            columns={columns}
            open={editing === position}
            onOpen={(open) => setEditing(open ? position : undefined)}
            onChange={(next) => put(position, next)}
          />
        ))}
        <Popover
          label="New filter"
          open={editing === "new"}
          onOpenChange={(open) => setEditing(open ? "new" : undefined)}
          trigger={
            <button type="button" className="chip add" aria-keyshortcuts="/">
              <Plus className="i s" />
              <span>Filter</span>
            </button>
          }
        >
          <ClauseForm columns={columns} onDone={(clause) => put("new", clause)} />
        </Popover>
      </div>
      <div className="flex items-center gap-2 flex-none">
        {picked > 0 && (
          <Button look="danger" icon={Trash2} onClick={onDeletePicked}>
            Delete {plural(picked, "document")}
          </Button>
        )}
        <SortMenu columns={columns} sort={sort} onChange={(next) => onChange({ sort: next })} />
        {view === "table" && (
          <ColumnMenu columns={columns} shown={shown} onChange={(ids) => onChange({ columns: ids })} />
        )}
        <span className="not-phone">
          <Segments
            label="View"
            value={view}
            choices={[
              ["table", <Rows3 key="t" className="i" />, "Table"],
              ["json", <Braces key="j" className="i" />, "JSON"],
            ]}
            onChange={(next) => onChange({ view: next === "json" ? "json" : undefined })}
          />
        </span>
      </div>
    </div>
  )
}

interface ChipProps {
  clause: Clause
  columns: readonly Column[]
  open: boolean
  onOpen: (open: boolean) => void
  onChange: (clause: Clause | undefined) => void
}

function FilterChip({ clause, columns, open, onOpen, onChange }: ChipProps) {
  const [path, operator] = clause
  const value = clauseValueText(clause)
  return (
    <span className="chip">
      <Popover
        label={`Filter by ${path}`}
        open={open}
        onOpenChange={onOpen}
        trigger={
          <button type="button" className="flex items-stretch p-0!" title="Change the filter">
            <span className="mono px-[7px]">{path}</span>{" "}
            <span className="op px-[7px] border-l border-joint">{operators[operator]}</span>{" "}
            {needsValue(operator) && (
              <span
                className={`px-[7px] border-l border-joint cut max-w-48 ${typeof clause[2] === "string" ? "" : "mono"}`}
              >
                {value}
              </span>
            )}
          </button>
        }
      >
        <ClauseForm columns={columns} clause={clause} onDone={onChange} />
      </Popover>
      <button
        type="button"
        className="x"
        aria-label={`Remove the filter: ${path} ${operators[operator]} ${value}`}
        onClick={() => onChange(undefined)}
      >
        <X className="i s" />
      </button>
    </span>
  )
}

function ClauseForm({
  columns,
  clause,
  onDone,
}: {
  columns: readonly Column[]
  clause?: Clause
  onDone: (clause: Clause | undefined) => void
}) {
  const [path, setPath] = useState(clause?.[0] ?? columns[0]?.id ?? "")
  const [operator, setOperator] = useState<Operator>(clause?.[1] ?? "eq")
  const [text, setText] = useState(clause ? editText(clause[2]) : "")
  const [error, setError] = useState<string>()
  const valueInput = useRef<HTMLInputElement>(null)
  const id = useId()
  const column = columns.find((candidate) => candidate.id === path)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    // A popover's form is inside of the page's React tree.
    event.stopPropagation()
    const value = needsValue(operator) ? parseOperand(text, operator, column?.type === "text") : null
    if (path.trim() === "") setError("Name the field.")
    else if (value === undefined) setError("Compare with a number, a text, true or false.")
    else onDone([path.trim(), operator, value])
  }
  return (
    <form onSubmit={submit} className="p-3 grid gap-2 w-72">
      <div className="grid grid-cols-[1fr_104px] gap-2">
        <div>
          <label className="visually-hidden" htmlFor={`${id}-path`}>
            Field
          </label>
          <input
            id={`${id}-path`}
            className="field mono"
            list={`${id}-paths`}
            autoComplete="off"
            spellCheck={false}
            placeholder="field"
            // biome-ignore lint/a11y/noAutofocus: the popover was opened to type here
            autoFocus={clause === undefined}
            value={path}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setPath(event.target.value)}
          />
          <datalist id={`${id}-paths`}>
            {columns.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {candidate.type}
              </option>
            ))}
          </datalist>
        </div>
        <Select
          hideLabel
          label="Comparison"
          value={operator}
          choices={Object.entries(operators) as [Operator, string][]}
          onChange={setOperator}
        />
      </div>
      {needsValue(operator) && (
        <div>
          <label className="visually-hidden" htmlFor={`${id}-value`}>
            Value
          </label>
          <input
            id={`${id}-value`}
            ref={valueInput}
            className="field mono"
            autoComplete="off"
            spellCheck={false}
            // biome-ignore lint/a11y/noAutofocus: the chip was pressed to change this
            autoFocus={clause !== undefined}
            placeholder={
              operator === "in" || operator === "nin"
                ? "one, two, three"
                : column?.type === "text"
                  ? "text"
                  : 'number, true, null or "text"'
            }
            aria-invalid={error !== undefined || undefined}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      )}
      {error !== undefined && (
        <p className="wrong" role="alert">
          {error}
        </p>
      )}
      <div className="flex justify-end gap-2">
        {clause && (
          <Button look="quiet" onClick={() => onDone(undefined)}>
            Remove
          </Button>
        )}
        <Button type="submit">Apply</Button>
      </div>
    </form>
  )
}

/** A value as somebody would type it again. */
function editText(value: Operand): string {
  if (typeof value === "object" && value !== null) return value.map((item) => editText(item)).join(", ")
  return typeof value === "number" ? String(value) : typeof value === "string" ? value : valueText(value)
}

function SortMenu({
  columns,
  sort,
  onChange,
}: {
  columns: readonly Column[]
  sort: string | undefined
  onChange: (sort: string | undefined) => void
}) {
  const path = sort?.replace(/^-/, "")
  const isDown = sort?.startsWith("-") ?? false
  const Icon = sort === undefined ? ArrowUpDown : isDown ? ArrowDown : ArrowUp
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="btn q"
          title={sort === undefined ? "Order" : `Ordered by ${path}, ${isDown ? "downwards" : "upwards"}`}
        >
          <Icon className="i s" />
          <span className="not-phone">{path ?? "as inserted"}</span>
        </button>
      }
    >
      <MenuLabel>Order by</MenuLabel>
      <MenuChoices
        value={path ?? ""}
        choices={[
          ["", "as inserted"] as const,
          ...columns.filter(({ type }) => type !== "object" && type !== "array").map(({ id }) => [id, id] as const),
        ].slice(0, 24)}
        onChange={(next) => onChange(next === "" ? undefined : isDown ? `-${next}` : next)}
      />
      {path !== undefined && (
        <>
          <MenuLine />
          <MenuItem icon={isDown ? ArrowUp : ArrowDown} onSelect={() => onChange(isDown ? path : `-${path}`)}>
            {isDown ? "Upwards" : "Downwards"}
          </MenuItem>
        </>
      )}
    </Menu>
  )
}

function ColumnMenu({
  columns,
  shown,
  onChange,
}: {
  columns: readonly Column[]
  shown: readonly Column[]
  onChange: (ids: readonly string[] | undefined) => void
}) {
  const ids = shown.map(({ id }) => id)
  return (
    <span className="not-phone">
      <Menu trigger={<IconButton icon={Columns3} label="Columns" />}>
        <MenuLabel>Columns</MenuLabel>
        {columns.slice(0, 40).map(({ id, type }) => (
          <MenuToggle
            key={id}
            on={ids.includes(id)}
            onToggle={() => onChange(ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id])}
          >
            <span className="mono">{id}</span>
            <span className="ml-auto pl-4 text-xs text-fg-3">{type}</span>
          </MenuToggle>
        ))}
        <MenuLine />
        <MenuItem onSelect={() => onChange(undefined)}>As at first</MenuItem>
      </Menu>
    </span>
  )
}
