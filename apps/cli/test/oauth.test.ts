// Files of providers: written into an app, and loaded by it.
import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import { generateKeyPairSync } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PROVIDERS } from "../src/provider-file.ts"
import { createTestingApp } from "../src/testing-app.ts"
import { runCli } from "../src/testing-io.ts"

const app = createTestingApp({})
afterAll(() => app[Symbol.dispose]())
beforeEach(() => {
  rmSync(join(app.folder, "src"), { recursive: true, force: true })
  rmSync(join(app.folder, ".env.example"), { force: true })
})
const cli = (...argv: string[]) => runCli(["oauth", ...argv], { cwd: app.folder })
const read = (name: string): string => readFileSync(join(app.folder, name), "utf8")

async function load(program: string, env: Readonly<Record<string, string>>): Promise<{ output: string; code: number }> {
  writeFileSync(join(app.folder, "load.ts"), program)
  const child = Bun.spawn([process.execPath, "load.ts"], {
    cwd: app.folder,
    env: { PATH: process.env.PATH, ...env } as Record<string, string>,
    stdout: "pipe",
    stderr: "pipe",
  })
  const [out, problems, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { output: `${out}${problems}`, code }
}

describe("ashlar oauth provider", () => {
  test("writes a file that says what to do, and the names of its variables", async () => {
    const { stdout } = await cli("provider", "google")
    expect(stdout).toBe(
      "src/sign-in/google.ts is written. Set GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, and put withGoogle among the providers of createOAuthClient.\n",
    )
    expect(read("src/sign-in/google.ts")).toBe(`import { google } from "@ashlar/oauth/client"

/**
 * Sign-in with Google. Register the app with https://console.cloud.google.com/apis/credentials; its callback is
 * <url of the client>/sign-in/google/callback.
 */
export const withGoogle = google({
  clientId: process.env.GOOGLE_CLIENT_ID ?? "",
  clientSecret: process.env.GOOGLE_CLIENT_SECRET ?? "",
})
`)
    expect(read(".env.example")).toBe("GOOGLE_CLIENT_ID=\nGOOGLE_CLIENT_SECRET=\n")
  })
  test("writes each of them so that the app loads it", async () => {
    const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    }) as string
    const values: Readonly<Record<string, string>> = {
      APPLE_PRIVATE_KEY: privateKey,
      APPLE_TEAM_ID: "TEAM",
      APPLE_KEY_ID: "KEY",
      AUTH0_DOMAIN: "example.auth0.com",
      OKTA_DOMAIN: "example.okta.com",
      KEYCLOAK_URL: "https://id.example.com",
      MICROSOFT_TENANT: "common",
      STAFF_SITE_ISSUER: "https://sso.example.com",
    }
    const env: Record<string, string> = {}
    const lines: string[] = []
    for (const kind of Object.keys(PROVIDERS)) {
      const name = kind === "oidc" ? "staff-site" : kind
      const { stdout } = await cli("provider", kind, "--json", ...(kind === "oidc" ? ["--name", name] : []))
      const { file, variables } = JSON.parse(stdout) as { file: string; variables: string[] }
      for (const variable of variables) env[variable] = values[variable] ?? "value"
      lines.push(`import * as ${kind} from "./${file}"`, `console.log(Object.values(${kind})[0].name)`)
    }
    const { output, code } = await load(lines.sort().reverse().join("\n"), env)
    const names = Object.keys(PROVIDERS).map((kind) => (kind === "oidc" ? "staff-site" : kind))
    expect([output.trim().split("\n").sort(), code]).toEqual([names.sort(), 0])
    const example = read(".env.example").trim().split("\n")
    expect(example.sort()).toEqual(
      Object.keys(env)
        .map((name) => `${name}=`)
        .sort(),
    )
  })
  test("writes a file that does not start without its variables, and says which", async () => {
    await cli("provider", "github")
    const { output, code } = await load('import "./src/sign-in/github.ts"', {})
    expect(code).not.toBe(0)
    expect(output).toContain("Expected clientSecret of github: is its environment variable set?")
  })
  test("adds only the variables that are not there, and keeps the rest", async () => {
    writeFileSync(join(app.folder, ".env.example"), "PORT=3000\nGITHUB_CLIENT_ID=known")
    const { stdout } = await cli("provider", "github", "--json")
    expect(JSON.parse(stdout)).toMatchObject({ added: ["GITHUB_CLIENT_SECRET"] })
    expect(read(".env.example")).toBe("PORT=3000\nGITHUB_CLIENT_ID=known\nGITHUB_CLIENT_SECRET=\n")
    await cli("provider", "github", "--force")
    expect(read(".env.example")).toBe("PORT=3000\nGITHUB_CLIENT_ID=known\nGITHUB_CLIENT_SECRET=\n")
  })
  test("does not write over a file, unless it is told to", async () => {
    await cli("provider", "github")
    const again = await cli("provider", "github")
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining("src/sign-in/github.ts is there already"),
    ])
    expect((await cli("provider", "github", "--force")).exitCode).toBe(0)
  })
  test("writes a second one of a kind under a name of its own", async () => {
    await cli("provider", "github", "--name", "github-works", "--out", "works.ts")
    expect(read("works.ts")).toContain('export const withGithubWorks = github({\n  name: "github-works",')
    expect(read("works.ts")).toContain("process.env.GITHUB_WORKS_CLIENT_ID")
  })
  test.each([
    ["a provider that is none", ["myspace"]],
    ["what every object has", ["constructor"]],
    ["an issuer without a name", ["oidc"]],
    ["a name that is a path", ["google", "--name", "../google"]],
    ["a name that sign-in by e-mail has", ["google", "--name", "email"]],
    ["a name that begins with a digit", ["google", "--name", "2nd"]],
  ])("refuses %s", async (_what, args) => {
    expect((await cli("provider", ...args)).exitCode).toBe(2)
  })
})

test("ashlar oauth providers lists them, with their variables", async () => {
  const { stdout } = await cli("providers")
  expect(stdout).toContain("apple      APPLE_CLIENT_ID APPLE_TEAM_ID APPLE_KEY_ID APPLE_PRIVATE_KEY\n")
  const value = JSON.parse((await cli("providers", "--json")).stdout) as { kind: string }[]
  expect(value.map(({ kind }) => kind)).toEqual(Object.keys(PROVIDERS))
})
