import type { CollectionInfo } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { Copy, Ellipsis, ShieldCheck, Trash2 } from "lucide-react"
import { type ReactNode, useState } from "react"
import { useActions } from "../../actions.ts"
import { exact } from "../../frame/rail.tsx"
import { plural, toCount } from "../../model/format.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { copyText, IconButton } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Menu, MenuItem } from "../../ui/menu.tsx"
import { messageOf } from "../../ui/state.tsx"
import { TabWord } from "../../ui/tabs.tsx"

interface HeadProps {
  p: string
  c: string
  collection: CollectionInfo | undefined
  tab: "documents" | "indexes" | "rules"
  children?: ReactNode
}

/** The name of the collection, its tabs, and what can be done with the whole of it. */
export function CollectionHead({ p, c, collection, tab, children }: HeadProps) {
  const navigate = useNavigate()
  const [deleting, setDeleting] = useState(false)
  useActions([
    {
      id: "tab-documents",
      title: "Documents",
      group: "Go to",
      hint: c,
      quiet: tab === "documents",
      run: () => void navigate({ to: "/projects/$p/collections/$c", params: { p, c } }),
    },
    {
      id: "tab-indexes",
      title: "Indexes",
      group: "Go to",
      hint: c,
      quiet: tab === "indexes",
      run: () => void navigate({ to: "/projects/$p/collections/$c/indexes", params: { p, c } }),
    },
    {
      id: "tab-rules",
      title: "Rules",
      group: "Go to",
      hint: `who may do what with ${c}`,
      icon: ShieldCheck,
      quiet: tab === "rules",
      run: () => void navigate({ to: "/projects/$p/collections/$c/rules", params: { p, c } }),
    },
    {
      id: "delete-collection",
      title: "Delete this collection…",
      group: "Do",
      hint: c,
      icon: Trash2,
      run: () => setDeleting(true),
    },
  ])
  return (
    <div className="bar head tabbed">
      <h1 className="cut not-phone">{c}</h1>
      <nav className="tabs sm:ml-5" aria-label={`Collection ${c}`}>
        <Link
          to="/projects/$p/collections/$c"
          params={{ p, c }}
          activeOptions={exact}
          aria-current={tab === "documents" ? "page" : undefined}
        >
          <TabWord>Documents</TabWord>
          <span className="n">{collection ? toCount(collection.count) : ""}</span>
        </Link>
        <Link
          to="/projects/$p/collections/$c/indexes"
          params={{ p, c }}
          activeOptions={exact}
          aria-current={tab === "indexes" ? "page" : undefined}
        >
          <TabWord>Indexes</TabWord>
          <span className="n">{collection?.indexes.length ?? ""}</span>
        </Link>
        <Link
          to="/projects/$p/collections/$c/rules"
          params={{ p, c }}
          activeOptions={exact}
          aria-current={tab === "rules" ? "page" : undefined}
        >
          <TabWord>Rules</TabWord>
        </Link>
      </nav>
      <div className="ml-auto flex items-center gap-2">
        <Menu trigger={<IconButton icon={Ellipsis} label="More for this collection" />}>
          <MenuItem icon={Copy} onSelect={() => void copyText(`${location.origin}/v1/projects/${p}/collections/${c}`)}>
            Copy its address
          </MenuItem>
          <MenuItem icon={Trash2} danger onSelect={() => setDeleting(true)}>
            Delete collection…
          </MenuItem>
        </Menu>
        {children}
      </div>
      {deleting && <DeleteCollection p={p} c={c} count={collection?.count ?? 0} onClose={() => setDeleting(false)} />}
    </div>
  )
}

function DeleteCollection({ p, c, count, onClose }: { p: string; c: string; count: number; onClose: () => void }) {
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => admin.collections.delete(p, c),
    onSuccess: async () => {
      await navigate({ to: "/projects/$p/collections", params: { p } })
      refresh(p, "collections", "collection", "documents")
    },
  })
  return (
    <TypedConfirm
      title={`Delete ${c}`}
      name={c}
      submit="Delete collection"
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        {plural(count, "document")}, {count === 1 ? "its" : "their"} indexes and the rules go with it. There is no way
        back.
      </p>
    </TypedConfirm>
  )
}
