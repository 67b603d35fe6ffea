import { answered, type Case, checked, type Expectation, type Group, refused, request } from "../case.ts"

/** Bytes that are no request, or no good one. @see https://www.rfc-editor.org/rfc/rfc9112 */

const ok = (line: string, ...lines: readonly string[]): string => `${[line, ...lines].join("\r\n")}\r\n\r\n`
const GET = "GET /ok HTTP/1.1"
const HOST = "Host: a"

type Row = readonly [what: string, bytes: string, expected: Expectation]

const badRequest = refused(400)
/** The end of such a request is known, so that the connection may go on. */
const badHost = answered(400)
/** What Host says is no path. Nobody need look at the Host of a request for nothing. */
const anywhereElse: Expectation = answered([400, 404])
/** A request line that cannot be read: whether its version or all of it is wrong is a matter of taste. */
const badLine = refused(400, 505)
/** The standard lets a server forgive it, so it may do either, and nothing else. */
const eitherWay: Expectation = answered([200, 400, 505])
const notTaken: Expectation = checked(({ answers: [answer] }) =>
  answer !== undefined && answer.status < 400 ? [`Expected a refusal or nothing, got status ${answer.status}`] : [],
)

const lines: readonly Row[] = [
  ["a bare CR in the request line", ok("GET /ok\rHTTP/1.1", HOST), badLine],
  ["a bare CR at the end of the request line", `${GET}\r${HOST}\r\n\r\n`, badLine],
  ["a bare CR in a field's value", ok(GET, HOST, "X: a\rb"), eitherWay],
  ["a bare CR between two fields", ok(GET, HOST, "X: a\rY: b"), eitherWay],
  ["a bare CR in a field's name", ok(GET, HOST, "X\rY: b"), badRequest],
  ["bare LF at the end of lines", `${GET}\n${HOST}\n\n`, eitherWay],
  ["a bare LF in a field's value", ok(GET, HOST, "X: a\nb"), badRequest],
  ["a field without a colon", ok(GET, HOST, "NoColon"), badRequest],
  ["a field without a name", ok(GET, HOST, ": value"), badRequest],
  ["a blank before the colon", ok(GET, HOST, "X : value"), badRequest],
  ["a tab before the colon", ok(GET, HOST, "X\t: value"), badRequest],
  ["a blank in a name", ok(GET, HOST, "X Y: value"), badRequest],
  ["obs-fold", ok(GET, HOST, "X: a", " b"), eitherWay],
  ["obs-fold with a tab", ok(GET, HOST, "X: a", "\tb"), eitherWay],
  ["a blank before the first field", ok(GET, ` ${HOST}`), badRequest],
  ["a folded first line", ok(GET, " X: a", HOST), eitherWay],
  ["NUL in a field's value", ok(GET, HOST, "X: a\0b"), badRequest],
  ["NUL in a name", ok(GET, HOST, "X\0Y: a"), badRequest],
  ["NUL in the target", ok("GET /ok\0 HTTP/1.1", HOST), answered([400, 404, 505])],
  ["a control character in a name", ok(GET, HOST, "X\x01: a"), badRequest],
  ["a byte over 127 in a name", ok(GET, HOST, "X\xe9: a"), badRequest],
  ["parentheses in a name", ok(GET, HOST, "X(Y): a"), badRequest],
  ["a quote in a name", ok(GET, HOST, 'X"Y: a'), badRequest],
  ["a slash in a name", ok(GET, HOST, "X/Y: a"), badRequest],
  ["a control character in a value", ok(GET, HOST, "X: \x01\x02"), eitherWay],
  ["bytes over 127 in a value", ok(GET, HOST, "X: \xe9\xff"), eitherWay],
  ["an empty value", ok(GET, HOST, "X:"), answered(200)],
  ["blanks around a value", ok(GET, HOST, "X: \t a \t "), answered(200)],
  ["an empty line before the request", `\r\n${ok(GET, HOST)}`, answered(200)],
  ["every character that a name may have", ok(GET, HOST, "!#$%&'*+-.^_`|~09azAZ: a"), answered(200)],
]

const methods: readonly Row[] = [
  ["no method", ok(" /ok HTTP/1.1", HOST), badLine],
  ["a method with @", ok("G@T /ok HTTP/1.1", HOST), badLine],
  ["a method with parentheses", ok("GE(T /ok HTTP/1.1", HOST), badLine],
  ["a method with NUL", ok("G\0T /ok HTTP/1.1", HOST), badLine],
  ["a method with a byte over 127", ok("G\xc9T /ok HTTP/1.1", HOST), badLine],
  ["a method with a colon", ok("GET: /ok HTTP/1.1", HOST), badLine],
  ["a method of 20,000 characters", ok(`${"G".repeat(20_000)} /ok HTTP/1.1`, HOST), notTaken],
  ["only a method", ok("GET", HOST), badLine],
  ["two blanks in the request line", ok("GET  /ok  HTTP/1.1", HOST), eitherWay],
  ["a tab in the request line", ok("GET\t/ok\tHTTP/1.1", HOST), eitherWay],
  ["a fourth word in the request line", ok("GET /ok extra HTTP/1.1", HOST), answered([400, 404, 505])],
]

const versions: readonly Row[] = [
  ["HTTP/0.9", "GET /ok\r\n\r\n", refused(400, 505)],
  ["HTTP/0.9 said aloud", ok("GET /ok HTTP/0.9", HOST), refused(400, 505)],
  ["HTTP/1.2", ok("GET /ok HTTP/1.2", HOST), answered([200, 400, 505])],
  ["HTTP/2.0", ok("GET /ok HTTP/2.0", HOST), refused(400, 505)],
  ["HTTP/9.9", ok("GET /ok HTTP/9.9", HOST), refused(400, 505)],
  ["HTTP/1", ok("GET /ok HTTP/1", HOST), refused(400, 505)],
  ["HTTP/1.10", ok("GET /ok HTTP/1.10", HOST), refused(400, 505)],
  ["HTTP/11", ok("GET /ok HTTP/11", HOST), refused(400, 505)],
  ["http/1.1 in small letters", ok("GET /ok http/1.1", HOST), refused(400, 505)],
  ["a blank in the version", ok("GET /ok HTTP /1.1", HOST), refused(400, 505, 404)],
  ["something after the version", ok("GET /ok HTTP/1.1x", HOST), refused(400, 505)],
  ["another protocol", ok("GET /ok ICY/1.1", HOST), refused(400, 505)],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused(400, 505)],
  ["the preface of HTTP/2 with settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", refused(400, 505)],
  ["HTTP/1.0 without Host", "GET /ok HTTP/1.0\r\n\r\n", answered(200, { body: "ok", connection: "closed" })],
]

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
const hosts: readonly Row[] = [
  ["no Host", ok(GET, "X: a"), badHost],
  ["two Hosts", ok(GET, HOST, "Host: b"), badHost],
  ["the same Host twice", ok(GET, HOST, HOST), badHost],
  ["two Hosts in another case", ok(GET, HOST, "hOST: b"), badHost],
  ["two Hosts in one", ok(GET, "Host: a, b"), badHost],
  ["a Host with a blank", ok(GET, "Host: a b"), badHost],
  ["a Host with a path", ok(GET, "Host: a/b"), badHost],
  ["a Host with the path of a route", ok(GET, "Host: a/ok?"), badHost],
  ["a Host with the path of a route, before an unknown one", ok("GET /nope HTTP/1.1", "Host: a/ok?"), anywhereElse],
  ["a Host with a user", ok(GET, "Host: user@a"), badHost],
  ["a Host with a query", ok(GET, "Host: a?b"), badHost],
  ["a Host with a fragment", ok(GET, "Host: a#b"), badHost],
  ["a Host with a backslash", ok(GET, "Host: a\\b"), badHost],
  ["a Host of markup", ok(GET, "Host: <script>"), badHost],
  ["a Host with NUL", ok(GET, "Host: a\0b"), badHost],
  ["a Host with a word for a port", ok(GET, "Host: a:port"), badHost],
  ["a Host with an open bracket", ok(GET, "Host: [::1"), badHost],
  ["a Host with a scheme", ok(GET, "Host: http://a"), badHost],
  ["an empty Host", ok(GET, "Host:"), eitherWay],
  ["a Host with a port", ok(GET, "Host: a:80"), answered(200)],
  ["a Host that is an IPv6 address", ok(GET, "Host: [::1]:80"), answered(200)],
  ["an absolute-form target with another Host", ok("GET http://b/ok HTTP/1.1", HOST), eitherWay],
]

/** More than anybody needs: refused, and the process lives. */
const bombs: readonly Row[] = [
  ["1,000 fields", ok(GET, HOST, ...new Array<string>(1000).fill("X: a")), answered([200, 400, 431])],
  ["20,000 fields", ok(GET, HOST, ...new Array<string>(20_000).fill("X: a")), refused()],
  ["1,000 fields of different names", ok(GET, HOST, ...numbered(1000)), answered([200, 400, 431])],
  ["20,000 fields of different names", ok(GET, HOST, ...numbered(20_000)), refused()],
  ["a field of 12,000 bytes", ok(GET, HOST, `X: ${"a".repeat(12_000)}`), answered([200, 400, 431])],
  ["a field of 1 MB", ok(GET, HOST, `X: ${"a".repeat(1_000_000)}`), refused()],
  ["a name of 1 MB", ok(GET, HOST, `${"X".repeat(1_000_000)}: a`), refused()],
  ["a request line of 1 MB", ok(`GET /${"a".repeat(1_000_000)} HTTP/1.1`, HOST), refused()],
  ["a query of 1 MB", ok(`GET /ok?${"a".repeat(1_000_000)} HTTP/1.1`, HOST), refused()],
  ["a line without end", "G".repeat(3_000_000), refused()],
  ["a head without end", `${GET}\r\n${"X: a\r\n".repeat(500_000)}`, refused()],
  ["100,000 empty lines", "\r\n".repeat(100_000), notTaken],
  ["a cookie of 1 MB", ok(GET, HOST, `Cookie: ${"a=b; ".repeat(200_000)}`), refused()],
]

const garbage: readonly Row[] = [
  ["a TLS hello", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".padEnd(300, "\x7f"), refused()],
  ["an SSH banner", "SSH-2.0-OpenSSH_9.9\r\n\r\n", refused()],
  ["a Redis command", "*1\r\n$4\r\nPING\r\n", refused()],
  ["an SMTP greeting", "EHLO a\r\nMAIL FROM:<a@b>\r\n\r\n", refused()],
  ["the bytes 0 to 255", String.fromCharCode(...new Array(256).keys()), refused()],
  ["NULs", "\0".repeat(1000), refused()],
  ["an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", refused()],
  ["a proxy's own line", `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${request("GET /ok")}`, refused()],
]

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X-${index}: a`)
}

const cases: readonly Case[] = [lines, methods, versions, hosts, bombs, garbage].flatMap((rows) =>
  rows.map(([name, send, expect]) => ({ name, send, methods: ["GET"], expect })),
)

export const malformed: Group = { name: "malformed requests", about: "connection", cases }
