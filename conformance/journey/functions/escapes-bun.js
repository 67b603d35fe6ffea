// What an attacker tries from inside a function on the bun runtime. Each attempt answers what it got hold of.
const attempts = {
  allowed: async (_, ctx) =>
    `${ctx.function} ${(await ctx.db.collection("countries").query({ limit: 1 })).items.length}`,
  readPasswd: () => require("node:fs").readFileSync("/etc/passwd", "utf8"),
  readPasswdThroughProc: () => require("node:fs").readFileSync("/proc/1/root/etc/passwd", "utf8"),
  readHostEnvironment: () => {
    const text = require("node:fs").readFileSync("/proc/1/environ", "utf8")
    if (!text.includes("JOURNEY_SECRET")) throw new TypeError("no secret there")
    return text
  },
  readDatabase: ({ data }) => require("node:fs").readFileSync(`${data}/system.db`, "latin1").slice(0, 16),
  readRootKey: ({ data }) => require("node:fs").readFileSync(`${data}/root.key`, "latin1"),
  listData: ({ data }) => require("node:fs").readdirSync(data).join(),
  findBundles: () => {
    const fs = require("node:fs")
    const found = []
    const look = (folder, depth) => {
      let names = []
      try {
        names = fs.readdirSync(folder)
      } catch {
        return
      }
      for (const name of names) {
        const path = `${folder}/${name}`
        if (/^\/(proc|sys|dev)/.test(path)) continue
        if (/\.(db|db-wal|key)$/.test(name)) found.push(path)
        if (depth < 6) look(path, depth + 1)
      }
    }
    look("/", 0)
    if (found.length === 0) throw new TypeError("nothing found")
    return found.join()
  },
  writeTmp: () => require("node:fs").writeFileSync("/tmp/ashlar-escape", "x") ?? "written",
  writeRoot: () => require("node:fs").writeFileSync("/ashlar-escape", "x") ?? "written",
  writeDev: () => require("node:fs").writeFileSync("/dev/shm/ashlar-escape", "x") ?? "written",
  spawnShell: () => require("node:child_process").execSync("id").toString(),
  spawnSelf: () => new TextDecoder().decode(Bun.spawnSync(["/bun", "--version"]).stdout) || neither(),
  bunShell: async () => (await Bun.$`cat /etc/passwd`.text()) || neither(),
  connectLoopback: ({ port }) => connect("127.0.0.1", Number(port)),
  connectMetadata: () => connect("169.254.169.254", 80),
  fetchLoopback: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/health/live`)).text(),
  fetchLocalhost: async ({ port }) => (await fetch(`http://localhost:${port}/health/live`)).text(),
  fetchDecimal: async ({ port }) => (await fetch(`http://2130706433:${port}/health/live`)).text(),
  fetchMapped: async ({ port }) => (await fetch(`http://[::ffff:127.0.0.1]:${port}/health/live`)).text(),
  fetchMetadata: async () => (await fetch("http://169.254.169.254/latest/meta-data/")).text(),
  fetchUngranted: async () => (await fetch("https://example.com/")).text(),
  bunFetch: async ({ port }) => (await Bun.fetch(`http://127.0.0.1:${port}/health/live`)).text(),
  otherProject: async ({ other }, ctx) => JSON.stringify(await ctx.db.collection(`../${other}`).list()),
  secretCollection: async (_, ctx) => JSON.stringify(await ctx.db.collection("closed").list()),
}

function neither() {
  throw new TypeError("nothing came back")
}

function connect(host, port) {
  return new Promise((resolve, reject) => {
    const socket = require("node:net").connect({ host, port }, () => resolve(`connected to ${host}`))
    socket.on("error", reject)
    setTimeout(() => reject(new TypeError("timed out")), 1500)
  })
}

export default {
  async fetch(request, ctx) {
    const query = Object.fromEntries(new URL(request.url).searchParams)
    try {
      return Response.json({ escaped: true, got: String(await attempts[query.attempt](query, ctx)).slice(0, 200) })
    } catch (error) {
      return Response.json({ escaped: false, why: String(error.code ?? error.message ?? error).slice(0, 200) })
    }
  },
}
