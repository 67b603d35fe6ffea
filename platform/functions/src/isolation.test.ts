import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { AshlarError } from "@ashlar/core"
import { Stopped } from "./errors.ts"
import { Isolation } from "./isolation.ts"
import { type Profile, sandboxCommand } from "./profile.ts"
import { Sandbox } from "./sandbox.ts"
import { assembleFilter } from "./seccomp.ts"
import { openStage } from "./stage.ts"
import type { Architecture } from "./syscalls.ts"
import { openInstall } from "./testing/install.ts"
import { sandboxTest, testNeeding } from "./testing/requirements.ts"

const folder = mkdtempSync(join(tmpdir(), "isolation-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Threads, crypto, compression, a database in memory, garbage, timers, WebAssembly, files that are read. */
const ordinaryWork = `
import { Database } from "bun:sqlite"
import { gzipSync, gunzipSync } from "node:zlib"
import { readFileSync, readdirSync, statSync } from "node:fs"
import { scryptSync } from "node:crypto"
export default { async fetch() {
  const db = new Database(":memory:")
  const one = db.query("SELECT '1' AS one").get().one
  const zipped = gunzipSync(gzipSync(Buffer.alloc(1e6))).length === 1e6
  const source = "for (let n = 0; n < 20; n++) { const all = []; for (let m = 0; m < 1e5; m++) all.push({ m }) } postMessage([1]); setInterval(() => {}, 1)"
  const worker = new Worker(URL.createObjectURL(new Blob([source])))
  const said = await new Promise((done) => { worker.onmessage = (event) => done(event.data) })
  for (let n = 0; n < 10; n++) { const all = []; for (let m = 0; m < 1e5; m++) all.push({ m }); Bun.gc(n % 2 === 0); await Bun.sleep(2) }
  worker.terminate()
  const wasm = await WebAssembly.instantiate(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,2,11]))
  readFileSync("/runner.mjs"); statSync("/bun"); const files = readdirSync("/").filter((name) => ["bun", "proc", "dev"].includes(name)).length
  await crypto.subtle.digest("SHA-256", new Uint8Array(10))
  return Response.json([one, scryptSync("a", "b", 32).length, zipped, files, JSON.stringify(said), wasm.instance.exports.f()])
} }`

const stage = await openStage(process.execPath)
const uid = process.getuid?.() === 0 ? 212_345 : undefined

function isolationWith(bwrap: string, profiles: readonly Profile[], trustFunctions = false): Isolation {
  const changed = { ...stage, tools: { ...stage.tools, bwrap } }
  return new Isolation({ stage: async () => changed, trustFunctions, profiles })
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
    return "none"
  } catch (error) {
    return (error as AshlarError).code
  }
}

sandboxTest("the walls hold on this machine, tried from inside", async () => {
  const { bun, quickjs } = await isolationWith(stage.tools.bwrap, ["namespaces", "dropping"]).capabilities()
  expect(bun).toEqual({ available: true, isolation: "sandboxed", detail: expect.stringContaining("bubblewrap") })
  expect(quickjs).toEqual(bun)
})

testNeeding(
  "bwrap",
  "root",
  "setpriv",
)("they hold as root without a user namespace, too", async () => {
  const { bun } = await isolationWith(stage.tools.bwrap, ["dropping"]).capabilities()
  expect([bun.isolation, bun.detail]).toEqual(["sandboxed", expect.stringContaining("without a user namespace")])
})

describe("the self-check notices that", () => {
  const args = sandboxCommand(stage, { profile: "namespaces", runtime: "bun", uid, selfCheck: true })
  const walls = args.slice(args.indexOf(stage.tools.bwrap) + 1)

  /** A stand-in for bubblewrap that leaves one wall out. */
  function bubblewrapWithout(change: (walls: string[]) => string[]): string {
    const path = join(folder, `bwrap-${Math.random().toString(36).slice(2)}`)
    const words = [stage.tools.bwrap, ...change([...walls])].map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
    writeFileSync(path, `#!/bin/sh\nexec ${words.join(" ")}\n`)
    chmodSync(path, 0o755)
    chmodSync(folder, 0o755)
    return path
  }
  const cut =
    (...words: string[]) =>
    (all: string[]) => {
      const at = all.findIndex((_, index) => words.every((word, offset) => all[index + offset] === word))
      expect(at).toBeGreaterThanOrEqual(0)
      return all.toSpliced(at, words.length)
    }

  sandboxTest("nothing, when all walls stand", async () => {
    const { bun } = await isolationWith(
      bubblewrapWithout((all) => all),
      ["namespaces"],
    ).capabilities()
    expect(bun.isolation).toBe("sandboxed")
  })

  for (const [name, change, wall] of [
    ["there is no filter", cut("--seccomp", "4"), "seccomp"],
    [
      "the network is shared",
      (all: string[]) =>
        cut("--unshare-all")(all).concat().toSpliced(0, 0, "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
      "network",
    ],
    ["the root can be written", cut("--remount-ro", "/"), "writableMounts"],
    ["/proc can be written", cut("--remount-ro", "/proc"), "writableMounts"],
    [
      "there is a writable /tmp",
      (all: string[]) => all.map((word, at) => (word === "--dir" && all[at + 1] === "/tmp" ? "--tmpfs" : word)),
      "writableMounts",
    ],
    [
      "the kernel's settings can be read",
      (all: string[]) => cut("--remount-ro", "/proc/sys")(cut("--tmpfs", "/proc/sys")(all)),
      "kernelSettings",
    ],
    [
      "the environment has a secret",
      (all: string[]) => all.toSpliced(all.indexOf("--setenv"), 0, "--setenv", "SECRET", "hunter2"),
      "environment",
    ],
    [
      "the processes of the machine are visible",
      (all: string[]) => cut("--unshare-all")(all).toSpliced(0, 0, "--unshare-net", "--unshare-ipc", "--unshare-uts"),
      "processes",
    ],
  ] as const) {
    sandboxTest(name, async () => {
      // The option order matters to bubblewrap, so each change keeps it.
      const { bun } = await isolationWith(bubblewrapWithout(change), ["namespaces"]).capabilities()
      expect(bun.isolation).toBe("unavailable")
      expect(bun.detail).toContain(`${wall} (found`)
      expect(bun.detail).not.toContain("hunter2")
    })
  }
})

sandboxTest(
  "ordinary work needs no system call outside the list, not even one that would fail in silence",
  async () => {
    const strict = join(folder, "kill.bpf")
    writeFileSync(strict, assembleFilter({ architecture: process.arch as Architecture, otherwise: "kill" }))
    const filters = { namespaces: strict, dropping: strict }
    const sandbox = Sandbox.start({ stage: { ...stage, filters }, profile: "namespaces", runtime: "bun", uid })
    await sandbox.ready
    const load = { kind: "load", project: "p", name: "f", env: {}, memoryMb: 256, bodyBytes: 1e6, logLines: 10 }
    const loaded = sandbox.channel.open(load, Buffer.from(ordinaryWork), true)
    expect(await loaded.reply).toEqual({ ok: true })
    const invoke = { kind: "invoke", invocation: "i", method: "GET", url: "http://x/", headers: [], hasBody: false }
    const answer = sandbox.channel.open(invoke, new Uint8Array(0), true)
    expect(await answer.reply).toMatchObject({ status: 200 })
    expect(JSON.parse(Buffer.from(await answer.inbox.collect(10_000)).toString())).toEqual(["1", 32, true, 3, "[1]", 2])
    expect(sandbox.live).toBe(true)
    sandbox.kill(new Stopped())
    await sandbox.closed
  },
)

describe("a filter that is not all there starts nothing:", () => {
  const start = async (filter: number): Promise<string> => {
    const command = sandboxCommand(stage, { profile: "namespaces", runtime: "bun", uid })
    const stdio = ["ignore", "ignore", "pipe", "pipe", filter] as unknown as ["ignore", "ignore", "pipe"]
    const run = Bun.spawn([...command], {
      stdio,
      env: {},
      ...(uid === undefined ? {} : { uid, gid: uid }),
    } as Bun.SpawnOptions.OptionsObject<"ignore", "ignore", "pipe">)
    closeSync(filter)
    const [stderr, code] = await Promise.all([new Response(run.stderr).text(), run.exited])
    return `${code} ${stderr}`
  }
  const fileWith = (bytes: Uint8Array): number => {
    const path = join(folder, "filter.bpf")
    writeFileSync(path, bytes)
    return openSync(path, "r")
  }

  sandboxTest("an empty one", async () => {
    expect(await start(fileWith(new Uint8Array(0)))).toMatch(/^1 .*EINVAL/)
  })

  sandboxTest("one of 15 bytes", async () => {
    expect(await start(fileWith(readFileSync(stage.filters.namespaces).subarray(0, 15)))).toMatch(/^1 .*multiple of 8/)
  })

  sandboxTest("one whose descriptor was read before", async () => {
    const filter = openSync(stage.filters.namespaces, "r")
    readSync(filter, Buffer.alloc(100_000))
    expect(await start(filter)).toMatch(/^1 /)
  })

  sandboxTest("one that is missing", async () => {
    const filters = { namespaces: join(folder, "none"), dropping: join(folder, "none") }
    const start = async () =>
      Sandbox.start({ stage: { ...stage, filters }, profile: "namespaces", runtime: "bun", uid })
    expect(await codeOf(start)).toBe("FUNCTIONS_START_FAILED")
  })
})

sandboxTest("a process that does not come up is told apart, with what it said", async () => {
  const broken = { ...stage, runners: { ...stage.runners, bun: join(folder, "broken.mjs") } }
  writeFileSync(broken.runners.bun, "throw new Error('no luck')")
  const sandbox = Sandbox.start({ stage: broken, profile: "namespaces", runtime: "bun", uid })
  const failure = (await sandbox.ready.catch((error: AshlarError) => error)) as AshlarError
  expect([failure.code, String(failure.cause)]).toEqual(["FUNCTIONS_CRASHED", expect.stringContaining("no luck")])
  await sandbox.closed
})

sandboxTest("a killed process ends in milliseconds, says why, and leaves no zombie", async () => {
  for (const profile of ["namespaces", "plain"] as const) {
    const sandbox = Sandbox.start({ stage, profile, runtime: "bun", uid })
    await sandbox.ready
    sandbox.kill(new Stopped("enough"))
    sandbox.kill(new Stopped("again"))
    expect((await sandbox.closed).message).toBe("enough")
    expect(() => readFileSync(`/proc/${sandbox.pid}/stat`)).toThrow()
  }
})

describe.each<[string, string]>([
  ["without bubblewrap", ""],
  ["where bubblewrap fails", "/bin/false"],
])("%s", (_name, bwrapPath) => {
  const bun = {
    name: "f",
    runtime: "bun",
    access: "public",
    code: "export default { fetch: () => new Response('ran') }",
  } as const

  test("bun is refused, and says so", async () => {
    const install = openInstall({ bwrapPath })
    expect((await install.functions.capabilities()).bun).toEqual({
      available: false,
      isolation: "unavailable",
      detail: expect.stringContaining("--trust-functions"),
    })
    expect(await codeOf(() => install.functions.deploy("p1", bun, { kind: "system", id: "s", label: "s" }))).toBe(
      "FUNCTIONS_UNSANDBOXED",
    )
    expect((await install.functions.list("p1")).items).toEqual([])
    await install.close()
  })

  test("bun runs when the functions are trusted, and is labelled", async () => {
    const install = openInstall({ bwrapPath, trustFunctions: true })
    expect((await install.functions.capabilities()).bun.isolation).toBe("trusted")
    await install.deploy("f", bun.code)
    expect((await install.call("f")).text).toBe("ran")
    await install.close()
  })

  test("quickjs runs behind WebAssembly alone, and is labelled", async () => {
    const install = openInstall({ bwrapPath })
    expect((await install.functions.capabilities()).quickjs).toEqual({
      available: true,
      isolation: "wasm",
      detail: expect.any(String),
    })
    await install.deploy(
      "f",
      "export default { fetch: async (r) => { if ((await r.text()) === 'loop') Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1); return new Response('ran') } }",
      {
        runtime: "quickjs",
        limits: { wallMs: 1_500, cpuMs: 1_000 },
      },
    )
    expect((await install.call("f")).text).toBe("ran")
    expect((await install.call("f", { method: "POST", body: "loop" })).code).toMatch(/FUNCTIONS_(CPU|WALL)_LIMIT/)
    expect((await install.call("f")).text).toBe("ran")
    await install.close()
  })
})

describe("the files of a sandbox", () => {
  test("are the same for the next start, and new when what is in them changes", async () => {
    expect((await openStage(process.execPath)).runners).toEqual(stage.runners)
  })

  test("cannot be made where nobody may write", async () => {
    expect(openStage(process.execPath, join(folder, "missing"))).rejects.toThrow()
  })

  testNeeding("bwrap", "root")("hold a copy of Bun when the user of a sandbox could not reach it", async () => {
    const locked = mkdtempSync(join(folder, "locked-"))
    const bunPath = join(locked, "bun")
    writeFileSync(bunPath, readFileSync(process.execPath))
    chmodSync(bunPath, 0o755)
    const install = openInstall({ bunPath, stagePath: folder })
    await install.deploy("f", "export default { fetch: () => new Response('ran') }")
    expect((await install.call("f")).text).toBe("ran")
    await install.close()
  })
})
