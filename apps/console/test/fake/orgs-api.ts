import { json, page, Refusal, trail } from "./answers.ts"
import { addOrg, findOrg, log, nextId, now, type Org, type Person, type World } from "./world.ts"

const WEEK_MS = 7 * 86_400_000

const shown = ({ members, invites: _, ...org }: Org, who: Person) => ({
  ...org,
  role: members.find(({ userId }) => userId === who.id)?.role ?? "viewer",
})

/** Organizations, with the rules that the console shows. */
export async function orgsApi(world: World, request: Request, url: URL, who: Person): Promise<Response> {
  const [, , , ref, area, id] = url.pathname.split("/").map(decodeURIComponent)
  const { method } = request
  const hasBody = method === "POST" || method === "PATCH"
  const body: Readonly<Record<string, string>> = hasBody ? await request.json().catch(() => ({})) : {}
  if (ref === undefined && method === "GET") {
    const mine = world.orgs.filter(({ members }) => members.some(({ userId }) => userId === who.id))
    return json(page(mine.map((org) => shown(org, who)).toReversed(), url))
  }
  const { name = "", role = "viewer", email = "", token = "" } = body
  if (ref === undefined) {
    const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    return json(shown(addOrg(world, who, { id: nextId(), slug, name, personal: false }), who), 201)
  }
  if (ref === "join") return join(world, who, token)
  const org = findOrg(world, who, ref)
  if (area === undefined && method === "GET") return json(shown(org, who))
  if (area === undefined && method === "PATCH") {
    org.name = name
    return json(shown(org, who))
  }
  if (area === undefined) {
    if (world.projects.some((project) => project.org === org))
      throw new Refusal(409, "CONTROL_ORG_NOT_EMPTY", "The organization has projects. Transfer or delete them first.")
    world.orgs.splice(world.orgs.indexOf(org), 1)
    return json(null, 204)
  }
  if (area === "invites" && id === undefined && method === "GET") return json(page(org.invites, url))
  if (area === "invites" && method === "POST") {
    const expiresAt = new Date(Date.now() + WEEK_MS).toISOString()
    const invite = { id: nextId(), email, role, invitedBy: who.email, createdAt: now(), expiresAt }
    org.invites.push(invite)
    // Where the demo sends mail, it goes to its own people.
    const mailed = email.endsWith("@northwall.dev")
    log(org, who, "org.member.invite", email, { role })
    return json({ invite, token: `in_${invite.id}`, mailed }, 201)
  }
  if (area === "audit") return json(trail(org.audit, url))
  if (area === "hand-over") {
    const { userId = "" } = body
    changeMember(org, userId, "owner")
    changeMember(org, who.id, "admin")
    return json(shown(org, who))
  }
  if (area === "invites") {
    org.invites = org.invites.filter((invite) => invite.id !== id)
    return json(null, 204)
  }
  if (id === undefined) return json(page(org.members, url))
  return changeMember(org, id, method === "DELETE" ? undefined : role)
}

function changeMember(org: Org, userId: string, role: string | undefined): Response {
  const member = org.members.find((one) => one.userId === userId)
  if (!member) throw new Refusal(404, "CONTROL_MEMBER_NOT_FOUND", "No such member.")
  const owners = org.members.filter((one) => one.role === "owner").length
  if (member.role === "owner" && role !== "owner" && owners === 1)
    throw new Refusal(409, "CONTROL_LAST_OWNER", "An organization keeps at least one owner.")
  if (role === undefined) org.members = org.members.filter((one) => one !== member)
  else member.role = role
  return role === undefined ? json(null, 204) : json(member)
}

function join(world: World, who: Person, token: string): Response {
  const org = world.orgs.find(({ invites }) => invites.some(({ id }) => token === `in_${id}`))
  const invite = org?.invites.find(({ id }) => token === `in_${id}`)
  if (!org || !invite) throw new Refusal(410, "IDENTITY_INVITE_SPENT", "This invite is used, expired or unknown.")
  if (invite.email !== who.email)
    throw new Refusal(403, "IDENTITY_INVITE_FOR_ANOTHER", "This invite is for another address.")
  org.invites = org.invites.filter((one) => one !== invite)
  org.members.push({ userId: who.id, email: who.email, name: who.name, role: invite.role, joinedAt: now() })
  return json(shown(org, who))
}
