import type { Document } from "@ashlar/sdk"
import { useCallback, useMemo, useRef, useState } from "react"
import { type Column, inferColumns } from "../../model/fields.ts"

/** The columns stay as they were first seen: a page that arrives later moves nothing. */
export function useColumns(collection: string, documents: readonly Document[]): readonly Column[] {
  const kept = useRef<{ collection: string; columns: readonly Column[] }>(undefined)
  return useMemo(() => {
    if (kept.current?.collection === collection && kept.current.columns.length > 0) return kept.current.columns
    const columns = inferColumns(documents)
    kept.current = { collection, columns }
    return columns
  }, [collection, documents])
}

/** The width of an element, as it changes. */
export function useWidth(): readonly [ref: (element: HTMLElement | null) => void, widthPx: number] {
  const [widthPx, setWidthPx] = useState(0)
  const observer = useRef<ResizeObserver>(undefined)
  const ref = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect()
    if (!element) return
    setWidthPx(element.clientWidth)
    observer.current = new ResizeObserver(() => setWidthPx(element.clientWidth))
    observer.current.observe(element)
  }, [])
  return [ref, widthPx]
}

/** How many documents came or went since the list was read. Nothing moves until somebody asks for it. */
export function useNews(view: string, readAtMs: number, count: number | undefined, hidden: number): number {
  const base = useRef<{ view: string; readAtMs: number; count: number | undefined }>({ view, readAtMs, count })
  if (
    base.current.view !== view ||
    base.current.readAtMs !== readAtMs ||
    base.current.count === undefined ||
    hidden > 0
  )
    base.current = { view, readAtMs, count }
  return count === undefined || base.current.count === undefined ? 0 : count - base.current.count
}
