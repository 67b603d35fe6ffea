// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and names its active cell
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid has the keys
// biome-ignore-all lint/a11y/useSemanticElements: a table cannot leave out rows that are not in sight
import type { Document } from "@ashlar/sdk"
import { ArrowDown, ArrowUp } from "lucide-react"
import { type CSSProperties, memo } from "react"
import { type Column, titleOf, valueAt, valueText } from "../../model/fields.ts"
import { toAge, toDate } from "../../model/format.ts"

/** Cells are text first: a table must scroll, and nothing scrolls faster than text. */
function cellText(document: Document, column: Column): string {
  return valueText(valueAt(document.data, column.path))
}

function looks(column: Column): string {
  if (column.look === "title") return "font-strong"
  if (column.look === "code") return "mono text-fg-2"
  return column.alignRight ? "r" : column.type === "bool" || column.type === "null" ? "text-fg-2" : ""
}

function classNames(...names: readonly (string | false)[]): string {
  return names.filter(Boolean).join(" ")
}

export function sortOf(column: Column, sort: string | undefined): "ascending" | "descending" | undefined {
  if (sort === column.id) return "ascending"
  return sort === `-${column.id}` ? "descending" : undefined
}

interface HeadProps {
  id: string
  columns: readonly Column[]
  template: string
  sort: string | undefined
  picked: boolean | "mixed"
  /** The column of the active cell, when it is in the head. */
  activeColumn: number | undefined
  isPhone: boolean
  onPickAll: () => void
  onSort: (column: Column) => void
}

export function GridHead({ id, columns, template, sort, picked, activeColumn, isPhone, onPickAll, onSort }: HeadProps) {
  const last = columns.length + 1
  return (
    <div
      className={isPhone ? "visually-hidden" : "grid-head"}
      role="row"
      aria-rowindex={1}
      style={isPhone ? undefined : { gridTemplateColumns: template }}
    >
      <div
        role="columnheader"
        id={`${id}--1-0`}
        aria-colindex={1}
        className={classNames("pick", activeColumn === 0 && "active-cell")}
      >
        <Tick checked={picked} label="Select all that are loaded" onPress={onPickAll} />
      </div>
      {columns.map((column, position) => {
        const sorted = sortOf(column, sort)
        return (
          <div
            key={column.id}
            id={`${id}--1-${position + 1}`}
            role="columnheader"
            aria-colindex={position + 2}
            aria-sort={sorted}
            className={classNames(column.alignRight && "r", activeColumn === position + 1 && "active-cell")}
          >
            <button type="button" tabIndex={-1} title={`Order by ${column.id}`} onClick={() => onSort(column)}>
              <span className="cut">{column.id}</span>
              <span className="ty">{column.type}</span>
              {sorted === "ascending" && <ArrowUp className="i s" />}
              {sorted === "descending" && <ArrowDown className="i s" />}
            </button>
          </div>
        )
      })}
      <div
        role="columnheader"
        id={`${id}--1-${last}`}
        aria-colindex={last + 1}
        className={classNames("r", activeColumn === last && "active-cell")}
      >
        updated
      </div>
    </div>
  )
}

interface RowProps {
  id: string
  index: number
  document: Document
  columns: readonly Column[]
  template: string
  startPx: number
  isOpen: boolean
  isPicked: boolean
  isChanged: boolean
  isPhone: boolean
  /** The column of the active cell, when it is in this row. */
  activeColumn: number | undefined
  nowMs: number
}

/** One document on one line, or on two where a line is too narrow. */
export const GridRow = memo(function GridRow(props: RowProps) {
  const { id, index, document, columns, isOpen, isPicked, isChanged, isPhone, activeColumn, nowMs } = props
  const style: CSSProperties = { transform: `translateY(${props.startPx}px)` }
  if (!isPhone) style.gridTemplateColumns = props.template
  const last = columns.length + 1
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isPicked || isOpen}
      data-index={index}
      className={classNames(
        "grid-row",
        isOpen && "on",
        isPicked && "picked",
        activeColumn !== undefined && "active",
        isChanged && "flash",
        isPhone && "two-line",
      )}
      style={style}
    >
      {isPhone ? (
        <PhoneCell id={`${id}-${index}-1`} document={document} columns={columns} nowMs={nowMs} />
      ) : (
        <>
          <div
            role="gridcell"
            id={`${id}-${index}-0`}
            aria-colindex={1}
            className={classNames("pick", activeColumn === 0 && "active-cell")}
          >
            <Tick checked={isPicked} label={`Select ${titleOf(document)}`} />
          </div>
          {columns.map((column, position) => (
            <div
              key={column.id}
              role="gridcell"
              id={`${id}-${index}-${position + 1}`}
              aria-colindex={position + 2}
              data-column={column.id}
              className={classNames(looks(column), activeColumn === position + 1 && "active-cell")}
            >
              {cellText(document, column)}
            </div>
          ))}
          <div
            role="gridcell"
            id={`${id}-${index}-${last}`}
            aria-colindex={last + 1}
            title={toDate(document.updatedAt)}
            className={classNames("r", isChanged ? "text-ok" : "text-fg-3", activeColumn === last && "active-cell")}
          >
            {toAge(document.updatedAt, nowMs)}
          </div>
        </>
      )}
    </div>
  )
})

interface PhoneCellProps {
  id: string
  document: Document
  columns: readonly Column[]
  nowMs: number
}

function PhoneCell({ id, document, columns, nowMs }: PhoneCellProps) {
  const [first, ...rest] = columns
  const number = rest.find((column) => column.alignRight)
  const words = rest.filter((column) => !column.alignRight && column.look === "plain").slice(0, 2)
  return (
    <div role="gridcell" id={id} aria-colindex={1} className="phone-row">
      <span className="cut grow">
        <b className="text-[14px]">{first ? cellText(document, first) : titleOf(document)}</b>
        <br />
        <span className="text-sm text-fg-3">
          {words
            .map((column) => cellText(document, column))
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      <span className="text-right whitespace-nowrap">
        {number && cellText(document, number)}
        <br />
        <span className="text-sm text-fg-3">{toAge(document.updatedAt, nowMs)}</span>
      </span>
    </div>
  )
}

/** A checkbox that leaves the focus to the grid: Space presses it. */
function Tick({ checked, label, onPress }: { checked: boolean | "mixed"; label: string; onPress?: () => void }) {
  return (
    <span role="checkbox" aria-checked={checked} aria-label={label} className="cb" onClick={onPress}>
      {checked !== false && (
        <svg
          viewBox="0 0 24 24"
          fill="none"
          stroke="currentColor"
          strokeLinecap="round"
          strokeLinejoin="round"
          aria-hidden="true"
        >
          <path d={checked === "mixed" ? "M5 12h14" : "M20 6 9 17l-5-5"} />
        </svg>
      )}
    </span>
  )
}
