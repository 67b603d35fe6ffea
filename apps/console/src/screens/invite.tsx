import { useMutation } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { admin } from "../session.ts"
import { AccountForm } from "./account-form.tsx"
import { Wall, Wordmark } from "./wall.tsx"

/** Somebody was invited to a project and has no account yet. */
export function InviteScreen() {
  const { token } = useParams({ from: "/invite/$token" })
  const navigate = useNavigate()
  const join = useMutation({
    mutationFn: (input: { name: string; email: string; password: string }) =>
      admin.auth.signUp({ ...input, invite: token }),
    onSuccess: () => navigate({ to: "/projects" }),
  })
  return (
    <Wall heightPx={580}>
      <div className="in">
        <Wordmark />
        <h1>Join the project</h1>
        <p className="lead">The invitation is for one address. Use the one it was sent to.</p>
        <AccountForm submit="Create account" busy={join.isPending} error={join.error} onSubmit={join.mutate}>
          <p className="hint mt-4">
            You have an account?{" "}
            <Link className="link" to="/sign-in">
              Sign in
            </Link>
          </p>
        </AccountForm>
      </div>
    </Wall>
  )
}
