import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { ChevronsUpDown, FolderOpen, Plus, SlidersHorizontal } from "lucide-react"
import { useState } from "react"
import { orgsQuery, projectsQuery, queryClient } from "../queries.ts"
import { fieldError, formError } from "../screens/account-form.tsx"
import { admin } from "../session.ts"
import { FormDialog } from "../ui/dialog.tsx"
import { Field } from "../ui/form.tsx"
import { Menu, MenuItem, MenuLabel, MenuLine } from "../ui/menu.tsx"

/** The organization of where one is, and the way to others. */
export function OrgSwitcher() {
  const { p, o } = useParams({ strict: false })
  const { org: wanted } = useSearch({ strict: false })
  const orgs = useQuery(orgsQuery())
  const projects = useQuery(projectsQuery())
  const navigate = useNavigate()
  const [creating, setCreating] = useState(false)
  const all = orgs.data?.items ?? []
  const project = projects.data?.items.find(({ slug, id }) => p !== undefined && (slug === p || id === p))
  const ref = project?.organization?.id ?? o ?? wanted
  const current = all.find(({ slug, id }) => slug === ref || id === ref)
  // A guest of one project is not in its organization, and only sees whose it is.
  const title = current?.name ?? project?.organization?.name ?? (p === undefined ? "All organizations" : undefined)
  if (title === undefined) return null
  return (
    <>
      {current === undefined && p !== undefined ? (
        <span className="crumb cut">{title}</span>
      ) : (
        <Link
          className="crumb"
          to="/projects"
          search={current ? { org: current.slug } : {}}
          style={{ paddingRight: 2 }}
        >
          <span className="cut">{title}</span>
        </Link>
      )}
      <Menu
        align="start"
        trigger={
          <button type="button" className="crumb" aria-label="Switch organization" style={{ padding: "0 6px" }}>
            <ChevronsUpDown className="i" />
          </button>
        }
      >
        <MenuLabel>Organizations</MenuLabel>
        {all.map((org) => (
          <MenuItem
            key={org.id}
            icon={FolderOpen}
            onSelect={() => void navigate({ to: "/projects", search: { org: org.slug } })}
          >
            {org.name}
            {org.personal && <span className="tag ml-2">you</span>}
          </MenuItem>
        ))}
        <MenuLine />
        {current && (
          <MenuItem
            icon={SlidersHorizontal}
            onSelect={() => void navigate({ to: "/orgs/$o/members", params: { o: current.slug } })}
          >
            Members and settings
          </MenuItem>
        )}
        <MenuItem icon={Plus} onSelect={() => setCreating(true)}>
          New organization
        </MenuItem>
      </Menu>
      {creating && <NewOrganization onClose={() => setCreating(false)} />}
      {p !== undefined && <span className="slash" />}
    </>
  )
}

export function NewOrganization({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState("")
  const create = useMutation({
    mutationFn: () => admin.organizations.create({ name: name.trim() }),
    onSuccess: async (made) => {
      await queryClient.invalidateQueries({ queryKey: ["orgs"] })
      onClose()
      await navigate({ to: "/orgs/$o/members", params: { o: made.slug } })
    },
  })
  return (
    <FormDialog
      title="New organization"
      submit="Create organization"
      busy={create.isPending}
      disabled={name.trim() === ""}
      error={formError(create.error, ["name"])}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        autoFocus
        value={name}
        error={fieldError(create.error, "name")}
        hint="Its members are in all of its projects. You own it."
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  )
}
