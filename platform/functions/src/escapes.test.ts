import { afterAll, beforeAll, describe, expect } from "bun:test"
import { dirname } from "node:path"
import { bunAttacker, quickjsAttacker } from "./testing/attacks.ts"
import { deployer, type Install, openInstall } from "./testing/install.ts"
import { descendantsOf } from "./testing/processes.ts"
import { sandboxTest, testNeeding } from "./testing/requirements.ts"

const SECRET = "hunter2-in-the-platform"

let install: Install
/** Listens on this machine: nothing may ever connect. */
let local: ReturnType<typeof Bun.serve>
let reached = 0

beforeAll(async () => {
  process.env.ASHLAR_TEST_SECRET = SECRET
  install = openInstall()
  local = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      reached++
      return new Response("reached")
    },
  })
  if (!Bun.which("bwrap")) return
  const egress = ["127.0.0.1", `127.0.0.1:${local.port}`, "169.254.169.254", "localhost", `localhost:${local.port}`]
  await install.deploy("attacker", bunAttacker, { egress, limits: { cpuMs: 10_000 } })
  await install.deploy("inside", quickjsAttacker, { runtime: "quickjs", egress })
}, 30_000)

afterAll(async () => {
  delete process.env.ASHLAR_TEST_SECRET
  await install.close()
  await local.stop(true)
})

async function run(code: string, name = "attacker"): Promise<unknown> {
  const answer = await install.call(name, { method: "POST", body: code })
  if (answer.code !== undefined) throw answer.error
  return JSON.parse(answer.text)
}

describe("a bun function finds no file of the machine:", () => {
  for (const path of [
    "/etc/passwd",
    "/etc/shadow",
    "/root",
    "/home",
    "/sys",
    "/usr",
    "/var",
    "/work",
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/dev/shm",
    "/dev/mem",
    "/setpriv",
    "/quickjs.wasm",
  ])
    sandboxTest(path, async () => {
      const code = `return [await attempt(() => fs.readFileSync("${path}", "utf8")), await attempt(() => fs.readdirSync("${path}")), await attempt(() => Bun.file("${path}").text())]`
      for (const found of (await run(code)) as unknown[])
        expect(found).toEqual({ refused: expect.stringMatching(/^E(NOENT|ACCES|NOTDIR|PERM)/) })
    })

  sandboxTest("nor the database of its own project, nor another bundle", async () => {
    const { path } = await install.file()
    expect(await run(`return await attempt(() => fs.readFileSync(${JSON.stringify(path)}).length)`)).toEqual({
      refused: "ENOENT",
    })
    expect(await run(`return await attempt(() => fs.readdirSync(${JSON.stringify(dirname(path))}))`)).toEqual({
      refused: "ENOENT",
    })
    expect(await run("return fs.readdirSync('/').sort()")).toEqual(
      expect.not.arrayContaining(["etc", "root", "work", "home", "usr"]),
    )
  })

  sandboxTest("nor what the kernel says of itself", async () => {
    for (const path of ["/proc/cmdline", "/proc/kallsyms", "/proc/config.gz"]) {
      const found = await run(`return await attempt(() => fs.readFileSync("${path}").length)`)
      expect([path, found]).toEqual([path, { refused: expect.stringMatching(/^E(ACCES|NOENT)/) }])
    }
  })

  sandboxTest("nor a secret of the platform's environment, in any process", async () => {
    const code = `
      const texts = [JSON.stringify(process.env), JSON.stringify(Bun.env)]
      for (const name of fs.readdirSync("/proc")) if (/^\\d+$/.test(name) || name === "self")
        for (const file of ["environ", "cmdline", "auxv"]) try { texts.push(fs.readFileSync("/proc/" + name + "/" + file, "latin1")) } catch {}
      return texts.join("\\n")`
    const text = String(await run(code))
    expect(text).toContain("/runner.mjs")
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain("ASHLAR")
    expect(await run("return Object.keys(process.env).sort()")).toEqual(["HOME", "PWD"])
  })

  sandboxTest("nor an open descriptor that leads to one", async () => {
    const targets = (await run(
      "return fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } })",
    )) as string[]
    for (const target of targets)
      expect(target).toMatch(
        /^(|\/dev\/null|\/dev\/urandom|\/bun|\/proc\/\d+\/fd|(pipe|socket):\[\d+\]|anon_inode:.*)$/,
      )
  })
})

describe("a bun function changes nothing:", () => {
  for (const path of [
    "/x",
    "/bun",
    "/runner.mjs",
    "/dev/x",
    "/dev/shm/x",
    "/tmp/x",
    "/proc/x",
    "/lib/x",
    "/proc/self/mem",
    "/proc/1/mem",
    "/proc/self/oom_score_adj",
    "/proc/self/uid_map",
    "/proc/self/setgroups",
  ])
    sandboxTest(`no write to ${path}`, async () => {
      const found = await run(
        `return [await attempt(() => fs.writeFileSync("${path}", "x")), await attempt(() => Bun.write("${path}", "x"))]`,
      )
      for (const result of found as unknown[])
        expect(result).toEqual({ refused: expect.stringMatching(/^E(ROFS|ACCES|NOENT|PERM|NOTDIR)/) })
    })

  sandboxTest("no link, no folder, no renaming, no removal", async () => {
    const code = `return [
      await attempt(() => fs.symlinkSync("/proc/1/root", "/tmp/x")), await attempt(() => fs.linkSync("/bun", "/tmp/x")),
      await attempt(() => fs.mkdirSync("/tmp/x")), await attempt(() => fs.renameSync("/runner.mjs", "/tmp/x")),
      await attempt(() => fs.unlinkSync("/runner.mjs")), await attempt(() => fs.chmodSync("/bun", 0o777)), await attempt(() => fs.truncateSync("/runner.mjs")) ]`
    for (const result of (await run(code)) as unknown[])
      expect(result).toEqual({ refused: expect.stringMatching(/^E(ROFS|ACCES|PERM)/) })
  })

  sandboxTest("no mount that can be written, and none that names the tenant", async () => {
    const mounts = String(await run("return fs.readFileSync('/proc/self/mountinfo', 'utf8')"))
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
    const writable = mounts.filter((fields) => fields[5]!.split(",").includes("rw")).map((fields) => fields[4])
    expect(writable.sort()).toEqual(["/dev/null", "/dev/urandom"])
    expect(JSON.stringify(mounts)).not.toContain("attacker")
    expect(JSON.stringify(mounts)).not.toContain("p1.db")
  })
})

describe("a bun function starts nothing:", () => {
  for (const [name, code] of [
    ["Bun.spawn", "return await attempt(() => Bun.spawn(['/bun', '--version']).pid)"],
    [
      "node:child_process",
      "const cp = await import('node:child_process'); return await attempt(() => { const r = cp.spawnSync('/bun', ['--version']); if (r.error) throw r.error; return r.pid })",
    ],
    [
      "a shell",
      "return await attempt(async () => { const r = await Bun.$`/bin/sh -c id`.quiet(); return r.stdout.toString() })",
    ],
  ] as const)
    sandboxTest(name, async () => expect(await run(code)).toEqual({ refused: expect.any(String) }))

  sandboxTest("no signal reaches anything", async () => {
    expect(await run("return [await attempt(() => process.kill(1, 'SIGKILL')), call(62, -1, 9)]")).toEqual([
      expect.anything(),
      "errno 3",
    ])
    expect(await run("return 'still here'")).toBe("still here")
  })
})

describe("a raw system call gets", () => {
  const denied: Record<string, [number, ...number[]]> = {
    ptrace: [101, 0],
    process_vm_readv: [310, 1, 0, 0, 0, 0],
    mount: [165],
    umount2: [166],
    unshare: [272, 0x10000000],
    setns: [308, 3, 0],
    "clone of a process": [56, 17],
    "clone with a namespace": [56, 0x10000000 | 0x10100],
    fork: [57],
    vfork: [58],
    io_uring_setup: [425, 8, 0],
    bpf: [321, 0, 0, 0],
    keyctl: [250, 0],
    add_key: [248],
    userfaultfd: [323, 0],
    perf_event_open: [298],
    pidfd_open: [434, 1, 0],
    pidfd_getfd: [438],
    pivot_root: [155],
    chroot: [161],
    mknod: [133],
    open_by_handle_at: [304],
    move_mount: [429],
    fsopen: [430],
    mount_setattr: [442],
    kexec_load: [246],
    init_module: [175],
    syslog: [103, 3, 0, 0],
    memfd_create: [319],
    memfd_secret: [447],
    shmget: [29, 0, 4096, 0o1600],
    semget: [64],
    msgget: [68],
    mq_open: [240],
    splice: [275],
    tee: [276],
    setuid: [105, 0],
    setresuid: [117, 0, 0, 0],
    setpriority: [141, 0, 0, -20],
    mlock: [149],
    acct: [163],
    reboot: [169],
    swapon: [167],
    sethostname: [170],
    iopl: [172],
    execveat: [322],
  }
  for (const [name, [number, ...args]] of Object.entries(denied))
    sandboxTest(`EPERM: ${name}`, async () =>
      expect(await run(`return call(${[number, ...args].join(", ")})`)).toBe("errno 1"),
    )

  for (const [name, family] of [
    ["INET", 2],
    ["INET6", 10],
    ["NETLINK", 16],
    ["PACKET", 17],
    ["ALG", 38],
    ["VSOCK", 40],
  ] as const)
    sandboxTest(`EAFNOSUPPORT: a socket of the family ${name}`, async () =>
      expect(await run(`return call(41, ${family}, 1, 0)`)).toBe("errno 97"),
    )

  sandboxTest("ENOTTY: ioctl TIOCSTI and TIOCLINUX", async () => {
    expect(await run("return [call(16, 0, 0x5412, 0), call(16, 0, 0x541c, 0)]")).toEqual(["errno 25", "errno 25"])
  })

  sandboxTest("ENOSYS: clone3, so that libc takes the call that a filter can read", async () => {
    expect(await run("return call(435, 0, 88)")).toBe("errno 38")
  })

  sandboxTest("the end of the process: a number of the x32 kind", async () => {
    const answer = await install.call("attacker", { method: "POST", body: "return call(0x40000000 + 39)" })
    expect(answer.code).toBe("FUNCTIONS_CRASHED")
    expect(await run("return 'a new process'")).toBe("a new process")
  })
})

describe("a bun function reaches nobody:", () => {
  for (const [name, code] of [
    ["fetch of this machine", "return await attempt(async () => (await fetch('http://127.0.0.1:PORT/')).text())"],
    ["fetch of localhost", "return await attempt(async () => (await fetch('http://localhost:PORT/')).text())"],
    [
      "fetch of the metadata service",
      "return await attempt(async () => (await fetch('http://169.254.169.254/')).text())",
    ],
    ["fetch of what was not granted", "return await attempt(async () => (await fetch('https://example.com/')).text())"],
    ["Bun's own fetch", "return await attempt(async () => (await bunFetch('http://127.0.0.1:PORT/')).text())"],
    [
      "node:net",
      "return await attempt(() => new Promise((done, fail) => net.connect(PORT, '127.0.0.1').on('connect', () => done('connected')).on('error', fail)))",
    ],
    [
      "Bun.connect",
      "return await attempt(() => Bun.connect({ hostname: '127.0.0.1', port: PORT, socket: { data() {} } }).then(() => 'connected'))",
    ],
    [
      "an abstract unix socket",
      "return await attempt(() => new Promise((done, fail) => net.connect('\\\\0/tmp/.X11-unix/X0').on('connect', () => done('connected')).on('error', fail)))",
    ],
    [
      "a unix socket by its path",
      "return await attempt(() => new Promise((done, fail) => net.connect('/var/run/docker.sock').on('connect', () => done('connected')).on('error', fail)))",
    ],
    [
      "UDP",
      "return await attempt(() => new Promise((done, fail) => { const s = dgram.createSocket('udp4'); s.on('error', fail); s.send('x', 53, '127.0.0.1', (e) => e ? fail(e) : done('sent')) }))",
    ],
    ["DNS", "return await attempt(() => dns.resolve4('example.com'))"],
    [
      "a WebSocket",
      "return await attempt(() => new Promise((done, fail) => { const w = new WebSocket('ws://127.0.0.1:PORT/'); w.onopen = () => done('open'); w.onerror = () => fail(new Error('error')) }))",
    ],
    ["a server", "return await attempt(() => Bun.serve({ port: 0, fetch: () => new Response('x') }).port)"],
  ] as const)
    sandboxTest(name, async () => {
      const before = reached
      expect(await run(code.replaceAll("PORT", String(local.port)))).toEqual({ refused: expect.any(String) })
      expect(reached).toBe(before)
    })

  sandboxTest("and its interfaces are lo alone", async () => {
    expect(await run("return fs.readFileSync('/proc/net/dev', 'utf8').match(/\\w+(?=:)/g)")).toEqual(["lo"])
  })
})

testNeeding("bwrap", "root")("two processes never share a user, and none is the platform's", async () => {
  await install.functions.deploy("p2", { name: "other", runtime: "bun", access: "public", code: bunAttacker }, deployer)
  expect((await install.call("other", { project: "p2", method: "POST", body: "return 1" })).text).toBe("1")
  const users = descendantsOf(process.pid).filter(({ name }) => name === "bwrap" || name === "bun")
  const byUser = Map.groupBy(users, ({ uid }) => uid)
  expect(byUser.size).toBeGreaterThanOrEqual(3)
  for (const [uid, processes] of byUser) {
    expect(uid).toBeGreaterThanOrEqual(199_999)
    // The two bubblewraps of one sandbox, and what runs inside.
    expect(processes.length).toBeLessThanOrEqual(3)
  }
})

sandboxTest("the JIT is on inside the walls", async () => {
  // bun:ffi needs it, and refuses to load without; a low limit of data turns it off in silence.
  expect(await run("return typeof call")).toBe("function")
})

describe("a quickjs function finds", () => {
  for (const [name, code, found] of [
    ["no process", "return typeof process", "undefined"],
    [
      "no require, no Bun, no Deno",
      "return [typeof require, typeof Bun, typeof Deno]",
      ["undefined", "undefined", "undefined"],
    ],
    [
      "no WebAssembly, no Worker",
      "return [typeof WebAssembly, typeof Worker, typeof SharedArrayBuffer]",
      ["undefined", "undefined", "function"],
    ],
    [
      "no module to import",
      "try { await import('fs'); return 'imported' } catch (error) { return 'refused' }",
      "refused",
    ],
    [
      "no module by an address",
      "try { await import('file:///etc/passwd'); return 'imported' } catch (error) { return 'refused' }",
      "refused",
    ],
    [
      "its own realm behind every constructor",
      "return request.constructor.constructor('return typeof process')()",
      "undefined",
    ],
    [
      "its own realm behind the context",
      "return ctx.db.collection.constructor('return typeof process')()",
      "undefined",
    ],
    [
      "no path of the machine in a stack",
      "try { null.x } catch (error) { return /\\/(work|tmp|runner|home|root)/.test(error.stack) }",
      false,
    ],
    [
      "no way to prepare stacks",
      "Error.prepareStackTrace = (_, frames) => frames; return typeof new Error().stack",
      "string",
    ],
    [
      "no hidden host function on the global",
      "return Object.getOwnPropertyNames(globalThis).filter((name) => /host|native|qjs|std|os$/i.test(name))",
      [],
    ],
    ["a frozen env", "try { 'use strict'; ctx.env.A = '1' } catch {} return Object.keys(ctx.env)", []],
  ] as const)
    sandboxTest(name, async () => expect(await run(code, "inside")).toEqual(found as never))

  sandboxTest("no private address, however it is written", async () => {
    const urls = [
      "http://127.0.0.1/",
      "http://localhost/",
      "http://2130706433/",
      "http://0x7f.1/",
      "http://[::ffff:7f00:1]/",
      "http://169.254.169.254/",
    ]
    for (const url of urls)
      expect(
        await run(`try { await fetch("${url}"); return "reached" } catch (error) { return error.code }`, "inside"),
      ).toMatch(/^FUNCTIONS_EGRESS_(PRIVATE|NOT_GRANTED)$/)
  })

  sandboxTest("nothing that a call before it left behind", async () => {
    await run(
      "globalThis.left = 1; Object.prototype.left = 2; Array.prototype.map = null; Response.json = null; Math.random = () => 4; return 0",
      "inside",
    ).catch(() => {})
    expect(await run("return [globalThis.left, {}.left, [1].map((x) => x + 1)]", "inside")).toEqual([null, null, [2]])
  })
})
