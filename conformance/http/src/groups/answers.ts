import { answered, type Case, type Checked, checked, DEFECT, type Group, problem, request } from "../case.ts"
import { type Answer, fieldOf, fieldsOf, textOf } from "../client/answer.ts"
import { problemFaults } from "../judge.ts"

/** What handlers return and throw, as it comes over the wire. @see https://www.rfc-editor.org/rfc/rfc9110 */

const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i
const TEXT_TYPE = /^text\/plain; ?charset=utf-8$/i

type Row = readonly [path: string, type: RegExp | null, body: string | object, status?: number]

const values: readonly Row[] = [
  ["/value/text", TEXT_TYPE, "grün"],
  ["/value/empty-text", TEXT_TYPE, ""],
  ["/value/object", JSON_TYPE, { a: 1, b: [true, null] }],
  ["/value/array", JSON_TYPE, "[1,2]"],
  ["/value/number", JSON_TYPE, "0"],
  ["/value/false", JSON_TYPE, "false"],
  ["/value/null", null, "", 204],
  ["/value/undefined", null, "", 204],
  ["/value/blob", /^text\/x-blob$/, "blob"],
  ["/value/date", JSON_TYPE, { at: "1970-01-01T00:00:00.000Z" }],
  ["/value/async", TEXT_TYPE, "late"],
  ["/reply-headers", /^application\/vnd\.a\+json$/, { a: 1 }, 201],
  ["/response", /^text\/plain; ?charset=utf-8$/i, "own", 203],
  ["/response-json", JSON_TYPE, { a: 1 }],
  ["/stream", /^application\/octet-stream$/, "one two three"],
  ["/stream/slow", /^application\/octet-stream$/, "one two three"],
  ["/stream/empty", /^application\/octet-stream$/, ""],
  ["/stream/parts", /^text\/plain$/, "one two three"],
  ["/stream/response", /^text\/x$/, "one two"],
]

const statuses: readonly Case[] = [200, 201, 202, 203, 206, 300, 303, 400, 404, 409, 418, 422, 451, 500, 503, 599].map(
  (status) => ({
    name: `a reply of status ${status} keeps its status and its body`,
    send: request(`GET /reply/${status}`),
    expect: answered(status, { body: "body", headers: { "content-type": /^text\/plain/, "x-outer": "1" } }),
  }),
)

/** Statuses without a body: nothing of it may come, for it would be taken for the next answer. */
const empty: readonly Case[] = [
  ["/reply/204", 204],
  ["/reply/304", 304],
  ["/reply-empty/204", 204],
  ["/response-empty", 204],
  ["/response-304", 304],
  ["/value/null", 204],
].map(([path, status]) => ({
  name: `${path} has no body, and the connection goes on`,
  send: [request(`GET ${path}`), { answers: 1 }, request("GET /ok")],
  expect: answered(status as number, { statuses: [status as number, 200], body: "" }),
}))

const impossible: readonly Case[] = ["0", "99", "100", "101", "103", "600", "1000", "-1", "abc"].map((status) => ({
  name: `a reply of status ${status} is a defect of the app`,
  send: request(`GET /reply/${status}`),
  expect: problem(500, DEFECT),
}))

/** A length that is known is said; one that is not comes in chunks. @see https://www.rfc-editor.org/rfc/rfc9112#section-6 */
const framing: readonly Case[] = [
  ...["/ok", "/value/object", "/value/bytes", "/value/buffer", "/value/large", "/value/empty-text", "/nowhere"].map(
    (path): Case => ({
      name: `${path} says its length`,
      send: request(`GET ${path}`),
      expect: firstAnswer((answer) =>
        answer.framing === "length" ? [] : [`Expected Content-Length, got framing by ${answer.framing}`],
      ),
    }),
  ),
  ...["/stream/slow"].map(
    (path): Case => ({
      name: `${path} comes in chunks`,
      send: request(`GET ${path}`),
      expect: firstAnswer((answer) => (answer.framing === "chunked" ? [] : [`Got framing by ${answer.framing}`])),
    }),
  ),
  {
    name: "a stream for HTTP/1.0 has no chunks and ends with the connection",
    send: "GET /stream HTTP/1.0\r\n\r\n",
    expect: checked(
      ({ answers: [answer], end }) => [
        ...(answer?.framing === "chunked" ? ["Chunks are not known to HTTP/1.0"] : []),
        ...(answer?.body === "one two three" ? [] : [`Expected the body, got ${answer?.body ?? "no answer"}`]),
        ...(end === "open" ? ["The connection is still open"] : []),
      ],
      { patienceMs: 5000 },
    ),
  },
  {
    name: "a large stream comes whole",
    send: request("GET /stream/large"),
    expect: firstAnswer(({ body }) =>
      body.length === 64 * 16_384 ? [] : [`Expected ${64 * 16_384} bytes, got ${body.length}`],
    ),
  },
  ...["GET /ok", "HEAD /ok", "GET /nowhere", "GET /value/object", "DELETE /ok", "GET /stream", "GET /throw/error"].map(
    (line): Case => ({
      name: `${line} has a Date`,
      send: request(line),
      expect: firstAnswer((answer) => {
        const date = fieldsOf(answer, "date")
        return date.length === 1 && !Number.isNaN(Date.parse(date[0]!)) ? [] : [`Expected one Date, got ${date}`]
      }),
    }),
  ),
]

const bytesOf = (path: string, wanted: readonly number[]): Case => ({
  name: `${path} sends its bytes`,
  send: request(`GET ${path}`),
  expect: firstAnswer(({ body }) => {
    const got = [...Buffer.from(body, "latin1")]
    return Bun.deepEquals(got, wanted) ? [] : [`Expected the bytes ${wanted}, got ${got}`]
  }),
})

const fields: readonly Case[] = [
  ...["/cookies", "/response-cookies"].map((path) => ({
    name: `${path} keeps two cookies in two lines`,
    send: request(`GET ${path}`),
    expect: answered(200, { headers: { "set-cookie": ["a=1; HttpOnly", "b=2; Path=/"] } }),
  })),
  {
    name: "a header that is set twice has its last value, and Vary adds up",
    send: request("GET /headers"),
    expect: firstAnswer((answer) => {
      const vary = fieldsOf(answer, "vary").join(", ").split(/, ?/).toSorted()
      return [
        ...(Bun.deepEquals(fieldsOf(answer, "x-one"), ["second"]) ? [] : [`x-one is ${fieldsOf(answer, "x-one")}`]),
        ...(Bun.deepEquals(vary, ["accept", "origin"]) ? [] : [`Vary is ${vary}`]),
      ]
    }),
  },
  {
    name: "a redirect has its location and no body",
    send: request("GET /inject/redirect?value=/there%3Fa=b"),
    expect: answered(302, { headers: { location: "/there?a=b" }, body: "" }),
  },
  {
    name: "a redirect of the web's own is sent as it is",
    send: request("GET /response-redirect"),
    expect: answered(307, { headers: { location: "http://a/there", "x-outer": "1" } }),
  },
  ...(
    [
      ["a plausible one is kept", "abc-123_.:Z", true],
      ["one of 128 characters is kept", "a".repeat(128), true],
      ["one of 129 characters is replaced", "a".repeat(129), false],
      ["one with a blank is replaced", "a b", false],
      ["one with quotes is replaced", '"><script>', false],
      ["one with a comma is replaced", "a,b", false],
      ["an empty one is replaced", "", false],
    ] as const
  ).map(
    ([what, sent, kept]): Case => ({
      name: `the request's id: ${what}`,
      send: request("GET /ok", [`X-Request-Id: ${sent}`]),
      expect: firstAnswer((answer) => {
        const got = fieldOf(answer, "x-request-id") ?? ""
        return (got === sent) === kept && got !== "" ? [] : [`Got ${JSON.stringify(got)}`]
      }),
    }),
  ),
]

/** Errors: what the app means to say is said, and nothing else is. */
const thrown: readonly Case[] = [
  ...["error", "cause", "text", "nothing", "null", "number", "object", "frozen"].flatMap((what): Case[] =>
    ["/throw", "/throw/later"].map((path) => ({
      name: `${path}/${what} tells an id and nothing else, and the app is told`,
      send: request(`GET ${path}/${what}`),
      expect: checked(
        async ({ answers: [answer] }, server) => {
          if (answer?.status !== 500) return [`Expected status 500, got ${answer?.status ?? "no answer"}`]
          const id = fieldOf(answer, "x-request-id") ?? ""
          const told = (await (await fetch(`${server.url}/reported/${id}`)).json()) as { error: string | null }
          const { requestId } = JSON.parse(textOf(answer)) as { requestId: string }
          return [
            ...problemFaults(answer, "INTERNAL"),
            ...(requestId === id ? [] : ["The document has another id than the header"]),
            ...(told.error === null ? ["The app's onError was not told"] : []),
          ]
        },
        { answers: 1, quietMs: 0 },
      ),
    })),
  ),
  ...["/throw", "/throw/later", "/return"].flatMap((path): Case[] => [
    {
      name: `${path}/conflict is the app's own error, without its cause`,
      send: request(`GET ${path}/conflict`),
      expect: problem(409, "HTTP_CONFLICT", { body: { details: { current: 3 }, detail: "Revision 3 is newer" } }),
    },
    {
      name: `${path}/unavailable says when to come back`,
      send: request(`GET ${path}/unavailable`),
      expect: problem(503, "HTTP_UNAVAILABLE", { headers: { "retry-after": "7", "cache-control": "no-store" } }),
    },
    {
      name: `${path}/unauthorized says which credentials`,
      send: request(`GET ${path}/unauthorized`),
      expect: problem(401, "HTTP_UNAUTHORIZED", { headers: { "www-authenticate": "Bearer" } }),
    },
    {
      name: `${path}/forbidden`,
      send: request(`GET ${path}/forbidden`),
      expect: problem(403, "HTTP_FORBIDDEN"),
    },
  ]),
  ...["/value/circular", "/value/bigint"].map((path) => ({
    name: `${path} cannot be said in JSON, and is a defect of the app`,
    send: request(`GET ${path}`),
    expect: problem(500, "INTERNAL"),
  })),
  ...["/stream/fails", "/stream/fails-first", "/stream/parts/fails"].map((path) => ({
    name: `${path} never looks complete, and tells nothing`,
    send: request(`GET ${path}`),
    expect: checked(
      ({ answers: [answer], bytes, end }) => [
        ...(answer !== undefined && answer.status < 500 ? ["The answer looks complete"] : []),
        ...(answer === undefined && end === "open" ? ["The connection is still open"] : []),
        ...(/secret-of-the-app|TypeError/.test(bytes.toString("latin1")) ? ["The answer tells of the defect"] : []),
      ],
      { answers: 1, quietMs: 0, patienceMs: 5000 },
    ),
  })),
]

function firstAnswer(check: (answer: Answer) => readonly string[]): Checked {
  return checked(({ answers: [answer] }) => (answer === undefined ? ["Expected an answer"] : check(answer)), {
    answers: 1,
    quietMs: 0,
  })
}

export const answers: Group = {
  name: "answers",
  about: "app",
  cases: [
    ...values.map(([path, type, body, status = 200]) => ({
      name: `${path} is sent with its type`,
      send: request(`GET ${path}`),
      expect: answered(status, { body, headers: { "content-type": type, "x-outer": "1" } }),
    })),
    bytesOf("/value/bytes", [0, 255, 1]),
    bytesOf("/value/buffer", [1, 2]),
    ...statuses,
    ...empty,
    {
      name: "a reply of status 205 has no body",
      send: request("GET /reply/205"),
      expect: answered(205, { body: "" }),
    },
    ...impossible,
    ...fields,
    ...thrown,
  ],
}

export const answerFraming: Group = { name: "framing of answers", about: "connection", cases: framing }
