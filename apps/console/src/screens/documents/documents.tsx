import type { Document } from "@ashlar/sdk"
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query"
import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { Plus, RefreshCw } from "lucide-react"
import { useEffect, useMemo, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { hiddenIds } from "../../deletions.ts"
import { paletteScope } from "../../frame/overlay.ts"
import { useStore } from "../../model/external.ts"
import { fitColumns, MAX_COLUMNS, pathText, rankColumns, titlePath } from "../../model/fields.ts"
import { toWhere } from "../../model/where.ts"
import { collectionQuery, countQuery, documentsQuery, type View } from "../../queries.ts"
import type { DocumentsSearch } from "../../router.tsx"
import { Button } from "../../ui/button.tsx"
import { usePhone } from "../../ui/metrics.ts"
import { Bones, Failed, messageOf } from "../../ui/state.tsx"
import { CollectionHead } from "../collections/head.tsx"
import { FilterBar } from "./filter-bar.tsx"
import { Foot } from "./foot.tsx"
import { DocumentGrid, type GridHandle } from "./grid.tsx"
import { JsonList } from "./json-list.tsx"
import { DeleteMany, Nothing } from "./nothing.tsx"
import { deleteDocuments, deleteNow, listedIds, sampleDocument } from "./shared.ts"
import { useColumns, useNews, useWidth } from "./use-list.ts"

/** More documents than this are deleted after a typed confirmation, not after a look at the clock. */
const MAX_UNDO = 20

/** Browse, filter, pick, open: the table of documents, with the panel of one beside it. */
export function DocumentsScreen() {
  const { p, c } = useParams({ from: "/signed-in/projects/$p/collections/$c" })
  const { id: openId } = useParams({ strict: false })
  const search: DocumentsSearch = useSearch({ from: "/signed-in/projects/$p/collections/$c" })
  const navigate = useNavigate()
  const cache = useQueryClient()
  const grid = useRef<GridHandle>(null)
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const [confirming, setConfirming] = useState(false)

  const clauses = search.where ?? []
  const view: View = useMemo(
    () => ({ where: toWhere(search.where ?? []), sort: search.sort === undefined ? [] : [search.sort] }),
    [search.where, search.sort],
  )
  const collection = useQuery(collectionQuery(p, c))
  const documents = useInfiniteQuery({ ...documentsQuery(p, c, view), placeholderData: keepPreviousData })
  const count = useQuery({ ...countQuery(p, c, view), placeholderData: keepPreviousData })
  const hidden = useStore(hiddenIds)

  const loaded = useMemo(() => documents.data?.pages.flatMap((page) => page.items) ?? [], [documents.data])
  const rows = useMemo(
    () => (hidden.size === 0 ? loaded : loaded.filter(({ id }) => !hidden.has(id))),
    [loaded, hidden],
  )
  const columns = useColumns(`${p}/${c}`, loaded)
  const isPhone = usePhone()
  const [body, widthPx] = useWidth()
  const shown = useMemo(() => {
    const chosen = search.columns?.flatMap((id) => columns.find((column) => column.id === id) ?? [])
    if (chosen && chosen.length > 0) return chosen.slice(0, MAX_COLUMNS)
    const asked = [search.sort?.replace(/^-/, "") ?? "", ...(search.where ?? []).map(([path]) => path)]
    // A row of two lines takes what it needs from all of them.
    return isPhone ? rankColumns(columns, asked) : fitColumns(columns, widthPx, asked)
  }, [search.columns, search.sort, search.where, columns, widthPx, isPhone])
  const news = useNews(`${p}/${c}/${JSON.stringify(view)}`, documents.dataUpdatedAt, count.data?.value, hidden.size)

  useEffect(() => {
    const sample = loaded[0]
    const path = sample && titlePath(sample.data)
    paletteScope.set({ p, c, titlePath: path && pathText(path) })
    return () => paletteScope.set(null)
  }, [p, c, loaded])
  useEffect(() => listedIds.set(rows.map(({ id }) => id)), [rows])
  useEffect(() => sampleDocument.set(loaded[0]), [loaded])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another collection, another choice
  useEffect(() => setPicked(new Set()), [p, c])

  const change = (next: Partial<DocumentsSearch>): void =>
    void navigate({
      to: openId === undefined ? "/projects/$p/collections/$c" : ".",
      params: { p, c },
      search: (old) => ({ ...old, ...next }),
      replace: true,
    })
  const open = (document: Document | undefined, edit?: string): void => {
    if (!document) return
    void navigate({
      to: "/projects/$p/collections/$c/d/$id",
      params: { p, c, id: document.id },
      search: (old) => ({ ...old, edit }),
      replace: openId !== undefined,
    })
  }
  const insert = (): void =>
    void navigate({ to: "/projects/$p/collections/$c/insert", params: { p, c }, search: (old) => old })
  const reload = (): void => {
    void documents.refetch()
    void count.refetch()
  }
  const togglePick = (id: string): void =>
    setPicked((old) => {
      const next = new Set(old)
      if (!next.delete(id)) next.add(id)
      return next
    })
  const pickedRows = rows.filter(({ id }) => picked.has(id))
  const remove = (targets: readonly Document[]): void => {
    if (targets.length === 0) return
    if (targets.length > MAX_UNDO) {
      setConfirming(true)
      return
    }
    deleteDocuments(p, c, targets)
    setPicked(new Set())
    if (targets.some(({ id }) => id === openId)) {
      const at = rows.findIndex(({ id }) => id === openId)
      const left = [...rows.slice(at), ...rows.slice(0, at).reverse()].find(
        ({ id }) => !targets.some((gone) => gone.id === id),
      )
      if (left) open(left)
      else void navigate({ to: "/projects/$p/collections/$c", params: { p, c }, search: (old) => old })
    }
  }
  /** What a key would delete: the selection, else the open document, else the row. */
  const target = (): readonly Document[] => {
    if (pickedRows.length > 0) return pickedRows
    const one = openId === undefined ? grid.current?.active() : rows.find(({ id }) => id === openId)
    return one ? [one] : []
  }

  useActions([
    { id: "insert", title: "Insert a document", group: "Do", hint: c, icon: Plus, keys: "n", run: insert },
    { id: "next-row", title: "Next row", group: "Do", keys: "j", quiet: true, run: () => grid.current?.move(1) },
    {
      id: "previous-row",
      title: "Previous row",
      group: "Do",
      keys: "k",
      quiet: true,
      run: () => grid.current?.move(-1),
    },
    openId === undefined && {
      id: "open-row",
      title: "Open the row",
      group: "Do",
      keys: "Enter",
      quiet: true,
      run: () => open(grid.current?.active()),
    },
    openId === undefined && {
      id: "edit-row",
      title: "Edit the row",
      group: "Do",
      keys: "e",
      quiet: true,
      run: () => open(grid.current?.active(), shown[0]?.id),
    },
    {
      id: "pick-row",
      title: "Select the row",
      group: "Do",
      keys: "x",
      quiet: true,
      run: () => {
        const row = grid.current?.active()
        if (row) togglePick(row.id)
      },
    },
    {
      id: "delete-rows",
      title: "Delete the row or the selection",
      group: "Do",
      keys: "Backspace",
      also: ["Delete"],
      quiet: true,
      run: () => remove(target()),
    },
    {
      id: "switch-view",
      title: search.view === "json" ? "Show as a table" : "Show as JSON",
      group: "Do",
      keys: "v",
      run: () => change({ view: search.view === "json" ? undefined : "json" }),
    },
    { id: "reload", title: "Read again", group: "Do", hint: c, icon: RefreshCw, keys: "r", run: reload },
    clauses.length > 0 && {
      id: "clear-filters",
      title: "Clear the filters",
      group: "Do",
      run: () => change({ where: undefined }),
    },
    picked.size > 0 &&
      openId === undefined && {
        id: "unpick",
        title: "Clear the selection",
        group: "Do",
        keys: "Escape",
        quiet: true,
        run: () => setPicked(new Set()),
      },
  ])

  const isEmpty = documents.data !== undefined && rows.length === 0 && !documents.isPlaceholderData
  const isRefreshing = documents.isFetching && !documents.isFetchingNextPage && !documents.isPending
  return (
    <>
      <section className="pane grow" aria-label={`Documents of ${c}`} data-pane="">
        <CollectionHead p={p} c={c} collection={collection.data} tab="documents">
          <Button look="ink" icon={Plus} keys="n" onClick={insert}>
            Insert
          </Button>
        </CollectionHead>
        <FilterBar
          clauses={clauses}
          columns={columns}
          shown={shown}
          sort={search.sort}
          view={search.view ?? "table"}
          picked={pickedRows.length}
          onDeletePicked={() => remove(pickedRows)}
          onChange={change}
        />
        <div ref={body} className="relative flex flex-col flex-1 min-h-0" aria-busy={isRefreshing}>
          {isRefreshing && <div className="busy-line" />}
          {documents.isPending && <Bones rows={16} label={`Loading ${c}`} />}
          {documents.isError && !documents.data && (
            <Failed title="The documents could not be read" error={documents.error} onRetry={reload} />
          )}
          {isEmpty && (
            <Nothing
              p={p}
              c={c}
              filtered={clauses.length > 0}
              total={collection.data?.count ?? 0}
              onClear={() => change({ where: undefined })}
              onInsert={insert}
            />
          )}
          {rows.length > 0 &&
            (search.view === "json" ? (
              <JsonList
                rows={rows}
                openId={openId}
                onOpen={open}
                hasMore={documents.hasNextPage}
                onMore={() => void documents.fetchNextPage()}
                isLoadingMore={documents.isFetchingNextPage}
              />
            ) : (
              <DocumentGrid
                ref={grid}
                label={`Documents of ${c}`}
                rows={rows}
                total={count.data?.value}
                columns={shown}
                sort={search.sort}
                openId={openId}
                picked={picked}
                hasMore={documents.hasNextPage}
                isLoadingMore={documents.isFetchingNextPage}
                onMore={() => void documents.fetchNextPage()}
                onSort={(sort) => change({ sort })}
                onPick={togglePick}
                onPickAll={(all) => setPicked(all ? new Set(rows.map(({ id }) => id)) : new Set())}
                onOpen={open}
              />
            ))}
        </div>
        <Foot
          p={p}
          c={c}
          view={view}
          clauses={clauses}
          count={count.data}
          total={collection.data?.count}
          loaded={rows.length}
          hasMore={documents.hasNextPage}
          tookMs={documents.data?.pages[0]?.tookMs}
          news={news}
          error={documents.isError ? messageOf(documents.error) : undefined}
          onReload={reload}
        />
      </section>
      <Outlet />
      {confirming && (
        <DeleteMany
          count={pickedRows.length}
          c={c}
          onClose={() => setConfirming(false)}
          onConfirm={async () => {
            await deleteNow(p, c, pickedRows).finally(() =>
              cache.invalidateQueries({ queryKey: ["p", p, "documents", c] }),
            )
            setPicked(new Set())
            setConfirming(false)
          }}
        />
      )}
    </>
  )
}
