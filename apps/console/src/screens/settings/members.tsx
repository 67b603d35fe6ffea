import type { Member, Role } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { membersQuery, orgsQuery, projectQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import type { MadeInvite } from "../people/invite-dialog.tsx"
import { PeopleScreen } from "../people/people-screen.tsx"
import { PeopleTable, type Roles } from "../people/people-table.tsx"
import { RemovePerson } from "../people/remove-person.tsx"

const names: Roles<Role> = [
  ["owner", "Owner"],
  ["admin", "Admin"],
  ["developer", "Developer"],
  ["viewer", "Viewer"],
]
const hints: Roles<Role> = [
  ["viewer", "Viewer, reads everything"],
  ["developer", "Developer, changes everything but members"],
  ["admin", "Admin, also members, but no owners"],
  ["owner", "Owner, also owners and the end of the project"],
]

/** Who works on the project. */
export function MembersScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/members" })
  const navigate = useNavigate()
  const members = useQuery(membersQuery(p))
  const project = useQuery(projectQuery(p))
  const [leaving, setLeaving] = useState<Member>()
  const isOwner = project.data?.role === "owner"
  const mayInvite = isOwner || project.data?.role === "admin"
  // Only owners make owners, and change them.
  const mine = (all: Roles<Role>): Roles<Role> => (isOwner ? all : all.filter(([role]) => role !== "owner"))
  const invite = async (wish: { readonly email: string; readonly role: Role }): Promise<MadeInvite | undefined> => {
    const { member, invite: made } = await admin.members.add(p, wish)
    refresh(p, "members")
    if (member) showToast({ tone: "ok", title: `${member.name} is a member`, text: member.role })
    return made ?? undefined
  }
  const asking = {
    ...{ roles: mine(hints), initial: "developer" as Role, invite },
    hint: "Somebody with an account here is a member at once. Anybody else gets a link.",
  }
  return (
    <PeopleScreen members={members} asking={mayInvite ? asking : undefined}>
      {members.data && project.data?.organization && <Inherited organization={project.data.organization} />}
      {members.data && (
        <PeopleTable
          members={members.data.items}
          roleHead="Role"
          rolesFor={({ role }) => (isOwner || (mayInvite && role !== "owner") ? mine(names) : [])}
          onChange={({ userId }, role) => admin.members.change(p, userId, role)}
          onSettled={() => refresh(p, "members")}
          onRemove={setLeaving}
          leave="Leave the project"
        />
      )}
      {members.data?.items.length === 1 && mayInvite && (
        <p className="p-4 text-fg-2">Only you so far. Whoever you invite gets a link to sign up with.</p>
      )}
      {leaving && (
        <RemovePerson
          member={leaving}
          place="the project"
          loses="nothing of this project"
          remove={() => admin.members.remove(p, leaving.userId)}
          onRemoved={async (isMe) => {
            if (isMe) await navigate({ to: "/projects", search: {} })
            if (isMe) void queryClient.invalidateQueries({ queryKey: ["projects"] })
            else refresh(p, "members")
          }}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </PeopleScreen>
  )
}

/** Members of the organization are in the project without being listed here. */
function Inherited({ organization }: { organization: { readonly id: string; readonly name: string } }) {
  const orgs = useQuery(orgsQuery())
  const isIn = orgs.data?.items.some(({ id, personal }) => id === organization.id && !personal)
  if (!isIn) return null
  return (
    <p className="p-4 text-fg-2">
      These are here for this project alone. So is everybody in{" "}
      <Link className="link" to="/orgs/$o/members" params={{ o: organization.id }}>
        {organization.name}
      </Link>
      , with the role that they have there.
    </p>
  )
}
