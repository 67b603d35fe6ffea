import { answered, type Case, checked, type Group, post, request } from "../case.ts"
import { exchange } from "../client/exchange.ts"
import type { Server } from "../server.ts"

/** How long a connection lives, and in which order it is answered. @see https://www.rfc-editor.org/rfc/rfc9112#section-9 */

const OK = request("GET /ok")

const persistence: readonly Case[] = [
  {
    name: "a connection goes on after an answer",
    send: [OK, { answers: 1 }, OK],
    expect: answered(200, { statuses: [200, 200], connection: "open" }),
  },
  {
    name: "a connection carries 100 requests, errors among them",
    send: Array.from({ length: 100 }, (_, index) => [
      index % 3 === 0 ? request("GET /nowhere") : OK,
      { answers: index + 1 },
    ]).flat(),
    expect: answered(404, { answers: 100 }),
  },
  {
    name: "a connection goes on after an error of the app",
    send: [request("GET /throw/error"), { answers: 1 }, OK],
    expect: answered(500, { statuses: [500, 200] }),
  },
  {
    name: "a connection goes on after a stream",
    send: [request("GET /stream/slow"), { answers: 1 }, OK],
    expect: answered(200, { statuses: [200, 200] }),
  },
  {
    name: "a connection goes on after a body",
    send: [post("/text", "text/plain", "a"), { answers: 1 }, post("/text", "text/plain", "b"), { answers: 2 }, OK],
    methods: ["POST", "POST", "GET"],
    expect: answered(200, { statuses: [200, 200, 200], body: "a" }),
  },
  ...["close", "Close", "CLOSE", "keep-alive, close", "close, x"].map((option) => ({
    name: `Connection: ${option} ends the connection`,
    send: request("GET /ok", [`Connection: ${option}`]),
    expect: answered(200, { body: "ok", connection: "closed" }),
  })),
  {
    name: "Connection: close ends it after a stream",
    send: request("GET /stream", ["Connection: close"]),
    expect: answered(200, { body: "one two three", connection: "closed" }),
  },
  {
    name: "Connection: close ends it after HEAD",
    send: request("HEAD /ok", ["Connection: close"]),
    expect: answered(200, { connection: "closed" }),
  },
  {
    name: "Connection: close ends it after an error",
    send: request("GET /nowhere", ["Connection: close"]),
    expect: answered(404, { connection: "closed" }),
  },
  {
    name: "HTTP/1.0 ends the connection",
    send: "GET /ok HTTP/1.0\r\nHost: a\r\n\r\n",
    expect: answered(200, { body: "ok", connection: "closed" }),
  },
]

const late = request("GET /late/60")
const pipelines: readonly Case[] = [
  {
    name: "two requests at once are answered in order",
    send: OK + request("GET /static/42"),
    expect: answered(200, { statuses: [200, 200], body: "ok" }),
  },
  {
    name: "twenty requests at once are answered in order",
    send: Array.from({ length: 20 }, (_, index) => request(`GET /static/${index}`)).join(""),
    expect: checked(
      ({ answers }) => {
        const got = answers.map(({ body }) => (JSON.parse(body) as { id: string }).id)
        return Bun.deepEquals(
          got,
          Array.from({ length: 20 }, (_, index) => String(index)),
        )
          ? []
          : [`Got ${got}`]
      },
      { answers: 20, quietMs: 0 },
    ),
  },
  {
    name: "a body and a request behind it are answered in order",
    send: post("/text", "text/plain", "a") + OK,
    methods: ["POST", "GET"],
    expect: answered(200, { statuses: [200, 200], body: "a" }),
  },
  {
    name: "HEAD and a request behind it are answered in order",
    send: request("HEAD /ok") + OK,
    methods: ["HEAD", "GET"],
    expect: answered(200, { statuses: [200, 200] }),
  },
  {
    name: "an error and a request behind it are answered in order",
    send: request("GET /nowhere") + OK,
    expect: answered(404, { statuses: [404, 200] }),
  },
  {
    name: "a stream and a request behind it are answered in order",
    send: request("GET /stream") + OK,
    expect: answered(200, { statuses: [200, 200], body: "one two three" }),
  },
  {
    name: "a request behind one that takes its time waits for it",
    send: late + OK,
    expect: answered(200, { statuses: [200, 200], body: "late 60" }),
  },
  {
    name: "two requests that take their time are answered in order",
    send: request("GET /late/80") + request("GET /late/10"),
    expect: answered(200, { statuses: [200, 200], body: "late 80" }),
  },
  {
    name: "nothing is answered behind Connection: close",
    send: request("GET /ok", ["Connection: close"]) + request("GET /static/42"),
    expect: answered([200, 400], { answers: 1, body: /^(?:ok)?$/, connection: "closed" }),
  },
  {
    name: "garbage behind a request is not taken",
    send: `${OK}garbage\r\n\r\n`,
    expect: checked(
      ({ answers: [first, second], end }) => [
        ...(first?.body === "ok" || (first?.status ?? 0) >= 400 ? [] : ["Expected the first answer, or a refusal"]),
        ...(second === undefined || second.status >= 400 ? [] : [`The garbage was answered with ${second.status}`]),
        ...(end === "open" ? ["The connection is still open"] : []),
      ],
      { patienceMs: 5000 },
    ),
  },
]

/** A server need not serve a client that has ended its side; what it sends must not look whole when it is not. */
const wholeOrNothing = (body: string): Case["expect"] =>
  checked(
    ({ answers: [answer], end }) => [
      ...(answer === undefined || answer.body === body ? [] : [`Got a whole answer with the body ${answer.body}`]),
      ...(end === "open" ? ["The connection is still open"] : []),
    ],
    { patienceMs: 5000 },
  )

const halfClosed: readonly Case[] = [
  ...[
    ["an answer", "/ok", "ok"],
    ["an answer that takes its time", "/late/60", "late 60"],
    ["a stream", "/stream/slow", "one two three"],
    ["a large answer", "/value/large", "x".repeat(300_000)],
  ].map(([what, path, body]) => ({
    name: `a client that ends its side gets the whole of ${what} or nothing`,
    send: [request(`GET ${path}`), "half-close"] as const,
    expect: wholeOrNothing(body!),
  })),
  {
    name: "a client that ends its side before it asks is let go",
    send: ["half-close"],
    expect: checked(({ end, bytes }) => [
      ...(end === "open" ? ["The connection is still open"] : []),
      ...(bytes.length === 0 || bytes.toString("latin1").startsWith("HTTP/1.1 400")
        ? []
        : ["Got an answer to nothing"]),
    ]),
  },
  {
    name: "a client that ends its side within a head is let go",
    send: ["GET /ok HTTP/1.1\r\nHost: a\r\n", "half-close"],
    expect: checked(({ end, answers }) => [
      ...(end === "open" ? ["The connection is still open"] : []),
      ...((answers[0]?.status ?? 400) >= 400 ? [] : ["Half a request was answered"]),
    ]),
  },
]

/** What the app is told when its caller goes away. */
const leaving: readonly Case[] = [
  ["waits for the app", request("GET /wait/{token}"), ["reset"]],
  ["reads a stream", request("GET /wait/stream/{token}"), ["reset"]],
  ["sends a body", request("POST /wait/{token}", ["Content-Length: 1000"], "abc"), ["reset"]],
  ["sends chunks", request("POST /wait/{token}", ["Transfer-Encoding: chunked"], "3\r\nabc\r\n"), ["reset"]],
].map(([what, send, last], index) => ({
  name: `the app is told when its caller leaves while it ${what}`,
  send: [(send as string).replace("{token}", `leave${index}`), { pauseMs: 150 }, ...(last as ["reset"])],
  expect: checked((_, server) => expectState(server, `leave${index}`, "aborted"), { patienceMs: 10 }),
}))

/** Asks until the app has seen it, two seconds at most. */
async function expectState(server: Server, token: string, wanted: string): Promise<readonly string[]> {
  let state: string | null = null
  for (let tries = 0; tries < 40; tries++) {
    state = ((await (await fetch(`${server.url}/waited/${token}`)).json()) as { state: string | null }).state
    if (state === wanted) return []
    await Bun.sleep(50)
  }
  return [`Expected the app to have seen ${wanted}, it saw ${state}`]
}

const crowds: readonly Case[] = [
  {
    name: "200 connections that say nothing hinder nobody",
    send: OK,
    expect: checked(
      async (_, server) => {
        const silent = Array.from({ length: 200 }, () =>
          exchange([], { port: server.port, answers: Number.POSITIVE_INFINITY, patienceMs: 300 }),
        )
        const answer = await fetch(`${server.url}/ok`)
        await Promise.all(silent)
        return answer.status === 200 ? [] : [`Got status ${answer.status}`]
      },
      { answers: 1, quietMs: 0 },
    ),
  },
  {
    name: "200 clients that reset at once are no crash",
    send: OK,
    expect: checked(
      async (_, server) => {
        const rude = Array.from({ length: 200 }, (__, index) =>
          exchange([request(index % 2 === 0 ? "GET /value/large" : "GET /late/20"), "reset"], {
            port: server.port,
            patienceMs: 200,
          }),
        )
        await Promise.all(rude)
        return (await fetch(`${server.url}/ok`)).status === 200 ? [] : ["The server does not answer any more"]
      },
      { answers: 1, quietMs: 0 },
    ),
  },
]

export const connections: Group = {
  name: "connections",
  about: "connection",
  cases: [...persistence, ...pipelines, ...halfClosed, ...leaving, ...crowds],
}
