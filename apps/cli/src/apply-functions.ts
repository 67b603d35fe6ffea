import { type Admin, everyItem } from "@ashlar/admin"
import type { DeployRequest, FunctionInfo } from "@ashlar/sdk"
import { type Bundle, bundle } from "./bundle.ts"
import type { DeployNotes } from "./deploy-notes.ts"
import { VariableMissing } from "./errors.ts"
import type { Io } from "./io.ts"
import type { FunctionManifest, Variable } from "./manifest.ts"

/** A function that is ready to be uploaded. */
export interface PreparedFunction extends Bundle {
  readonly request: DeployRequest
}

export interface AppliedFunction {
  readonly name: string
  readonly change: "deployed" | "unchanged"
  readonly runtime: string
  readonly version: number
  /** The whole address. */
  readonly url: string
  readonly sha256: string
  readonly sizeBytes: number
}

/**
 * Bundles every function and collects its variables, before anything is changed on the server.
 *
 * @throws {CLI_ENTRY_MISSING} @throws {CLI_BUNDLE_FAILED} @throws {CLI_VARIABLE_MISSING}
 */
export async function* prepareFunctions(
  folder: string,
  env: Io["env"],
  wanted: Readonly<Record<string, FunctionManifest>>,
): AsyncGenerator<PreparedFunction> {
  for (const [name, { entry, runtime, access, egress, limits, ...manifest }] of Object.entries(wanted)) {
    const variables = Object.entries(manifest.env).map(([key, value]) => [
      key,
      resolveVariable(env, value, `${name}.env.${key}`),
    ])
    const bundled = await bundle({ folder, entry, runtime })
    const request: DeployRequest = {
      name,
      runtime,
      code: bundled.code,
      access,
      env: Object.fromEntries(variables),
      egress,
      limits,
    }
    yield { ...bundled, request }
  }
}

function resolveVariable(env: Io["env"], variable: Variable, place: string): string {
  if (typeof variable === "string") return variable
  const value = env[variable.from]
  if (value === undefined)
    throw new VariableMissing(`functions.${place} takes its value from ${variable.from}, which is not set.`)
  return value
}

/** Uploads what has changed. Functions that are not prepared are left alone. */
export async function* applyFunctions(
  admin: Admin,
  project: string,
  prepared: readonly PreparedFunction[],
  options: { readonly notes: DeployNotes; readonly force: boolean },
): AsyncGenerator<AppliedFunction> {
  const found = new Map<string, FunctionInfo>()
  for await (const info of everyItem((page) => admin.functions.list(project, page))) found.set(info.name, info)
  for (const { request, sha256, sizeBytes } of prepared) {
    const { name, runtime } = request
    const info = found.get(name)
    const active = info && (await findActive(admin, project, name))
    const target = { server: admin.url, project, info, active }
    const facts = { name, runtime, sha256, sizeBytes }
    if (!options.force && info && options.notes.isCurrent(target, request, sha256)) {
      yield { ...facts, change: "unchanged", version: info.version, url: admin.url + info.url }
      continue
    }
    const deployed = await admin.functions.deploy(project, request)
    options.notes.record(target, request, deployed.version)
    yield { ...facts, change: "deployed", version: deployed.version.version, url: admin.url + deployed.function.url }
  }
}

async function findActive(admin: Admin, project: string, name: string) {
  for await (const version of everyItem((page) => admin.functions.versions(project, name, page)))
    if (version.active) return version
  return undefined
}
