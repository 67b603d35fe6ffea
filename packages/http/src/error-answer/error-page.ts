import type { Debug, Problem } from "../problem.ts"

/** All that the page looks like. Its hash is in the policy below, so that no other style and no script can run there. */
export const PAGE_STYLE = `:root{color-scheme:light dark;--text:#1c1e21;--soft:#5f6670;--back:#fbfbfc;--line:#d9dce1;--mark:#b3261e;--here:#fdecea}
@media(prefers-color-scheme:dark){:root{--text:#e8eaed;--soft:#a2a9b4;--back:#16181b;--line:#33373d;--mark:#ff8a80;--here:#3a1f1d}}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:12vh 1.5rem 4rem}
.status{margin:0;color:var(--mark);font-weight:600;letter-spacing:.04em}
h1{margin:.2rem 0 1rem;font-size:1.9rem;line-height:1.2}
h2{margin:2.2rem 0 .6rem;font-size:1.05rem}
p,li,dd{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:1.8rem 0 0;color:var(--soft);font-size:.9rem}
dd{margin:0}
code,pre{font:.85rem/1.55 ui-monospace,monospace}
pre{overflow-x:auto;margin:.4rem 0;padding:.8rem 1rem;border:1px solid var(--line);border-radius:6px}
mark{display:inline-block;min-width:100%;background:var(--here);color:inherit}
`

/** The SHA-256 of {@link PAGE_STYLE}; its test says what to write here when the style changes. */
export const PAGE_STYLE_HASH = "LFkfW1/czXXYZpB9j6Gl1wPRE6khFxEJ8BXrZ3uA+Lc="

const POLICY = `default-src 'none'; style-src 'sha256-${PAGE_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Headers of the page: it loads nothing, runs nothing, and tells nobody where its reader came from. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
}

/** A problem as a page for people. Everything that came from outside is escaped. */
export function errorPage(problem: Problem): string {
  const { status, title, detail, code, requestId, errors = [], details, hint, debug } = problem
  const facts = [["Code", code], ...(requestId === undefined ? [] : [["Request", requestId]])] as const
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<p class="status">${status}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(detail)}</p>
${hint === undefined ? "" : `<p>${escapeHtml(hint)}</p>\n`}${list(errors.map((one) => `${one.in}${one.pointer}: ${one.message}`))}${
  details === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(details, null, 2))}</pre>\n`
}<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd><code>${escapeHtml(value!)}</code></dd>`).join("")}</dl>
${debug === undefined ? "" : debugSection(debug)}</main>
</body>
</html>
`
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>\n`
}

function debugSection({ error, causes = [], stack, frame }: Debug): string {
  const code = frame?.lines.map(({ number, text, isHere }) => {
    const line = `${String(number).padStart(5)}  ${escapeHtml(text)}`
    return isHere ? `<mark>${line}</mark>` : line
  })
  return `<h2>${escapeHtml(error)}</h2>
${list(causes.map((cause) => `caused by ${cause}`))}${
  frame === undefined ? "" : `<p><code>${escapeHtml(frame.at)}</code></p>\n<pre>${code!.join("\n")}</pre>\n`
}${stack.length === 0 ? "" : `<pre>${stack.map(escapeHtml).join("\n")}</pre>\n`}`
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
