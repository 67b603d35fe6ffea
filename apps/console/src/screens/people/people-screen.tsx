import { UserPlus } from "lucide-react"
import { type ReactNode, useState } from "react"
import { useActions } from "../../actions.ts"
import { Button } from "../../ui/button.tsx"
import { Bones, Failed } from "../../ui/state.tsx"
import { InviteDialog, InviteLink, type MadeInvite } from "./invite-dialog.tsx"
import type { Roles } from "./people-table.tsx"

interface PeopleScreenProps<R extends string> {
  readonly members: {
    readonly isPending: boolean
    readonly isError: boolean
    readonly error: unknown
    readonly refetch: () => unknown
  }
  /** How to ask somebody in; undefined where whoever looks may not. */
  readonly asking:
    | {
        readonly roles: Roles<R>
        readonly initial: R
        readonly hint: string
        readonly invite: (wish: { readonly email: string; readonly role: R }) => Promise<MadeInvite | undefined>
      }
    | undefined
  readonly children: ReactNode
}

/** The frame of every list of members: its head, what it says while there is none, and how somebody is asked in. */
export function PeopleScreen<R extends string>({ members, asking, children }: PeopleScreenProps<R>) {
  const [isAsking, setIsAsking] = useState(false)
  const [made, setMade] = useState<MadeInvite>()
  const ask = (): void => setIsAsking(true)
  useActions([asking && { id: "invite", title: "Invite somebody", group: "Do", icon: UserPlus, keys: "n", run: ask }])
  return (
    <section className="pane grow" data-pane="" aria-label="Members">
      <div className="bar head course-end">
        <h1>Members</h1>
        {asking && (
          <Button className="ml-auto" look="ink" icon={UserPlus} keys="n" onClick={ask}>
            Invite
          </Button>
        )}
      </div>
      <div className="scroll">
        {members.isPending && <Bones heightPx={40} label="Loading members" />}
        {members.isError && (
          <Failed title="The members could not be read" error={members.error} onRetry={() => void members.refetch()} />
        )}
        {children}
      </div>
      {isAsking && asking && (
        <InviteDialog
          {...asking}
          onClose={() => setIsAsking(false)}
          onDone={(next) => {
            setIsAsking(false)
            setMade(next)
          }}
        />
      )}
      {made && <InviteLink made={made} onClose={() => setMade(undefined)} />}
    </section>
  )
}
