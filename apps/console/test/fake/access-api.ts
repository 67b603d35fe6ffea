import { json, page, Refusal } from "./answers.ts"
import { type Call, type Key, log, nextId, now, type World } from "./world.ts"

const WEEK_MS = 7 * 86_400_000

export function keysApi({ project, who, method, url, name: id, part, body }: Call): Response {
  if (id === undefined && method === "GET") return json(page(project.keys, url))
  if (id === undefined) return createKey()
  const key = project.keys.find((one) => one.id === id)
  if (!key) throw new Refusal(404, "CONTROL_KEY_NOT_FOUND", "No such key.")
  key.revokedAt = now()
  log(project, who, part === "rotate" ? "key.rotate" : "key.revoke", key.id, { name: key.name })
  return part === "rotate" ? showKey(key) : json(null, 204)

  function createKey(): Response {
    const input = body as Pick<Key, "kind" | "scopes" | "name" | "expiresAt">
    log(project, who, "key.create", nextId(), { name: input.name, kind: input.kind })
    return showKey(input)
  }
  function showKey({ kind, scopes, name, expiresAt }: Pick<Key, "kind" | "scopes" | "name" | "expiresAt">): Response {
    const secret = `ak_${kind}_${nextId().slice(-12)}_${crypto.randomUUID().replaceAll("-", "")}`
    const made = {
      id: nextId(),
      kind,
      scopes: scopes ?? null,
      name,
      hint: secret.slice(-4),
      createdAt: now(),
      lastUsedAt: null,
      expiresAt: expiresAt ?? null,
      revokedAt: null,
    }
    project.keys.push(made)
    return json({ key: made, secret }, 201)
  }
}

export function membersApi(world: World, { project, who, method, url, name: id, body }: Call): Response {
  if (id === undefined && method === "GET") return json(page(project.members, url))
  const { email = "", role = "viewer" } = (body ?? {}) as { email?: string; role?: string }
  if (id === undefined) {
    const known = world.people.find((one) => one.email === email)
    if (known) {
      const member = { userId: known.id, email, name: known.name, role, joinedAt: now() }
      project.members.push(member)
      return json({ member, invite: null }, 201)
    }
    const token = crypto.randomUUID()
    world.invites.set(token, { project, role })
    log(project, who, "member.invite", email, { role })
    return json(
      {
        member: null,
        invite: { token, email, role, mailed: false, expiresAt: new Date(Date.now() + WEEK_MS).toISOString() },
      },
      201,
    )
  }
  const member = project.members.find((one) => one.userId === id)
  if (!member) throw new Refusal(404, "CONTROL_MEMBER_NOT_FOUND", "No such member.")
  if (member.role === "owner" && project.members.filter((one) => one.role === "owner").length === 1)
    throw new Refusal(409, "CONTROL_LAST_OWNER", "The last owner cannot leave. Make somebody else an owner first.")
  if (method === "DELETE") {
    project.members = project.members.filter((one) => one !== member)
    return json(null, 204)
  }
  member.role = role
  return json(member)
}
