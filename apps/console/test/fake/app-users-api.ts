import { json, page, Refusal } from "./answers.ts"
import { type AppUser, type Call, log, nextId, now } from "./world.ts"

/** `/auth/users` and `/auth/settings` of a project. */
export function appUsersApi({ project, who, method, url, name: area, part: id, id: verb, body }: Call): Response {
  if (area === "settings") {
    if (method === "PATCH") Object.assign(project.appSettings, body)
    return json(project.appSettings)
  }
  if (id === undefined && method === "GET") {
    const email = url.searchParams.get("email")
    return json(page(project.appUsers.filter((user) => email === null || user.email === email).toReversed(), url))
  }
  if (id === undefined) {
    const { email } = body as { email: string }
    if (project.appUsers.some((user) => user.email === email))
      throw new Refusal(409, "IDENTITY_EMAIL_TAKEN", "There is an account with this email address already.")
    const made: AppUser = {
      ...{ id: nextId(), email, emailVerified: false, name: null, roles: [], claims: {}, disabled: false },
      ...{ createdAt: now(), lastSignedInAt: null },
    }
    project.appUsers.push(made)
    log(project, who, "user.create", made.id, {})
    return json(made, 201)
  }
  const user = project.appUsers.find((one) => one.id === id)
  if (!user) throw new Refusal(404, "IDENTITY_USER_NOT_FOUND", "No such user.")
  if (verb === "signout") return json({ sessions: 2 })
  if (method === "DELETE") {
    project.appUsers = project.appUsers.filter((one) => one !== user)
    return json(null, 204)
  }
  if (method === "PATCH") Object.assign(user, body)
  return json(user)
}
