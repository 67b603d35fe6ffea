import { answered, type Case, checked, type Group, problem, request, utf8 } from "../case.ts"
import { textOf } from "../client/answer.ts"

/** @see https://www.rfc-editor.org/rfc/rfc3986 and https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */

type Row = readonly [target: string, status: number, body?: string | object]

/** What each target leads to. */
const found: readonly Row[] = [
  ["/static/fixed", 200, "fixed"],
  ["/static/42", 200, { id: "42" }],
  ["/static/fixed/edit", 200, { edit: "fixed" }],
  ["/static/fixed/other", 404],
  ["/back/one/end", 200, "static"],
  ["/back/one/other", 200, { x: "one" }],
  ["/back/two/other", 200, { x: "two" }],
  ["/back/one/neither", 200, { rest: "one/neither" }],
  ["/back/one", 200, { rest: "one" }],
  ["/tree/new", 200, { path: "new" }],
  ["/number/42", 200, { number: "42" }],
  ["/number/%34%32", 200, { number: "42" }],
  ["/gr%C3%BCn/a%20b", 200, "escaped"],
  ["/docs", 200, { lang: null }],
  ["/docs/de", 200, { lang: "de" }],
  ["/docs/de/more", 404],
  ["/nested", 200, { a: null, b: null }],
  ["/nested/1", 200, { a: "1", b: null }],
  ["/nested/1/2", 200, { a: "1", b: "2" }],
  ["/nested/1/2/3", 404],
  ["/files/a", 200, { path: "a" }],
  ["/files/a/b/c.txt", 200, { path: "a/b/c.txt" }],
  ["/many/1/2/3/4", 200, { a: "1", b: "2", c: "3", d: "4" }],
  ["/many/1/2/3", 404],
  ["/literal/a.b-c_d~e", 200, "literal"],
  ["/wide/w0", 200, "wide 0"],
  ["/wide/w3", 200, "wide 3"],
  ["/wide/w", 404],
  ["/STATIC/fixed", 404],
  ["/Static/42", 404],
  ["/static", 404],
  ["/ok?", 200, "ok"],
  ["/ok?a=/static/fixed", 200, "ok"],
  ["/ok?a=?b", 200, "ok"],
]

/** Escapes: a segment is found by what it says, and a parameter is decoded once. */
const escapes: readonly Row[] = [
  ["/static/a%20b", 200, { id: "a b" }],
  ["/static/a%2Fb", 200, { id: "a/b" }],
  ["/static/a%2fb", 200, { id: "a/b" }],
  ["/static/a%252Fb", 200, { id: "a%2Fb" }],
  ["/static/%E2%82%AC", 200, { id: "€" }],
  ["/static/a+b", 200, { id: "a+b" }],
  ["/static/a%2Bb", 200, { id: "a+b" }],
  ["/static/%00", 200, { id: "\0" }],
  ["/static/a;b=c", 200, { id: "a;b=c" }],
  ["/static/a=b&c", 200, { id: "a=b&c" }],
  ["/static/:id", 200, { id: ":id" }],
  ["/static/*", 200, { id: "*" }],
  ["/static/%3Fa", 200, { id: "?a" }],
  ["/static/%23a", 200, { id: "#a" }],
  ["/static/__proto__", 200, { id: "__proto__" }],
  ["/static/constructor", 200, { id: "constructor" }],
  ["/__proto__", 404],
  ["/constructor", 404],
  ["/toString", 404],
  ["/files/a%2Fb/c", 200, { path: "a/b/c" }],
  ["/files/%E2%82%AC/b%20c", 200, { path: "€/b c" }],
  ["/static/%EF%BF%BD", 200, { id: "\ufffd" }],
  ["/static/%2e%2e%2fetc", 200, { id: "../etc" }],
]

export const malformedEscapes: readonly string[] = [
  "/static/%",
  "/static/%2",
  "/static/%zz",
  "/static/%C3%28",
  "/static/%FF",
  "/static/%E2%82",
  "/static/%C0%AF",
  "/static/%ED%A0%80",
  "/static/%F4%90%80%80",
  "/files/a/%zz",
  "/files/%/b",
  "/docs/%E0%A4",
  "/many/1/%2/3/4",
]

/** Slashes and dots: no target may lead to a route that its text does not name. */
const tricks: readonly Row[] = [
  ["//ok", 404],
  ["/ok/", 404],
  ["/ok//", 404],
  ["//", 404],
  ["/static//", 404],
  ["/static/fixed/", 404],
  ["/static/42/", 404],
  ["/static//edit", 404],
  ["/many/1//3/4", 404],
  ["/%6Fk", 404],
]

const rows = (list: readonly Row[], says: string): readonly Case[] =>
  list.map(([target, status, body]) => ({
    name: `${target} ${says} ${status}`,
    send: request(`GET ${target}`),
    expect: status === 404 ? problem(404, "HTTP_NOT_FOUND") : answered(status, { ...(body !== undefined && { body }) }),
  }))

/** Dot segments: a client may remove them before it sends, so a server may, too; it must not find anything above. */
const dots: readonly Case[] = [
  "/static/..",
  "/static/../ok",
  "/./ok",
  "/files/../../etc/passwd",
  "/files/%2e%2e/ok",
].map((target) => ({
  name: `${target} stays below the root`,
  send: request(`GET ${target}`),
  expect: checked(
    ({ answers: [answer] }) => {
      if (answer === undefined) return ["Expected an answer"]
      if (![200, 400, 404].includes(answer.status)) return [`Expected 200, 400 or 404, got ${answer.status}`]
      return /root:/.test(textOf(answer)) ? ["The answer holds a file of the machine"] : []
    },
    { answers: 1, quietMs: 0 },
  ),
}))

const forms: readonly Case[] = [
  {
    name: "an absolute-form target is its path",
    send: request("GET http://a/static/42?x=1"),
    expect: answered(200, { body: { id: "42" } }),
  },
  {
    name: "an absolute-form target without a path is the root",
    send: request("GET http://a"),
    expect: answered(200, { body: "hello" }),
  },
  {
    name: "an absolute-form target with an unknown path is 404",
    send: request("GET http://a/nowhere"),
    expect: answered(404),
  },
  {
    name: "an authority-form target is for CONNECT only",
    send: request("GET a:80"),
    expect: answered([400, 404]),
  },
  {
    name: "a target without a slash is malformed",
    send: request("GET ok"),
    expect: answered([400, 404]),
  },
  {
    name: "a fragment is no part of a target",
    send: request("GET /ok#fragment"),
    expect: answered([200, 400, 404]),
  },
  {
    name: "raw UTF-8 in a target is a parameter or malformed, and nothing worse",
    send: request(utf8("GET /static/grün")),
    expect: answered([200, 400]),
  },
  {
    name: "a raw byte that is no UTF-8 in a target is no crash",
    send: request("GET /static/\xff\xfe"),
    expect: answered([200, 400]),
  },
  {
    name: "the raw path is told as it was sent",
    send: request("GET /inspect/a%20b/c?x=%20"),
    expect: answered(200, { body: { path: "/inspect/a%20b/c", query: { x: " " }, params: { rest: "a b/c" } } }),
  },
]

/** Where a server makes a URL of Host and target, a Host with a slash must not become a part of the path. */
const hosts: readonly Case[] = [
  "a/static/42?",
  "a/static/42#",
  "a/b",
  "a?",
  "a#",
  "a\\static\\42",
  "http://a",
  "a/../static/42?x=",
].map((host) => ({
  name: `the Host ${host} chooses no route`,
  send: request("GET /ok", [`Host: ${host}`]),
  expect: checked(
    ({ answers: [answer] }) =>
      answer?.status === 400 || answer?.body === "ok"
        ? []
        : [`Expected 400 or the route of the target, got ${answer === undefined ? "no answer" : textOf(answer)}`],
    { answers: 1, quietMs: 0 },
  ),
}))

const long: readonly Case[] = [
  ["a path of 4,000 characters", `/static/${"a".repeat(4000)}`, [200]],
  ["a path of 60,000 characters", `/static/${"a".repeat(60_000)}`, [200, 404, 414, 431, 400]],
  ["a path of 2,000 segments", "/a".repeat(2000), [404]],
  ["a path of 20,000 slashes", "/".repeat(20_000), [404, 414, 431, 400]],
  ["a query of 7,000 characters", `/ok?a=${"b".repeat(7000)}`, [200]],
  ["a query of 1,000 names", `/ok?${"a=1&".repeat(1000)}`, [200]],
  ["a path of 2,000 escapes", `/static/${"%41".repeat(2000)}`, [200]],
].map(([what, target, statuses]) => ({
  name: `${what} is answered`,
  send: request(`GET ${target}`),
  expect: answered(statuses as number[]),
}))

const query: readonly (readonly [string, object])[] = [
  ["", {}],
  ["?", {}],
  ["?a=1", { a: "1" }],
  ["?a=1&a=2&b=3", { a: ["1", "2"], b: "3" }],
  ["?a", { a: "" }],
  ["?a=", { a: "" }],
  ["?=b", { "": "b" }],
  ["?a=b=c", { a: "b=c" }],
  ["?a+b=c+d", { "a b": "c d" }],
  ["?a%20b=c%20d", { "a b": "c d" }],
  ["?a=%E2%82%AC", { a: "€" }],
  ["?&&a=1&&", { a: "1" }],
  ["?a[]=1&a[b]=2", { "a[]": "1", "a[b]": "2" }],
  ["?a=1;b=2", { a: "1;b=2" }],
  ["?a=%26%3D", { a: "&=" }],
  ["?a=1?b=2", { a: "1?b=2" }],
  ["?constructor=1&toString=2", { constructor: "1", toString: "2" }],
]

export const routing: Group = {
  name: "routing",
  about: "app",
  cases: [
    ...rows(found, "gives"),
    ...rows(escapes, "gives"),
    ...rows(tricks, "gives"),
    ...malformedEscapes.map((target) => ({
      name: `${target} is a malformed escape`,
      send: request(`GET ${target}`),
      expect: problem(400, "HTTP_BAD_REQUEST", { headers: { "x-outer": "1" } }),
    })),
    ...dots,
    ...forms,
    ...hosts,
    ...long,
    ...query.map(([text, wanted]) => ({
      name: `the query ${text || "(none)"} is read`,
      send: request(`GET /inspect${text}`),
      expect: checked(
        ({ answers: [answer] }) => {
          if (answer?.status !== 200) return [`Expected status 200, got ${answer?.status ?? "no answer"}`]
          const got = (JSON.parse(textOf(answer)) as { query: unknown }).query
          return Bun.deepEquals(got, wanted)
            ? []
            : [`Expected the query ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`]
        },
        { answers: 1, quietMs: 0 },
      ),
    })),
    {
      name: "a malformed escape in a query is no crash",
      send: request("GET /inspect?a=%zz&b=%FF"),
      expect: answered([200, 400]),
    },
  ],
}
