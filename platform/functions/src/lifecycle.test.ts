import { afterEach, describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { FunctionsOptions } from "./service.ts"
import { type Install, openInstall } from "./testing/install.ts"
import { descendantsOf, eventually, factsOf, type ProcessFacts } from "./testing/processes.ts"
import { sandboxTest } from "./testing/requirements.ts"

const saying = (text: string): string => `export default { fetch: () => new Response(${JSON.stringify(text)}) }`
const waiting =
  "export default { fetch: () => new Promise((done) => setTimeout(() => done(new Response('waited')), 600)) }"

const sandboxes = (): ProcessFacts[] =>
  descendantsOf(process.pid).filter(({ name }) => name === "bwrap" || name === "bun")
const descriptors = (): number => readdirSync("/proc/self/fd").length

const installs: Install[] = []
function open(options: Partial<FunctionsOptions> = {}): Install {
  const install = openInstall(options)
  installs.push(install)
  return install
}
afterEach(async () => {
  for (const install of installs.splice(0)) await install.close()
})

test("nothing is started before it is needed", async () => {
  const install = open()
  await install.file()
  expect(await install.functions.list("p1")).toEqual({ items: [], next: null })
  expect(sandboxes()).toEqual([])
  expect(install.functions.health()).toEqual({ status: "green", processes: 0, maxProcesses: 32 })
})

sandboxTest("closing ends every process, running calls too, and leaves no zombie and no descriptor", async () => {
  const before = descriptors()
  for (let round = 0; round < 3; round++) {
    const install = openInstall()
    await install.deploy("f", waiting)
    await install.deploy("q", waiting, { runtime: "quickjs" })
    const running = [install.call("f"), install.call("q")]
    await Bun.sleep(60)
    await install.close()
    for (const { code } of await Promise.all(running)) expect(code).toBe("FUNCTIONS_STOPPED")
    expect(sandboxes()).toEqual([])
  }
  await Bun.sleep(50)
  expect(descriptors()).toBeLessThanOrEqual(before + 3)
})

sandboxTest("killed processes leave no descriptor", async () => {
  const install = open()
  await install.deploy("f", "export default { fetch: () => process.exit(1) }")
  for (let call = 0; call < 3; call++) await install.call("f")
  const before = descriptors()
  for (let call = 0; call < 15; call++) expect((await install.call("f")).code).toBe("FUNCTIONS_CRASHED")
  await Bun.sleep(100)
  expect(descriptors()).toBeLessThanOrEqual(before + 8)
})

sandboxTest("an idle process is stopped, and the next call has a new one", async () => {
  const install = open({ limits: { idleMs: 200, spareIdleMs: 500 } })
  await install.deploy("f", "let calls = 0; export default { fetch: () => new Response(String(++calls)) }")
  expect([(await install.call("f")).text, (await install.call("f")).text]).toEqual(["1", "2"])
  expect(await eventually(() => sandboxes().length === 0, 4000)).toBe(true)
  expect(install.functions.health().processes).toBe(0)
  expect((await install.call("f")).text).toBe("1")
  expect((await install.functions.metrics("p1", "f")).coldStarts).toBe(1)
  const { items } = await install.functions.logs("p1", "f")
  expect(items.filter((line) => line.kind === "kill")).toEqual([])
})

sandboxTest("a secret that is rotated or revoked is so for functions soon, however busy they are", async () => {
  let secret: string | undefined = "one"
  const install = open({
    limits: { secretsMs: 300 },
    secretFor: async () => secret ?? Promise.reject(new TypeError("revoked")),
  })
  const code = "export default { fetch: (request, ctx) => new Response(ctx.env.KEY) }"
  await install.deploy("f", code, { env: { KEY: "secret:a" } })
  await install.deploy("plain", "let calls = 0; export default { fetch: () => new Response(String(++calls)) }")
  /** Calls without a pause, so that no process is ever idle. */
  const said = async (wanted: string): Promise<boolean> => {
    for (const untilMs = performance.now() + 10_000; performance.now() < untilMs; ) {
      const { text, code } = await install.call("f")
      if ((code ?? text) === wanted) return true
    }
    return false
  }
  expect((await install.call("f")).text).toBe("one")
  secret = "two"
  expect(await said("two")).toBe(true)
  secret = undefined
  expect(await said("FUNCTIONS_SECRET_REFUSED")).toBe(true)
  secret = "three"
  expect(await said("three")).toBe(true)
  expect([(await install.call("plain")).text, (await install.call("plain")).text]).toEqual(["1", "2"])
})

sandboxTest(
  "there are never more processes than the install may have; the one idle for longest makes room",
  async () => {
    const install = open({ limits: { maxProcesses: 3 } })
    for (const name of ["a", "b", "c", "d"]) await install.deploy(name, saying(name))
    await install.deploy("q", saying("q"), { runtime: "quickjs" })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, install.functions.health().processes)
    }, 2)
    for (const name of ["a", "b", "c", "d", "q", "a", "q", "b"]) expect((await install.call(name)).text).toBe(name)
    clearInterval(watch)
    expect(most).toBeLessThanOrEqual(3)
  },
)

sandboxTest("when all are busy a call waits, and then is told", async () => {
  const install = open({ limits: { maxProcesses: 2 } })
  await install.deploy("a", waiting, { limits: { wallMs: 5000 } })
  await install.deploy("b", waiting, { limits: { wallMs: 5000 } })
  await install.deploy("c", saying("c"), { limits: { wallMs: 250 } })
  const busy = [install.call("a"), install.call("b")]
  await Bun.sleep(150)
  expect((await install.call("c")).code).toBe("FUNCTIONS_QUEUE_FULL")
  for (const { text } of await Promise.all(busy)) expect(text).toBe("waited")
  expect((await install.call("c")).text).toBe("c")
})

sandboxTest("a deleted project takes its processes with it", async () => {
  const install = open({ limits: { spareIdleMs: 1 } })
  await install.deploy("f", saying("f"))
  await install.functions.forget("p1")
  expect(await eventually(() => sandboxes().length === 0, 4000)).toBe(true)
})

describe.each<[string, Partial<FunctionsOptions>]>([
  ["sandboxed", {}],
  ["trusted", { bwrapPath: "", trustFunctions: true }],
])("when the platform is killed, its %s processes", (_name, options) => {
  sandboxTest("are gone, whatever they do", async () => {
    const script = fileURLToPath(new URL("./testing/victim.ts", import.meta.url))
    const platform = Bun.spawn([process.execPath, script, JSON.stringify(options)], {
      stdout: "pipe",
      stderr: "inherit",
    })
    const said = await platform.stdout.getReader().read()
    const processes = descendantsOf(platform.pid)
    platform.kill("SIGKILL")
    await platform.exited
    expect(Buffer.from(said.value ?? []).toString()).toContain("looping")
    expect(processes.length).toBeGreaterThanOrEqual(3)
    const left = () => processes.flatMap(({ pid }) => factsOf(pid)).filter(({ zombie }) => !zombie)
    expect(await eventually(() => left().length === 0, 2000)).toBe(true)
  })
})
