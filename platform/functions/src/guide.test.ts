import { afterAll, beforeAll, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { limitRanges } from "./limits.ts"
import { type Install, openInstall } from "./testing/install.ts"
import { sandboxTest } from "./testing/requirements.ts"

const guide = readFileSync(fileURLToPath(new URL("../../../docs/guides/functions.md", import.meta.url)), "utf8")
const examples = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!)

let install: Install
beforeAll(() => {
  install = openInstall()
})
afterAll(() => install.close())

test("the guide has examples, and states the limits as they are", () => {
  expect(examples.length).toBe(2)
  const { wallMs, cpuMs, logLines, memoryMb } = limitRanges.bun
  for (const [name, text] of [
    ["wallMs", wallMs[1].toLocaleString("en")],
    ["cpuMs", cpuMs[1].toLocaleString("en")],
    ["memoryMb", `${memoryMb[1]}, \`quickjs\` ${limitRanges.quickjs.memoryMb[1]}`],
    ["bodyBytes", "5 MiB"],
    ["logLines", `${logLines[1].toLocaleString("en")} a call`],
  ])
    expect(guide).toContain(`| \`${name}\` | ${text} |`)
})

for (const runtime of ["bun", "quickjs"] as const) {
  sandboxTest(`the first example says hello on ${runtime}`, async () => {
    await install.deploy("hello", examples[0]!, { runtime })
    const { text, headers } = await install.call("hello", { path: "/a/b" })
    expect(JSON.parse(text)).toEqual({ hello: "/a/b", from: "hello" })
    const invocation = headers.get("ashlar-invocation")!
    const { items } = await install.functions.logs("p1", "hello", { invocation })
    expect(items[0]).toMatchObject({ kind: "log", message: "asked", fields: { pathname: "/a/b" }, invocation })
  })

  sandboxTest(`the second reads and writes documents on ${runtime}`, async () => {
    await install.deploy("todos", examples[1]!, { runtime })
    install.answer = ({ operation, args }) => ({ operation, args })
    const created = await install.call("todos", { method: "POST", body: JSON.stringify({ title: "cut stone" }) })
    expect([created.status, JSON.parse(created.text)]).toEqual([
      201,
      { operation: "insert", args: { collection: "todos", data: { title: "cut stone" } } },
    ])
    const listed = await install.call("todos")
    expect(JSON.parse(listed.text).args).toEqual({ collection: "todos", query: { where: { done: false } } })
  })
}
