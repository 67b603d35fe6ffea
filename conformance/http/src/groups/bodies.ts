import { answered, type Case, checked, chunked, type Group, post, problem, refused, request, utf8 } from "../case.ts"

/** What is read from a body, and what is refused. @see https://www.rfc-editor.org/rfc/rfc9110#section-8 */

const JSON_TYPE = "application/json"
const FORM_TYPE = "application/x-www-form-urlencoded"

const json: readonly (readonly [body: string, got: unknown])[] = [
  ['{"a":1}', { a: 1 }],
  ["[1,2]", [1, 2]],
  ['"text"', "text"],
  ["0", 0],
  ["null", null],
  ["true", true],
  [' \r\n\t{"a" : [ ] } ', { a: [] }],
  ['{"a":1,"a":2}', { a: 2 }],
  [utf8('{"€":"😀"}'), { "€": "😀" }],
  ['"\\u20ac\\ud83d\\ude00"', "€😀"],
  ['"\\u0000"', "\0"],
  ["1e3", 1000],
  ["12345678901234567890", 12345678901234567000],
]

const notJson: readonly (readonly [what: string, body: string])[] = [
  ["a cut object", "{"],
  ["a cut string", '"a'],
  ["trailing garbage", '{"a":1}x'],
  ["two values", "{}{}"],
  ["a trailing comma", '{"a":1,}'],
  ["single quotes", "{'a':1}"],
  ["a bare name", "{a:1}"],
  ["NaN", "NaN"],
  ["a comment", "{}//"],
  ["a raw control character", '"\u0001"'],
  ["a NUL after the value", "{}\0"],
  ["an empty body", ""],
  ["only blanks", "  \n"],
  ["UTF-16", "\xff\xfe{\0}\0"],
]

/** Bytes that are no UTF-8 read as U+FFFD, as the web's own `json()` reads them, and never as another character. */
const replaced: readonly (readonly [what: string, body: string, got: unknown])[] = [
  ["bytes that are no UTF-8", '{"a":"\xff"}', { a: "\ufffd" }],
  ["a cut UTF-8 sequence", '{"a":"\xe2\x82"}', { a: "\ufffd" }],
  ["an overlong UTF-8 sequence", '{"a":"\xc0\xaf"}', { a: "\ufffd\ufffd" }],
  ["a surrogate in UTF-8", '{"a":"\xed\xa0\x80"}', { a: "\ufffd\ufffd\ufffd" }],
  ["an overlong quote", '{"a":"\xc0\xa2"}', { a: "\ufffd\ufffd" }],
]

const reading: readonly Case[] = [
  ...replaced.flatMap(([what, body, got]) =>
    ["/json", "/schema"].map((path) => ({
      name: `JSON with ${what} has U+FFFD there, by ${path}`,
      send: post(path, JSON_TYPE, body),
      expect: answered(200, { body: { got } }),
    })),
  ),
  ...json.map(([body, got]) => ({
    name: `JSON ${JSON.stringify(body)} is read`,
    send: post("/json", JSON_TYPE, body),
    expect: answered(200, { body: { got } }),
  })),
  ...notJson.map(([what, body]) => ({
    name: `JSON with ${what} is refused`,
    send: post("/json", JSON_TYPE, body),
    expect: problem(400, "HTTP_BODY_INVALID"),
  })),
  ...notJson
    .filter(([, body]) => body !== "")
    .map(([what, body]) => ({
      name: `JSON with ${what} is refused where a schema describes it, too`,
      send: post("/schema", JSON_TYPE, body),
      expect: problem(400, "HTTP_BODY_INVALID"),
    })),
  {
    name: "a byte order mark before JSON is no crash",
    send: post("/json", JSON_TYPE, "\xef\xbb\xbf{}"),
    expect: answered([200, 400]),
  },
  ...[1000, 20_000, 100_000].map((depth) => ({
    name: `JSON that nests ${depth} deep is read or refused`,
    send: post("/json/depth", JSON_TYPE, `${"[".repeat(depth)}${"]".repeat(depth)}`),
    expect: answered([200, 400]),
  })),
  {
    name: "JSON that nests without end is refused",
    send: post("/json/depth", JSON_TYPE, "[".repeat(200_000)),
    expect: answered(400),
  },
  {
    name: "text is read as UTF-8",
    send: post("/text", "text/plain", utf8("grün €")),
    expect: answered(200, { body: "grün €" }),
  },
  ...["a&", "%zz&", "%ff&"].map((pair) => ({
    name: `a form of a megabyte of ${pair} is read at once`,
    send: post("/poison/form", FORM_TYPE, pair.repeat(1_000_000 / pair.length)),
    expect: answered(200),
  })),
  { name: "empty text is read", send: post("/text", "text/plain", ""), expect: answered(200, { body: "" }) },
  {
    name: "text that is no UTF-8 is refused",
    send: post("/text", "text/plain", "a\xff\xfe"),
    expect: problem(400, "HTTP_BODY_INVALID"),
  },
  {
    name: "a body of DELETE is read",
    send: post("/text", "text/plain", "abc", "DELETE"),
    expect: answered(200, { body: "abc" }),
  },
  {
    name: "bytes are read as they are",
    send: post("/bytes", undefined, "\0\xff\x01"),
    expect: answered(200, { body: { length: 3, sum: 256 } }),
  },
  {
    name: "no body at all is read as no bytes",
    send: request("POST /bytes"),
    expect: answered(200, { body: { length: 0, sum: 0 } }),
  },
]

const forms: readonly (readonly [body: string, got: object])[] = [
  ["a=1&b=2", { a: "1", b: "2" }],
  ["a=1&a=2", { a: ["1", "2"] }],
  ["a+b=c%20d", { "a b": "c d" }],
  ["a=%E2%82%AC", { a: "€" }],
  ["a", { a: "" }],
  ["", {}],
  ["&&a=1", { a: "1" }],
]

/** Which types a described body may have. @see https://www.rfc-editor.org/rfc/rfc9110#status.415 */
const types: readonly (readonly [type: string | undefined, body: string, status: number])[] = [
  ["application/json", '{"a":"1"}', 200],
  ["application/json; charset=utf-8", '{"a":"1"}', 200],
  ["APPLICATION/JSON", '{"a":"1"}', 200],
  ["application/vnd.api+json", '{"a":"1"}', 200],
  ["application/json ;charset=UTF-8", '{"a":"1"}', 200],
  [FORM_TYPE, "a=1", 200],
  [`${FORM_TYPE}; charset=utf-8`, "a=1", 200],
  [undefined, '{"a":"1"}', 415],
  ["text/plain", '{"a":"1"}', 415],
  ["text/html", '{"a":"1"}', 415],
  ["application/xml", "<a/>", 415],
  ["application/jsonp", '{"a":"1"}', 415],
  ["application/json-seq", '{"a":"1"}', 415],
  ["json", '{"a":"1"}', 415],
  ["text/plain; application/json", '{"a":"1"}', 415],
]

const limits: readonly Case[] = [
  {
    name: "a body of exactly the limit is read",
    send: post("/limited", undefined, "x".repeat(100)),
    expect: answered(200, { body: { length: 100 } }),
  },
  {
    name: "chunks of exactly the limit are read",
    send: chunked("/limited", "text/plain", "x".repeat(60), "x".repeat(40)),
    expect: answered(200, { body: { length: 100 } }),
  },
  {
    name: "a declared length over the limit is refused",
    send: post("/limited", undefined, "x".repeat(101)),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "chunks over the limit are refused",
    send: chunked("/limited", "text/plain", "x".repeat(60), "x".repeat(41)),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "many small chunks over the limit are refused",
    send: chunked("/limited", "text/plain", ...new Array<string>(400).fill("x")),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "a described body over the limit is refused",
    send: post("/limited/schema", JSON_TYPE, `{"a":"${"x".repeat(100)}"}`),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "a body over the app's own limit is refused",
    send: post("/text", "text/plain", "x".repeat(1024 * 1024 + 1)),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "a body of exactly the app's own limit is read",
    send: post("/bytes", undefined, "\x01".repeat(1024 * 1024)),
    expect: answered(200, { body: { length: 1024 * 1024, sum: 1024 * 1024 } }),
  },
  {
    name: "a declared length far over every limit is refused before its body comes",
    send: request("POST /limited", ["Content-Length: 9000000000"]),
    expect: answered([413, 400]),
  },
  {
    name: "a body far over every limit does not stay in memory",
    send: chunked("/limited", "text/plain", ...new Array<string>(300).fill("x".repeat(16_384))),
    expect: checked(
      ({ answers: [answer] }) =>
        answer !== undefined && answer.status !== 413 ? [`Expected 413 or the end, got ${answer.status}`] : [],
      { answers: 1, quietMs: 0 },
    ),
  },
]

const uploads: readonly Case[] = [
  {
    name: "chunks are put together",
    send: chunked("/text", "text/plain", "one ", "two ", "three"),
    expect: answered(200, { body: "one two three" }),
  },
  {
    name: "a body is read in parts",
    send: chunked("/chunks", "text/plain", "\xe2", "\x82\xac ", "two"),
    expect: answered(200, { body: "€ two" }),
  },
  {
    name: "parts of a body over the limit are refused",
    send: chunked("/chunks", "text/plain", "x".repeat(60), "x".repeat(41)),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "a declared body over the limit is refused before it is read in parts",
    send: post("/chunks", "text/plain", "x".repeat(101)),
    expect: problem(413, "HTTP_BODY_TOO_LARGE"),
  },
  {
    name: "no body is read in no parts",
    send: request("POST /count"),
    expect: answered(200, { body: { length: 0 } }),
  },
  {
    name: "a body is sent back as it comes",
    send: post("/pipe", "text/plain", "there and back"),
    expect: answered(200, { body: "there and back" }),
  },
  { name: "no chunk is no body", send: chunked("/text", "text/plain"), expect: answered(200, { body: "" }) },
  {
    name: "chunks of JSON are read where a schema describes it",
    send: chunked("/schema", JSON_TYPE, '{"a"', ':"1"}'),
    expect: answered(200, { body: { got: { a: "1" } } }),
  },
  {
    name: "a character that is cut by a chunk is whole again",
    send: chunked("/text", "text/plain", "\xe2", "\x82", "\xac"),
    expect: answered(200, { body: "€" }),
  },
  {
    name: "a body that comes in two packets is read",
    send: [request("POST /text", ["Content-Length: 6", "Content-Type: text/plain"], "abc"), { pauseMs: 50 }, "def"],
    expect: answered(200, { body: "abcdef" }),
  },
  {
    name: "a head that comes byte by byte is read",
    send: [..."POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"],
    methods: ["POST"],
    expect: answered(200, { body: "ok" }),
  },
]

/** What is left of a connection when a body does not come as promised. */
const broken: readonly Case[] = [
  {
    name: "a body that ends early is no body",
    send: [request("POST /text", ["Content-Length: 100", "Content-Type: text/plain"], "abc"), "half-close"],
    expect: refused(400, 408),
  },
  {
    name: "chunks that end early are no body",
    send: [
      request("POST /text", ["Transfer-Encoding: chunked", "Content-Type: text/plain"], "3\r\nabc\r\n"),
      "half-close",
    ],
    expect: refused(400, 408),
  },
  {
    name: "a client that resets during its body is no crash",
    send: [request("POST /text", ["Content-Length: 100"], "abc"), { pauseMs: 20 }, "reset"],
    expect: checked(() => []),
  },
  {
    name: "Expect: 100-continue is continued when the body is wanted",
    send: [
      request("POST /text", ["Content-Length: 3", "Content-Type: text/plain", "Expect: 100-continue"]),
      { pauseMs: 100 },
      "abc",
    ],
    expect: checked(
      ({ answers: [answer] }) => [
        ...(answer?.status === 200 ? [] : [`Expected status 200, got ${answer?.status ?? "no answer"}`]),
        ...(answer === undefined || Bun.deepEquals(answer.interim, [100]) ? [] : ["Expected one 100 before it"]),
      ],
      { answers: 1, quietMs: 0 },
    ),
  },
  {
    name: "Expect: 100-continue is answered at once when the body is too large",
    send: request("POST /limited", ["Content-Length: 200000", "Expect: 100-continue"]),
    expect: answered([413, 417]),
  },
  {
    name: "an expectation that nobody knows is refused or ignored",
    send: request("GET /ok", ["Expect: miracles"]),
    expect: answered([200, 417]),
  },
  {
    name: "a body that no handler reads is not the next request",
    send: [post("/ignored", "text/plain", request("GET /smuggled/unread")), { answers: 1 }, request("GET /ok")],
    methods: ["POST", "GET"],
    expect: checked(
      ({ answers, end }) => [
        ...(answers[0]?.body === "ignored" ? [] : ["Expected the first answer"]),
        ...(answers.some(({ body }) => body === "smuggled") ? ["The body was taken for a request"] : []),
        ...(answers[1]?.body === "ok" || end !== "open" ? [] : ["Expected the second answer, or the end"]),
      ],
      { answers: 2, quietMs: 100 },
    ),
  },
  ...["GET", "DELETE", "OPTIONS", "PATCH", "QUERY", "PROPFIND"].map((method) => ({
    name: `a body of ${method} is read`,
    send: request(`${method} /text/any`, ["Content-Type: text/plain", "Content-Length: 4"], "body"),
    expect: answered(200, { body: "body" }),
  })),
  {
    name: "a body of GET is not the next request",
    send: [
      request("GET /ok", ["Content-Length: 40"], request("GET /smuggled/get").padEnd(40).slice(0, 40)),
      { answers: 1 },
    ],
    expect: checked(
      ({ answers }) => [
        ...(answers[0]?.body === "ok" || (answers[0]?.status ?? 400) >= 400 ? [] : ["Expected the first answer"]),
        ...(answers.some(({ body }) => body === "smuggled") ? ["The body was taken for a request"] : []),
      ],
      { answers: 1, quietMs: 200 },
    ),
  },
]

export const bodies: Group = {
  name: "bodies",
  about: "app",
  cases: [
    ...reading,
    ...forms.map(([body, got]) => ({
      name: `the form ${JSON.stringify(body)} is read`,
      send: post("/form", FORM_TYPE, body),
      expect: answered(200, { body: { got } }),
    })),
    {
      name: "a form in parts is no form of one text",
      send: post(
        "/form",
        "multipart/form-data; boundary=x",
        '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
      ),
      expect: problem(415, "HTTP_UNSUPPORTED_MEDIA_TYPE"),
    },
    ...types.map(([type, body, status]) => ({
      name: `a described body of type ${type ?? "(none)"} gives ${status}`,
      send: post("/schema", type, body),
      expect:
        status === 200
          ? answered(200, { body: { got: { a: "1" } } })
          : problem(415, "HTTP_UNSUPPORTED_MEDIA_TYPE", { headers: { "x-outer": "1" } }),
    })),
    {
      name: "a described body that is missing is invalid",
      send: request("POST /schema"),
      expect: problem(422, "HTTP_INVALID"),
    },
    {
      name: "a described body that does not fit is invalid",
      send: post("/schema", JSON_TYPE, "[1]"),
      expect: problem(422, "HTTP_INVALID"),
    },
    {
      name: "QUERY has a described body",
      send: post("/schema", JSON_TYPE, '{"a":"1"}', "QUERY"),
      expect: answered(200, { body: { got: { a: "1" } } }),
    },
    ...limits,
    ...uploads,
  ],
}

export const brokenBodies: Group = { name: "broken bodies", about: "connection", cases: broken }
