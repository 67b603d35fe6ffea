/** Every database passes the one suite, on Bun and on Node. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { describeDatabase } from "../src/testing/database-suite.ts"
import { missingServers, ownDatabases } from "./databases.ts"

const NODE = process.env.NODE_BIN
const databases = await ownDatabases()
const onNode = await ownDatabases()
beforeAll(async () => {
  await Promise.all([...databases, ...onNode].map(({ make }) => make()))
})
afterAll(async () => {
  await Promise.all([...databases, ...onNode].map(({ drop }) => drop()))
})

for (const { name, port } of await missingServers()) {
  if (process.env.CI === "true") test(`${name} is there`, () => expect(`127.0.0.1:${port}`).toBe("listening"))
  else console.warn(`skipped: what needs ${name}, for none listens on 127.0.0.1:${port}`)
}

// A zone that is not UTC: times must be the same in every one.
process.env.TZ = "America/New_York"

const byPg = databases.filter(({ name }) => name === "PostgreSQL")
for (const { name, url } of [
  ...databases,
  ...byPg.map(({ name, url }) => ({ name: `${name} by pg`, url: `${url}?driver=pg` })),
])
  describeDatabase(`${name} on Bun`, url, { describe, test: (title, body) => test(title, body, 30_000) })

describe("on Node", () => {
  for (const { name, url } of onNode) {
    test.skipIf(NODE === undefined && process.env.CI !== "true")(
      `${name} passes the suite`,
      async () => {
        const node = Bun.spawn([NODE ?? "node", join(import.meta.dir, "runners", "on-node.ts"), name, url], {
          env: { ...process.env, TZ: "America/New_York" },
          stderr: "pipe",
        })
        const [output, errors] = await Promise.all([new Response(node.stdout).text(), new Response(node.stderr).text()])
        expect(await node.exited, `${output}\n${errors}`).toBe(0)
        expect(Number(/^ℹ pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThan(20)
      },
      120_000,
    )
  }
})
