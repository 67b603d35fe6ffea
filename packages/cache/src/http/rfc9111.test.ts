import { describe, test } from "bun:test"
import { converse, OLD, once, says, type Turn, URL_A } from "../testing/conversation.ts"

/*
 * One case for each rule of RFC 9111 and RFC 5861 that a shared cache meets. A case is a conversation: what is asked, after how long,
 * what the origin would answer, and whether it is asked.
 */

const CASES: Readonly<Record<string, readonly (readonly [string, readonly Turn[]])[]>> = {
  "freshness (4.2)": [
    ["max-age is fresh until it is over", once(says("max-age=60"), { after: 59, age: 59, body: "answer 1" }, "hit")],
    ["max-age is stale then", once(says("max-age=60"), { after: 60 }, "forwarded")],
    ["s-maxage wins over max-age", once(says("max-age=1, s-maxage=60"), { after: 30 }, "hit")],
    ["s-maxage wins though it is shorter", once(says("max-age=60, s-maxage=1"), { after: 30 }, "forwarded")],
    [
      "max-age wins over Expires",
      once(says("max-age=60", { expires: "Thu, 01 Jan 1970 00:00:00 GMT" }), { after: 30 }, "hit"),
    ],
    [
      "Expires is fresh until then",
      once({ headers: { expires: "Thu, 01 Jan 2026 00:01:00 GMT" } }, { after: 59 }, "hit"),
    ],
    [
      "Expires is stale then",
      once({ headers: { expires: "Thu, 01 Jan 2026 00:01:00 GMT" } }, { after: 60 }, "forwarded"),
    ],
    ["Expires that is no date is over", once({ headers: { expires: "0" } }, {}, "forwarded")],
    ["a time that does not read is over", once(says("max-age=a"), {}, "forwarded")],
    ["a huge time is a long one", once(says("max-age=999999999999"), { after: 1e6 }, "hit")],
    ["the Age of what was kept before counts", once(says("max-age=60", { age: "50" }), { after: 5, age: 55 }, "hit")],
    ["and makes it stale sooner", once(says("max-age=60", { age: "50" }), { after: 10 }, "forwarded")],
    [
      "an old Date counts as age",
      once(says("max-age=60", { date: "Wed, 31 Dec 2025 23:59:10 GMT" }), { after: 10 }, "forwarded"),
    ],
    ["a tenth of the time since the last change is taken for fresh", once({ headers: OLD }, { after: 80_000 }, "hit")],
    [
      "but a day at most",
      once({ headers: { "last-modified": "Sat, 01 Dec 2001 00:00:00 GMT" } }, { after: 86_401 }, "validated"),
    ],
    ["nothing is guessed without it", once({}, {}, "forwarded")],
    [
      "nor for a status that says nothing",
      once({ status: 202, headers: OLD, body: "x" }, { status: 202 }, "forwarded").map((one) => ({
        ...one,
        status: 202,
      })),
    ],
  ],
  "storing (3)": [
    ["no-store is not kept", once(says("no-store, max-age=60"), {}, "forwarded")],
    ["private is not kept", once(says("private, max-age=60"), {}, "forwarded")],
    ["private with names is not kept", once(says('private="x", max-age=60'), {}, "forwarded")],
    [
      "a request that says no-store keeps nothing",
      [
        { origin: says("max-age=60"), request: { "cache-control": "no-store" }, expect: "forwarded" },
        { expect: "forwarded" },
      ],
    ],
    ["a cookie is not kept", once(says("max-age=60, public", { "set-cookie": "a=b" }), {}, "forwarded")],
    ["an unknown directive changes nothing", once(says("max-age=60, unheard-of"), {}, "hit")],
    [
      "a 404 may be kept",
      once({ status: 404, ...says("max-age=60") }, { status: 404 }, "hit").map((one) => ({ ...one, status: 404 })),
    ],
    [
      "an error may be kept when it says so",
      once({ status: 503, ...says("max-age=60") }, { status: 503 }, "hit").map((one) => ({ ...one, status: 503 })),
    ],
    [
      "an unknown status may be kept when it says so",
      once({ status: 299, ...says("max-age=60") }, {}, "hit").map((one) => ({ ...one, status: 299 })),
    ],
    [
      "a part is not kept",
      once({ status: 206, ...says("max-age=60") }, {}, "forwarded").map((one) => ({ ...one, status: 206 })),
    ],
    [
      "the answer to a POST is not kept",
      [{ method: "POST", origin: says("max-age=60"), expect: "forwarded" }, { expect: "forwarded" }],
    ],
    ["a URL is its query too", once(says("max-age=60"), { url: `${URL_A}?b` }, "forwarded")],
    [
      "a redirect may be kept",
      once({ status: 301, ...says("max-age=60", { location: "/b" }) }, {}, "hit").map((one) => ({
        ...one,
        status: 301,
      })),
    ],
  ],
  "whose it is (3.5)": [
    [
      "what was asked for with Authorization is not kept",
      [
        { request: { authorization: "a" }, origin: says("max-age=60"), expect: "forwarded" },
        { request: { authorization: "a" }, expect: "forwarded" },
        { expect: "forwarded" },
      ],
    ],
    [
      "not by a guess either",
      [{ request: { authorization: "a" }, origin: { headers: OLD }, expect: "forwarded" }, { expect: "forwarded" }],
    ],
    ...["public, max-age=60", "must-revalidate, max-age=60", "s-maxage=60"].map(
      (directives) =>
        [
          `${directives} is`,
          [
            { request: { authorization: "a" }, origin: says(directives), expect: "forwarded" },
            { request: { authorization: "b" }, expect: "hit" },
          ],
        ] as const,
    ),
    [
      "what was asked for with a Cookie is kept when it says so",
      [
        { request: { cookie: "a" }, origin: says("max-age=60"), expect: "forwarded" },
        { request: { cookie: "b" }, expect: "hit" },
      ],
    ],
    [
      "and not by a guess",
      [
        { request: { cookie: "a" }, origin: { headers: OLD }, expect: "forwarded" },
        { request: { cookie: "b" }, expect: "forwarded" },
      ],
    ],
  ],
  "Vary (4.1)": [
    [
      "the same header is a hit",
      [
        { request: { foo: "1" }, origin: says("max-age=60", { vary: "Foo" }), expect: "forwarded" },
        { request: { foo: "1" }, expect: "hit" },
      ],
    ],
    [
      "another one is not",
      [
        { request: { foo: "1" }, origin: says("max-age=60", { vary: "Foo" }), expect: "forwarded" },
        { request: { foo: "2" }, expect: "forwarded" },
      ],
    ],
    [
      "its absence is another",
      [
        { request: { foo: "1" }, origin: says("max-age=60", { vary: "Foo" }), expect: "forwarded" },
        { expect: "forwarded" },
      ],
    ],
    [
      "each has its own",
      [
        { request: { foo: "1" }, origin: says("max-age=60", { vary: "foo" }), expect: "forwarded" },
        { request: { foo: "2" }, expect: "forwarded" },
        { request: { foo: "1" }, body: "answer 1", expect: "hit" },
        { request: { foo: "2" }, body: "answer 2", expect: "hit" },
      ],
    ],
    [
      "spaces make no difference",
      [
        { request: { foo: "1,  2" }, origin: says("max-age=60", { vary: "foo" }), expect: "forwarded" },
        { request: { foo: "1,2" }, expect: "hit" },
      ],
    ],
    [
      "two headers",
      [
        { request: { a: "1", b: "1" }, origin: says("max-age=60", { vary: "a, b" }), expect: "forwarded" },
        { request: { a: "1", b: "2" }, expect: "forwarded" },
      ],
    ],
    [
      "languages are the same in upper and in lower case, as other values are not",
      [
        {
          request: { "accept-language": "en-GB" },
          origin: says("max-age=60", { vary: "accept-language" }),
          expect: "forwarded",
        },
        { request: { "accept-language": "EN-gb" }, expect: "hit" },
        { request: { "accept-language": "en" }, origin: says("max-age=60", { vary: "foo" }), expect: "forwarded" },
        { request: { foo: "A" }, origin: says("max-age=60", { vary: "foo" }), expect: "forwarded" },
        { request: { foo: "a" }, origin: says("max-age=60"), expect: "forwarded" },
      ],
    ],
    ["* is never a hit", once(says("max-age=60", { vary: "*" }), {}, "forwarded")],
    ["* among others neither", once(says("max-age=60", { vary: "foo, *" }), {}, "forwarded")],
  ],
  "what the request says (5.2.1)": [
    ["no-cache asks the origin", once(says("max-age=60"), { request: { "cache-control": "no-cache" } }, "forwarded")],
    ["Pragma does too", once(says("max-age=60"), { request: { pragma: "no-cache" } }, "forwarded")],
    [
      "but not beside Cache-Control",
      once(says("max-age=60"), { request: { pragma: "no-cache", "cache-control": "max-age=60" } }, "hit"),
    ],
    [
      "max-age=0 asks it whether it changed",
      once(says("max-age=60", { etag: '"a"' }), { request: { "cache-control": "max-age=0" }, after: 1 }, "validated"),
    ],
    [
      "max-age is the most that it may be old",
      once(says("max-age=60"), { request: { "cache-control": "max-age=10" }, after: 11 }, "forwarded"),
    ],
    [
      "min-fresh is how long it must be good",
      once(says("max-age=60"), { request: { "cache-control": "min-fresh=30" }, after: 31 }, "forwarded"),
    ],
    [
      "max-stale takes what is stale",
      once(says("max-age=60"), { request: { "cache-control": "max-stale" }, after: 1_000 }, "forwarded"),
    ],
    [
      "as far as it says",
      once(
        says("max-age=60", { etag: '"a"' }),
        { request: { "cache-control": "max-stale=100" }, after: 100, age: 100 },
        "hit",
      ),
    ],
    [
      "and no further",
      once(
        says("max-age=60", { etag: '"a"' }),
        { request: { "cache-control": "max-stale=10" }, after: 100 },
        "validated",
      ),
    ],
    [
      "but never what must be revalidated",
      once(
        says("max-age=60, must-revalidate", { etag: '"a"' }),
        { request: { "cache-control": "max-stale" }, after: 100 },
        "validated",
      ),
    ],
    ["only-if-cached is a hit", once(says("max-age=60"), { request: { "cache-control": "only-if-cached" } }, "hit")],
    [
      "or a 504",
      [{ origin: says("max-age=60"), request: { "cache-control": "only-if-cached" }, status: 504, expect: "hit" }],
    ],
    [
      "no-store passes by what is kept",
      once(says("max-age=60"), { request: { "cache-control": "no-store" } }, "forwarded"),
    ],
  ],
  "revalidation (4.3)": [
    [
      "a tag is asked for, and what is kept is served on",
      [
        ...once(says("max-age=60", { etag: '"a"' }), { after: 61, body: "answer 1" }, "validated"),
        { after: 59, body: "answer 1", expect: "hit" },
      ],
    ],
    [
      "the time of the last change does as well",
      once(says("max-age=60", OLD), { after: 61, body: "answer 1" }, "validated"),
    ],
    [
      "what changed takes its place",
      [
        ...once(
          says("max-age=60", { etag: '"a"' }),
          { after: 61, origin: says("max-age=60", { etag: '"b"' }), body: "answer 2" },
          "validated",
        ),
        { body: "answer 2", expect: "hit" },
      ],
    ],
    [
      "no-cache is asked each time",
      [
        ...once(says("no-cache", { etag: '"a"' }), { body: "answer 1" }, "validated"),
        { body: "answer 1", expect: "validated" },
      ],
    ],
    ["no-cache is not kept without a tag", once(says("no-cache"), {}, "forwarded")],
    [
      "what the client knows is a 304",
      once(
        says("max-age=60", { etag: '"a"' }),
        { request: { "if-none-match": '"x", W/"a"' }, status: 304, body: "" },
        "hit",
      ),
    ],
    [
      "by its time as well",
      once(
        says("max-age=60", OLD),
        { request: { "if-modified-since": "Tue, 02 Dec 2025 00:00:00 GMT" }, status: 304 },
        "hit",
      ),
    ],
    [
      "what it does not know is all of it",
      once(says("max-age=60", { etag: '"a"' }), { request: { "if-none-match": '"b"' }, body: "answer 1" }, "hit"),
    ],
    [
      "a tag counts more than a time",
      once(
        says("max-age=60", { etag: '"a"', ...OLD }),
        { request: { "if-none-match": '"b"', "if-modified-since": "Tue, 02 Dec 2025 00:00:00 GMT" } },
        "hit",
      ),
    ],
    [
      "a 304 of the origin is the client's own, when nothing is kept",
      [
        {
          origin: says("max-age=60", { etag: '"a"' }),
          request: { "if-none-match": '"a"' },
          status: 304,
          expect: "forwarded",
        },
        { expect: "forwarded" },
        { expect: "hit" },
      ],
    ],
  ],
  "stale (4.2.4, RFC 5861)": [
    [
      "what is stale is not served",
      [...once(says("max-age=60", { etag: '"a"' }), { after: 61, origin: "down" }, "fails")],
    ],
    [
      "stale-if-error is, when the origin is down",
      once(
        says("max-age=60, stale-if-error=60", { etag: '"a"' }),
        { after: 61, origin: "down", body: "answer 1" },
        "forwarded",
      ).map((one, at) => (at === 1 ? { ...one, expect: "validated" as const } : one)),
    ],
    [
      "or fails",
      once(
        says("max-age=60, stale-if-error=60"),
        { after: 61, origin: { status: 503 }, body: "answer 1" },
        "forwarded",
      ),
    ],
    [
      "for so long",
      once(says("max-age=60, stale-if-error=60"), { after: 121, origin: { status: 503 }, status: 503 }, "forwarded"),
    ],
    [
      "not what must be revalidated",
      once(
        says("max-age=60, stale-if-error=60, must-revalidate"),
        { after: 61, origin: { status: 503 }, status: 503 },
        "forwarded",
      ),
    ],
    [
      "nor with s-maxage",
      once(says("s-maxage=60, stale-if-error=60"), { after: 61, origin: { status: 503 }, status: 503 }, "forwarded"),
    ],
    [
      "stale-while-revalidate is served, and made anew",
      [
        ...once(says("max-age=60, stale-while-revalidate=60"), { after: 61, age: 61, body: "answer 1" }, "forwarded"),
        { body: "answer 2", expect: "hit" },
      ],
    ],
    ["for so long", once(says("max-age=60, stale-while-revalidate=60"), { after: 121, body: "answer 2" }, "forwarded")],
    [
      "not what must be revalidated",
      once(
        says("max-age=60, stale-while-revalidate=60, proxy-revalidate"),
        { after: 61, body: "answer 2" },
        "forwarded",
      ),
    ],
  ],
  "changes (4.4)": [
    ...["POST", "PUT", "DELETE", "PATCH"].map(
      (method) =>
        [
          `${method} drops what is kept`,
          [
            { origin: says("max-age=60"), expect: "forwarded" },
            { method, expect: "forwarded" },
            { expect: "forwarded" },
          ],
        ] as const,
    ),
    [
      "all variants of it",
      [
        { request: { foo: "1" }, origin: says("max-age=60", { vary: "foo" }), expect: "forwarded" },
        { method: "POST", expect: "forwarded" },
        { request: { foo: "1" }, expect: "forwarded" },
      ],
    ],
    [
      "not when it failed",
      [
        { origin: says("max-age=60"), expect: "forwarded" },
        { method: "POST", origin: { status: 500 }, status: 500, expect: "forwarded" },
        { expect: "hit" },
      ],
    ],
    [
      "also what its Location names",
      [
        { origin: says("max-age=60"), expect: "forwarded" },
        {
          method: "POST",
          url: "http://origin.example/b",
          origin: { status: 201, headers: { location: "/a" } },
          status: 201,
          expect: "forwarded",
        },
        { origin: says("max-age=60"), expect: "forwarded" },
      ],
    ],
    [
      "and its Content-Location",
      [
        { origin: says("max-age=60"), expect: "forwarded" },
        {
          method: "POST",
          url: "http://origin.example/b",
          origin: { headers: { "content-location": URL_A } },
          expect: "forwarded",
        },
        { expect: "forwarded" },
      ],
    ],
    [
      "but not of another origin",
      [
        { origin: says("max-age=60"), expect: "forwarded" },
        { method: "POST", url: "http://evil.example/b", origin: { headers: { location: URL_A } }, expect: "forwarded" },
        { expect: "hit" },
      ],
    ],
    [
      "OPTIONS drops nothing",
      [
        { origin: says("max-age=60"), expect: "forwarded" },
        { method: "OPTIONS", expect: "forwarded" },
        { expect: "hit" },
      ],
    ],
  ],
  "for caches in front of origins (RFC 9213)": [
    [
      "CDN-Cache-Control counts alone",
      once(says("no-store", { "cdn-cache-control": "max-age=60" }), { after: 30 }, "hit"),
    ],
    [
      "also when it says less",
      once(says("max-age=60", { "cdn-cache-control": "max-age=10" }), { after: 30 }, "forwarded"),
    ],
    ["or no", once(says("max-age=60", { "cdn-cache-control": "private" }), {}, "forwarded")],
    ...["max-age=60, &&&", 'max-age="60"', "Max-Age=60", "max-age=60;;", "max-age=60,"].map(
      (field) => [`${field} is none`, once(says("no-store", { "cdn-cache-control": field }), {}, "forwarded")] as const,
    ),
    [
      'max-age=60;a=1, b="c, d" is one',
      once(says("no-store", { "cdn-cache-control": 'max-age=60;a=1, b="c, d"' }), {}, "hit"),
    ],
    [
      "and over Expires",
      once(
        { headers: { expires: "Thu, 01 Jan 2026 01:00:00 GMT", "cdn-cache-control": "max-age=0" } },
        {},
        "forwarded",
      ),
    ],
  ],
  "must-understand (5.2.2.3)": [
    ["lets those keep it who do", once(says("must-understand, no-store, max-age=60"), {}, "hit")],
    [
      "and nobody else",
      once({ status: 299, ...says("must-understand, max-age=60") }, {}, "forwarded").map((one) => ({
        ...one,
        status: 299,
      })),
    ],
  ],
  "HEAD and parts": [
    [
      "a part of what is kept whole",
      once(says("max-age=60", { etag: '"a"' }), { request: { range: "bytes=0-2" }, status: 206, body: "ans" }, "hit"),
    ],
    ["its end", once(says("max-age=60"), { request: { range: "bytes=-2" }, status: 206, body: " 1" }, "hit")],
    ["all from there", once(says("max-age=60"), { request: { range: "bytes=7-" }, status: 206, body: "1" }, "hit")],
    [
      "of this state",
      once(
        says("max-age=60", { etag: '"a"' }),
        { request: { range: "bytes=0-2", "if-range": '"a"' }, status: 206 },
        "hit",
      ),
    ],
    [
      "another state is the origin's to give",
      once(says("max-age=60", { etag: '"a"' }), { request: { range: "bytes=0-2", "if-range": '"b"' } }, "forwarded"),
    ],
    ["and several parts", once(says("max-age=60"), { request: { range: "bytes=0-1,3-4" } }, "forwarded")],
    ["and one that is not there", once(says("max-age=60"), { request: { range: "bytes=90-" } }, "forwarded")],
    ["and one of what is stale", once(says("max-age=60"), { after: 61, request: { range: "bytes=0-1" } }, "forwarded")],
    ["HEAD is answered by what is kept of GET", once(says("max-age=60"), { method: "HEAD", body: "" }, "hit")],
    [
      "HEAD is not kept",
      [{ method: "HEAD", origin: says("max-age=60"), expect: "forwarded" }, { expect: "forwarded" }],
    ],
    [
      "HEAD that tells of a change drops what is kept",
      [
        ...once(
          says("max-age=60", { etag: '"a"' }),
          { after: 61, method: "HEAD", origin: says("max-age=60", { etag: '"b"' }) },
          "forwarded",
        ),
        { expect: "forwarded" },
      ],
    ],
  ],
}

for (const [topic, cases] of Object.entries(CASES))
  describe(`a shared cache: ${topic}`, () => {
    test.each([...cases])("%s", async (_rule, turns) => {
      const { turn } = converse()
      for (const one of turns) await turn(one)
    })
  })
