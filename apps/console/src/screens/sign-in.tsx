import { type SecondStep, type SignInWays, secondStepOf, showPasskey } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Navigate, useRouter, useSearch } from "@tanstack/react-router"
import { CornerDownLeft, Fingerprint } from "lucide-react"
import { type FormEvent, useEffect, useState } from "react"
import { useStore } from "../model/external.ts"
import { hasPasskeys, passkeyProblem } from "../model/passkeys.ts"
import { admin, knowSession, sessionState } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"
import { PasswordField } from "./account-form.tsx"
import { SecondStepScreen, useWait } from "./second-step-screen.tsx"
import { OtherWays, waysQuery } from "./sign-in-ways.tsx"
import { Wall, Wordmark } from "./wall.tsx"

/** Coming back. A wrong pair never says which half was wrong. */
export function SignInScreen() {
  const { to } = useSearch({ from: "/sign-in" })
  const router = useRouter()
  const session = useStore(sessionState)
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const [step, setStep] = useState<SecondStep>()
  const goOn = (): void => router.history.push(to ?? "/projects")
  const signIn = useMutation({
    mutationFn: () => admin.auth.signIn({ email: email.trim(), password }),
    onSuccess: goOn,
    onError: (error) => setStep(secondStepOf(error)),
  })
  const byPasskey = useMutation({
    mutationFn: async () => admin.auth.passkey.signIn(await showPasskey(await admin.auth.passkey.options())),
    onSuccess: goOn,
  })
  useEffect(() => {
    // The cookie may still hold a session; a server that cannot be reached is met when signing in.
    knowSession().catch(() => {})
  }, [])
  const ways = useQuery(waysQuery())
  const waitSeconds = useWait(signIn.error)
  if (step !== undefined) {
    const begin = (): void => {
      signIn.reset()
      setPassword("")
      setStep(undefined)
    }
    return <SecondStepScreen step={step} onDone={goOn} onBegin={begin} />
  }
  const isIdle = signIn.isIdle && byPasskey.isIdle
  if (session.status === "in" && isIdle) return <Navigate to={to ?? "/projects"} replace />
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (waitSeconds === 0) signIn.mutate()
  }
  return (
    <Wall heightPx={heightOf(ways.data)}>
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
        {hasPasskeys && (
          <>
            {byPasskey.isError && (
              <p className="wrong mt-4" role="alert">
                {passkeyProblem(byPasskey.error)}
              </p>
            )}
            <Button
              large
              className="mt-3"
              icon={Fingerprint}
              busy={byPasskey.isPending}
              onClick={() => byPasskey.mutate()}
            >
              Sign in with a passkey
            </Button>
          </>
        )}
        <OtherWays ways={ways.data} to={to} />
        <p className="hint mt-4">No account? Ask an owner of your project for an invitation.</p>
      </div>
    </Wall>
  )
}

/** How much room the form needs with what it offers. */
function heightOf(ways: SignInWays | undefined): number {
  const rows = (hasPasskeys ? 1 : 0) + (ways?.mail === true ? 1 : 0) + (ways?.providers.length ?? 0)
  return 440 + rows * 50
}
