import { type Document, isRequestError, type JsonObject } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { ChevronDown, ChevronUp, Copy, Ellipsis, Trash2, X } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { hiddenIds } from "../../deletions.ts"
import { diff, toUpdate } from "../../model/changes.ts"
import { useStore } from "../../model/external.ts"
import { titleOf } from "../../model/fields.ts"
import { plural, toAgo, toDate, toTail } from "../../model/format.ts"
import { documentQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { CopyIcon, copyText, IconButton } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Menu, MenuItem, MenuLine } from "../../ui/menu.tsx"
import { Blank, Bones, Failed, messageOf } from "../../ui/state.tsx"
import { TabPanel, TabRoot, TabStrip } from "../../ui/tabs.tsx"
import { deleteDocuments, documentChanged, listedIds } from "../documents/shared.ts"
import { Conflict } from "./conflict.tsx"
import { FieldList } from "./fields.tsx"
import { JsonTab } from "./json-tab.tsx"
import { SaveBar } from "./save-bar.tsx"

const panelRoute = "/signed-in/projects/$p/collections/$c/d/$id"

/** One document beside the list. Another id is another panel: nothing of a draft is carried over. */
export function DocumentPanel() {
  const { id } = useParams({ from: panelRoute })
  return <Panel key={id} />
}

/** What is being changed, and the revision it started from. */
interface Draft {
  readonly base: Document
  readonly data: JsonObject
}

function Panel() {
  const { p, c, id } = useParams({ from: panelRoute })
  const { tab = "fields", edit } = useSearch({ from: panelRoute })
  const navigate = useNavigate()
  const query = useQuery({ ...documentQuery(p, c, id), refetchInterval: 10_000 })
  const [draft, setDraft] = useState<Draft>()
  const [conflict, setConflict] = useState<Document>()
  const [isValid, setIsValid] = useState(true)
  const heading = useRef<HTMLHeadingElement>(null)
  const ids = useStore(listedIds)
  const isHidden = useStore(hiddenIds).has(id)

  const stored = query.data ?? undefined
  const base = draft?.base ?? stored
  const data = draft?.data ?? stored?.data
  const changes = draft ? diff(draft.base.data, draft.data) : []
  const isDirty = changes.length > 0
  const newer = draft && stored && stored.rev > draft.base.rev ? stored : undefined

  useEffect(() => heading.current?.focus({ preventScroll: true }), [])

  const change = (next: JsonObject): void => {
    if (base) setDraft({ base, data: next })
  }
  const discard = (): void => {
    setDraft(undefined)
    setConflict(undefined)
    setIsValid(true)
    save.reset()
  }
  const save = useMutation({
    mutationFn: ({ base: from, data: to }: Draft) => {
      const collection = admin.documents<JsonObject>(p, c)
      const update = toUpdate(diff(from.data, to), to)
      if (update.kind === "replace") return collection.replace(id, update.data, { rev: from.rev })
      return collection.patch(id, update.operations, { rev: from.rev })
    },
    onSuccess: (document) => {
      documentChanged(p, c, document)
      setDraft(undefined)
      setConflict(undefined)
    },
    onError: async (error) => {
      if (!isRequestError(error) || error.status !== 412) return
      const theirs = await admin.documents<JsonObject>(p, c).get(id)
      if (theirs) setConflict(theirs)
    },
  })
  const submit = (): void => {
    if (draft && isDirty && isValid && !save.isPending && !conflict) save.mutate(draft)
  }
  const open = (other: string | undefined): void => {
    if (other !== undefined)
      void navigate({ to: ".", params: { id: other }, search: (old) => ({ ...old, edit: undefined }), replace: true })
  }
  const close = (): void =>
    void navigate({
      to: "/projects/$p/collections/$c",
      params: { p, c },
      search: (old) => ({ ...old, tab: undefined, edit: undefined }),
    })
  const remove = (): void => {
    if (!stored) return
    deleteDocuments(p, c, [stored])
    const at = ids.indexOf(id)
    setDraft(undefined)
    open(ids[at + 1] ?? ids[at - 1])
    if (ids.length < 2) close()
  }
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  })

  const at = ids.indexOf(id)
  useActions([
    isDirty && { id: "save", title: "Save the document", group: "Do", keys: "mod+s", inFields: true, run: submit },
    {
      id: "close-panel",
      title: isDirty ? "Discard the changes" : "Close the panel",
      group: "Do",
      keys: "Escape",
      quiet: true,
      run: isDirty ? discard : close,
    },
    {
      id: "next-document",
      title: "Next document",
      group: "Do",
      keys: "alt+ArrowDown",
      inFields: true,
      quiet: true,
      run: () => open(ids[at + 1]),
    },
    {
      id: "previous-document",
      title: "Previous document",
      group: "Do",
      keys: "alt+ArrowUp",
      inFields: true,
      quiet: true,
      run: () => open(ids[at - 1]),
    },
    {
      id: "edit-field",
      title: "Edit the first field",
      group: "Do",
      keys: "e",
      quiet: true,
      run: () => document.querySelector<HTMLElement>("[data-field] button.v")?.click(),
    },
    stored && {
      id: "delete-document",
      title: "Delete this document",
      group: "Do",
      hint: titleOf(stored),
      icon: Trash2,
      run: remove,
    },
    stored && {
      id: "copy-document",
      title: "Copy the document as JSON",
      group: "Do",
      icon: Copy,
      run: () => void copyText(JSON.stringify(stored.data, null, 2)),
    },
  ])

  const title = stored ? titleOf(stored) : ""
  return (
    <aside
      className={`pane panel ${conflict ? "tall" : ""}`}
      aria-label={title ? `Document ${title}` : "Document"}
      data-pane=""
    >
      <button type="button" className="sheet-handle" aria-label="Close the panel" onClick={close} />
      <div className="bar head">
        <h2 className="cut" ref={heading} tabIndex={-1}>
          {stored ? title : query.isPending ? <span className="bone w-32" /> : "Document"}
        </h2>
        <span className="mono text-fg-3" title={id}>
          {toTail(id)}
        </span>
        <span className="-ml-1.5">
          <CopyIcon text={id} label="Copy the id" />
        </span>
        <div className="ml-auto flex">
          <span className="not-phone flex">
            <IconButton
              icon={ChevronUp}
              label="Previous"
              keys="alt+ArrowUp"
              disabled={at <= 0}
              onClick={() => open(ids[at - 1])}
            />
            <IconButton
              icon={ChevronDown}
              label="Next"
              keys="alt+ArrowDown"
              disabled={at < 0 || at === ids.length - 1}
              onClick={() => open(ids[at + 1])}
            />
          </span>
          <Menu trigger={<IconButton icon={Ellipsis} label="More for this document" />}>
            <MenuItem
              icon={Copy}
              disabled={!stored}
              onSelect={() => void copyText(JSON.stringify(stored?.data, null, 2))}
            >
              Copy as JSON
            </MenuItem>
            <MenuItem
              icon={Copy}
              onSelect={() =>
                void copyText(
                  `curl "${location.origin}/v1/projects/${p}/collections/${c}/documents/${id}" -H "Authorization: Bearer ak_secret_…"`,
                )
              }
            >
              Copy as curl
            </MenuItem>
            <MenuLine />
            <MenuItem icon={Trash2} danger disabled={!stored} onSelect={remove}>
              Delete
            </MenuItem>
          </Menu>
          <IconButton icon={X} label="Close" keys="Escape" onClick={close} />
        </div>
      </div>
      {query.isPending && <Bones rows={10} label="Loading the document" />}
      {query.isError && (
        <Failed title="The document could not be read" error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.data === null && (
        <Blank title="It is gone">
          <p>No document has this id. It was deleted, or the link is from another collection.</p>
        </Blank>
      )}
      {stored && base && data && conflict && draft && (
        <Conflict
          base={draft.base}
          mine={draft.data}
          theirs={conflict}
          busy={save.isPending}
          onTheirs={() => {
            documentChanged(p, c, conflict)
            discard()
          }}
          onSave={(merged) => {
            const next = { base: conflict, data: merged }
            setDraft(next)
            setConflict(undefined)
            save.mutate(next)
          }}
        />
      )}
      {stored && base && data && !conflict && (
        <TabRoot
          value={tab}
          onChange={(next) =>
            void navigate({
              to: ".",
              search: (old) => ({ ...old, tab: next === "json" ? next : undefined, edit: undefined }),
              replace: true,
            })
          }
        >
          <div className="bar course-end px-4!">
            <TabStrip label="Document" tabs={[["fields", "Fields"] as const, ["json", "JSON"] as const]} />
            <span className="ml-auto text-sm text-fg-3 cut" title={toDate(base.updatedAt)}>
              revision {base.rev} · {toAgo(base.updatedAt, Date.now())}
            </span>
          </div>
          <TabPanel value="fields" className="scroll" tabIndex={-1}>
            <FieldList base={base.data} data={data} edit={edit} onChange={change} />
          </TabPanel>
          <TabPanel value="json" className="scroll flex flex-col" tabIndex={-1}>
            <JsonTab data={data} onChange={change} onValid={setIsValid} onSubmit={submit} />
          </TabPanel>
          {(isDirty || !isValid) && (
            <SaveBar
              changes={changes}
              rev={base.rev}
              newer={newer}
              isValid={isValid}
              busy={save.isPending}
              error={
                save.error && !(isRequestError(save.error) && save.error.status === 412)
                  ? messageOf(save.error)
                  : undefined
              }
              onCompare={() => newer && setConflict(newer)}
              onSave={submit}
              onDiscard={discard}
            />
          )}
        </TabRoot>
      )}
      {isHidden && <p className="visually-hidden">This document is being deleted.</p>}
      {blocker.status === "blocked" && (
        <FormDialog
          title="Leave without saving?"
          submit="Discard and leave"
          danger
          onClose={blocker.reset}
          onSubmit={blocker.proceed}
        >
          <p className="text-fg-2">
            {plural(changes.length, "change")} to {title} {changes.length === 1 ? "is" : "are"} not saved.
          </p>
        </FormDialog>
      )}
    </aside>
  )
}
