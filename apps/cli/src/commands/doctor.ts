import { statfs } from "node:fs/promises"
import { type Capabilities, type Health, isRequestError } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import type { Run } from "../program.ts"
import { printable, toSize } from "../text.ts"
import { VERSION } from "../version.ts"

interface Finding {
  readonly check: string
  /** `warn` works, but should be known. */
  readonly status: "ok" | "warn" | "fail"
  readonly detail: string
}

/** Below this a database that grows is soon in trouble. */
const LOW_DISK_BYTES = 1_000_000_000

/** `doctor`. */
export function registerDoctor(program: Command, run: Run): void {
  program
    .command("doctor")
    .description("look whether everything works: server, versions, login, sandbox, disk")
    .addHelpText("after", "\nThe exit code is 1 when a check fails, and 3 when the server cannot be reached.")
    .action(run(doctor))
}

async function doctor(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  // Unreachable ends it here, with its own exit code: nothing below could be asked.
  const capabilities = await admin.capabilities()
  const health = await admin.health.ready()
  const findings: Finding[] = [
    { check: "server", status: "ok", detail: `${cli.url} answers` },
    checkVersion(capabilities),
    ...checkHealth(health),
    checkRuntime("bun", capabilities),
    checkRuntime("quickjs", capabilities),
    await checkLogin(cli),
    await checkDisk(cli.io.cwd),
  ]
  const failed = findings.filter(({ status }) => status === "fail").length
  const { green, red, yellow } = cli.colors
  const marks = { ok: green("✓"), warn: yellow("!"), fail: red("✗") }
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(
    ({ check, status, detail }) => `${marks[status]} ${check.padEnd(width)}  ${printable(detail)}`,
  )
  return {
    value: { ok: failed === 0, url: cli.url, findings },
    text: lines.join("\n"),
    exitCode: failed === 0 ? 0 : 1,
  }
}

function checkVersion({ version, database }: Capabilities): Finding {
  const detail = `server ${version}, command ${VERSION}; ${database.driver}, ${database.durability}`
  return { check: "versions", status: version === VERSION ? "ok" : "warn", detail }
}

function checkHealth({ checks }: Health): Finding[] {
  return Object.entries(checks).map(([name, { status, detail }]) => ({
    check: name,
    status: status === "ok" ? "ok" : "fail",
    detail,
  }))
}

function checkRuntime(name: "bun" | "quickjs", { functions }: Capabilities): Finding {
  const { available, isolation, detail } = functions[name]
  const status = !available ? "fail" : isolation === "trusted" ? "warn" : "ok"
  return { check: `${name} functions`, status, detail: `${isolation}: ${detail}` }
}

async function checkLogin(cli: Cli): Promise<Finding> {
  const check = "login"
  try {
    if (cli.credential?.startsWith("ak_")) {
      const { slug } = await cli.admin().projects.get("self")
      return { check, status: "ok", detail: `a key of project ${slug}` }
    }
    const { name, email } = await cli.admin().me()
    return { check, status: "ok", detail: `${name} <${email}>` }
  } catch (error) {
    if (!isRequestError(error)) throw error
    const isNobody = error.status === 401
    const detail = isNobody ? `nobody; sign in with: ashlar login ${cli.url}` : `${error.code}: ${error.message}`
    return { check, status: isNobody ? "warn" : "fail", detail }
  }
}

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  return { check: "disk here", status: free < LOW_DISK_BYTES ? "warn" : "ok", detail: `${toSize(free)} free` }
}
