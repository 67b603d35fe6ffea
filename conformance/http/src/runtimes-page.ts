import { join } from "node:path"
import { type Difference, differences } from "./differences.ts"

export const PAGE: string = join(import.meta.dir, "..", "..", "..", "docs", "runtimes.md")
export const COMMAND = "bun conformance/http/src/runtimes-page.ts"

const NAMES: Readonly<Record<string, string>> = {
  bun: "Bun",
  node: "Node",
  deno: "Deno",
  workerd: "Cloudflare Workers (workerd)",
  "lambda url": "AWS Lambda behind a function URL",
  "lambda http": "AWS Lambda behind an HTTP API",
  "lambda rest": "AWS Lambda behind a REST API",
  "lambda alb": "AWS Lambda behind a load balancer",
}

const HEAD = `# Runtimes

An app behaves the same wherever it runs: \`conformance/http\` sends the same requests to every runtime and expects the same
answers. What is below is the rest: where a runtime's own server does something else, why it stays so, and what to do where it
matters. The suite holds these lines as well: it fails when a difference goes away. What serverless platforms do to requests before
an app sees them, and which limits they set, is in [the guide to deployment](guides/deploy.md#what-differs).
`

/** The page about what differs between runtimes, from the list that the suite is held by. */
export function renderPage(list: readonly Difference[] = differences): string {
  const sections = Object.entries(NAMES).flatMap(([runtime, title]) => {
    const own = list.filter(({ runtimes }) => runtimes.includes(runtime))
    if (own.length === 0) return []
    const rows = own.map(({ group, does, reason }) => `- **${title} ${does}** (${group}). ${reason}`)
    return [`## ${title}\n\n${rows.join("\n")}\n`]
  })
  return [HEAD, ...sections].join("\n")
}

if (import.meta.main) await Bun.write(PAGE, renderPage())
