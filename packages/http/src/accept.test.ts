import { describe, expect, test } from "bun:test"
import { parseAccept, preferred, preferredEncoding, preferredLanguage } from "./accept.ts"

describe("a header of the Accept family", () => {
  const read: [string, string, string][] = [
    ["types and weights", "text/html, application/*;q=0.5, */*; q=0.1", "text/html:1 application/*:0.5 */*:0.1"],
    ["names without their case", "TEXT/HTML;Q=0.5", "text/html:0.5"],
    ["space around everything", " text/html ; q=0.5 ,\tgzip ", "text/html:0.5 gzip:1"],
    ["parameters before the weight", "text/html;level=1;q=0.3", "text/html;level=1:0.3"],
    ["a comma inside quotes", 'a/b;x="1,2;q=0";q=0.4, c/d', "a/b;x=1,2;q=0:0.4 c/d:1"],
    ["an escaped quote", 'a/b;x="1\\",2", c/d', 'a/b;x=1",2:1 c/d:1'],
    ["the first of two weights", "a/b;q=0.5;q=0.9", "a/b:0.5"],
    ["a weight of nothing", "a/b;q=0, c/d;q=0.000", "a/b:0 c/d:0"],
    ["no member that is empty", ",, a/b ,,", "a/b:1"],
    ["no member with a malformed weight", "a/b;q=2, c/d;q=-1, e/f;q=0.1234, g/h;q=x, i/j;q=", ""],
    ["no member that is no token", "a b, <script>, a/b/c, \u0000, é/x", ""],
    ["no member with a quote left open", 'a/b;x="y, c/d', ""],
    ["nothing", "", ""],
  ]
  test.each(read)("is read with %s", (_what, header, expected) => {
    const shown = parseAccept(header).map(({ value, params, q }) => {
      const more = [...params].map(([name, text]) => `;${name}=${text}`).join("")
      return `${value}${more}:${q}`
    })
    expect(shown.join(" ")).toBe(expected)
  })

  test("is read up to 64 members, in little time", () => {
    expect(parseAccept(Array.from({ length: 1000 }, (_, at) => `a/b${at}`).join(",")).length).toBe(64)
    const hostile = [";", ",", '"', '"\\', "a/b;", 'a;x="', "; ", "a/b;x= ", "a=", "*/"]
    const began = performance.now()
    for (const part of hostile) for (const end of ["", '"', "x", ","]) parseAccept(part.repeat(20_000) + end)
    expect(performance.now() - began).toBeLessThan(1500)
  })
  test("takes names that objects have for what they are", () => {
    const [member] = parseAccept("__proto__/constructor;__proto__=1;toString=2")
    expect([...member!.params.keys()]).toEqual(["__proto__", "tostring"])
    expect(preferred(["a/b"], "a/b;__proto__=1")).toBeUndefined()
  })
})

describe("the preferred media type", () => {
  const offers = ["application/json", "text/html;charset=utf-8", "text/plain"]
  const rows: [string, string | null, string | undefined][] = [
    ["is the first without a header", null, "application/json"],
    ["is the first for an empty header", "", "application/json"],
    ["is the first for anything", "*/*", "application/json"],
    ["is the first where nothing is readable", "???;;;", "application/json"],
    ["is the one that is named", "text/plain", "text/plain"],
    ["is what a browser asks", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", offers[1]!],
    ["is what a script asks", "application/json, text/plain, */*", "application/json"],
    ["follows weights", "application/json;q=0.2, text/plain;q=0.7", "text/plain"],
    ["takes the weight of the most specific range", "text/*;q=0.9, text/plain;q=0.1, */*;q=0.5", offers[1]!],
    ["is not what is refused by name", "application/json;q=0, */*", offers[1]!],
    ["is named rather than covered, at one weight", "*/*, text/plain", "text/plain"],
    ["is the server's choice at one weight", "text/plain, application/json", "application/json"],
    ["ignores case", "TEXT/PLAIN", "text/plain"],
    ["ignores the charset a range asks", "application/json; charset=utf-8", "application/json"],
    ["is none when none fits", "image/png, text/csv", undefined],
    ["is none when all is refused", "*/*;q=0", undefined],
    ["is none where a range only looks alike", "text/plainer, application/jso", undefined],
    ["is none for a parameter that no offer has", "application/json;version=2", undefined],
  ]
  test.each(rows)("%s", (_what, header, expected) => expect(preferred(offers, header)).toBe(expected))

  test("is told apart by parameters", () => {
    const versions = ["application/vnd.x+json;version=1", "application/vnd.x+json;version=2"]
    expect(preferred(versions, "application/vnd.x+json;version=2")).toBe(versions[1]!)
    expect(preferred(versions, 'application/vnd.x+json;q=0.5, application/vnd.x+json;version="2"')).toBe(versions[1]!)
    expect(preferred(versions, "application/vnd.x+json;version=2;q=0, application/vnd.x+json")).toBe(versions[0]!)
    expect(preferred(versions, "application/*;version=2")).toBeUndefined()
  })
  test("is always an offer, and never one whose closest range has no weight", () => {
    const ranges = ["*/*", "text/*", "text/html", "application/json", "image/*"]
    for (let seed = 0; seed < 2000; seed++) {
      const weights = ranges.map((range, at) => [range, ((seed * 7 + at * 13) % 11) / 10] as const)
      const used = weights.filter((_, at) => (seed >> at) & 1)
      const header = used.map(([range, q]) => `${range};q=${q}`).join(", ")
      const chosen = preferred(["application/json", "text/html"], header)
      const weightOf = (type: string): number => {
        const near = [type, type.replace(/\/.*/, "/*"), "*/*"].flatMap((one) => used.filter(([range]) => range === one))
        return near[0]?.[1] ?? 0
      }
      if (used.length === 0) expect(chosen).toBe("application/json")
      else if (chosen === undefined) expect(Math.max(weightOf("application/json"), weightOf("text/html"))).toBe(0)
      else expect(weightOf(chosen)).toBe(Math.max(weightOf("application/json"), weightOf("text/html")))
    }
  })
})

describe("the preferred encoding", () => {
  const rows: [string, string | null, string | undefined][] = [
    ["is none without a header", null, "identity"],
    ["is none for an empty header", "", "identity"],
    ["is the first of the server at one weight", "gzip, deflate, br, zstd", "zstd"],
    ["follows weights", "zstd;q=0.1, br;q=0.5, gzip;q=0.9", "gzip"],
    ["is anything for a star", "*", "zstd"],
    ["is anything but what is refused", "zstd;q=0, *", "br"],
    ["knows gzip by its old name", "x-gzip", "gzip"],
    ["is none where only others are taken", "compress, deflate", "identity"],
    ["is none where none is liked better", "identity, gzip;q=0.5", "identity"],
    ["is a coding before a form that nobody mentioned", "gzip;q=0.1", "gzip"],
    ["is a coding where the plain form is refused", "identity;q=0, gzip;q=0.1", "gzip"],
    ["is not acceptable at all", "identity;q=0", undefined],
    ["is not acceptable at all for a star", "*;q=0", undefined],
    ["is plain where a star is refused and identity is not", "*;q=0, identity;q=0.5", "identity"],
    ["is plain where all codings are refused", "gzip;q=0, br;q=0, zstd;q=0", "identity"],
    ["is plain where nothing is readable", "gzip;q=9", "identity"],
  ]
  test.each(rows)("%s", (_what, header, expected) =>
    expect(preferredEncoding(["zstd", "br", "gzip"], header)).toBe(expected as "identity"),
  )
})

describe("the preferred language", () => {
  const rows: [string, string | null, string | undefined][] = [
    ["is the first without a header", null, "en"],
    ["is the exact one", "de-AT", "de-AT"],
    ["is a longer tag for a range", "pt", "pt-BR"],
    ["is a shorter tag where no longer one is there", "de-CH", "de"],
    ["follows weights", "fr, de;q=0.5, en;q=0.7", "en"],
    ["does not refuse the language with its region", "de-CH;q=0, de;q=0.5", "de"],
    ["is the first for a star", "*", "en"],
    ["is none when none fits", "fr, es", undefined],
    ["is none where a tag only looks alike", "d, ent", undefined],
  ]
  test.each(rows)("%s", (_what, header, expected) =>
    expect(preferredLanguage(["en", "de", "de-AT", "pt-BR"], header)).toBe(expected as "en"),
  )
})
