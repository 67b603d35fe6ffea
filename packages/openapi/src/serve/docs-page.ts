import { scalarScript, startScript } from "./page-assets.ts"

export interface DocsPageParts {
  readonly title: string
  /** Where the documents are, as seen from the page. */
  readonly documents: readonly { readonly title: string; readonly url: string }[]
  /** Where the page's scripts are, as seen from the page; ends with a slash. */
  readonly assets: string
  /** Other origins that requests are tried at. */
  readonly origins: readonly string[]
}

/** A page, and the policy that lets its own scripts run and nothing else. */
export interface DocsPage {
  readonly html: string
  readonly policy: string
}

/** The page that shows the documents and tries requests. It holds no script of its own, so none has to be allowed. */
export function docsPage({ title, documents, assets, origins }: DocsPageParts): DocsPage {
  const data = escaped(JSON.stringify(documents))
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference" data-documents="${data}"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="${escaped(documents[0]!.url)}">${escaped(documents[0]!.url)}</a>.</noscript>
<script src="${escaped(assets + scalarScript.name)}"></script>
<script src="${escaped(assets + startScript.name)}"></script>
</body>
</html>
`,
    policy: [
      "default-src 'none'",
      "script-src 'self'",
      // The renderer sets its style by elements of the page; a style that is let in runs nothing.
      "style-src 'self' 'unsafe-inline'",
      `connect-src ${["'self'", ...origins].join(" ")}`,
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The way from one absolute path to another, so that a prefix which a proxy takes away does no harm. */
export function relativePath(from: string, to: string): string {
  const [start, end] = [from.split("/").slice(1, -1), to.split("/").slice(1)]
  let same = 0
  while (same < start.length && same < end.length - 1 && start[same] === end[same]) same++
  return [...start.slice(same).map(() => ".."), ...end.slice(same)].join("/") || "./"
}
