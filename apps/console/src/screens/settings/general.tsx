import type { Project } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { useStore } from "../../model/external.ts"
import { changePrefs, prefs } from "../../prefs.ts"
import { projectQuery, queryClient } from "../../queries.ts"
import { admin } from "../../session.ts"
import { Segments } from "../../ui/form.tsx"
import { Failed } from "../../ui/state.tsx"
import { DeletePlace, NameForm } from "./place-settings.tsx"
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
        {project.data && <ProjectName key={project.data.name} project={project.data} />}
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

function ProjectName({ project }: { project: Project }) {
  const rename = async (name: string): Promise<Project> => {
    const next = await admin.projects.rename(project.slug, name)
    queryClient.setQueryData(projectQuery(project.slug).queryKey, next)
    void queryClient.invalidateQueries({ queryKey: ["projects"] })
    return next
  }
  return <NameForm kind="project" place={project} onRename={rename} />
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
  const remove = async (): Promise<void> => {
    await admin.projects.delete(project.slug)
    await navigate({ to: "/projects" })
    queryClient.removeQueries({ queryKey: ["p", project.slug] })
    queryClient.removeQueries({ queryKey: ["project", project.slug] })
    void queryClient.invalidateQueries({ queryKey: ["projects"] })
  }
  return (
    <DeletePlace
      kind="project"
      place={project}
      what="Its documents, functions, keys and logs go with it. There is no way back."
      onDelete={remove}
    >
      Everything in it goes at once, and apps that use its keys stop working.
    </DeletePlace>
  )
}
