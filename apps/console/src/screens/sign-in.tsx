import { type FactorProof, isRequestError, type SecondStep, secondStepOf, showPasskey } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
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
import { ProofForm } from "./second-step.tsx"
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
    <Wall heightPx={hasPasskeys ? 540 : 480}>
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
        <p className="hint mt-4">No account? Ask an owner of your project for an invitation.</p>
      </div>
    </Wall>
  )
}

interface SecondStepProps {
  readonly step: SecondStep
  readonly onDone: () => void
  readonly onBegin: () => void
}

/** The password was right; there is a second factor. */
function SecondStepScreen({ step: { ticket, factors }, onDone, onBegin }: SecondStepProps) {
  const { secondStep } = admin.auth
  const prove = useMutation({
    mutationFn: (proof: FactorProof) => secondStep.finish({ ticket, ...proof }),
    onSuccess: onDone,
  })
  const passkey = useMutation({
    mutationFn: async () =>
      secondStep.finish({ ticket, passkey: await showPasskey(await secondStep.passkeyOptions(ticket)) }),
    onSuccess: onDone,
  })
  const waitSeconds = useWait(prove.error)
  const error =
    waitSeconds > 0
      ? `Too many wrong codes. Try again in ${waitSeconds} s.`
      : prove.error
        ? messageOf(prove.error)
        : passkey.error
          ? passkeyProblem(passkey.error)
          : undefined
  const busy = prove.isPending || passkey.isPending || waitSeconds > 0
  return (
    <Wall heightPx={480}>
      <div className="in">
        <Wordmark />
        <h1>One more step</h1>
        <p className="lead">The password is right. Show that it is you.</p>
        <ProofForm
          factors={factors}
          submit="Sign in"
          busy={busy}
          error={error}
          onProof={(proof) => {
            passkey.reset()
            prove.mutate(proof)
          }}
          onPasskey={() => {
            prove.reset()
            passkey.mutate()
          }}
        />
        <p className="hint mt-4">
          <Button look="quiet" onClick={onBegin}>
            Sign in as somebody else
          </Button>
        </p>
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
