import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser"
import * as yaml from "yaml"
import { notModified } from "../caching/index.ts"
import { type BaseContext, createApp, errors, Reply } from "../index.ts"
import { events } from "../sse/index.ts"
import { type NegotiateOptions, negotiate } from "./negotiate.ts"
import { toXml } from "./xml.ts"
import { toYaml, type YamlPackage } from "./yaml.ts"

const ALL: NegotiateOptions = {
  xml: { root: "order" },
  yaml: true,
  text: true,
  types: { "text/csv;charset=utf-8": (value) => Object.values(value as object).join(",") },
}
const order = { id: 7, tags: ["a", "b"], note: null, at: new Date(0), open: true, gone: undefined }

async function ask(
  accept: string | undefined,
  handle: (ctx: BaseContext) => unknown = () => order,
  { method = "GET", options = ALL } = {},
): Promise<{ status: number; type: string | null; vary: string | null; text: string }> {
  const app = createApp({ onError: () => undefined })
  app.scope("/", [negotiate(options)], (scope) => scope.all("/", (ctx) => handle(ctx)))
  const headers: Record<string, string> = accept === undefined ? {} : { accept }
  const response = await app.fetch(new Request("http://x/", { method, headers }))
  const type = response.headers.get("content-type")?.toLowerCase() ?? null
  return { status: response.status, type, vary: response.headers.get("vary"), text: await response.text() }
}

describe("a value", () => {
  const json = JSON.stringify(order)
  const rows: [string, string | undefined, string, (text: string) => unknown, unknown][] = [
    ["JSON without the header", undefined, "application/json", JSON.parse, JSON.parse(json)],
    ["JSON for anything", "*/*", "application/json", JSON.parse, JSON.parse(json)],
    [
      "JSON where it is liked the same",
      "application/xml, application/json",
      "application/json",
      JSON.parse,
      JSON.parse(json),
    ],
    [
      "XML",
      "application/xml",
      "application/xml;charset=utf-8",
      (text) => text.slice(0, 38),
      '<?xml version="1.0" encoding="UTF-8"?>',
    ],
    ["XML by its other name", "text/xml", "text/xml;charset=utf-8", (text) => XMLValidator.validate(text), true],
    [
      "XML by weight",
      "application/json;q=0.5, application/xml",
      "application/xml;charset=utf-8",
      (text) => text.includes("<id>7</id>"),
      true,
    ],
    ["YAML", "application/yaml", "application/yaml", yaml.parse, JSON.parse(json)],
    ["YAML by its older name", "text/yaml", "text/yaml;charset=utf-8", yaml.parse, JSON.parse(json)],
    ["text", "text/plain", "text/plain;charset=utf-8", JSON.parse, JSON.parse(json)],
    ["another format", "text/csv", "text/csv;charset=utf-8", (text) => text.startsWith("7,a,b,"), true],
    ["the best of a family", "text/*;q=0.5, text/csv", "text/csv;charset=utf-8", (text) => text.startsWith("7,"), true],
  ]
  test.each(rows)("is answered as %s", async (_what, accept, type, read, expected) => {
    const answer = await ask(accept)
    expect([answer.status, answer.type, answer.vary]).toEqual([200, type, "accept"])
    expect(read(answer.text)).toEqual(expected as never)
  })
  test("keeps its status and headers", async () => {
    const answer = await ask("application/yaml", (ctx) => ctx.json({ a: 1 }, 201).withHeaders({ vary: "origin" }))
    expect(answer).toEqual({ status: 201, type: "application/yaml", vary: "origin, accept", text: "a: 1\n" })
  })
  test("has a strong tag as JSON only, and the same headers when it is known already", async () => {
    const app = createApp()
    app.scope("/", [negotiate(ALL)], (scope) =>
      scope.get("/", (ctx) => notModified(ctx, { etag: "7", lastModified: 0 }) ?? { a: 1 }),
    )
    for (const [accept, tag] of [
      ["application/json", '"7"'],
      ["application/yaml", 'W/"7"'],
    ] as const)
      for (const [known, status] of [
        ["", 200],
        [tag, 304],
      ] as const) {
        const headers = { accept, "if-none-match": known }
        const answer = await app.fetch(new Request("http://x/", { headers }))
        expect([answer.status, answer.headers.get("etag"), answer.headers.get("vary")]).toEqual([status, tag, "accept"])
      }
  })
  test("is refused to who takes none of the formats, with the list", async () => {
    const { status, text, vary } = await ask("image/png, application/xml;q=0")
    expect([status, vary]).toEqual([406, "accept"])
    expect(JSON.parse(text)).toMatchObject({
      code: "HTTP_NOT_ACCEPTABLE",
      details: {
        types: [
          "application/json",
          "application/xml",
          "text/xml",
          "application/yaml",
          "text/yaml",
          "application/x-yaml",
          "text/plain",
          "text/csv",
        ],
      },
    })
    expect((await ask("application/xml", undefined, { options: {} })).status).toBe(406)
  })
  test("of a write is told all the same, for it is done", async () => {
    const answer = await ask("image/png", (ctx) => ctx.json({ done: true }, 201), { method: "POST" })
    expect([answer.status, answer.type, answer.text]).toEqual([201, "application/json", '{"done":true}'])
  })
  test("to HEAD is chosen as for GET", async () => {
    expect(await ask("application/yaml", undefined, { method: "HEAD" })).toMatchObject({
      type: "application/yaml",
      text: "",
    })
    expect((await ask("image/png", undefined, { method: "HEAD" })).status).toBe(406)
  })

  const alone: [string, (ctx: BaseContext) => unknown, string | null, string][] = [
    ["a text", () => "hello", "text/plain;charset=utf-8", "hello"],
    ["nothing", () => null, null, ""],
    ["bytes", () => new Uint8Array([97]), "application/octet-stream", "a"],
    ["a response", () => new Response("<a/>", { headers: { "content-type": "text/x" } }), "text/x", "<a/>"],
    [
      "a type of its own",
      () => new Reply(200, { a: 1 }, "application/vnd.x+json"),
      "application/vnd.x+json",
      '{"a":1}',
    ],
    [
      "events",
      (ctx) =>
        events(ctx, async function* () {
          yield { data: 1 }
        }),
      "text/event-stream",
      "data: 1\n\n",
    ],
  ]
  test.each(alone)("stays what it is: %s", async (_what, handle, type, text) => {
    expect(await ask("image/png", handle)).toEqual({ status: type === null ? 204 : 200, type, vary: null, text })
  })
  test("is no error: those are for others", async () => {
    const { status, type } = await ask("application/xml", () => {
      throw new errors.NotFound()
    })
    expect([status, type]).toEqual([404, "application/problem+json"])
  })
  test("that has no JSON form is refused as without this layer", async () => {
    for (const accept of ["application/json", "application/yaml", "application/xml", "text/plain"])
      expect((await ask(accept, () => () => 1)).status).toBe(500)
  })
})

describe("XML", () => {
  const xml = (value: unknown): string => toXml(XMLBuilder, value, {}).replace(/^<\?xml[^>]*\?>/, "")
  const rows: [string, unknown, string][] = [
    ["a number", 7, "<result>7</result>"],
    ["null", null, "<result/>"],
    ["an object", { a: 1, b: { c: false } }, "<result><a>1</a><b><c>false</c></b></result>"],
    ["a list", [1, "two"], "<result><item>1</item><item>two</item></result>"],
    ["a named list", { tag: ["a", "b"] }, "<result><tag>a</tag><tag>b</tag></result>"],
    ["an empty list", { tag: [] }, "<result/>"],
    [
      "lists in a list",
      [[1], [2, 3]],
      "<result><item><item>1</item></item><item><item>2</item><item>3</item></item></result>",
    ],
    ["markup in a text", { a: "<b>&\"'</b>" }, "<result><a>&lt;b&gt;&amp;&quot;&apos;&lt;/b&gt;</a></result>"],
    ["the end of character data", { a: "]]>" }, "<result><a>]]&gt;</a></result>"],
    ["markup in a key", { "a><script>": 1 }, "<result><a__script_>1</a__script_></result>"],
    ["a key that begins with a digit", { "1a": 1 }, "<result><_1a>1</_1a></result>"],
    ["a reserved key", { xmlns: "x" }, "<result><_xmlns>x</_xmlns></result>"],
    ["an empty key", { "": 1 }, "<result><_>1</_></result>"],
    [
      "keys that the builder gives a meaning",
      { "#text": "a", "@_b": "c", "?xml": "d", "#comment": "e" },
      "<result><_text>a</_text><__b>c</__b><_xml>d</_xml><_comment>e</_comment></result>",
    ],
    [
      "__proto__, as any other",
      JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
      "<result><__proto__><a>1</a></__proto__><constructor>2</constructor></result>",
    ],
    [
      "no letter or digit that XML has not",
      { µ: 1, "m²": 2, "½": 3, ª: 4, 𝒳: 5, "·a": 6, ﬁ: 7 },
      "<result><_>1</_><_>3</_><_>4</_><_>5</_><_>7</_><m_>2</m_><_·a>6</_·a></result>",
    ],
    ["every line end as it is", { a: "1\r\n2\r3\n4" }, "<result><a>1&#13;\n2&#13;3\n4</a></result>"],
    ["keys that become one name", { "a b": 1, "a/b": 2 }, "<result><a_b>1</a_b><a_b>2</a_b></result>"],
    ["characters that XML has not", { a: "\0\u0008\ud800\ufffe" }, "<result><a>\ufffd\ufffd\ufffd\ufffd</a></result>"],
    ["letters of all scripts", { größe: "é✓🙂" }, "<result><größe>é✓🙂</größe></result>"],
  ]
  test.each(rows)("says %s", (_what, value, text) => {
    expect(xml(value)).toBe(text)
    expect(XMLValidator.validate(toXml(XMLBuilder, value, {}))).toBe(true)
  })
  test("comes back as it was, however hostile its keys and texts", () => {
    const parts = [
      "<",
      ">",
      "&",
      "'",
      '"',
      "]]>",
      "<!--",
      "-->",
      "<![CDATA[",
      "<?",
      "&#0;",
      "a",
      " ",
      "é",
      "\n",
      "=",
      "/",
    ]
    let seed = 5
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    const text = (): string => Array.from({ length: random(8) }, () => parts[random(parts.length)]).join("")
    const parser = new XMLParser({ parseTagValue: false, trimValues: false })
    for (let round = 0; round < 1000; round++) {
      const value = { k: text(), [`z${text()}`]: text() }
      const made = toXml(XMLBuilder, value, {})
      expect(XMLValidator.validate(made)).toBe(true)
      const back = (parser.parse(made) as { result: Record<string, string> | string }).result
      expect(Object.values(back)).toEqual(Object.values(value))
    }
  })
})

describe("YAML", () => {
  const asYaml = (value: unknown): string => toYaml(yaml as unknown as YamlPackage, value)
  const meant = ["no", "Yes", "on", "y", "~", "null", "=", "<<", "1:30", "0777", "0o7", "0b1", "1_000", ".inf", "1e3"]
  const marks = [
    "2026-01-02",
    "---",
    "...",
    "- a",
    "? a",
    "a: b",
    "a #b",
    "&a",
    "*a",
    "!!js/function 'x'",
    "%a",
    "@",
    "|",
  ]
  const blanks = ["", " ", "a ", "\t", "a\nb", "a\n\n", "\r", "a\r\nb", "\0", "\u0007"]
  test.each([...meant, ...marks, ...blanks])("keeps the text and the key %j, for readers of 1.1 too", (text) => {
    const value = { text, list: [text], [text]: 1 }
    for (const version of ["1.2", "1.1"] as const)
      expect(yaml.parse(asYaml(value), { version, merge: version === "1.1" })).toEqual(value)
  })
  test.each(["\u0085", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\x7f", "\x9f"])(
    "escapes %j, which ends a line for some readers and a document for others",
    (character) => {
      const value = { [character]: `a${character}- b`, list: [`a${character}- b`, `${character}\nc: d`] }
      const text = asYaml(value)
      expect(text).not.toContain(character)
      expect(yaml.parse(text)).toEqual(value)
    },
  )
})

test("a format whose package is not installed says how to install it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-formats-"))
  try {
    const entry = join(folder, "entry.ts")
    await Bun.write(
      entry,
      `import { createApp } from ${JSON.stringify(join(import.meta.dir, "..", "index.ts"))}
      import { negotiate } from ${JSON.stringify(join(import.meta.dir, "negotiate.ts"))}
      const app = createApp({ onError: (error) => console.log(error.code, error.message) })
      app.scope("/", [negotiate({ xml: true, yaml: true })], (scope) => scope.get("/", () => ({ a: 1 })))
      for (const accept of ["application/xml", "application/yaml", "application/json"])
        console.log((await app.fetch(new Request("http://x/", { headers: { accept } }))).status)`,
    )
    const built = await Bun.build({
      entrypoints: [entry],
      target: "bun",
      outdir: join(folder, "out"),
      external: ["yaml", "fast-xml-parser"],
    })
    expect(built.success).toBe(true)
    const child = Bun.spawn([process.execPath, "--no-install", join(folder, "out", "entry.js")], {
      cwd: folder,
      stdout: "pipe",
    })
    const lines = (await new Response(child.stdout).text()).trim().split("\n")
    expect(lines).toEqual([
      "HTTP_FORMAT_PACKAGE_MISSING The package fast-xml-parser is not installed. Run: npm install fast-xml-parser",
      "500",
      "HTTP_FORMAT_PACKAGE_MISSING The package yaml is not installed. Run: npm install yaml",
      "500",
      "200",
    ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
