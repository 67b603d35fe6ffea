import type { User } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useEffect } from "react"
import { useStore } from "../model/external.ts"
import { queryClient } from "../queries.ts"
import { admin, knowSession, sessionState, signOut } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { messageOf } from "../ui/state.tsx"
import { AccountForm } from "./account-form.tsx"
import { Wall, Wordmark } from "./wall.tsx"

/** Somebody was invited: they join with the account that they have, or make one. */
export function InviteScreen() {
  const session = useStore(sessionState)
  useEffect(() => {
    // Nobody is asked to make an account who has one at hand; a server that cannot be reached is met when joining.
    knowSession().catch(() => {})
  }, [])
  return (
    <Wall heightPx={580}>
      <div className="in">
        <Wordmark />
        {session.status === "in" ? <JoinAs user={session.user} /> : <JoinAnew />}
      </div>
    </Wall>
  )
}

function JoinAs({ user }: { user: User }) {
  const { token } = useParams({ from: "/invite/$token" })
  const navigate = useNavigate()
  const join = useMutation({
    mutationFn: () => admin.organizations.join(token),
    onSuccess: async (org) => {
      await Promise.all(["orgs", "projects"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })))
      await navigate({ to: "/projects", search: { org: org.slug } })
    },
  })
  return (
    <>
      <h1>Join the organization</h1>
      <p className="lead">
        You are signed in as {user.email}. The invitation is for one address; this must be the one it was sent to.
      </p>
      {join.error && (
        <p className="wrong" role="alert">
          {messageOf(join.error)}
        </p>
      )}
      <div className="flex gap-2 mt-4">
        <Button look="ink" busy={join.isPending} onClick={() => join.mutate()}>
          Join
        </Button>
        <Button onClick={() => void signOut()}>Use another account</Button>
      </div>
    </>
  )
}

function JoinAnew() {
  const { token } = useParams({ from: "/invite/$token" })
  const navigate = useNavigate()
  const join = useMutation({
    mutationFn: (input: { name: string; email: string; password: string }) =>
      admin.auth.signUp({ ...input, invite: token }),
    onSuccess: () => navigate({ to: "/projects", search: {} }),
  })
  return (
    <>
      <h1>Join in</h1>
      <p className="lead">The invitation is for one address. Use the one it was sent to.</p>
      <AccountForm submit="Create account" busy={join.isPending} error={join.error} onSubmit={join.mutate}>
        <p className="hint mt-4">
          You have an account?{" "}
          <Link className="link" to="/sign-in" search={{ to: `/invite/${token}` }}>
            Sign in
          </Link>
        </p>
      </AccountForm>
    </>
  )
}
