import { isRequestError } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { Navigate, useRouter, useSearch } from "@tanstack/react-router"
import { CornerDownLeft } from "lucide-react"
import { type FormEvent, useEffect, useState } from "react"
import { useStore } from "../model/external.ts"
import { admin, knowSession, sessionState } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"
import { PasswordField } from "./account-form.tsx"
import { Wall, Wordmark } from "./wall.tsx"

/** Coming back. A wrong pair never says which half was wrong. */
export function SignInScreen() {
  const { to } = useSearch({ from: "/sign-in" })
  const router = useRouter()
  const session = useStore(sessionState)
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const signIn = useMutation({
    mutationFn: () => admin.auth.signIn({ email: email.trim(), password }),
    onSuccess: () => router.history.push(to ?? "/projects"),
  })
  useEffect(() => {
    // The cookie may still hold a session; a server that cannot be reached is met when signing in.
    knowSession().catch(() => {})
  }, [])
  const waitSeconds = useWait(signIn.error)
  if (session.status === "in" && signIn.isIdle) return <Navigate to={to ?? "/projects"} replace />
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (waitSeconds === 0) signIn.mutate()
  }
  return (
    <Wall heightPx={480}>
      <div className="in">
        <Wordmark />
        <h1>Sign in</h1>
        <p className="lead">
          {to !== undefined && to !== "/projects" ? "Then on to where you were going." : location.host}
        </p>
        <form onSubmit={send} className="mt-2">
          <div className="label">
            <Field
              large
              label="Email"
              name="email"
              type="email"
              autoComplete="username webauthn"
              required
              autoFocus
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </div>
          <PasswordField value={password} onChange={setPassword} autoComplete="current-password" />
          {signIn.isError && (
            <p className="wrong" role="alert">
              {waitSeconds > 0 ? `Too many attempts. Try again in ${waitSeconds} s.` : messageOf(signIn.error)}
            </p>
          )}
          <Button type="submit" large look="ink" className="mt-5" busy={signIn.isPending} disabled={waitSeconds > 0}>
            Sign in
            <CornerDownLeft className="i s" />
          </Button>
        </form>
        <p className="hint mt-4">No account? Ask an owner of your project for an invitation.</p>
      </div>
    </Wall>
  )
}

/** How many seconds the server asked to wait, counted down. */
function useWait(error: unknown): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    const waitMs = isRequestError(error) && error.status === 429 ? (error.retryAfterMs ?? 0) : 0
    const untilMs = Date.now() + waitMs
    const tick = (): void => setLeft(Math.max(0, Math.ceil((untilMs - Date.now()) / 1_000)))
    tick()
    if (waitMs === 0) return
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [error])
  return left
}
