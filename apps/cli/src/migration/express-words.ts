import type { Called, HandlerWords, Reading } from "./answer-handler.ts"
import { type Node, stringOf } from "./syntax.ts"

/** How handlers of Express ask and answer. */
export const EXPRESS_WORDS: HandlerWords = {
  request: {
    params: "ctx.params",
    query: "ctx.query",
    method: "ctx.method",
    path: "ctx.path",
    originalUrl: "(ctx.url.pathname + ctx.url.search)",
    ip: "ctx.address",
    hostname: "ctx.url.hostname",
    protocol: 'ctx.url.protocol.replace(":", "")',
  },
  headerGetters: ["get", "header"],
  headerSetters: ["set", "header", "setHeader"],
  statusSetters: ["status"],
  answerOf,
  returnsAnswers: false,
}

function answerOf(calls: readonly Called[], { slice, isObject }: Reading): string | undefined {
  const last = calls.at(-1)
  const before = calls.slice(0, -1)
  if (last === undefined || before.some(({ name, args }) => name !== "status" || args.length !== 1)) return undefined
  const status = before.at(-1) === undefined ? undefined : slice(before.at(-1)!.args[0]!)
  const [first, second] = last.args
  const and = status === undefined ? "" : `, ${status}`
  if (last.name === "json" && first !== undefined) return `ctx.json(${slice(first)}${and})`
  if (last.name === "end" && first === undefined) return `ctx.empty(${status ?? "200"})`
  if (last.name === "sendStatus" && first !== undefined) return sentStatus(first, slice(first))
  if (last.name === "redirect" && first !== undefined)
    return second === undefined
      ? `ctx.redirect(${slice(first)}${and})`
      : `ctx.redirect(${slice(second)}, ${slice(first)})`
  if (last.name !== "send") return undefined
  if (first === undefined) return `ctx.empty(${status ?? "200"})`
  if (stringOf(first) !== undefined || first.type === "TemplateLiteral") return `ctx.html(${slice(first)}${and})`
  return isObject(first) ? `ctx.json(${slice(first)}${and})` : undefined
}

const PHRASES: Readonly<Record<string, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  500: "Internal Server Error",
}

/** Express sends the words for a status as its body, but where none may be. */
function sentStatus(node: Node, text: string): string | undefined {
  const status = String(node.value)
  if (status === "204" || status === "304") return `ctx.empty(${text})`
  return Object.hasOwn(PHRASES, status) ? `ctx.text(${JSON.stringify(PHRASES[status])}, ${text})` : undefined
}
