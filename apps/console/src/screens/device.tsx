import { useMutation } from "@tanstack/react-query"
import { Link, useSearch } from "@tanstack/react-router"
import { Check, X } from "lucide-react"
import { type FormEvent, useState } from "react"
import { toDate } from "../model/format.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"
import { Wall, Wordmark } from "./wall.tsx"

const { device } = admin.auth

/** A program asks to be let in. The person compares the code with the one it shows, and decides. */
export function DeviceScreen() {
  const { code: given = "" } = useSearch({ from: "/device" })
  const [code, setCode] = useState(given)
  const look = useMutation({ mutationFn: () => device.check(code) })
  const decide = useMutation({ mutationFn: (approve: boolean) => device.decide({ userCode: code, approve }) })
  const send = (event: FormEvent): void => {
    event.preventDefault()
    look.mutate()
  }
  return (
    <Wall heightPx={580}>
      <div className="in">
        <Wordmark />
        {decide.isSuccess ? (
          <Decided approved={decide.variables} />
        ) : look.data ? (
          <>
            <h1>Let this program in?</h1>
            <p className="lead">It will act as you. Only if you started it, and it shows this code:</p>
            <p className="mono text-xl font-strong my-4">{code.toUpperCase()}</p>
            <dl className="text-fg-2 grid gap-1">
              <div>
                <dt className="label">Program</dt>
                <dd className="break-all">{look.data.userAgent || "says nothing of itself"}</dd>
              </div>
              <div>
                <dt className="label">From</dt>
                <dd>
                  {look.data.address}, {toDate(look.data.startedAt)}
                </dd>
              </div>
            </dl>
            {decide.isError && (
              <p className="wrong" role="alert">
                {messageOf(decide.error)}
              </p>
            )}
            <div className="grid gap-2 mt-5">
              <Button large look="ink" icon={Check} busy={decide.isPending} onClick={() => decide.mutate(true)}>
                Let it in
              </Button>
              <Button large icon={X} disabled={decide.isPending} onClick={() => decide.mutate(false)}>
                Refuse
              </Button>
            </div>
          </>
        ) : (
          <>
            <h1>Let a program in</h1>
            <p className="lead">Such as the ashlar command, which shows a code and waits for you.</p>
            <form onSubmit={send} className="mt-2">
              <Field
                large
                mono
                label="Code"
                autoFocus
                required
                minLength={8}
                maxLength={32}
                autoComplete="one-time-code"
                spellCheck={false}
                placeholder="BCDF-GHJK"
                value={code}
                error={look.isError ? messageOf(look.error) : undefined}
                onChange={(event) => setCode(event.target.value)}
              />
              <Button type="submit" large look="ink" className="mt-5" busy={look.isPending}>
                Continue
              </Button>
            </form>
          </>
        )}
      </div>
    </Wall>
  )
}

function Decided({ approved }: { approved: boolean }) {
  return (
    <>
      <h1>{approved ? "It is in" : "It was refused"}</h1>
      <p className="lead">
        {approved
          ? "The program goes on by itself. Its session is among yours, where you can end it."
          : "Nobody was let in. If you did not start it, somebody else tried."}
      </p>
      <p className="mt-4">
        <Link className="link" to="/projects">
          On to your projects
        </Link>
      </p>
    </>
  )
}
