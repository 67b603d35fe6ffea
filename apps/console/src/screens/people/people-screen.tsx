import { UserPlus } from "lucide-react"
import { type ReactNode, useState } from "react"
import { type ListQuery, ListScreen, ListState } from "../../ui/list.tsx"
import { InviteDialog, InviteLink, type MadeInvite } from "./invite-dialog.tsx"
import type { Roles } from "./people-table.tsx"

interface PeopleScreenProps<R extends string> {
  readonly members: ListQuery
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
  return (
    <>
      <ListScreen
        title="Members"
        action={asking && { id: "invite", title: "Invite somebody", text: "Invite", icon: UserPlus, run: ask }}
      >
        <ListState query={members} what="members" />
        {children}
      </ListScreen>
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
    </>
  )
}
