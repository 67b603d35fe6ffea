import { isRequestError, type SetupState } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { CornerDownLeft, Link2 } from "lucide-react"
import { type FormEvent, useState } from "react"
import { driverName } from "../frame/rail.tsx"
import { useStore } from "../model/external.ts"
import { toRemaining } from "../model/format.ts"
import { admin, sessionState } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"
import { AccountForm, fieldError, formError } from "./account-form.tsx"
import { Steps, Wall, Wordmark } from "./wall.tsx"

/** The first administrator, then the first project. Nothing about the install is shown before the link has proved itself. */
export function SetupScreen() {
  const { token } = useSearch({ from: "/setup" })
  const session = useStore(sessionState)
  const [made, setMade] = useState(false)
  const check = useQuery({
    queryKey: ["setup", token],
    enabled: token !== undefined && !made,
    queryFn: () => admin.setup.check(token ?? ""),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (made && session.status === "in")
    return (
      <Wall heightPx={690} facts={check.data ? factsOf(check.data) : []}>
        <FirstProject name={session.user.name} />
        <Steps steps={["Account", "First project"]} current={1} />
      </Wall>
    )
  if (check.data && token !== undefined)
    return (
      <Wall heightPx={690} facts={factsOf(check.data)}>
        <FirstAdministrator token={token} state={check.data} onMade={() => setMade(true)} />
        <Steps steps={["Account", "First project"]} current={0} />
      </Wall>
    )
  return (
    <Wall heightPx={390}>
      <NoLink
        token={token}
        checking={check.isPending && token !== undefined}
        error={check.error}
        onRetry={() => void check.refetch()}
      />
    </Wall>
  )
}

function factsOf(state: SetupState): readonly (readonly [string, string])[] {
  const runtimes = Object.entries(state.functions).filter(([, isolation]) => isolation !== "unavailable")
  const isolations = [...new Set(runtimes.map(([, isolation]) => isolation))]
  const functions =
    isolations.length === 1
      ? `${runtimes.map(([name]) => name).join(", ")} · ${isolations[0]}`
      : runtimes.map((entry) => entry.join(" ")).join(" · ")
  return [
    ["Listening", location.origin],
    ["Database", `${driverName(state.database)} · ${state.durability}`],
    ["Functions", functions || "no runtime available"],
    ["Version", state.version],
    ["Sign-ups", state.signups === "closed" ? "closed after the first administrator" : "open to everybody"],
  ]
}

function FirstAdministrator({ token, state, onMade }: { token: string; state: SetupState; onMade: () => void }) {
  const create = useMutation({
    mutationFn: (input: { name: string; email: string; password: string }) => admin.setup.complete({ token, ...input }),
    onSuccess: onMade,
  })
  return (
    <div className="in">
      <Wordmark />
      <h1>Lay the first stone</h1>
      <p className="lead">This link makes the first administrator of this install. It works once, then it is gone.</p>
      <div className="notice mt-5 mb-5 items-center">
        <Link2 className="i" />
        <span className="grow">
          <b>One-time link</b> <span className="text-fg-2">from your terminal</span>
        </span>
        <span className="text-fg-2">{toRemaining(state.expiresAt, Date.now())} left</span>
      </div>
      <AccountForm
        submit="Create administrator"
        busy={create.isPending}
        error={create.error}
        onSubmit={create.mutate}
      />
    </div>
  )
}

function NoLink({
  token,
  checking,
  error,
  onRetry,
}: {
  token: string | undefined
  checking: boolean
  error: unknown
  onRetry: () => void
}) {
  const spent = isRequestError(error) && error.status === 410
  return (
    <div className="in">
      <Wordmark />
      {checking ? (
        <div role="status" aria-label="Checking the link">
          <h1>Checking the link</h1>
          <p className="lead">
            <span className="bone w-full" />
            <span className="bone w-2/3" />
          </p>
        </div>
      ) : (
        <>
          <h1>
            {token === undefined ? "A link is needed" : spent ? "This link is spent" : "The link could not be checked"}
          </h1>
          <p className="lead" role="alert">
            {token === undefined &&
              "The first administrator signs up with a one-time link, which the server prints when it starts."}
            {spent &&
              "It was used, or it is older than 24 hours. If there is no administrator yet, start the server again: it prints a new link."}
            {token !== undefined && !spent && messageOf(error)}
          </p>
          <pre className="code mt-5 p-3 bg-sunken border border-joint rounded">npm start</pre>
          <div className="flex gap-2 mt-5">
            <Link className="btn" to="/sign-in">
              Sign in instead
            </Link>
            {token !== undefined && !spent && <Button onClick={onRetry}>Try again</Button>}
          </div>
        </>
      )}
    </div>
  )
}

function FirstProject({ name }: { name: string }) {
  const navigate = useNavigate()
  const [project, setProject] = useState("")
  const create = useMutation({
    mutationFn: () => admin.projects.create({ name: project.trim() }),
    onSuccess: ({ slug }) => navigate({ to: "/projects/$p", params: { p: slug } }),
  })
  const send = (event: FormEvent): void => {
    event.preventDefault()
    create.mutate()
  }
  const wrong = formError(create.error, ["name"])
  return (
    <div className="in">
      <Wordmark />
      <h1>Name the first project</h1>
      <p className="lead">
        Welcome, {name}. A project holds collections, functions and keys, and shares nothing with other projects.
      </p>
      <form onSubmit={send} className="mt-5">
        <Field
          large
          label="Project"
          name="project"
          required
          autoFocus
          value={project}
          error={fieldError(create.error, "name")}
          hint="Any name. Its address is made from it."
          onChange={(event) => setProject(event.target.value)}
        />
        {wrong !== undefined && (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
        <Button type="submit" large look="ink" className="mt-5" busy={create.isPending}>
          Create project
          <CornerDownLeft className="i s" />
        </Button>
      </form>
      <p className="mt-4">
        <Link className="link" to="/projects">
          Do it later
        </Link>
      </p>
    </div>
  )
}
