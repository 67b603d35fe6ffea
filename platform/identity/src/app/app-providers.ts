import type { Clock } from "@ashlar/core"
import type { Provider } from "@ashlar/oauth/client"
import type { SqliteFile } from "@ashlar/sqlite"
import { ProviderNotFound } from "../errors.ts"
import { makeProvider, NAME, refuse } from "../providers/make-provider.ts"
import type { Sealer } from "../sealer.ts"

/** A provider as a project has it. The secret is shown to nobody. */
export interface AppProvider {
  /** Names it in addresses: 1 to 32 small letters, digits and `-`. */
  readonly name: string
  readonly kind: string
  /** What people read on a button. */
  readonly label: string
  readonly clientId: string
  readonly enabled: boolean
  /** Where it is, for kinds that are not in one place: an issuer, or the host of a tenant. */
  readonly host: string | null
  /** Within the host: a tenant of Microsoft, a realm of Keycloak. */
  readonly tenant: string | null
  /** What to register with the provider. */
  readonly callbackUrl: string
  readonly updatedAt: string
}

export interface AppProviderInput {
  readonly kind: string
  readonly label?: string | undefined
  readonly clientId: string
  /** Absent: the one that is kept already. */
  readonly clientSecret?: string | undefined
  readonly enabled?: boolean | undefined
  readonly host?: string | null | undefined
  readonly tenant?: string | null | undefined
}

/** The providers of one project. */
export interface AppProviders {
  list(): readonly AppProvider[]
  /** Makes one, or changes all of it. @throws {IDENTITY_INVALID_INPUT} */
  put(name: string, input: AppProviderInput): Promise<AppProvider>
  /** Users whom it signed in keep their accounts. @throws {IDENTITY_PROVIDER_NOT_FOUND} */
  remove(name: string): Promise<void>
}

interface Row {
  readonly name: string
  readonly kind: string
  readonly label: string
  readonly client_id: string
  readonly sealed_secret: Uint8Array
  readonly enabled: number
  readonly host: string | null
  readonly tenant: string | null
  readonly updated_at: number
}

const MAX_PROVIDERS = 20

export function createAppProviders(parts: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly sealer: Sealer
  /** Below which the routes of the project's app are. */
  readonly url: () => string
}): AppProviders & {
  /** One that is enabled: the same object for as long as nothing changed. */
  find(name: string): Provider | undefined
} {
  const { file, clock, sealer, url } = parts
  const made = new Map<string, { readonly key: string; readonly provider: Provider }>()
  const rowOf = (name: string): Row | undefined =>
    file.get<Row>("SELECT * FROM identity_providers WHERE name = ?", [name])
  const contextOf = (name: string): string => `provider/${name}`
  const toInfo = ({ name, kind, label, client_id, enabled, host, tenant, updated_at }: Row): AppProvider => ({
    ...{ name, kind, label, clientId: client_id, enabled: enabled === 1, host, tenant },
    callbackUrl: `${url()}/sign-in/${name}/callback`,
    updatedAt: new Date(updated_at).toISOString(),
  })

  return {
    list: () => file.all<Row>("SELECT * FROM identity_providers ORDER BY name").map(toInfo),

    async put(name, { kind, label, clientId, clientSecret, enabled = true, host = null, tenant = null }) {
      const old = rowOf(name)
      if (!NAME.test(name)) refuse("name", "1 to 32 small letters, digits and -")
      const { count } = file.get<{ count: number }>("SELECT count(*) AS count FROM identity_providers")!
      if (old === undefined && count >= MAX_PROVIDERS) refuse("name", `one of at most ${MAX_PROVIDERS} providers`)
      // A secret goes to whom it was given for: not to another kind of provider, and to no other host.
      const isSame = old !== undefined && old.kind === kind && old.host === host && old.client_id === clientId
      const secret = clientSecret ?? (isSame ? open(old) : undefined)
      if (secret === undefined) refuse("clientSecret", "the secret that the provider gave for this app")
      const provider = makeProvider(name, { kind, clientId, clientSecret: secret, host, tenant })
      const shown = label ?? (old?.kind === kind ? old.label : provider.label)
      if ([...shown].length > 60 || shown.trim() === "" || /\p{C}/u.test(shown)) refuse("label", "1 to 60 characters")
      const sealed = sealer.seal(Buffer.from(secret), contextOf(name))
      await file.write([
        { sql: PUT, params: [name, kind, shown, clientId, sealed, enabled ? 1 : 0, host, tenant, clock.now()] },
      ])
      return toInfo(rowOf(name)!)
    },

    async remove(name) {
      const [removed] = await file.write([{ sql: "DELETE FROM identity_providers WHERE name = ?", params: [name] }])
      if (removed?.changes !== 1) throw new ProviderNotFound()
      made.delete(name)
    },

    find(name) {
      const row = rowOf(name)
      if (row === undefined || row.enabled !== 1) return undefined
      const { kind, client_id: clientId, host, tenant } = row
      const key = JSON.stringify([kind, clientId, host, tenant, Buffer.from(row.sealed_secret).toString("base64")])
      const known = made.get(name)
      if (known?.key === key) return known.provider
      const provider = makeProvider(name, { kind, clientId, clientSecret: open(row), host, tenant })
      made.set(name, { key, provider })
      return provider
    },
  }

  function open(row: Row): string {
    return Buffer.from(sealer.open(row.sealed_secret, contextOf(row.name))).toString()
  }
}

const PUT = `INSERT INTO identity_providers (name, kind, label, client_id, sealed_secret, enabled, host, tenant, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, label = excluded.label, client_id = excluded.client_id,
    sealed_secret = excluded.sealed_secret, enabled = excluded.enabled, host = excluded.host, tenant = excluded.tenant,
    updated_at = excluded.updated_at`
