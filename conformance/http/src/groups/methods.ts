import { answered, type Case, checked, type Group, post, problem, request } from "../case.ts"
import { fieldOf } from "../client/answer.ts"

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9 and RFC 10008 (QUERY) */

const taken: readonly Case[] = (["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"] as const).map((method) => ({
  name: `${method} reaches the handler of its method`,
  send:
    method === "GET" || method === "DELETE" ? request(`${method} /methods`) : post("/methods", undefined, "", method),
  expect: answered(200, { body: method.toLowerCase(), headers: { "x-outer": "1" } }),
}))

const ALLOW_ALL = "GET, POST, PUT, PATCH, DELETE, QUERY, HEAD, OPTIONS"
const sameSet = (value: string | undefined, wanted: string): boolean =>
  Bun.deepEquals(value?.split(", ").toSorted(), wanted.split(", ").toSorted())

const allows = (send: string, status: number, wanted: string): Case["expect"] =>
  checked(
    ({ answers: [answer] }) => {
      if (answer?.status !== status) return [`Expected status ${status}, got ${answer?.status ?? "no answer"}`]
      const allow = fieldOf(answer, "allow")
      return sameSet(allow, wanted) ? [] : [`Expected Allow: ${wanted} for ${send}, got ${allow ?? "none"}`]
    },
    { answers: 1, quietMs: 0 },
  )

const allow: readonly Case[] = [
  ["OPTIONS /methods", 204, ALLOW_ALL],
  ["OPTIONS /only/get", 204, "GET, HEAD, OPTIONS"],
  ["OPTIONS /only/post", 204, "POST, OPTIONS"],
  ["OPTIONS /static/42", 204, "GET, HEAD, OPTIONS"],
  ["OPTIONS /files/a/b", 204, "GET, HEAD, OPTIONS"],
  ["OPTIONS /mixed/me", 204, "GET, DELETE, HEAD, OPTIONS"],
  ["OPTIONS /number/42", 204, "GET, POST, HEAD, OPTIONS"],
  ["OPTIONS /number/x", 204, "POST, OPTIONS"],
  ["PUT /mixed/me", 405, "GET, DELETE, HEAD, OPTIONS"],
  ["GET /mixed/7", 405, "DELETE, OPTIONS"],
  ["DELETE /only/get", 405, "GET, HEAD, OPTIONS"],
  ["PUT /static/42", 405, "GET, HEAD, OPTIONS"],
  ["PATCH /files/a/b", 405, "GET, HEAD, OPTIONS"],
  ["GET /only/post", 405, "POST, OPTIONS"],
  ["QUERY /only/get", 405, "GET, HEAD, OPTIONS"],
].map(([line, status, wanted]) => ({
  name: `${line} lists the methods in Allow`,
  send: request(line as string),
  expect: allows(line as string, status as number, wanted as string),
}))

const unknown: readonly Case[] = ["LINK", "PROPFIND", "TRACE", "FOO", "get", "M-SEARCH", "PURGE"].map((method) => ({
  name: `${method} is a method that nobody takes`,
  send: request(`${method} /methods`),
  methods: [method],
  expect: answered([400, 405, 501]),
}))

export const methods: Group = {
  name: "methods",
  about: "app",
  cases: [
    ...taken,
    ...allow,
    ...unknown,
    {
      name: "405 is a problem document that went through the app's layers",
      send: request("DELETE /only/get"),
      expect: problem(405, "HTTP_METHOD_NOT_ALLOWED", { headers: { "x-outer": "1" } }),
    },
    {
      name: "405 on HEAD has no body",
      send: request("HEAD /only/post"),
      expect: answered(405, { headers: { "x-outer": "1" } }),
    },
    {
      name: "404 is a problem document that went through the app's layers",
      send: request("GET /nowhere"),
      expect: problem(404, "HTTP_NOT_FOUND", { headers: { "x-outer": "1" } }),
    },
    { name: "404 on HEAD has no body", send: request("HEAD /nowhere"), expect: answered(404) },
    { name: "OPTIONS on an unknown path is 404", send: request("OPTIONS /nowhere"), expect: answered(404) },
    {
      name: "a route for OPTIONS comes before the automatic answer",
      send: request("OPTIONS /own-options"),
      expect: answered(200, { body: "mine", headers: { allow: "OPTIONS" } }),
    },
    {
      name: "a route for HEAD is taken",
      send: request("HEAD /only/head"),
      expect: answered(200, { headers: { "x-own": "head" } }),
    },
    {
      name: "GET on a route for HEAD only is 405",
      send: request("GET /only/head"),
      expect: problem(405, "HTTP_METHOD_NOT_ALLOWED"),
    },
    {
      name: "OPTIONS * is answered without a crash",
      send: request("OPTIONS *"),
      expect: answered([200, 204, 400, 404, 501]),
    },
    {
      name: "GET * is refused",
      send: request("GET *"),
      expect: answered([400, 404]),
    },
    {
      name: "CONNECT opens no tunnel",
      send: request("CONNECT a:443", ["Host: a:443"]),
      expect: checked(({ answers: [answer] }) =>
        answer !== undefined && answer.status < 400 ? [`Expected a refusal, got status ${answer.status}`] : [],
      ),
    },
    {
      name: "a method that a static route does not take goes on to a parameter",
      send: request("DELETE /mixed/me"),
      expect: answered(200, { body: { deleted: "me" } }),
    },
    {
      name: "a method that a constrained route does not take goes on to a plain one",
      send: post("/number/42", undefined, ""),
      expect: answered(200, { body: { posted: "42" } }),
    },
    {
      name: "HEAD goes on as GET does",
      send: request("HEAD /tree/new"),
      expect: answered(200, { headers: { "content-type": /^application\/json/ } }),
    },
    ...headCases(),
  ],
}

/** HEAD: the header fields of GET, and no body; the next answer on the connection shows that none was sent. */
function headCases(): readonly Case[] {
  const paths = [
    "/ok",
    "/value/object",
    "/value/bytes",
    "/value/null",
    "/static/42",
    "/files/a",
    "/response",
    "/cookies",
  ]
  const same = paths.map((path) => ({
    name: `HEAD ${path} has the header fields of GET and no body`,
    send: [request(`HEAD ${path}`), { answers: 1 }, request(`GET ${path}`)],
    methods: ["HEAD", "GET"],
    expect: checked(
      ({ answers: [head, get] }) => {
        if (head === undefined || get === undefined) return ["Expected two answers"]
        const names = ["content-type", "content-length", "set-cookie", "x-own", "x-outer", "vary"]
        // A length may be left out, and must not be another (RFC 9110, 8.6 and 9.3.2).
        const unlike = names
          .filter((name) => fieldOf(head, name) !== fieldOf(get, name))
          .filter((name) => name !== "content-length" || fieldOf(head, name) !== undefined)
        return [
          ...(head.status === get.status ? [] : [`HEAD has status ${head.status}, GET ${get.status}`]),
          ...unlike.map((name) => `${name}: HEAD ${fieldOf(head, name)}, GET ${fieldOf(get, name)}`),
        ]
      },
      { answers: 2, quietMs: 0 },
    ),
  }))
  const streams = ["/stream", "/stream/large", "/stream/slow", "/value/large"].map((path) => ({
    name: `HEAD ${path} sends no byte of the body`,
    send: [request(`HEAD ${path}`), { answers: 1 }, request("GET /ok")],
    methods: ["HEAD", "GET"],
    expect: answered(200, { statuses: [200, 200] }),
  }))
  return [...same, ...streams]
}
