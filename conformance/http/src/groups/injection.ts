import { type Case, checked, DEFECT, type Group, request } from "../case.ts"
import { problemFaults } from "../judge.ts"

/**
 * Input of a user that ends up where the wire has a syntax of its own. It may become an error or be neutralised; it must
 * never become a field or an answer of its own. That the answer is well-formed is held by the client, which is strict.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.5
 */

export const injectionPayloads: readonly (readonly [what: string, value: string])[] = [
  ["CR LF", "a\r\nX-Injected: 1"],
  ["LF", "a\nX-Injected: 1"],
  ["CR", "a\rX-Injected: 1"],
  ["CR LF at the start", "\r\nX-Injected: 1"],
  ["CR LF at the end", "a\r\n"],
  [
    "a whole answer",
    "a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nX-Injected: 1\r\nContent-Length: 8\r\n\r\ninjected",
  ],
  ["an empty line", "a\r\n\r\n<script>injected</script>"],
  ["NUL", "a\0b"],
  ["NUL and CR LF", "a\0\r\nX-Injected: 1"],
  ["obs-fold", "a\r\n X-Injected: 1"],
  ["characters that end in the bytes CR and LF", "a\u560d\u560aX-Injected: 1"],
  ["characters one page above CR and LF", "a\u010d\u010aX-Injected: 1"],
  ["the line separator", "a\u2028X-Injected: 1\u2029"],
  ["NEL", "a\u0085X-Injected: 1"],
  ["vertical tab and form feed", "a\u000b\u000cX-Injected: 1"],
  ["DEL and ESC", "a\u007f\u001b[0m"],
  ["an escape that is decoded once only", "a%0d%0aX-Injected: 1"],
  ["characters beyond Latin-1", "€ 😀"],
  ["a lone surrogate's bytes", "\ufffd"],
]

const places: readonly string[] = [
  "/inject/header",
  "/inject/header-name",
  "/inject/cookie",
  "/inject/redirect",
  "/inject/type",
  "/inject/reply",
  "/inject/vary",
  "/inject/error",
]

const cases: readonly Case[] = places.flatMap((place) =>
  injectionPayloads.map(([what, value]) => ({
    name: `${what} in ${place.slice("/inject/".length)}`,
    send: request(`GET ${place}?value=${encodeURIComponent(value)}`),
    expect: checked(
      ({ answers, end }) => {
        const [answer] = answers
        if (answers.length !== 1 || answer === undefined) return [`Expected one answer, got ${answers.length} (${end})`]
        const injected = answer.fields.some(([name]) => /^x-injected$/i.test(name))
        return [
          ...(injected ? ["The input became a field of its own"] : []),
          ...(answer.status === 500 ? problemFaults(answer, DEFECT) : []),
        ]
      },
      { answers: 1, quietMs: 30 },
    ),
  })),
)

export const injection: Group = { name: "injection", about: "app", cases }
