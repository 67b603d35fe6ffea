import { type SecondStep, type SignInWays, secondStepOf } from "@ashlar/sdk"
import { queryOptions, useMutation } from "@tanstack/react-query"
import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router"
import { CornerDownLeft, Mail } from "lucide-react"
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react"
import { takeGoal } from "../model/goal.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { Field } from "../ui/form.tsx"
import { messageOf } from "../ui/state.tsx"
import { ProviderButtons } from "./provider-buttons.tsx"
import { SecondStepScreen } from "./second-step-screen.tsx"
import { Wall, Wordmark } from "./wall.tsx"

export const waysQuery = () =>
  queryOptions({ queryKey: ["ways"], queryFn: () => admin.auth.ways(), staleTime: 60 * 60_000 })

/** Ways in beside a password and a passkey, as the operator set them. */
export function OtherWays({ ways, to }: { ways: SignInWays | undefined; to: string | undefined }) {
  if (ways === undefined) return null
  return (
    <>
      {ways.mail && (
        <Link className="btn lg mt-3" to="/sign-in/mail" search={{ to }}>
          <Mail className="i s" />
          Sign in by mail
        </Link>
      )}
      <ProviderButtons providers={ways.providers} to={to} />
    </>
  )
}

interface EntryProps {
  readonly title: string
  readonly lead: ReactNode
  readonly error: string | undefined
  readonly children?: ReactNode
}

function Entry({ title, lead, error, children }: EntryProps) {
  return (
    <Wall heightPx={460}>
      <div className="in">
        <Wordmark />
        <h1>{title}</h1>
        <p className="lead">{lead}</p>
        {error !== undefined && (
          <p className="wrong mt-4" role="alert">
            {error}
          </p>
        )}
        {children}
        <p className="hint mt-4">
          <Link to="/sign-in" search={{}}>
            Sign in in another way
          </Link>
        </p>
      </div>
    </Wall>
  )
}

/** Signing in by mail: asks for it, takes the code, and is where the link leads, whose button signs in: programs open links too. */
export function MailSignInScreen() {
  const { token, to } = useSearch({ from: "/sign-in/mail" })
  const router = useRouter()
  const [email, setEmail] = useState("")
  const [code, setCode] = useState("")
  const [step, setStep] = useState<SecondStep>()
  const goOn = (): void => router.history.push(to ?? "/projects")
  const ask = useMutation({ mutationFn: () => admin.auth.mail.send(email.trim()) })
  const enter = useMutation({
    mutationFn: (shown: Parameters<typeof admin.auth.mail.signIn>[0]) => admin.auth.mail.signIn(shown),
    onSuccess: goOn,
    onError: (error) => setStep(secondStepOf(error)),
  })
  if (step !== undefined)
    return <SecondStepScreen step={step} onDone={goOn} onBegin={() => router.history.push("/sign-in")} />
  const wrong = enter.error ?? ask.error
  const error = wrong === null ? undefined : messageOf(wrong)
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (ask.data === undefined) ask.mutate()
    else enter.mutate({ handle: ask.data.handle, code: code.replaceAll(/\s/g, "") })
  }
  if (token !== undefined)
    return (
      <Entry
        title="Sign in"
        lead="With the link that you were sent. It works once, in the browser where you asked for it."
        error={error}
      >
        <Button large look="ink" className="mt-5" busy={enter.isPending} onClick={() => enter.mutate({ token })}>
          Sign in
          <CornerDownLeft className="i s" />
        </Button>
      </Entry>
    )
  const lead =
    ask.data === undefined
      ? "A link and a code go to the confirmed address of your account."
      : `If ${email.trim()} is the confirmed address of an account, a code is on its way to it. It is good for 15 minutes, in this browser.`
  return (
    <Entry title="Sign in by mail" lead={lead} error={error}>
      <form onSubmit={send} className="mt-4">
        {ask.data === undefined ? (
          <Field
            large
            label="Email"
            name="email"
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        ) : (
          <Field
            key="code"
            large
            mono
            label="Code"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={16}
            required
            autoFocus
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        <Button type="submit" large look="ink" className="mt-5" busy={ask.isPending || enter.isPending}>
          {ask.data === undefined ? "Send it" : "Sign in"}
          <CornerDownLeft className="i s" />
        </Button>
      </form>
    </Entry>
  )
}

const REASONS: Readonly<Record<string, string>> = {
  "linked-elsewhere": "It belongs to another account here.",
  "unverified-identity":
    "The provider has not confirmed its address. Sign in with your password, and connect it under Security.",
  "unverified-account":
    "The address of your account is not confirmed. Sign in with your password, confirm it under Security, or connect the provider there.",
}

/** Where the browser comes back from a provider: with a ticket, which the cookie makes good. */
export function ProviderSignInScreen() {
  const { ticket = "" } = useSearch({ from: "/sign-in/provider" })
  const navigate = useNavigate()
  const router = useRouter()
  const [step, setStep] = useState<SecondStep>()
  const begun = useRef(false)
  const enter = useMutation({
    mutationFn: () => admin.auth.provider.finish({ ticket }),
    onSuccess: (user) => {
      if (user === null) void navigate({ to: "/security", search: {}, replace: true })
      else router.history.replace(takeGoal() ?? "/projects")
    },
    onError: (error) => setStep(secondStepOf(error)),
  })
  const { mutate } = enter
  useEffect(() => {
    // The ticket is good once: also where effects run twice.
    if (!begun.current) mutate()
    begun.current = true
  }, [mutate])
  if (step !== undefined)
    return (
      <SecondStepScreen
        step={step}
        onDone={() => router.history.replace(takeGoal() ?? "/projects")}
        onBegin={() => router.history.replace("/sign-in")}
      />
    )
  if (enter.error === null) return <Entry title="Signing in" lead="One moment." error={undefined} />
  const { reason = "" } = (enter.error as { details?: { reason?: string } }).details ?? {}
  return <Entry title="You are not signed in" lead={REASONS[reason] ?? messageOf(enter.error)} error={undefined} />
}
