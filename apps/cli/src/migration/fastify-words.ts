import type { Called, HandlerWords, Reading } from "./answer-handler.ts"
import { type Node, stringOf } from "./syntax.ts"

/** How handlers of Fastify ask and answer. */
export const FASTIFY_WORDS: HandlerWords = {
  request: {
    params: "ctx.params",
    query: "ctx.query",
    method: "ctx.method",
    url: "(ctx.url.pathname + ctx.url.search)",
    originalUrl: "(ctx.url.pathname + ctx.url.search)",
    ip: "ctx.address",
    hostname: "ctx.url.hostname",
    protocol: 'ctx.url.protocol.replace(":", "")',
  },
  headerGetters: [],
  headerSetters: ["header"],
  statusSetters: ["code", "status"],
  answerOf,
  returnsAnswers: true,
}

const BEFORE = new Set(["code", "status", "type"])

function answerOf(calls: readonly Called[], reading: Reading): string | undefined {
  const last = calls.at(-1)
  const before = calls.slice(0, -1)
  if (last === undefined || before.some(({ name, args }) => !BEFORE.has(name) || args.length !== 1)) return undefined
  const statusNode = before.findLast(({ name }) => name !== "type")?.args[0]
  const status = statusNode && reading.slice(statusNode)
  const type = before.findLast(({ name }) => name === "type")?.args[0]
  if (last.name === "redirect" && type === undefined) return redirect(last.args, status, reading)
  if (last.name !== "send") return undefined
  const [value] = last.args
  if (value === undefined) return type === undefined ? `ctx.empty(${status ?? "200"})` : undefined
  return sent(value, { status, type }, reading)
}

function sent(
  value: Node,
  { status, type }: { readonly status: string | undefined; readonly type: Node | undefined },
  { slice, isObject }: Reading,
): string | undefined {
  const and = status === undefined ? "" : `, ${status}`
  const isText = stringOf(value) !== undefined || value.type === "TemplateLiteral"
  if (type !== undefined)
    return isText && /^text\/html\b/.test(stringOf(type) ?? "") ? `ctx.html(${slice(value)}${and})` : undefined
  if (isObject(value)) return `ctx.json(${slice(value)}${and})`
  if (isText) return `ctx.text(${slice(value)}${and})`
  // Text or JSON by what it is, which a value that is returned is here too.
  return status === undefined ? slice(value) : undefined
}

/** `redirect(to, code)` since Fastify 5, `redirect(code, to)` before. */
function redirect(
  [first, second]: readonly Node[],
  status: string | undefined,
  { slice }: Reading,
): string | undefined {
  if (first === undefined) return undefined
  if (second === undefined) return `ctx.redirect(${slice(first)}${status === undefined ? "" : `, ${status}`})`
  const [to, code] = typeof first.value === "number" ? [second, first] : [first, second]
  return `ctx.redirect(${slice(to)}, ${slice(code)})`
}
