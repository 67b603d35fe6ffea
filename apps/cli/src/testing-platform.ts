import { afterAll, beforeAll, expect } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startServer } from "@ashlar/server"
import { runCli } from "./testing-io.ts"

export interface OwnPlatform {
  readonly cli: (argv: string[], stdin?: string) => ReturnType<typeof runCli>
  /** What Ada signs in with. */
  readonly password: string
  /** Once tests run. */
  readonly url: () => string
}

/** The command, signed in as Ada to a platform that this file of tests has for itself, with the project Atlas. */
export function ownPlatform(name: string): OwnPlatform {
  const password = "a phrase for the tests"
  const folder = mkdtempSync(join(tmpdir(), `ashlar-${name}-cli-`))
  const cli: OwnPlatform["cli"] = (argv, stdin = "") => runCli(argv, { env: { XDG_CONFIG_HOME: folder }, stdin })
  let server: Awaited<ReturnType<typeof startServer>>
  beforeAll(async () => {
    server = await startServer({ port: 0, data: join(folder, "data"), log: { error: () => undefined } as never })
    const who = ["--name", "Ada", "--email", "ada@example.org", "--password-stdin"]
    expect((await cli(["signup", server.setupLink!, ...who], password)).exitCode).toBe(0)
    expect((await cli(["projects", "create", "Atlas"])).exitCode).toBe(0)
  }, 60_000)
  afterAll(async () => {
    await server.stop(0)
    rmSync(folder, { recursive: true, force: true })
  })
  return { cli, password, url: () => server.url }
}
