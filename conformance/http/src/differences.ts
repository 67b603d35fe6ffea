import { answered, checked, type Expectation, problem, refused } from "./case.ts"
import { malformedEscapes } from "./groups/routing.ts"
import { slow } from "./groups/slow.ts"
import { opens } from "./socket-expectations.ts"

/** Where a runtime's own server does something else than the standard asks, and there is nothing of ours to change. */
export interface Difference {
  readonly runtimes: readonly string[]
  readonly group: string
  /** The names of the cases. */
  readonly cases: readonly string[]
  /** What it does, as the page for users says it. */
  readonly does: string
  /** Why it stays so, and what to do where it matters. */
  readonly reason: string
  /** What is expected instead: the suite fails as well when the difference goes away. */
  readonly instead: Expectation
}

const badHosts = [
  "two Hosts in one",
  "a Host with a blank",
  "a Host with a user",
  "a Host with a query",
  "a Host with a fragment",
  "a Host with a backslash",
  "a Host of markup",
  "a Host with a word for a port",
  "a Host with an open bracket",
]

const anyDeno = ["deno", "deno without WebSocket"]

/** @see ../../../docs/runtimes.md which is made from these lists */
const servers: readonly Difference[] = [
  {
    runtimes: ["bun", "deno"],
    group: "WebSocket",
    cases: ["a handshake of HTTP/1.0 is refused"],
    does: "opens a WebSocket for a client of HTTP/1.0",
    reason: "A handler is not told which version was sent. No such client knows WebSocket.",
    instead: opens(),
  },
  {
    runtimes: ["bun", "bun, own router"],
    group: "methods",
    cases: ["FOO is a method that nobody takes", "get is a method that nobody takes"],
    does: "ends the connection when the method is none that Bun knows, where 405 or 501 is due",
    reason:
      "Bun's parser takes a fixed list of methods (all that are registered), in capitals. No request is lost by it.",
    instead: refused(),
  },
  {
    runtimes: ["bun", ...anyDeno],
    group: "broken bodies",
    cases: ["a body of GET is read"],
    does: "gives no body of a GET",
    reason:
      "Their servers leave it out. What a body of GET means is defined by nobody, and caches do not look at it: send a QUERY, or a POST.",
    instead: answered(200, { body: "" }),
  },
  {
    runtimes: ["bun"],
    group: "malformed requests",
    cases: ["an empty line before the request"],
    does: "refuses an empty line before a request, which should be skipped",
    reason: "Bun's parser asks for the method at once. Only clients of the nineties send such lines.",
    instead: refused(400),
  },
  {
    runtimes: ["bun"],
    group: "malformed requests",
    cases: [
      "two Hosts",
      "the same Host twice",
      "two Hosts in another case",
      "a Host with a path",
      "a Host with the path of a route",
      "a Host with a scheme",
      ...badHosts,
    ],
    does: "takes a Host that is no host name, and more than one",
    reason:
      "Bun does not look into Host, and to look there would cost every request. It chooses no route; check the names you serve (`hosts`) before you build links from it.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: anyDeno,
    group: "answers",
    cases: ["a reply of status 205 has no body"],
    does: "sends 205 without a length, and clients wait for the end of its body",
    reason: "Deno leaves the length out, also where it is set. Answer 204.",
    instead: checked(({ bytes }) => (String.fromCharCode(...bytes.slice(9, 12)) === "205" ? [] : ["Expected 205"]), {
      patienceMs: 300,
    }),
  },
  {
    runtimes: ["bun", "bun, own router"],
    group: "methods",
    cases: ["HEAD /response has the header fields of GET and no body"],
    does: "leaves Content-Type out of the answer to HEAD, where a handler returns a `Response` of text and names no type",
    reason: "Bun gives such a `Response` its type when it sends it. Name the type, or return the text.",
    instead: checked(({ end }) => (end === "open" ? [] : ["Expected an open connection"]), { patienceMs: 300 }),
  },
  {
    runtimes: anyDeno,
    group: "malformed requests",
    cases: ["no Host"],
    does: "takes a request of HTTP/1.1 without Host",
    reason: "Deno puts the address it listens on in its place.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: anyDeno,
    group: "malformed requests",
    cases: ["the preface of HTTP/2", "the preface of HTTP/2 with settings"],
    does: "speaks HTTP/2 with a client that starts with its preface",
    reason: "Deno serves both versions on one port. Routes see no difference.",
    instead: checked(({ bytes }) => (bytes[3] === 4 ? [] : ["Expected a SETTINGS frame of HTTP/2"]), {
      foreign: true,
    }),
  },
  {
    runtimes: ["bun"],
    group: "framing of requests",
    cases: ["an extension in quotes: the body is read, and the next request is the next"],
    does: "refuses a chunk whose extension has quotes",
    reason: "Bun's parser takes plain extensions only. Nobody sends others.",
    instead: refused(400),
  },
  {
    runtimes: ["bun"],
    group: "framing of requests",
    cases: ["trailers: the body is read, and the next request is the next"],
    does: "answers a request with trailers, and ends the connection after it",
    reason: "Bun's parser knows no trailers, and takes them for a malformed request behind the body.",
    instead: answered(200, { statuses: [200, 400], body: "hello", connection: "closed" }),
  },
  {
    runtimes: ["node"],
    group: "framing of requests",
    cases: ["blanks around the encoding: the body is read, and the next request is the next"],
    does: "refuses a tab around the value of Transfer-Encoding",
    reason: "Node's parser is strict there, against smuggling.",
    instead: refused(400),
  },
  {
    runtimes: anyDeno,
    group: "smuggling",
    cases: ["a size with a blank before is refused"],
    does: "takes a blank before the size of a chunk",
    reason: "Deno's parser skips it. It reads one request where others see a malformed one, and hides none.",
    instead: answered(200, { statuses: [200, 200], body: "hello" }),
  },
  {
    runtimes: ["bun"],
    group: "connections",
    cases: [
      "a request behind one that takes its time waits for it",
      "two requests that take their time are answered in order",
    ],
    does: "ends the connection, without an answer, when a request comes behind one that is still at work (pipelining)",
    reason:
      "Bun answers pipelined requests only while each is answered at once. Browsers, `fetch` and proxies do not pipeline.",
    instead: refused(),
  },
]

/** Deno's own WebSocket server, which no one else can be put in the place of. */
const denoSockets: readonly Difference[] = [
  {
    cases: ["an unmasked frame is refused", "an unmasked ping is refused"],
    does: "takes frames of a client that are not masked",
    reason:
      "Deno does not look at the mask. It protects proxies between a browser and the server, and browsers always mask.",
  },
  {
    cases: [
      "a pong of 126 bytes is refused",
      "a ping in a long length is refused",
      "a close with a reason of 124 bytes is refused",
    ],
    does: "takes control frames that are too long, or whose length is written too long",
    reason: "Deno looks at the length of none of them. They are bounded by its largest frame.",
  },
  {
    cases: ["a first fragment within a message is refused"],
    does: "takes the first fragment of a message within another for the start of that one",
    reason: "Deno drops the message that was begun.",
  },
  {
    cases: [
      "text with a cut sequence, in fragments, is refused",
      "text with a cut sequence at the end of its last fragment is refused",
    ],
    does: "drops a character that is cut at the end of a fragmented text",
    reason:
      "Deno decodes the fragments one by one, and does not look at what is left. Other invalid UTF-8 ends the connection.",
  },
  {
    cases: ["a length over the limit is refused"],
    does: "reads a message of up to 64 MiB before `maxMessageBytes` refuses it",
    reason: "Deno has one limit of its own, and tells of a message when it is complete.",
  },
].map((one) => ({ ...one, runtimes: ["deno"], group: "WebSocket", instead: opens() }))

/** Beside WebSocket routes Deno's own server keeps all connections. */
const denoSlow: Difference = {
  runtimes: ["deno"],
  group: "slow clients",
  cases: slow.cases.map(({ name }) => name).filter((name) => !name.includes("empty lines")),
  does: "keeps clients that send next to nothing, or stay after their answer, in an app that has WebSocket routes",
  reason:
    "Deno's own server has no timeouts. Other apps are served connection by connection, and let such clients go, by a part of Deno that is not public and that ends WebSockets; it is used on the Deno it is tested with (2.9), and not where `DENO_SERVE_ADDRESS` says where to listen. Elsewhere put a proxy with timeouts in front, or listen with `strictWebSockets`.",
  instead: checked(({ end }) => (end === "open" ? [] : ["The connection was ended"])),
}

const FRONT = "On Cloudflare its own front talks with the client."

/** workerd as it is reached on a machine of one's own. */
const workerdAlone: readonly Difference[] = [
  {
    runtimes: ["workerd"],
    group: "WebSocket routes",
    cases: ["a plain GET of the route is told to upgrade"],
    does: "takes Upgrade out of the answer 426",
    reason: "workerd sends it with 101 only.",
    instead: problem(426, "HTTP_UPGRADE_REQUIRED", { headers: { upgrade: null } }),
  },
  {
    runtimes: ["workerd"],
    group: "WebSocket routes",
    cases: ["HTTP behind an upgrade is no HTTP"],
    does: "waits for the rest of a frame that is none",
    reason: `workerd keeps RFC 6455 in part: it looks at no mask, takes invalid UTF-8 for U+FFFD and any close code. ${FRONT}`,
    instead: opens(),
  },
  {
    runtimes: ["workerd"],
    group: "routing",
    cases: ["an authority-form target is for CONNECT only", "a target without a slash is malformed"],
    does: "takes a target that is neither a path nor a URL for the root",
    reason: `workerd makes a URL of it. ${FRONT}`,
    instead: answered(200, { body: "hello" }),
  },
  {
    runtimes: ["workerd"],
    group: "malformed requests",
    cases: ["HTTP/1.0 without Host"],
    does: "refuses a request of HTTP/1.0 without Host",
    reason: FRONT,
    instead: answered(400),
  },
  {
    runtimes: ["workerd"],
    group: "framing of answers",
    cases: [
      "GET /ok",
      "HEAD /ok",
      "GET /nowhere",
      "GET /value/object",
      "DELETE /ok",
      "GET /stream",
      "GET /throw/error",
    ].map((line) => `${line} has a Date`),
    does: "sends no Date",
    reason: `${FRONT} It adds the date.`,
    instead: answered([200, 404, 405, 500], { headers: { date: null } }),
  },
  {
    runtimes: ["workerd"],
    group: "framing of answers",
    cases: ["a stream for HTTP/1.0 has no chunks and ends with the connection"],
    does: "refuses a request of HTTP/1.0 without Host",
    reason: FRONT,
    instead: answered(400),
  },
  {
    runtimes: ["workerd"],
    group: "smuggling",
    cases: [
      '"Transfer-Encoding: chunked, chunked" and a length is refused',
      '"Transfer-Encoding: chunked\\r\\nTransfer-Encoding: chunked" and a length is refused',
      '"Transfer-Encoding: x\\r\\nTransfer-Encoding: chunked" and a length is refused',
    ],
    does: "looks at the last word of Transfer-Encoding only, and ends the connection",
    reason: FRONT,
    instead: answered(200, { connection: "closed" }),
  },
  {
    runtimes: ["workerd"],
    group: "smuggling",
    cases: ['"Transfer-Encoding: chunked, chunked" alone is refused', "NUL in an extension is refused"],
    does: "takes `chunked, chunked` for one encoding, and any byte in the extension of a chunk",
    reason: `It reads the same end as everybody who takes them. ${FRONT}`,
    instead: answered(200, { statuses: [200, 200] }),
  },
  {
    runtimes: ["workerd"],
    group: "connections",
    cases: ["body", "chunks"].map(
      (what) => `the app is told when its caller leaves while it sends ${what === "body" ? "a body" : what}`,
    ),
    does: "ends the work for a caller that leaves during its body, and tells nobody",
    reason:
      "Workers are cancelled where they are. Put what must be done under `ctx.defer` or the platform's `waitUntil`.",
    instead: checked(
      async (_, server) => {
        const token = "leave2"
        const waited = (await (await fetch(`${server.url}/waited/${token}`)).json()) as { state: string | null }
        return waited.state === "aborted" ? ["The app was told"] : []
      },
      { patienceMs: 500 },
    ),
  },
  {
    runtimes: ["workerd"],
    group: "slow clients",
    cases: [
      "stops before its body",
      "stops within its body",
      "sends its body byte by byte",
      "sends its body in chunks of one byte",
      "sends the size of a chunk byte by byte",
      "sends an extension byte by byte",
      "sends trailers without end",
    ].map((what) => `a client that ${what} is let go`),
    does: "waits for a body as long as its client sends or stays",
    reason: `${FRONT} It bounds how long a request may take to come.`,
    instead: checked(({ end }) => (end === "open" ? [] : ["The connection was ended"])),
  },
]

/** What AWS has done before it calls a function. */
const lambdaFronts: readonly Difference[] = [
  {
    runtimes: ["lambda http"],
    group: "routing",
    cases: ["/static/a%2Fb gives 200", "/static/a%2fb gives 200", "/static/%2e%2e%2fetc gives 200"],
    does: "splits a path at an escaped slash",
    reason:
      "An HTTP API decodes the path before it calls the function. Behind a function URL or a REST API it is left as it was sent.",
    instead: problem(404, "HTTP_NOT_FOUND"),
  },
  {
    runtimes: ["lambda http"],
    group: "routing",
    cases: ["/%6Fk gives 404"],
    does: "finds a static route by its escaped name",
    reason: "An HTTP API decodes the path before it calls the function.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: ["lambda http"],
    group: "routing",
    cases: malformedEscapes.map((target) => `${target} is a malformed escape`),
    does: "takes a malformed escape for the characters it is made of",
    reason: "An HTTP API decodes the path before it calls the function, and leaves what it cannot decode.",
    instead: answered(200),
  },
  {
    runtimes: ["lambda alb"],
    group: "bodies",
    cases: ["a body over the app's own limit is refused"],
    does: "refuses a body of more than 1 MB by itself, without a problem document",
    reason: "A load balancer gives a function no more than that.",
    instead: answered(413, { body: "" }),
  },
]

export const differences: readonly Difference[] = [
  ...servers,
  ...denoSockets,
  denoSlow,
  ...workerdAlone,
  ...lambdaFronts,
]

export function differenceFor(runtime: string, group: string, name: string): Difference | undefined {
  return differences.find((one) => one.runtimes.includes(runtime) && one.group === group && one.cases.includes(name))
}
