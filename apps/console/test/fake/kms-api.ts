import { json, page, Refusal } from "./answers.ts"
import { type Call, type KmsKey, log, nextId, now } from "./world.ts"

const DAY_MS = 86_400_000

function find(keys: readonly KmsKey[], name: string | undefined): KmsKey {
  const key = keys.find((one) => one.name === name)
  if (!key) throw new Refusal(404, "CRYPTO_KEY_NOT_FOUND", "No key has this name.")
  return key
}

/** What was done with keys: each entry has the next number. */
function tell({ project, who }: Call, action: string, key: string, refused?: string): void {
  project.keyAudit.unshift({
    ...{ sequence: project.keyAudit.length + 1, at: now(), action },
    ...{ actor: { type: "user", id: who.id }, target: { type: "key", id: key } },
    outcome: refused === undefined ? "success" : "denied",
    details: { by: who.email, ...(refused !== undefined && { refused }) },
  })
}

/** `/kms/keys` and `/kms/audit` of a project. */
export function kmsApi(call: Call): Response {
  const { project, method, url, name: area, part: name, id: verb, body } = call
  if (area === "audit") return auditApi(call)
  if (name === undefined && method === "GET") return json(page(project.kmsKeys, url))
  if (name === undefined) return createKey(call)
  const key = find(project.kmsKeys, name)
  if (method === "PATCH") key.minimumVersion = (body as { minimumVersion: number }).minimumVersion
  if (method === "GET" || method === "PATCH") return json(key)
  if (key.state === "destroyed") {
    tell(call, `kms.${verb}`, name, "CRYPTO_KEY_DESTROYED")
    throw new Refusal(410, "CRYPTO_KEY_DESTROYED", "The key is destroyed.")
  }
  tell(call, `kms.${verb}`, name)
  log(project, call.who, `kms.${verb}`, name, { state: key.state })
  if (verb === "rewrap") return json({ rewrapped: 3 })
  act(key, verb, body)
  return json(key)
}

function act(key: KmsKey, verb: string | undefined, body: unknown): void {
  if (verb === "rotate") {
    key.version++
    key.versions.push({ version: key.version, createdAt: now(), destroyed: false })
  }
  if (verb === "disable" || verb === "cancel-deletion") key.state = "disabled"
  if (verb === "enable") key.state = "enabled"
  if (verb === "schedule-deletion") {
    const { days = 30 } = (body ?? {}) as { days?: number }
    key.state = "pending-deletion"
    key.deletesAt = new Date(Date.now() + days * DAY_MS).toISOString()
  } else key.deletesAt = null
  if (verb === "shred") {
    key.state = "destroyed"
    for (const version of key.versions) version.destroyed = true
  }
}

function createKey(call: Call): Response {
  const { project, who, body } = call
  const {
    name,
    algorithm = "AES-256-GCM",
    rotateEveryDays = null,
  } = body as Pick<KmsKey, "name" | "algorithm"> & {
    rotateEveryDays?: number
  }
  if (project.kmsKeys.some((one) => one.name === name))
    throw new Refusal(409, "CRYPTO_KEY_EXISTS", "There is a key of this name already.")
  const made = newKey({ name, algorithm, rotateEveryDays })
  project.kmsKeys.push(made)
  tell(call, "kms.create", name)
  log(project, who, "kms.create", name, { algorithm })
  return json(made, 201)
}

export function newKey(given: Pick<KmsKey, "name"> & Partial<KmsKey>): KmsKey {
  return {
    ...{
      id: nextId(),
      algorithm: "AES-256-GCM",
      uses: ["encrypt", "decrypt", "data-key"],
      state: "enabled",
      version: 1,
    },
    ...{ minimumVersion: 1, createdAt: now(), deletesAt: null, rotateEveryDays: null },
    versions: [{ version: 1, createdAt: now(), destroyed: false }],
    ...given,
  }
}

function auditApi({ project, url, part }: Call): Response {
  if (part === "verify") {
    const head = { sequence: project.keyAudit.length, hash: "5f1c9b0e".repeat(8) }
    return json({ ok: true, entries: head.sequence, checkpoints: 0, head, broken: null })
  }
  const asked = url.searchParams
  const found = project.keyAudit.filter(({ action, actor, target, outcome }) => {
    const is = (name: string, value: string): boolean => !asked.has(name) || asked.get(name) === value
    const isOf = is(target.type, target.id) && !asked.has(target.type === "key" ? "secret" : "key")
    return is("action", action) && is("outcome", outcome) && is("actor", `${actor.type}:${actor.id}`) && isOf
  })
  return json(page(found, url))
}

/** `/secrets` of a project. */
export function secretsApi({ project, who, method, url, name, part, body }: Call): Response {
  if (name === undefined) return json(page(project.secrets, url))
  const found = project.secrets.find((one) => one.name === name)
  if (method === "PUT") {
    const { functions = [] } = body as { functions?: string[] }
    const made = {
      name,
      version: (found?.version ?? 0) + 1,
      createdAt: now(),
      updatedAt: now(),
      expiresAt: null,
      functions,
    }
    project.secrets = [...project.secrets.filter((one) => one !== found), made]
    log(project, who, "secret.set", name, { version: made.version })
    return json(made)
  }
  if (!found) throw new Refusal(404, "CRYPTO_SECRET_NOT_FOUND", "No secret has this name.")
  if (part === "reveal") return json({ value: "sk_live_of_the_demo", version: found.version })
  if (part === "history") return json({ items: [{ version: found.version, createdAt: found.updatedAt }] })
  project.secrets = project.secrets.filter((one) => one !== found)
  return json(null, 204)
}
