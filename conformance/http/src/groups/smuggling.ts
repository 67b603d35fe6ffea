import { type Case, checked, type Group, request } from "../case.ts"

/**
 * Requests whose end two parties could see in two places. What lies behind the one end must never be answered, nor reach
 * the app, as a request of its own. @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3 and #section-11.2
 */

/**
 * `refused`: an error and the end. `closed`: it may be taken, in one reading, and the connection must end. `harmless`: it
 * may be taken, in one reading. `fine`: it is a good request.
 */
type Fate = "refused" | "closed" | "harmless" | "fine"

interface Row {
  readonly what: string
  readonly fate: Fate
  readonly head: readonly string[]
  readonly line?: string
  /** The body; `{second}` is the hidden request. */
  readonly body: string
}

const hidden = (token: string): string => `GET /smuggled/${token} HTTP/1.1\r\nHost: a\r\n\r\n`
const CHUNKED = "Transfer-Encoding: chunked"

/** The whole body, hidden request included, as long as Content-Length says. */
const WHOLE = "Content-Length: {length}"

const both: readonly Row[] = [
  {
    what: "CL.TE: the length covers more than the chunks",
    fate: "closed",
    head: [WHOLE, CHUNKED],
    body: "0\r\n\r\n{second}",
  },
  { what: "CL.TE, the encoding first", fate: "closed", head: [CHUNKED, WHOLE], body: "0\r\n\r\n{second}" },
  {
    what: "TE.CL: the length ends within the first chunk",
    fate: "closed",
    head: ["Content-Length: 4", CHUNKED],
    body: "{chunk}0\r\n\r\n",
  },
  {
    what: "CL.0: a length of 0 and chunks",
    fate: "closed",
    head: ["Content-Length: 0", CHUNKED],
    body: "{chunk}0\r\n\r\n",
  },
  {
    what: "chunks for HTTP/1.0",
    fate: "closed",
    line: "POST /text HTTP/1.0",
    head: [CHUNKED],
    body: "0\r\n\r\n{second}",
  },
  {
    what: "GET with both",
    fate: "closed",
    line: "GET /ok HTTP/1.1",
    head: [WHOLE, CHUNKED],
    body: "0\r\n\r\n{second}",
  },
]

/** Encodings that are not exactly `chunked`, with a length beside them that says something else. */
const beside = (fate: Fate, list: readonly string[]): readonly Row[] =>
  list.map((encoding) => ({
    what: `${JSON.stringify(encoding)} and a length`,
    fate,
    head: [encoding, WHOLE],
    body: "0\r\n\r\n{second}",
  }))

const encodings: readonly Row[] = [
  ...beside("refused", [
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunkedx",
    "Transfer-Encoding: chunk",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\t: chunked",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding: chunked\x0b",
    "Transfer-Encoding: \0chunked",
    'Transfer-Encoding: "chunked"',
    "Transfer-Encoding: 'chunked'",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: chun ked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: x\r\n chunked",
    "Transfer-Encoding\0: chunked",
    "Transfer-\nEncoding: chunked",
  ]),
  // A field that a lenient reader may join, fold or not see; then it reads one of the two lengths, and only that.
  ...beside("harmless", [
    " Transfer-Encoding: chunked",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding:",
    "Transfer-Encoding: chunked,",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding:\r\n chunked",
    "X: y\nTransfer-Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
  ]),
]

/** The same without a length: nobody can know where the body ends. */
const unknownEncodings: readonly Row[] = [
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: chunked, chunked",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding : chunked",
].map((encoding) => ({
  what: `${JSON.stringify(encoding)} alone`,
  fate: "refused" as const,
  head: [encoding],
  body: "0\r\n\r\n{second}",
}))

const lengths: readonly Row[] = [
  ["two lengths", ["Content-Length: 0", WHOLE]],
  ["two lengths, the longer first", [WHOLE, "Content-Length: 0"]],
  ["two lengths in one", ["Content-Length: 0, {length}"]],
  ["three lengths", ["Content-Length: 0", "Content-Length: 0", WHOLE]],
  ["a length with +", ["Content-Length: +0"]],
  ["a length with -", ["Content-Length: -1"]],
  ["a length of -0", ["Content-Length: -0"]],
  ["a length in hex", ["Content-Length: 0x0"]],
  ["a length with a letter", ["Content-Length: 0a"]],
  ["a length with a blank within", ["Content-Length: 0 0"]],
  ["a length with a comma at the end", ["Content-Length: 0,"]],
  ["a length with a comma at the start", ["Content-Length: ,0"]],
  ["a length with a dot", ["Content-Length: 0.0"]],
  ["a length with an exponent", ["Content-Length: 0e0"]],
  ["a length in quotes", ['Content-Length: "0"']],
  ["an empty length", ["Content-Length:"]],
  ["a length of another script's digits", ["Content-Length: \xd9\xa0"]],
  ["a length with a vertical tab", ["Content-Length: \x0b0"]],
  ["a length with NUL", ["Content-Length: 0\0"]],
  ["a length beyond 64 bits", ["Content-Length: 18446744073709551616"]],
  ["a length of 100 digits", [`Content-Length: ${"9".repeat(100)}`]],
  ["a length with a blank before the colon", ["Content-Length : 0"]],
  ["a folded length", ["Content-Length:\r\n 0"]],
].map(([what, head]) => ({ what: what as string, fate: "refused", head: head as string[], body: "{second}" }))

/** What stands in the place of a chunk's size, and of what follows it. `{second}` would start the next request. */
const chunks: readonly Row[] = [
  ["a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size with +", "+5\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size with -", "-5\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size of -0", "-0\r\n\r\n{second}"],
  ["a size with a blank before", " 5\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size with an underscore", "0_5\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size that is no hex", "g\r\nhello\r\n0\r\n\r\n{second}"],
  ["no size", "\r\nhello\r\n0\r\n\r\n{second}"],
  ["only an extension", ";a=b\r\n\r\n{second}"],
  ["a size of 17 digits", "10000000000000005\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size that wraps at 64 bits to 0", "10000000000000000\r\n\r\n{second}"],
  ["a size of 1,000 digits", `${"f".repeat(1000)}\r\nhello\r\n0\r\n\r\n{second}`],
  ["a bare LF after a size", "5\nhello\r\n0\r\n\r\n{second}"],
  ["a bare LF after the last size", "5\r\nhello\r\n0\n\r\n{second}"],
  ["a bare LF after an extension", "5;a\nhello\r\n0\r\n\r\n{second}"],
  ["a bare CR after a size", "5\rhello\r\n0\r\n\r\n{second}"],
  ["a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n{second}"],
  ["a bare LF in an extension's quotes", '5;a="\n"\r\nhello\r\n0\r\n\r\n{second}'],
  ["NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n{second}"],
  ["a bare LF after data", "5\r\nhello\n0\r\n\r\n{second}"],
  ["a bare CR after data", "5\r\nhello\r0\r\n\r\n{second}"],
  ["nothing after data", "5\r\nhello0\r\n\r\n{second}"],
  ["other bytes after data", "5\r\nhelloXX0\r\n\r\n{second}"],
  ["data longer than its size", "3\r\nhello\r\n0\r\n\r\n{second}"],
  ["two CR LF after data", "5\r\nhello\r\n\r\n0\r\n\r\n{second}"],
  ["two bytes of anything after data (TERM.EXT)", "2\r\nxx45\r\n0\r\n\r\n{second}"],
].map(([what, body]) => ({ what: what as string, fate: "refused", head: [CHUNKED], body: body as string }))

/** Sizes that are right, and larger than some numbers: whoever waits for so much must not have counted less. */
const largeSizes: readonly Row[] = [
  ["a size that wraps at 32 bits to 0", "100000000\r\n\r\n{second}"],
  ["a size that wraps at 32 bits to 5", "100000005\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size of 2^53 + 5", "20000000000005\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size of 2^63", "8000000000000000\r\nhello\r\n0\r\n\r\n{second}"],
  ["a size of 2^64 - 1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n{second}"],
].map(([what, body]) => ({ what: what as string, fate: "harmless", head: [CHUNKED], body: body as string }))

const trailers: readonly Row[] = [
  { what: "a trailer without a colon", fate: "harmless", head: [CHUNKED], body: "0\r\nNoColon\r\n\r\n{second}" },
  {
    what: "a trailer with a blank before its colon",
    fate: "harmless",
    head: [CHUNKED],
    body: "0\r\nX : a\r\n\r\n{second}",
  },
  { what: "a hidden request in a trailer", fate: "harmless", head: [CHUNKED], body: "0\r\n{second}" },
  {
    what: "a bare LF before a hidden request in a trailer",
    fate: "harmless",
    head: [CHUNKED],
    body: "0\r\nX: a\n\n{second}",
  },
  {
    what: "an extension of 1 MB",
    fate: "refused",
    head: [CHUNKED],
    body: `5;${"a".repeat(1_000_000)}\r\nhello\r\n0\r\n\r\n{second}`,
  },
  {
    what: "trailers of 1 MB",
    fate: "harmless",
    head: [CHUNKED],
    body: `0\r\n${"X: a\r\n".repeat(170_000)}\r\n{second}`,
  },
]

/** Bodies of well-formed requests: what a handler does not read is still a body. */
const bodies: readonly Row[] = [
  ["a body that is read", "POST /text HTTP/1.1", []],
  ["a body that nobody reads", "POST /ignored HTTP/1.1", []],
  ["a body of an unknown path", "POST /nowhere HTTP/1.1", []],
  ["a body of a method that is not taken", "POST /only/get HTTP/1.1", []],
  ["a body of GET", "GET /ok HTTP/1.1", []],
  ["a body of HEAD", "HEAD /ok HTTP/1.1", []],
  ["a body of OPTIONS", "OPTIONS /ok HTTP/1.1", []],
  ["a body of DELETE", "DELETE /ok HTTP/1.1", []],
  ["a body of an unsupported type", "POST /schema HTTP/1.1", ["Content-Type: text/plain"]],
  ["a body of a handler that throws", "GET /throw/error HTTP/1.1", []],
  ["a body with an upgrade to websocket", "GET /ok HTTP/1.1", ["Connection: Upgrade", "Upgrade: websocket"]],
  [
    "a body with an upgrade to h2c",
    "GET /ok HTTP/1.1",
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
  ],
  ["a body with an upgrade to something else", "POST /text HTTP/1.1", ["Connection: Upgrade", "Upgrade: foo"]],
  ["a body whose length is a connection option", "POST /ignored HTTP/1.1", ["Connection: Content-Length"]],
].map(([what, line, head]) => ({
  what: what as string,
  fate: "fine",
  line: line as string,
  head: [...(head as string[]), WHOLE],
  body: "{second}",
}))

const sameInChunks: readonly Row[] = bodies.map((row) => ({
  ...row,
  what: `${row.what}, in chunks`,
  head: [...row.head.slice(0, -1), CHUNKED],
  body: "{chunk}0\r\n\r\n",
}))

let tokens = 0
const cases: readonly Case[] = [
  ...both,
  ...encodings,
  ...unknownEncodings,
  ...lengths,
  ...chunks,
  ...largeSizes,
  ...trailers,
  ...bodies,
  ...sameInChunks,
].map(toCase)

function toCase({ what, fate, head, body, line = "POST /text HTTP/1.1" }: Row): Case {
  const token = `t${tokens++}`
  const second = hidden(token)
  const chunk = `${second.length.toString(16)}\r\n${second}\r\n`
  const whole = body.replace("{chunk}", chunk).replace("{second}", second)
  const fields = head.map((field) => field.replace("{length}", String(whole.length)))
  const send = request(line.replace(/ HTTP\/1\.[01]$/, ""), fields, whole).replace(/ HTTP\/1\.1/, line.slice(-9))
  return {
    name: `${what} is ${fate}`,
    send,
    methods: [line.split(" ")[0]!],
    expect: checked(
      async ({ answers, end, malformed }, server) => {
        const { hits } = (await (await fetch(`${server.url}/hits/${token}`)).json()) as { hits: number }
        const [first] = answers
        const faults: string[] = malformed === undefined ? [] : [malformed]
        if (hits > 0) faults.push("The hidden request reached the app")
        if (answers.some((answer) => answer.body === "smuggled")) faults.push("The hidden request was answered")
        if (fate === "fine") return [...faults, ...(first === undefined && end === "open" ? ["No answer"] : [])]
        if (fate === "refused" && first !== undefined && first.status < 400)
          faults.push(`Expected a refusal, got status ${first.status}`)
        if (fate !== "harmless" && end === "open") faults.push("The connection is still open")
        return faults
      },
      fate === "refused" || fate === "closed"
        ? { patienceMs: 5000 }
        : { answers: 1, patienceMs: fate === "fine" ? 10_000 : 1500, quietMs: 200 },
    ),
  }
}

export const smuggling: Group = { name: "smuggling", about: "connection", cases }

/** What looks like the above and is right: it must work. */
export const validFraming: Group = {
  name: "framing of requests",
  about: "connection",
  cases: (
    [
      ["the encoding in capitals", ["Transfer-Encoding: CHUNKED"], "5\r\nhello\r\n0\r\n\r\n"],
      ["blanks around the encoding", ["Transfer-Encoding: \t chunked \t"], "5\r\nhello\r\n0\r\n\r\n"],
      ["a size in capitals", [CHUNKED], `A\r\n${"x".repeat(10)}\r\n0\r\n\r\n`],
      ["a size with leading zeros", [CHUNKED], "0005\r\nhello\r\n000\r\n\r\n"],
      ["an extension", [CHUNKED], "5;a=b\r\nhello\r\n0;c\r\n\r\n"],
      ["an extension in quotes", [CHUNKED], '5;a="b c"\r\nhello\r\n0\r\n\r\n'],
      ["trailers", [CHUNKED, "Trailer: X"], "5\r\nhello\r\n0\r\nX: a\r\n\r\n"],
      ["a length with leading zeros", ["Content-Length: 0005"], "hello"],
      ["blanks around a length", ["Content-Length: \t 5 \t"], "hello"],
    ] as const
  ).map(([what, head, body]) => ({
    name: `${what}: the body is read, and the next request is the next`,
    send: [request("POST /text", head, body), { answers: 1 }, request("GET /ok")],
    methods: ["POST", "GET"],
    expect: checked(
      ({ answers: [first, second] }) => [
        ...(first?.status === 200 && /^(?:hello|x{10})$/.test(first.body)
          ? []
          : [`Got ${first?.status} ${first?.body}`]),
        ...(second?.body === "ok" ? [] : ["Expected the second answer"]),
      ],
      { answers: 2, quietMs: 0 },
    ),
  })),
}
