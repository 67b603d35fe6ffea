import { everyItem, keyScopeNames, keyScopes } from "@ashlar/admin"
import type { CreatedKey, Key, KeyKind, Scope } from "@ashlar/sdk"
import { type Command, InvalidArgumentError } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { choice, type Run } from "../program.ts"
import { toTable } from "../text.ts"

/** `keys list|create|rotate|revoke`. */
export function registerKeys(program: Command, run: Run): void {
  const keys = program.command("keys").description("the project's keys, with which programs call it")
  keys.command("list").description("all keys, without their secrets").action(run(list))
  keys
    .command("create")
    .description("create a key; its secret is shown this once")
    .argument("[name]", "what it is for", "default")
    .addOption(
      choice("--kind <kind>", "publishable may be seen by browsers, secret must not (with --scope: secret)", [
        "publishable",
        "secret",
      ]),
    )
    .addOption(choice("--scope <scope...>", "narrow a secret key to these", keyScopeNames))
    .option("--expires <time>", "when it stops working: 30d, 12h, or an RFC 3339 time", parseExpiry)
    .addHelpText(
      "after",
      `
Examples:
  ashlar keys create web --kind publishable
  KEY=$(ashlar keys create ci --scope functions:deploy collections:write --expires 30d --json | jq -r .secret)

Scopes:
${keyScopeNames.map((scope) => `  ${scope.padEnd(20)}${keyScopes[scope]}`).join("\n")}`,
    )
    .action(run(create))
  keys
    .command("rotate")
    .description("a new secret for the same key; the old one stops working at once")
    .argument("<id>")
    .action(run(rotate))
  keys.command("revoke").description("end a key at once, for good").argument("<id>").action(run(revoke))
}

const units = { h: 3_600_000, d: 86_400_000 } as const

/** `30d` and `12h` count from now. */
export function parseExpiry(text: string): string {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const at = amount === undefined ? Date.parse(text) : Date.now() + Number(amount) * units[unit as keyof typeof units]
  if (Number.isNaN(at) || at <= Date.now())
    throw new InvalidArgumentError("Expected a time to come, like 30d, 12h or 2027-01-31T00:00:00Z.")
  return new Date(at).toISOString()
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const keys = await Array.fromAsync(everyItem((page) => admin.keys.list(project, page)))
  const rows = keys.map((key) => [
    key.id,
    kindOf(key),
    key.name,
    `…${key.hint}`,
    stateOf(key),
    key.lastUsedAt ?? "never",
  ])
  const none = "No keys yet. Create one: ashlar keys create web --kind publishable"
  return {
    value: keys,
    text: rows.length === 0 ? none : toTable(["id", "kind", "name", "secret", "state", "last used"], rows),
  }
}

/** A narrowed key is what it is narrowed to. */
function kindOf({ kind, scopes }: Key): string {
  return scopes === null ? kind : scopes.join(" ")
}

function stateOf({ revokedAt, expiresAt }: Key): string {
  if (revokedAt !== null) return "revoked"
  if (expiresAt === null) return "active"
  return Date.parse(expiresAt) < Date.now() ? "expired" : `until ${expiresAt}`
}

async function create(
  cli: Cli,
  name: string,
  options: { readonly kind?: KeyKind; readonly scope?: readonly Scope[]; readonly expires?: string },
): Promise<Outcome> {
  const { kind = options.scope && "secret", scope: scopes, expires: expiresAt } = options
  if (kind === undefined)
    throw new InvalidArgumentError("Say --kind publishable, --kind secret, or what it may do with --scope.")
  const input = { kind, name, ...(scopes && { scopes }), ...(expiresAt !== undefined && { expiresAt }) }
  return reveal(cli, await cli.admin().keys.create(cli.project(), input))
}

async function rotate(cli: Cli, id: string): Promise<Outcome> {
  return reveal(cli, await cli.admin().keys.rotate(cli.project(), id))
}

/** The secret alone goes to standard output, so that it can be piped; the remark does not. */
function reveal(cli: Cli, created: CreatedKey): Outcome {
  cli.note(`${created.key.kind} key ${created.key.name} (${created.key.id}). Keep its secret: it is not shown again.`)
  return { value: created, text: created.secret }
}

async function revoke(cli: Cli, id: string): Promise<Outcome> {
  await cli.admin().keys.revoke(cli.project(), id)
  return { value: { id, revoked: true }, text: `Revoked key ${id}.` }
}
