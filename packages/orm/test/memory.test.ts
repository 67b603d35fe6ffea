/** 100,000 rows of 1 KB take no more memory than a chunk of them, by every client on both runtimes. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { ownDatabases } from "./databases.ts"

/** 100 MB pass through. What is allowed is what two collectors leave lying about between their rounds. */
const MAX_GROWTH_MB = 80
/** V8 fills what it may before it looks for what can go. */
const NODE_LIMITS = ["--max-semi-space-size=4", "--max-old-space-size=64"]
const runner = join(import.meta.dir, "runners", "on-any-stream.ts")
const NODE = process.env.NODE_BIN

const cases = (await ownDatabases()).flatMap(({ name, make, drop, url }) => {
  const on = (runtime: string, program: readonly string[], options: string) => ({
    name: `${name}${options} on ${runtime}`,
    program,
    url: `${url}${options}`,
    make,
    drop,
  })
  const clients = name === "PostgreSQL" ? ["?driver=bun", "?driver=pg"] : [""]
  const onNode = on("Node", [NODE ?? "node", ...NODE_LIMITS], name === "PostgreSQL" ? "?driver=pg" : "")
  const hasNode = NODE !== undefined || process.env.CI === "true"
  return [...clients.map((options) => on("Bun", [process.execPath], options)), ...(hasNode ? [onNode] : [])]
})

test.each(cases)("$name", async ({ program, url, make, drop }) => {
  await make()
  const streaming = Bun.spawn([...program, runner, url], { stderr: "inherit" })
  const told = await new Response(streaming.stdout).text()
  await drop()
  const { isWhole, grewByMb } = JSON.parse(told)
  expect(isWhole).toBe(true)
  expect(grewByMb).toBeLessThan(MAX_GROWTH_MB)
})
