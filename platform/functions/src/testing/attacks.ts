/** Functions that try to get out. They answer with what they found; the tests say what they must find. */

/** Runs the JavaScript of the request's body, as a function of `bun` could contain it, and answers with its result. */
export const bunAttacker = `
import { dlopen, ptr, read } from "bun:ffi"
import * as fs from "node:fs"
import * as net from "node:net"
import * as dns from "node:dns/promises"
import * as dgram from "node:dgram"
import * as os from "node:os"
import { fetch as bunFetch } from "bun"
const libc = dlopen("libc.so.6", {
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  __errno_location: { args: [], returns: "ptr" },
})
const call = (number, ...args) => {
  const padded = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6)
  const result = Number(libc.symbols.syscall(number, ...padded))
  return result < 0 ? "errno " + read.i32(libc.symbols.__errno_location()) : "result " + result
}
const attempt = async (run) => {
  try { return { done: await run() } } catch (error) { return { refused: String(error.code ?? error.message) } }
}
const tools = { fs, net, dns, dgram, os, bunFetch, call, ptr, attempt, Bun, process }
export default {
  async fetch(request, ctx) {
    const code = await request.text()
    const run = new Function("tools", "ctx", "const { fs, net, dns, dgram, os, bunFetch, call, ptr, attempt } = tools; return (async () => { " + code + " })()")
    return Response.json((await run(tools, ctx)) ?? null)
  },
}`

/** The same for quickjs. */
export const quickjsAttacker = `
export default {
  async fetch(request, ctx) {
    const code = await request.text()
    const run = new Function("ctx", "request", "return (async () => { " + code + " })()")
    return Response.json((await run(ctx, request)) ?? null)
  },
}`
