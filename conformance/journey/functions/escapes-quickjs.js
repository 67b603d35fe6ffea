// What an attacker tries from inside a function on the quickjs runtime.
const attempts = {
  allowed: async (_, ctx) =>
    `${ctx.function} ${(await ctx.db.collection("countries").query({ limit: 1 })).items.length}`,
  readPasswd: async () => (await import("node:fs")).readFileSync("/etc/passwd", "utf8"),
  requireFs: () => require("node:fs").readFileSync("/etc/passwd", "utf8"),
  process: () => process.env.PATH,
  bun: () => Bun.version,
  hostConstructor: () => {
    const host = fetch.constructor.constructor("return typeof Bun + typeof process + typeof require")()
    if (host === "undefinedundefinedundefined") throw new TypeError("only the guest's own realm")
    return host
  },
  fetchLoopback: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/health/live`)).text(),
  fetchMetadata: async () => (await fetch("http://169.254.169.254/latest/meta-data/")).text(),
  fetchUngranted: async () => (await fetch("https://example.com/")).text(),
  stateOfAnotherCall: () => {
    globalThis.seen = (globalThis.seen ?? 0) + 1
    if (globalThis.seen === 1) throw new TypeError("clean state")
    return `call number ${globalThis.seen}`
  },
  otherProject: async ({ other }, ctx) => JSON.stringify(await ctx.db.collection(`../${other}`).list()),
  secretCollection: async (_, ctx) => JSON.stringify(await ctx.db.collection("closed").list()),
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
