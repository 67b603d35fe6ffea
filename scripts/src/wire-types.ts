/** `bun scripts/src/wire-types.ts` writes the SDK's wire types from the OpenAPI document that the platform serves. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Json, toTypeScript } from "@ashlar/openapi"
import { startServer } from "@ashlar/server"
import { root } from "./rules/workspaces.ts"

export const WIRE_TYPES = "sdk/js/src/wire-types.ts"
export const COMMAND = "bun scripts/src/wire-types.ts"

/** The components that apps meet; what these refer to comes by itself. */
const NAMES = [
  "AddedFactor",
  "AddedMember",
  "AppAsked",
  "AppAuthorizing",
  "AppConfirmed",
  "AppMailSettings",
  "AppEnrolled",
  "AppEnrolment",
  "AppFactorState",
  "AppOfferedProvider",
  "AppProvider",
  "AppSession",
  "AppSettings",
  "AppSignedUp",
  "AppUser",
  "AppUserFactors",
  "AuditEntry",
  "Authorizing",
  "Capabilities",
  "CollectionInfo",
  "Count",
  "CreatedKey",
  "DeployedFunction",
  "DeviceFacts",
  "DeviceStart",
  "DeviceToken",
  "Document",
  "Explanation",
  "FactorState",
  "FunctionMetrics",
  "Health",
  "KmsAuditEntry",
  "KmsAuditReport",
  "KmsKey",
  "LinkedIdentity",
  "LogLine",
  "MailAsked",
  "OrgInvite",
  "OrgInvited",
  "OrgMember",
  "OrgRole",
  "Organization",
  "Problem",
  "Project",
  "SecretHistory",
  "SecretInfo",
  "SecretValue",
  "Session",
  "SessionInfo",
  "ResetState",
  "SetupState",
  "SignInWays",
]

const HEAD = `/**
 * The shapes on the wire, as the server's \`/openapi.json\` has them. Written by \`${COMMAND}\`: change the schemas in
 * \`platform/protocol\`, and run it again.
 */

`

/** What the file has to hold. Starts a platform of its own, on a free port and in a folder that goes again. */
export async function renderWireTypes(): Promise<string> {
  return format(HEAD + toTypeScript(await readDocument(), { names: NAMES }))
}

async function readDocument(): Promise<Json> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-wire-"))
  const server = await startServer({ port: 0, data: folder, signups: "closed" })
  try {
    return (await (await fetch(`${server.url}/openapi.json`)).json()) as Json
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function format(text: string): Promise<string> {
  const child = Bun.spawn([join(root, "node_modules", ".bin", "biome"), "format", `--stdin-file-path=${WIRE_TYPES}`], {
    cwd: root,
    stdin: new TextEncoder().encode(text),
    stdout: "pipe",
    stderr: "inherit",
  })
  return new Response(child.stdout).text()
}

if (import.meta.main) {
  await Bun.write(join(root, WIRE_TYPES), await renderWireTypes())
  console.log(`${WIRE_TYPES} is written.`)
}
