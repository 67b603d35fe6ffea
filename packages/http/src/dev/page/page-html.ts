import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { ErrorDescription } from "../error-description.ts"

/** A page, and the policy that lets its own style and script run and nothing else. */
export interface Page {
  readonly html: string
  readonly policy: string
}

/** The page at `/_dev`. It is read once: the files belong to this package. */
export function developmentPage(): Page {
  return assemble("page.html", "page.js", (html) => html)
}

/** The page in the place of an app that does not answer; without an error it says nothing of the code. */
export function waitingPage(error: ErrorDescription | undefined): Page {
  return assemble("waiting.html", "waiting.js", (html) => html.replace("<!--error-->", () => errorHtml(error)))
}

function assemble(htmlFile: string, scriptFile: string, fill: (html: string) => string): Page {
  const [html, css, js] = [htmlFile, "page.css", scriptFile].map(read) as [string, string, string]
  return {
    html: fill(html)
      .replace("/*css*/", () => css)
      .replace("/*js*/", () => js),
    policy: [
      "default-src 'none'",
      `style-src ${hash(css)}`,
      `script-src ${hash(js)}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  }
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8")
}

function hash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`
}

function errorHtml(error: ErrorDescription | undefined): string {
  if (error === undefined) return "<h1>The app is being changed</h1><p>This page shows it as soon as it answers.</p>"
  const { frame, stack, name, code, message, cause } = error
  const place = frame === undefined ? "" : `${frame.file}:${frame.line}. `
  return [
    `<h1>${escaped(code ?? name)}</h1>`,
    `<p class="dim">${escaped(place)}The app does not start. This page shows it as soon as it answers.</p>`,
    `<p>${escaped(message)}</p>`,
    frame === undefined ? "" : frameHtml(frame),
    stack.length === 0 ? "" : `<pre class="dim">${escaped(stack.map((call) => `at ${call}`).join("\n"))}</pre>`,
    cause === undefined
      ? ""
      : `<p class="dim">Caused by ${escaped(`${cause.code ?? cause.name}: ${cause.message}`)}</p>`,
    '<p><a href="/_dev">Development page</a></p>',
  ].join("\n")
}

function frameHtml({ line, column, lines }: NonNullable<ErrorDescription["frame"]>): string {
  const rows = lines.flatMap(({ number, text }) => {
    const isHere = number === line
    const row = `<div${isHere ? ' class="here"' : ""}><span class="line">${number}</span>${escaped(text)}</div>`
    if (!isHere || column < 1) return [row]
    return [
      row,
      `<div class="here"><span class="line"></span>${" ".repeat(column - 1)}<span class="caret">^</span></div>`,
    ]
  })
  return `<div class="frame mono" tabindex="0" role="figure" aria-label="The code">${rows.join("")}</div>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
