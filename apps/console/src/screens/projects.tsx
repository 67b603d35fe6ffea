import type { Organization, Project } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { type FormEvent, useDeferredValue, useRef, useState } from "react"
import { useActions } from "../actions.ts"
import { TopBar } from "../frame/top-bar.tsx"
import { orgsQuery, projectsQuery, queryClient } from "../queries.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { FormDialog } from "../ui/dialog.tsx"
import { Field, Select } from "../ui/form.tsx"
import { Ago, List, ListTable } from "../ui/list.tsx"
import { Blank } from "../ui/state.tsx"
import { fieldError, formError } from "./account-form.tsx"
import { managesPeople } from "./organization/org-roles.ts"

/** Find a project, or make one; it can be used within a second. */
export function ProjectsScreen() {
  const { org } = useSearch({ from: "/signed-in/projects" })
  const projects = useQuery(projectsQuery())
  const orgs = useQuery(orgsQuery())
  const current = orgs.data?.items.find(({ slug, id }) => slug === org || id === org)
  const [creating, setCreating] = useState(false)
  const [search, setSearch] = useState("")
  const shown = useDeferredValue(search).toLowerCase()
  const input = useRef<HTMLInputElement>(null)
  useActions([
    { id: "new-project", title: "New project", group: "Do", icon: Plus, keys: "n", run: () => setCreating(true) },
    {
      id: "find-project",
      title: "Filter projects",
      group: "Do",
      keys: "/",
      quiet: true,
      run: () => input.current?.focus(),
    },
  ])
  // An organization that is not one's own to see has no projects here.
  const isHere = (project: Project): boolean => org === undefined || project.organization?.id === current?.id
  const all = (projects.data?.items ?? []).filter(isHere)
  const found = all.filter((project) => `${project.name} ${project.slug}`.toLowerCase().includes(shown))
  return (
    <div className="app app-bare">
      <TopBar />
      <main className="main" id="main" tabIndex={-1} data-pane="">
        <div className="bar head course-end">
          <h1>Projects</h1>
          {all.length > 0 && (
            <span className="hint" role="status">
              {shown === "" ? all.length : `${found.length} of ${all.length}`}
            </span>
          )}
          <div className="ml-auto flex gap-2 items-center">
            {all.length > 0 && (
              <input
                ref={input}
                className="field w-52 not-phone"
                aria-label="Filter projects"
                placeholder="Filter"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
              />
            )}
            <Button look="ink" icon={Plus} keys="n" onClick={() => setCreating(true)}>
              New project
            </Button>
          </div>
        </div>
        <List
          query={projects}
          what="projects"
          count={all.length}
          blank={<NoProject onCreate={() => setCreating(true)} />}
        >
          <ProjectTable projects={found} />
        </List>
        {creating && <NewProject org={current} onClose={() => setCreating(false)} />}
      </main>
    </div>
  )
}

function ProjectTable({ projects }: { projects: readonly Project[] }) {
  return (
    <div className="scroll">
      <ListTable heads={["Name", "Address", "Organization", ["Your role", "w-36"], ["Created", "r w-32"]]}>
        {projects.map((project) => (
          <tr key={project.id}>
            <td>
              <Link className="font-strong hover:underline" to="/projects/$p" params={{ p: project.slug }}>
                {project.name}
              </Link>
            </td>
            <td className="mono text-fg-2">{project.slug}</td>
            <td className="text-fg-2">{project.organization?.name}</td>
            <td className="text-fg-2">{project.role}</td>
            <Ago at={project.createdAt} last />
          </tr>
        ))}
        {projects.length === 0 && (
          <tr>
            <td colSpan={5} className="text-fg-2">
              No project is called that.
            </td>
          </tr>
        )}
      </ListTable>
    </div>
  )
}

function NoProject({ onCreate }: { onCreate: () => void }) {
  return (
    <Blank
      title="No project yet"
      actions={
        <Button icon={Plus} onClick={onCreate}>
          New project
        </Button>
      }
    >
      <p>A project holds collections, functions and keys, and shares nothing with other projects.</p>
      <pre className="code mt-3 p-3 bg-sunken border border-joint rounded">{`ashlar login ${location.origin}\nashlar projects create my-project`}</pre>
    </Blank>
  )
}

/** The address the server will derive, so that nobody is surprised by it. */
function toSlug(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-\d]+|-+$/g, "")
    .slice(0, 40)
}

function NewProject({ org, onClose }: { org: Organization | undefined; onClose: () => void }) {
  const navigate = useNavigate()
  const orgs = useQuery(orgsQuery())
  const places = (orgs.data?.items ?? []).filter(({ role }) => managesPeople(role))
  const [place, setPlace] = useState(org && managesPeople(org.role) ? org.slug : "personal")
  const [name, setName] = useState("")
  const [slug, setSlug] = useState("")
  const create = useMutation({
    mutationFn: () => admin.projects.create({ name: name.trim(), organization: place, ...(slug !== "" && { slug }) }),
    onSuccess: async (project) => {
      await queryClient.invalidateQueries({ queryKey: ["projects"] })
      await navigate({ to: "/projects/$p", params: { p: project.slug } })
    },
  })
  const submit = (event?: FormEvent): void => {
    event?.preventDefault()
    create.mutate()
  }
  return (
    <FormDialog
      title="New project"
      submit="Create project"
      busy={create.isPending}
      disabled={name.trim() === ""}
      error={formError(create.error, ["name", "slug"])}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label="Name"
        autoFocus
        value={name}
        error={fieldError(create.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label="Address"
        mono
        placeholder={toSlug(name) || "made from the name"}
        value={slug}
        error={fieldError(create.error, "slug")}
        hint="Optional. Small letters, digits and hyphens; it cannot be changed later."
        onChange={(event) => setSlug(event.target.value)}
      />
      {places.length > 1 && (
        <Select
          label="Organization"
          value={place}
          choices={places.map(({ slug: choice, name: text }) => [choice, text] as const)}
          onChange={setPlace}
        />
      )}
    </FormDialog>
  )
}
