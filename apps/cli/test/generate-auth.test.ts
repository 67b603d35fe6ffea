// An app with accounts, and policies: written into a folder, checked strictly, and their tests run.
import { afterAll, describe, expect, test } from "bun:test"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp } from "../src/testing-app.ts"
import { runCli } from "../src/testing-io.ts"

const root = join(import.meta.dir, "../../..")
const TSCONFIG = {
  compilerOptions: {
    target: "ESNext",
    module: "NodeNext",
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["bun"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ["src", "test", "migrations"],
}

const app = createTestingApp({ "tsconfig.json": JSON.stringify(TSCONFIG) })
afterAll(() => app[Symbol.dispose]())
symlinkSync(join(root, "node_modules/@types"), join(app.folder, "node_modules/@types"))
const cli = (...argv: string[]) => runCli(["generate", ...argv], { cwd: app.folder })
const run = async (...command: string[]) => {
  const env = { PATH: process.env.PATH, NODE_ENV: "test" } as Record<string, string>
  const child = Bun.spawn(command, { cwd: app.folder, stdout: "pipe", stderr: "pipe", env })
  const [out, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { output: `${out}${problems}`, code: await child.exited }
}

describe("ashlar generate auth and policy", () => {
  test("write files, all or none", async () => {
    const { json } = await cli("auth", "--json")
    const { files, packages } = json() as { files: string[]; packages: string[] }
    expect(files.map((file) => file.replace(/\d{14}/, "now"))).toEqual([
      "src/user.ts",
      "src/mails.ts",
      "src/app.ts",
      "src/main.ts",
      "migrations/now_create_users.ts",
      "test/accounts.test.ts",
    ])
    expect(readFileSync(join(app.folder, ".env.example"), "utf8")).toContain("AUTH_SECRET=\n")
    const imported = files.flatMap((file) =>
      [...readFileSync(join(app.folder, file), "utf8").matchAll(/from "(@ashlar\/[a-z]+)/g)].map(([, name]) => name!),
    )
    expect([...new Set(imported)].sort()).toEqual([...packages].sort())
    writeFileSync(join(app.folder, "src/user.ts"), "// mine\n")
    const refused = await cli("auth", "--json")
    expect(JSON.parse(refused.stdout).error).toMatchObject({ code: "CLI_INPUT_INVALID" })
    expect(readFileSync(join(app.folder, "src/user.ts"), "utf8")).toBe("// mine\n")
    expect((await cli("auth", "--force")).stdout).toContain("npm install @ashlar/auth")
    expect((await cli("policy", "Post")).stdout).toBe(
      "src/policies/post-policy.ts and test/post-policy.test.ts are written. Put the policy into defineAccess.\n",
    )
    await cli("policy", "PriceList2")
  })
  test.each(["post", "Post-Office", "../Post", "", "P".repeat(41)])("refuse the resource %j", async (name) => {
    expect(JSON.parse((await cli("policy", name, "--json")).stdout).error.code).toBe("CLI_INPUT_INVALID")
  })
  test("whose code is right by the strictest types", async () => {
    const { output, code } = await run(join(root, "node_modules/.bin/tsc"), "-p", app.folder)
    expect([output, code]).toEqual(["", 0])
  }, 240_000)
  test("whose tests pass as they are", async () => {
    const { output, code } = await run(process.execPath, "test", "--timeout", "60000")
    expect([output, code]).toEqual([expect.stringContaining(" 10 pass\n 0 fail"), 0])
  }, 120_000)
  test("and fail when the app lets admins in without a second factor", async () => {
    const path = join(app.folder, "src/app.ts")
    const text = readFileSync(path, "utf8")
    writeFileSync(path, text.replace(", requireMfa(accounts)]", "]"))
    const { output, code } = await run(process.execPath, "test", "--timeout", "60000", "./test/accounts.test.ts")
    writeFileSync(path, text)
    expect(output).toContain("(fail) people sign up by a mail, choose a password, and come back")
    expect(code).not.toBe(0)
  }, 120_000)
  test("for other runners", async () => {
    for (const [runner, from] of [
      ["node", "node:test"],
      ["vitest", "vitest"],
    ] as const) {
      await cli("policy", "Post", "--runner", runner, "--force")
      expect(readFileSync(join(app.folder, "test/post-policy.test.ts"), "utf8")).toContain(`from "${from}"`)
    }
  })
})
