import { json, page, Refusal } from "./answers.ts"
import { type AppUser, type Call, log, nextId, now, type Provider } from "./world.ts"

/** `/auth/users` and `/auth/settings` of a project. */
export function appUsersApi(call: Call): Response {
  const { project, who, method, url, name: area, part: id, id: verb, body } = call
  if (area === "settings" && id === "providers") return providersApi(call)
  if (area === "settings") {
    if (method === "PATCH") changeSettings(call)
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
  if (verb === "factors" && method === "DELETE") {
    const factors = project.appUserFactors.has(id ?? "") ? 1 : 0
    project.appUserFactors.delete(id ?? "")
    log(project, who, "user.factors.reset", user.id, { factors })
    return json({ factors })
  }
  if (verb === "factors") {
    const has = project.appUserFactors.has(id ?? "")
    const phone = { ...{ id: "f1", kind: "totp", label: "Phone" }, createdAt: now(), lastUsedAt: null, backedUp: null }
    return json({ factors: has ? [phone] : [], recoveryCodes: has ? 9 : 0, devices: [] })
  }
  if (method === "DELETE") {
    project.appUsers = project.appUsers.filter((one) => one !== user)
    return json(null, 204)
  }
  if (method === "PATCH") Object.assign(user, body)
  return json(user)
}

function changeSettings({ project, body }: Call): void {
  const { mail, ...rest } = body as Partial<typeof project.appSettings>
  const pages = rest.redirectUrls ?? []
  if (pages.some((page) => !page.startsWith("https://")))
    throw new Refusal(422, "IDENTITY_INVALID_INPUT", "Expected `redirectUrls` to be pages at https://.", {
      details: { field: "redirectUrls" },
    })
  const { texts, ...sender } = mail ?? {}
  const words = Object.entries({ ...project.appSettings.mail.texts, ...texts })
  Object.assign(project.appSettings, rest)
  Object.assign(project.appSettings.mail, sender, {
    texts: Object.fromEntries(words.filter(([, text]) => text !== null)),
  })
}

/** `/auth/settings/providers` of a project. */
function providersApi({ project, who, method, id: name, body }: Call): Response {
  if (name === undefined) return json({ items: project.providers })
  const old = project.providers.find((one) => one.name === name)
  project.providers = project.providers.filter((one) => one !== old)
  if (method === "DELETE") return json(null, 204)
  const { clientSecret, ...input } = body as Partial<Provider> & { clientSecret?: string }
  if (old === undefined && clientSecret === undefined)
    throw new Refusal(
      422,
      "IDENTITY_INVALID_INPUT",
      "Expected `clientSecret` to be the secret that the provider gave.",
      {
        details: { field: "clientSecret" },
      },
    )
  const made: Provider = {
    ...{ name, kind: "oidc", label: name, clientId: "", enabled: true, host: null, tenant: null },
    ...{ callbackUrl: `http://localhost:4000/v1/projects/${project.id}/auth/sign-in/${name}/callback` },
    ...{ updatedAt: now(), ...input },
  }
  project.providers.push(made)
  log(project, who, "auth.provider", name, { enabled: made.enabled })
  return json(made)
}
