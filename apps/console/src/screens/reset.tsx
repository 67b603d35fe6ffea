import { isRequestError } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useSearch } from "@tanstack/react-router"
import { CornerDownLeft } from "lucide-react"
import { type FormEvent, type ReactNode, useState } from "react"
import { toRemaining } from "../model/format.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { messageOf } from "../ui/state.tsx"
import { fieldError, formError, PasswordField } from "./account-form.tsx"
import { Wall, Wordmark } from "./wall.tsx"

/** Somebody lost their password, and has a link of `ashlar people reset`. */
export function ResetScreen() {
  const { token = "" } = useSearch({ from: "/reset" })
  const [password, setPassword] = useState("")
  const check = useQuery({
    queryKey: ["reset", token],
    queryFn: () => admin.reset.check(token),
    enabled: token !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const reset = useMutation({ mutationFn: () => admin.reset.complete({ token, password }) })
  if (reset.isSuccess)
    return (
      <Told title="The password is set" text="You are signed out everywhere. Sign in with the new password.">
        <Link className="btn" to="/sign-in">
          Sign in
        </Link>
      </Told>
    )
  if (check.data === undefined) {
    if (check.isLoading) return <Told title="Checking the link" text="One moment." />
    const spent = token === "" || (isRequestError(check.error) && [410, 422].includes(check.error.status))
    const text = spent
      ? "It was used, it is older than an hour, or a newer one replaced it. Ask whoever runs this install for another."
      : messageOf(check.error)
    return (
      <Told title={spent ? "This link is spent" : "The link could not be checked"} text={text} isAlert>
        {!spent && <Button onClick={() => void check.refetch()}>Try again</Button>}
        <Link className="btn" to="/sign-in">
          Sign in instead
        </Link>
      </Told>
    )
  }
  const { email, factors, expiresAt } = check.data
  const wrong = formError(reset.error, ["password"])
  const send = (event: FormEvent): void => {
    event.preventDefault()
    reset.mutate()
  }
  return (
    <Wall heightPx={390}>
      <div className="in">
        <Wordmark />
        <h1>Set a new password</h1>
        <p className="lead">
          For <b>{email}</b>. It ends all your sessions
          {factors ? ", and takes your second factors away" : ""}. {toRemaining(expiresAt, Date.now())} left.
        </p>
        <form onSubmit={send}>
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          <PasswordField
            rate
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            error={fieldError(reset.error, "password")}
          />
          {wrong !== undefined && (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
          <Button type="submit" large look="ink" className="mt-5" busy={reset.isPending}>
            Set the password
            <CornerDownLeft className="i s" />
          </Button>
        </form>
      </div>
    </Wall>
  )
}

interface ToldProps {
  readonly title: string
  readonly text: string
  readonly isAlert?: boolean
  readonly children?: ReactNode
}

function Told({ title, text, isAlert = false, children }: ToldProps) {
  return (
    <Wall heightPx={390}>
      <div className="in">
        <Wordmark />
        <h1>{title}</h1>
        <p className="lead" role={isAlert ? "alert" : "status"}>
          {text}
        </p>
        <div className="flex gap-2 mt-5">{children}</div>
      </div>
    </Wall>
  )
}
