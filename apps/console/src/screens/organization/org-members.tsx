import type { OrgMember, OrgRole } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { orgInvitesQuery, orgMembersQuery, orgQuery, queryClient, refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { Blank } from "../../ui/state.tsx"
import type { MadeInvite } from "../people/invite-dialog.tsx"
import { PeopleScreen } from "../people/people-screen.tsx"
import { PeopleTable } from "../people/people-table.tsx"
import { RemovePerson } from "../people/remove-person.tsx"
import { OpenInvites } from "./org-invites.tsx"
import { givable, givableNames, managesPeople, reaches } from "./org-roles.ts"

/** Who is in the organization, and who was asked to be. */
export function OrgMembersScreen() {
  const { o } = useParams({ from: "/signed-in/orgs/$o/members" })
  const navigate = useNavigate()
  const org = useQuery(orgQuery(o))
  const role = org.data?.role
  const isPersonal = org.data?.personal === true
  const members = useQuery(orgMembersQuery(o))
  const mayInvite = managesPeople(role) && !isPersonal
  const invites = useQuery({ ...orgInvitesQuery(o), enabled: mayInvite })
  const [leaving, setLeaving] = useState<OrgMember>()
  const invite = async (wish: { readonly email: string; readonly role: OrgRole }): Promise<MadeInvite> => {
    const { invite: made, token, mailed } = await admin.organizations.invite(o, wish)
    refreshOrg(o)
    return { ...made, token, mailed }
  }
  const asking = {
    ...{ roles: givable(role), initial: "member" as OrgRole, invite },
    hint: "They get a link, which lets this address join, with an account or without.",
  }
  return (
    <PeopleScreen members={members} asking={mayInvite ? asking : undefined}>
      {isPersonal && (
        <Blank title="Only you are here">
          <p>Your own organization has no other members. Make another one to work together.</p>
        </Blank>
      )}
      {members.data && !isPersonal && (
        <PeopleTable
          members={members.data.items}
          roleHead="Role in all projects"
          rolesFor={(member) => (reaches(role, member.role) ? givableNames(role) : [])}
          onChange={({ userId }, next) => admin.organizations.changeRole(o, userId, next)}
          onSettled={() => refreshOrg(o)}
          onRemove={setLeaving}
          leave="Leave the organization"
        />
      )}
      {invites.data && invites.data.items.length > 0 && (
        <OpenInvites o={o} invites={invites.data.items} mayWithdraw={(one) => reaches(role, one.role)} />
      )}
      {leaving && (
        <RemovePerson
          member={leaving}
          place="the organization"
          loses="none of its projects"
          remove={() => admin.organizations.remove(o, leaving.userId)}
          onRemoved={async (isMe) => {
            if (isMe) await navigate({ to: "/projects", search: {} })
            refreshOrg(o)
            void queryClient.invalidateQueries({ queryKey: ["projects"] })
          }}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </PeopleScreen>
  )
}
