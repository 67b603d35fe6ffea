import type { Project } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { useStore } from "../../model/external.ts"
import { toDate } from "../../model/format.ts"
import { changePrefs, prefs } from "../../prefs.ts"
import { projectQuery, queryClient } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { Field, Segments } from "../../ui/form.tsx"
import { Failed, messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { Transfer } from "./transfer.tsx"

/** The project's name, how this person likes the console, and the end of the project. */
export function GeneralScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/general" })
  const project = useQuery(projectQuery(p))
  return (
    <section className="pane grow" data-pane="" aria-label="General settings">
      <div className="bar head course-end">
        <h1>General</h1>
      </div>
      <div className="scroll">
        {project.isPending && (
          <div className="setting project-setting" role="status" aria-label="Loading the project">
            <span className="bone w-40" />
          </div>
        )}
        {project.isError && (
          <Failed title="The project could not be read" error={project.error} onRetry={() => void project.refetch()} />
        )}
        {project.data && <ProjectForm key={project.data.name} project={project.data} />}
        <Appearance />
        {project.data?.role === "owner" && (
          <>
            <Transfer project={project.data} />
            <Danger project={project.data} />
          </>
        )}
      </div>
    </section>
  )
}

function ProjectForm({ project }: { project: Project }) {
  const [name, setName] = useState(project.name)
  const isDirty = name.trim() !== project.name && name.trim() !== ""
  const rename = useMutation({
    mutationFn: () => admin.projects.rename(project.slug, name.trim()),
    onSuccess: (next) => {
      queryClient.setQueryData(projectQuery(project.slug).queryKey, next)
      void queryClient.invalidateQueries({ queryKey: ["projects"] })
      showToast({ tone: "ok", title: "Saved", text: next.name })
    },
  })
  useActions([
    isDirty && {
      id: "save-project",
      title: "Save the project's name",
      group: "Do",
      keys: "mod+s",
      inFields: true,
      run: () => rename.mutate(),
    },
  ])
  return (
    <form
      className="setting project-setting"
      aria-label="Project"
      onSubmit={(event) => {
        event.preventDefault()
        if (isDirty) rename.mutate()
      }}
    >
      <h2>Project</h2>
      <div className="grid gap-4 max-w-[420px]">
        <Field
          label="Name"
          value={name}
          error={fieldError(rename.error, "name") ?? formError(rename.error, ["name"])}
          onChange={(event) => setName(event.target.value)}
        />
        <div>
          <div className="label">Address</div>
          <div className="flex items-center gap-1">
            <span className="mono text-fg-2">{project.slug}</span>
            <CopyIcon text={project.slug} label="Copy the address" />
            <span className="hint">created {toDate(project.createdAt)}</span>
          </div>
        </div>
        <div>
          <Button type="submit" look="ink" keys="mod+s" disabled={!isDirty} busy={rename.isPending}>
            Save
          </Button>
        </div>
      </div>
    </form>
  )
}

function Appearance() {
  const { theme, density, letters } = useStore(prefs)
  return (
    <section className="setting" aria-label="This browser">
      <h2>This browser</h2>
      <div className="grid gap-3">
        <Choice label="Theme">
          <Segments
            label="Theme"
            value={theme}
            choices={[
              ["system", "As the system"],
              ["light", "Light"],
              ["dark", "Dark"],
            ]}
            onChange={(next) => changePrefs({ theme: next })}
          />
        </Choice>
        <Choice label="Rows">
          <Segments
            label="Rows"
            value={density}
            choices={[
              ["compact", "Compact"],
              ["comfortable", "Comfortable"],
            ]}
            onChange={(next) => changePrefs({ density: next })}
          />
        </Choice>
        <Choice label="Shortcuts of one letter">
          <Segments
            label="Shortcuts of one letter"
            value={letters ? "on" : "off"}
            choices={[
              ["on", "On"],
              ["off", "Off"],
            ]}
            onChange={(next) => changePrefs({ letters: next === "on" })}
          />
        </Choice>
      </div>
    </section>
  )
}

function Choice({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex items-center flex-wrap gap-2">
      <span className="w-44 text-fg-2">{label}</span>
      {children}
    </div>
  )
}

function Danger({ project }: { project: Project }) {
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => admin.projects.delete(project.slug),
    onSuccess: async () => {
      await navigate({ to: "/projects" })
      queryClient.removeQueries({ queryKey: ["p", project.slug] })
      queryClient.removeQueries({ queryKey: ["project", project.slug] })
      void queryClient.invalidateQueries({ queryKey: ["projects"] })
    },
  })
  return (
    <section className="setting" aria-label="Delete the project">
      <h2>Delete the project</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        Its documents, functions, keys and logs go with it. There is no way back.
      </p>
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete project…
      </Button>
      {asking && (
        <TypedConfirm
          title={`Delete ${project.name}`}
          name={project.slug}
          submit="Delete project"
          busy={remove.isPending}
          error={remove.error ? messageOf(remove.error) : undefined}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p className="text-fg-2">Everything in it goes at once, and apps that use its keys stop working.</p>
        </TypedConfirm>
      )}
    </section>
  )
}
