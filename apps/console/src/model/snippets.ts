import type { Language } from "../ui/code.tsx"

export interface Snippet {
  readonly id: "browser" | "server" | "cli" | "curl"
  readonly label: string
  readonly language: Language
  readonly text: string
}

interface Names {
  readonly url: string
  readonly project: string
  /** One that exists, if any. */
  readonly collection: string
}

/** What to paste to reach this project from elsewhere. Keys are placeholders: their secrets are shown once only. */
export function connectSnippets({ url, project, collection }: Names): readonly Snippet[] {
  const variable = /^[a-z]\w*$/.test(collection) ? collection : "documents"
  return [
    {
      id: "browser",
      label: "Browser",
      language: "js",
      text: `// npm install @ashlar/sdk
import { createAshlar } from "@ashlar/sdk"

const ashlar = createAshlar({
  url: "${url}",
  key: "ak_publishable_…", // Settings, API keys
})

const ${variable} = ashlar.collection("${collection}")

const page = await ${variable}.where().limit(20).page()
for (const { id, data } of page.items) console.log(id, data)`,
    },
    {
      id: "server",
      label: "Server",
      language: "js",
      text: `// npm install @ashlar/sdk
import { createAshlar } from "@ashlar/sdk"

const ashlar = createAshlar({
  url: "${url}",
  key: process.env.ASHLAR_KEY, // ak_secret_…
})

const ${variable} = ashlar.collection("${collection}")

const { id, rev } = await ${variable}.insert({ name: "first stone" })
await ${variable}.patch(id, { $set: { laid: true } }, { rev })`,
    },
    {
      id: "cli",
      label: "CLI",
      language: "shell",
      text: `# from a clone of Ashlar: npm run -s ashlar -- login ${url}
ashlar login ${url}
ashlar init ${project} && cd ${project}
ashlar deploy

ashlar functions invoke hello
ashlar logs hello --follow`,
    },
    {
      id: "curl",
      label: "curl",
      language: "shell",
      text: `# read
curl "${url}/v1/projects/${project}/collections/${collection}/documents?limit=5" \\
  -H "Authorization: Bearer ak_publishable_…"

# write
curl "${url}/v1/projects/${project}/collections/${collection}/documents" \\
  -H "Authorization: Bearer ak_secret_…" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "first stone"}'`,
    },
  ]
}

/** A whole function to start from. */
export function helloFunction(collection: string | undefined): string {
  const read =
    collection === undefined
      ? ""
      : `\n    const { items } = await ctx.db.collection("${collection}").list({ limit: 5 })`
  const answer =
    collection === undefined
      ? `{ hello: "world" }`
      : `{ hello: "world", ${/^[a-z]\w*$/.test(collection) ? collection : "documents"}: items }`
  return `export default {
  async fetch(request, ctx) {${read}
    ctx.log.info("said hello", { path: new URL(request.url).pathname })
    return Response.json(${answer})
  },
}`
}
