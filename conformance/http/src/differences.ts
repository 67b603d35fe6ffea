import { answered, checked, type Expectation, refused } from "./case.ts"

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

/** @see ../../../docs/runtimes.md which is made from this list */
export const differences: readonly Difference[] = [
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
      "a Host with a scheme",
      ...badHosts,
    ],
    does: "takes a Host that is no host name, and more than one",
    reason:
      "Bun does not look into Host, and to look there would cost every request. It chooses no route; check the names you serve (`hosts`) before you build links from it.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: ["deno"],
    group: "malformed requests",
    cases: badHosts,
    does: "takes a Host that is no host name",
    reason:
      "Deno does not look into Host, and to look there would cost every request. Check the names you serve (`hosts`) before you build links from it.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: ["deno"],
    group: "malformed requests",
    cases: ["no Host"],
    does: "takes a request of HTTP/1.1 without Host",
    reason: "Deno puts the address it listens on in its place.",
    instead: answered(200, { body: "ok" }),
  },
  {
    runtimes: ["deno"],
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
    runtimes: ["deno"],
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

export function differenceFor(runtime: string, group: string, name: string): Difference | undefined {
  return differences.find((one) => one.runtimes.includes(runtime) && one.group === group && one.cases.includes(name))
}
