import { expect, test } from "bun:test"
import { ownPlatform } from "../testing-platform.ts"

/** `providers`, `projects audit` and `orgs hand-over`, against a platform of their own. */
const { cli, password, url } = ownPlatform("providers")

test("providers are set from standard input, switched off and on, and removed; the secret is never printed", async () => {
  expect((await cli(["providers", "list"])).stdout).toContain("No providers yet")
  const made = await cli(["providers", "set", "google", "--client-id", "walls"], "hush-hush\n")
  expect(made.stdout).toMatch(/state +enabled[\s\S]*\/sign-in\/google\/callback/)
  expect((await cli(["providers", "set", "staff", "--client-id", "x"], "s")).stderr).toContain("--kind")
  const staff = ["providers", "set", "staff", "--kind", "oidc", "--client-id", "x"]
  expect((await cli(staff, "s")).stderr).toContain("IDENTITY_INVALID_INPUT")
  expect((await cli([...staff, "--host", "https://id.example.org"], "s")).exitCode).toBe(0)
  expect((await cli([...staff, "--host", "https://id.example.org"])).exitCode).toBe(2)
  expect((await cli(["providers", "disable", "google"])).stdout).toMatch(/state +disabled/)
  expect((await cli(["providers", "list"])).stdout).toMatch(/google .* disabled/)
  expect((await cli(["providers", "enable", "google"])).stdout).toMatch(/state +enabled/)
  const keep = ["providers", "set", "google", "--client-id", "walls", "--label", "Walls", "--keep-secret"]
  expect((await cli([...keep, "--json"])).json()).toMatchObject({ label: "Walls", clientId: "walls" })
  const all = [await cli(["providers", "list", "--json"]), await cli(["projects", "audit", "--json"]), made]
  expect(JSON.stringify(all)).not.toContain("hush-hush")
  expect((await cli(["providers", "remove", "google"])).exitCode).toBe(2)
  expect((await cli(["providers", "remove", "google", "--yes"])).stdout).toBe("Removed google.\n")
  expect((await cli(["providers", "enable", "google"])).stderr).toContain("providers list")
})

test("projects audit is narrowed, and goes on", async () => {
  const all = (await cli(["projects", "audit", "--action", "auth"])).stdout
  expect(all).toMatch(/ada@example\.org +auth\.provider\.delete +google/)
  expect(all).not.toContain("project.create")
  const one = (await cli(["projects", "audit", "--action", "auth", "--limit", "1"])).stdout
  const cursor = /--cursor (\S+)/.exec(one)?.[1] ?? ""
  expect((await cli(["projects", "audit", "--action", "auth", "--limit", "1", "--cursor", cursor])).stdout).not.toBe(
    one,
  )
  expect((await cli(["projects", "audit", "--target", "nothing"])).stdout).toBe("Nothing yet.\n")
  expect((await cli(["projects", "audit", "--since", "yesterday"])).stderr).toContain("CONTROL_INVALID_INPUT")
})

test("an organization is handed over to a member, and its trail says so", async () => {
  await cli(["orgs", "create", "Quarry"])
  const invited = await cli(["orgs", "invite", "quarry", "tomas@example.org"])
  expect(invited.stdout).toContain("Send this to tomas@example.org")
  const invite = /\/invite\/(\S+)/.exec(invited.stdout)?.[1]
  const join = { invite, name: "Tomas", email: "tomas@example.org", password }
  const headers = { "content-type": "application/json" }
  await fetch(`${url()}/v1/auth/signup`, { method: "POST", headers, body: JSON.stringify(join) })
  expect((await cli(["orgs", "hand-over", "quarry", "tomas@example.org"])).exitCode).toBe(2)
  const done = await cli(["orgs", "hand-over", "quarry", "tomas@example.org", "--yes"])
  expect(done.stdout).toBe("tomas@example.org owns Quarry. You are admin.\n")
  expect((await cli(["orgs", "audit", "quarry", "--action", "org.hand-over"])).stdout).toContain("tomas@example.org")
  expect((await cli(["orgs", "hand-over", "quarry", "tomas@example.org", "--yes"])).stderr).toContain(
    "CONTROL_FORBIDDEN",
  )
})
