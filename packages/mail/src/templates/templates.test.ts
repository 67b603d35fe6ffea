import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { defineTemplate, html, raw, toText } from "../index.ts"

describe("html", () => {
  test("escapes what is put into it, and not what is HTML", () => {
    const evil = `<script>alert("1")</script>&'`
    expect(String(html`<p title="${evil}">${evil}</p>`)).toBe(
      '<p title="&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;">&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;</p>',
    )
    expect(
      String(
        html`<ul>${["a", "<b>"].map((one) => html`<li>${one}</li>`)}</ul>${null}${undefined}${false}${0}${raw("<br>")}`,
      ),
    ).toBe("<ul><li>a</li><li>&#60;b&#62;</li></ul>0<br>")
  })
  test("takes addresses that run nothing", () => {
    for (const url of ["https://x/?a=1&b=2", "/path", "mailto:a@b.c", "tel:+1", "cid:logo", "#top", "?a=b:c", ""])
      expect(String(html`<a href="${url}">x</a>`)).toContain("<a href=")
    for (const url of [
      "javascript:alert(1)",
      " JaVa\nScRiPt:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "\u0001javascript:1",
      "file:///etc",
    ]) {
      expect(() => html`<a href="${url}">x</a>`).toThrow("Expected an address")
      expect(() => html`<img alt="x" src='${url}'>`).toThrow("Expected an address")
    }
    // Behind the beginning of one it is a part of it.
    expect(String(html`<a href="https://x/${"javascript:"}">x</a>`)).toContain("https://x/javascript:")
  })
  test("refuses a value where escaping does not help", () => {
    const x = "x"
    for (const make of [
      () => html`<a href=${x}>`,
      () => html`<a ${x}>`,
      () => html`<${x}>`,
      () => html`<script>${x}</script>`,
      () => html`<style>a{color:${x}}</style>`,
      () => html`<!-- ${x} -->`,
      () => html`<p title="${html`<b>`}">`,
    ])
      expect(make).toThrow(expect.objectContaining({ code: "MAIL_TEMPLATE_INVALID" }))
    expect(String(html`a < b ${x} <b>${x}</b> <script>1</script>${x}<!-- > -->${x}`)).toBe(
      "a < b x <b>x</b> <script>1</script>x<!-- > -->x",
    )
  })
})

describe("the text of HTML", () => {
  test.each([
    ["<p>One</p><p>Two &amp; <b>three</b></p>", "One\n\nTwo & three"],
    ["a<br>b<br/>c", "a\nb\nc"],
    ["<ul><li>one</li><li>two</li></ul>after", "- one\n\n- two\n\nafter"],
    ['<a href="https://x.example/?a=1&amp;b=2">Confirm</a>', "Confirm (https://x.example/?a=1&b=2)"],
    ['<a href="https://x.example">https://x.example</a> <a href="mailto:a@b.c">a@b.c</a>', "https://x.example a@b.c"],
    ["<head><title>No</title><style>p{}</style></head><script>no</script><!-- no -->yes", "yes"],
    ['<img src="x" alt="A logo">&nbsp;&copy; &#8364; &#x20ac; &unknown;', "A logo © € € &unknown;"],
    ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"],
    ["<!doctype html><?xml?><p>x</p>", "x"],
    ["a < b > c", "a < b > c"],
    ["<p title='a>b'>x</p>", "x"],
    ["", ""],
  ])("%s", (given, text) => expect(toText(given)).toBe(text))
  test("takes time as its length does, whatever is in it", () => {
    for (const piece of ["<", "<!--", "<p ", '<a "', "&", "<a>", " \n"]) {
      const before = performance.now()
      toText(piece.repeat(200_000 / piece.length))
      expect([piece, performance.now() - before < 5_000]).toEqual([piece, true])
    }
  })
})

test("a template makes a message of an input that fits", async () => {
  const welcome = defineTemplate(
    "welcome",
    {
      input: v.object({ name: v.string().min(1) }),
      layout: (content, { subject }) => html`<title>${subject}</title><main>${content}</main>`,
    },
    ({ name }) => ({ subject: `Welcome, ${name}`, html: html`<p>Hello ${name}</p>` }),
  )
  const { html: made, ...rest } = await welcome.render({ name: "<Ana>" })
  expect(rest).toEqual({ subject: "Welcome, <Ana>", tags: ["welcome"] })
  expect(String(made)).toBe("<title>Welcome, &#60;Ana&#62;</title><main><p>Hello &#60;Ana&#62;</p></main>")
  await expect(welcome.render({ name: "" })).rejects.toMatchObject({ code: "MAIL_TEMPLATE_INVALID" })
})
