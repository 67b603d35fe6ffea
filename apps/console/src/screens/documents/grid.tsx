import type { Document } from "@ashlar/sdk"
import { useVirtualizer } from "@tanstack/react-virtual"
import {
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from "react"
import { useStore } from "../../model/external.ts"
import { type Column, PICK_PX, UPDATED_PX } from "../../model/fields.ts"
import { usePhone, useRowPx } from "../../ui/metrics.ts"
import { type Cell, moveCell } from "./grid-keys.ts"
import { GridHead, GridRow, sortOf } from "./grid-row.tsx"
import { flashes } from "./shared.ts"

export interface GridHandle {
  /** The row that the keys mean. */
  active(): Document | undefined
  move(step: number): void
}

interface GridProps {
  ref: Ref<GridHandle>
  label: string
  rows: readonly Document[]
  /** How many match in all, when that is known. */
  total: number | undefined
  columns: readonly Column[]
  sort: string | undefined
  openId: string | undefined
  picked: ReadonlySet<string>
  hasMore: boolean
  isLoadingMore: boolean
  onMore: () => void
  onSort: (sort: string | undefined) => void
  onPick: (id: string) => void
  onPickAll: (all: boolean) => void
  onOpen: (document: Document, edit?: string) => void
}

const HEAD_PX = 32
const PHONE_ROW_PX = 58
/** What the sheet of a phone covers of the list. */
const SHEET_PX = 560
/** The next page is asked for this many rows before the end. */
const AHEAD = 30

/**
 * One tab stop; the arrows move inside. Only the rows in sight exist, so the focus stays on the grid, which names its
 * active cell.
 */
export function DocumentGrid({ ref, ...props }: GridProps) {
  const { rows, columns, openId, picked, hasMore, isLoadingMore, onMore } = props
  const scroller = useRef<HTMLDivElement>(null)
  const isPhone = usePhone()
  const courseRowPx = useRowPx()
  const rowPx = isPhone ? PHONE_ROW_PX : courseRowPx
  const [kept, setCell] = useState<Cell>({ row: 0, column: 1 })
  const changed = useStore(flashes)
  const id = useId()

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    paddingStart: isPhone ? 0 : HEAD_PX,
    scrollPaddingStart: isPhone ? 0 : HEAD_PX,
    // Below a sheet there must be room to scroll the open row into sight.
    scrollPaddingEnd: isPhone && openId !== undefined ? SHEET_PX : 8,
    paddingEnd: isPhone && openId !== undefined ? SHEET_PX : 0,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height of a row is all that matters
  useEffect(() => virtual.measure(), [rowPx])
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= rows.length - AHEAD) onMore()
  }, [hasMore, isLoadingMore, lastShown, rows.length, onMore])

  // The open document is the active row, wherever it was opened from.
  const openRow = openId === undefined ? -1 : rows.findIndex((row) => row.id === openId)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when another one is opened
  useEffect(() => {
    if (openRow < 0) return
    setCell((old) => ({ ...old, row: openRow }))
    virtual.scrollToIndex(openRow, { align: "auto" })
  }, [openRow])

  const cell: Cell = { row: Math.min(kept.row, rows.length - 1), column: Math.min(kept.column, columns.length + 1) }
  const go = (next: Cell): void => {
    setCell(next)
    if (next.row >= 0) virtual.scrollToIndex(next.row, { align: "auto" })
  }
  useImperativeHandle(ref, () => ({
    active: () => rows[Math.max(0, cell.row)],
    move(step) {
      const row = Math.max(0, Math.min(rows.length - 1, cell.row + step))
      go({ ...cell, row })
      const document = rows[row]
      if (openId !== undefined && document) props.onOpen(document)
      else scroller.current?.focus({ preventScroll: true })
    },
  }))

  const isAllPicked = picked.size > 0 && rows.every((row) => picked.has(row.id))
  const sortBy = (column: Column): void => {
    const now = sortOf(column, props.sort)
    props.onSort(now === undefined ? column.id : now === "ascending" ? `-${column.id}` : undefined)
  }
  const press = (key: string): boolean => {
    const document = rows[cell.row]
    const column = columns[cell.column - 1]
    const isPick = key === " " || (key === "Enter" && cell.column === 0)
    if (isPick && cell.row < 0) props.onPickAll(!isAllPicked)
    else if (isPick && document) props.onPick(document.id)
    else if (key === "Enter" && cell.row < 0 && column) sortBy(column)
    else if (key === "Enter" && document) props.onOpen(document)
    else if (key === "F2" && document && column) props.onOpen(document, column.id)
    else return false
    return true
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey) return
    const toEnd = event.ctrlKey || event.metaKey
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowPx) - 2)
    const moved = moveCell(cell, event.key, toEnd, { rows: rows.length, columns: columns.length + 2, page })
    if (moved) go(moved)
    if (moved || (!toEnd && press(event.key))) event.preventDefault()
  }
  const onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement
    const row = Number(target.closest<HTMLElement>("[data-index]")?.dataset.index ?? -1)
    const document = rows[row]
    if (!document) return
    setCell((old) => ({ ...old, row }))
    if (target.closest(".pick")) props.onPick(document.id)
    // The second press of a pair edits what it hits.
    else props.onOpen(document, event.detail === 2 ? target.dataset.column : undefined)
  }

  const widths = columns.map(({ widthPx }, position) => `minmax(${widthPx}px, ${position === 0 ? 1.4 : 1}fr)`)
  const template = `${PICK_PX}px ${widths.join(" ")} ${UPDATED_PX}px`
  const minWidthPx = PICK_PX + UPDATED_PX + columns.reduce((sum, column) => sum + column.widthPx, 0)
  // One moment per minute, so that rows which did not change are not drawn again.
  const nowMs = Math.floor(Date.now() / 60_000) * 60_000 + 59_000
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot leave out rows that are not in sight
    <div
      ref={scroller}
      className="datagrid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.total === undefined && hasMore ? -1 : (props.total ?? rows.length) + 1}
      aria-colcount={columns.length + 2}
      aria-multiselectable="true"
      aria-activedescendant={`${id}-${cell.row}-${isPhone ? 1 : cell.column}`}
      tabIndex={0}
      data-pane-focus=""
      onKeyDown={onKeyDown}
      onClick={onClick}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: the rows of the grid above */}
      <div
        role="rowgroup"
        style={{ height: virtual.getTotalSize(), minWidth: isPhone ? undefined : minWidthPx, position: "relative" }}
      >
        <GridHead
          id={id}
          columns={columns}
          template={template}
          sort={props.sort}
          picked={isAllPicked || (picked.size > 0 && "mixed")}
          activeColumn={cell.row < 0 ? cell.column : undefined}
          isPhone={isPhone}
          onPickAll={() => props.onPickAll(!isAllPicked)}
          onSort={sortBy}
        />
        {items.map(({ index, start }) => {
          const document = rows[index]
          if (!document) return null
          return (
            <GridRow
              key={document.id}
              id={id}
              index={index}
              document={document}
              columns={columns}
              template={template}
              startPx={start}
              isOpen={document.id === openId}
              isPicked={picked.has(document.id)}
              isChanged={changed.has(document.id)}
              isPhone={isPhone}
              activeColumn={cell.row === index ? cell.column : undefined}
              nowMs={nowMs}
            />
          )
        })}
      </div>
    </div>
  )
}
