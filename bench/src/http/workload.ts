import { createHash } from "node:crypto"
import { wireRequest } from "../load.ts"
import { orderOf } from "./order.ts"
import {
  EVENTS,
  HEADERS_IN,
  HEADERS_OUT,
  type Profile,
  ROUTES,
  SESSION_SECONDS,
  sessionId,
  WIDE_ROUTES,
} from "./profile.ts"
import { USER } from "./user.ts"

/** One question that every subject is asked. */
export interface Workload {
  readonly letter: string
  readonly profile: Profile
  readonly request: Question
  readonly status: number
  /** What is wrong with an answer of that status; undefined when it is right. */
  readonly wrong: (answer: Answer) => string | undefined
  /** A request that must be refused with a status of 4xx, where the workload has a rule. */
  readonly refused?: Question
}

export interface Question {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly headers: Headers
  readonly text: string
}

const JSON_BODY = { "content-type": "application/json" }
const ORDER = orderOf(64 * 1024)
const FILE_BYTES = 100 * 1024
/** The file of workload j. */
export const FILE_TEXT: string = "Stone cut so exactly that it stands without mortar.\n"
  .repeat(2000)
  .slice(0, FILE_BYTES)
const FILE_HASH = hashOf(FILE_TEXT)

export const WORKLOADS: readonly Workload[] = [
  { letter: "a", profile: "plain", request: { method: "GET", path: "/" }, status: 200, wrong: isText("hi") },
  {
    letter: "b",
    profile: "plain",
    request: { method: "GET", path: "/users/42?name=ada" },
    status: 200,
    wrong: isJson({ id: "42", name: "ada" }),
  },
  {
    letter: "c",
    profile: "plain",
    request: { method: "POST", path: "/users", headers: JSON_BODY, body: JSON.stringify(USER) },
    status: 200,
    wrong: isJson(USER),
    refused: { method: "POST", path: "/users", headers: JSON_BODY, body: JSON.stringify({ ...USER, email: "ada" }) },
  },
  { letter: "d", profile: "plain", request: { method: "GET", path: "/nope" }, status: 404, wrong: () => undefined },
  {
    letter: "e",
    profile: "layers",
    request: { method: "GET", path: "/users/42?name=ada", headers: { origin: "http://example.com" } },
    status: 200,
    wrong: (answer) =>
      isJson({ id: "42", name: "ada" })(answer) ??
      hasHeader("access-control-allow-origin", /^\*$/)(answer) ??
      hasHeader("x-request-id", /^[\w-]{10,}$/)(answer),
  },
  {
    letter: "f",
    profile: "routes",
    request: { method: "GET", path: `/api/v1/resource${ROUTES - 1}/42` },
    status: 200,
    wrong: isJson({ r: ROUTES - 1, id: "42" }),
  },
  {
    letter: "g",
    profile: "more",
    request: { method: "GET", path: "/session", headers: { cookie: `theme=dark; sid=${sessionId(7)}; lang=en` } },
    status: 200,
    wrong: (answer) =>
      isJson({ user: "user-7" })(answer) ??
      hasHeader(
        "set-cookie",
        new RegExp(`^sid=${sessionId(7)};(?=.*max-age=${SESSION_SECONDS}\\b)(?=.*httponly)`, "i"),
      )(answer),
    refused: { method: "GET", path: "/session", headers: { cookie: "theme=dark; sid=unknown; lang=en" } },
  },
  {
    letter: "h",
    profile: "more",
    request: {
      method: "GET",
      path: "/headers",
      headers: Object.fromEntries(HEADERS_IN.map((name) => [name, `value of ${name}`])),
    },
    status: 200,
    wrong: (answer) =>
      HEADERS_OUT.map((name, at) => hasHeader(name, new RegExp(`^value of ${HEADERS_IN[at]}$`))(answer)).find(Boolean),
  },
  {
    letter: "i",
    profile: "more",
    request: { method: "POST", path: "/orders", headers: JSON_BODY, body: JSON.stringify(ORDER) },
    status: 200,
    wrong: isJson({ items: ORDER.items.length }),
    refused: {
      method: "POST",
      path: "/orders",
      headers: JSON_BODY,
      body: JSON.stringify({ ...ORDER, items: [...ORDER.items.slice(1), { ...ORDER.items[0], quantity: 0 }] }),
    },
  },
  {
    letter: "j",
    profile: "more",
    request: { method: "GET", path: "/static/page.txt" },
    status: 200,
    wrong: ({ headers, text }) =>
      hashOf(text) === FILE_HASH
        ? hasHeader("content-type", /^text\/plain/)({ headers, text })
        : `Expected the ${FILE_BYTES} bytes of the file, got ${text.length} bytes`,
  },
  {
    letter: "k",
    profile: "wide",
    request: { method: "GET", path: `/api/v1/resource${WIDE_ROUTES - 1}/one/two/three/four` },
    status: 200,
    wrong: isJson({ r: WIDE_ROUTES - 1, a: "one", b: "two", c: "three", d: "four" }),
  },
  {
    letter: "l",
    profile: "more",
    request: { method: "GET", path: "/events", headers: { accept: "text/event-stream" } },
    status: 200,
    wrong: (answer) => hasHeader("content-type", /^text\/event-stream/)(answer) ?? wrongEvents(answer.text),
  },
]

/** The bytes of a question, made once: what the load sends again and again. */
export function wireOf({ method, path, headers = {}, body = "" }: Question): Uint8Array {
  return Buffer.from(wireRequest(method, path, "127.0.0.1", headers, body))
}

function isText(expected: string): Workload["wrong"] {
  return ({ text }) => (text === expected ? undefined : `Expected "${expected}", got "${text.slice(0, 200)}"`)
}

function isJson(expected: unknown): Workload["wrong"] {
  return ({ text }) =>
    Bun.deepEquals(JSON.parse(text), expected)
      ? undefined
      : `Expected ${JSON.stringify(expected)}, got ${text.slice(0, 200)}`
}

function hasHeader(name: string, pattern: RegExp): Workload["wrong"] {
  return ({ headers }) =>
    pattern.test(headers.get(name) ?? "") ? undefined : `Expected ${name} to match ${pattern}, got ${headers.get(name)}`
}

/** The events in order, each with its number as id and as data. */
function wrongEvents(text: string): string | undefined {
  const blocks = text.split(/\r?\n\r?\n/)
  const events = blocks.filter((block) => /^data:/m.test(block)) // a comment is no event
  if (events.length !== EVENTS) return `Expected ${EVENTS} events, got ${events.length}`
  const at = events.findIndex((event, index) => {
    const lines = event.split(/\r?\n/).map((line) => line.replace(/: /, ":"))
    return !lines.includes(`id:${index}`) || !lines.includes(`data:{"n":${index}}`)
  })
  return at === -1 ? undefined : `Expected event ${at} to have its id and data, got ${events[at]}`
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
