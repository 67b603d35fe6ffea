/** The files of a new project, by their path. */
export function projectFiles({ slug, name }: { readonly slug: string; readonly name: string }): Record<string, string> {
  return {
    "ashlar.toml": manifest(slug, name),
    "functions/hello.ts": hello,
    "ashlar-env.d.ts": environment,
    ".gitignore": ".ashlar/\nnode_modules/\n",
    "README.md": readme(name),
  }
}

const manifest = (slug: string, name: string) => `[project]
slug = ${JSON.stringify(slug)}
name = ${JSON.stringify(name)}

# Called at /f/${slug}/hello
[functions.hello]
runtime = "quickjs"               # or "bun": a process of its own, with Bun's modules
entry = "functions/hello.ts"
access = "public"                 # who may call it: "public", "publishable" or "secret" (keys)
egress = []                       # hosts it may reach, like "api.example.com"

[functions.hello.env]
GREETING = "Hello"
# API_TOKEN = { from = "API_TOKEN" }   # taken from your environment when you deploy

[functions.hello.limits]
wallMs = 5000

# Members of the project may always; rules say who else may. What is left out stays closed.
[collections.todos]
rules = { read = "public", create = "publishable", update = "secret" }
indexes = ["done", ["done", "-priority"]]
`

const hello = `/** Answers with a greeting, and with what is to do. */
export default {
  async fetch(request: Request, ctx: FunctionContext): Promise<Response> {
    const name = new URL(request.url).searchParams.get("name") ?? "world"
    const { items } = await ctx.db.collection("todos").query({ where: { done: false }, sort: ["-priority"], limit: 10 })
    ctx.log.info("said hello", { name, open: items.length })
    return Response.json({ greeting: \`\${ctx.env.GREETING}, \${name}!\`, todo: items.map(({ data }) => data.title) })
  },
}
`

const environment = `// What a function gets as its second argument. Change the types of your documents here, not the shape.

interface StoredDocument {
  id: string
  rev: number
  createdAt: string
  updatedAt: string
  data: Record<string, unknown>
}

interface DocumentQuery {
  where?: object
  sort?: string[]
  limit?: number
  cursor?: string
  select?: string[]
}

interface FunctionCollection {
  list(query?: DocumentQuery): Promise<{ items: StoredDocument[]; next: string | null }>
  query(query: DocumentQuery): Promise<{ items: StoredDocument[]; next: string | null }>
  get(id: string): Promise<StoredDocument | null>
  insert(data: object): Promise<StoredDocument>
  insert(data: object[]): Promise<{ items: StoredDocument[] }>
  replace(id: string, data: object, options?: { rev?: number }): Promise<StoredDocument>
  patch(id: string, change: object, options?: { rev?: number }): Promise<StoredDocument>
  delete(id: string, options?: { rev?: number }): Promise<null>
  count(where?: object): Promise<{ value: number; exact: boolean }>
}

interface FunctionContext {
  readonly db: { collection(name: string): FunctionCollection }
  readonly env: Readonly<Record<string, string>>
  readonly log: Record<"debug" | "info" | "warn" | "error", (message: string, fields?: object) => void>
  readonly invocation: string
  readonly project: string
  readonly function: string
}
`

const readme = (name: string) => `# ${name}

    ashlar deploy                                    # create what is missing, upload what has changed
    ashlar documents insert todos '{"title":"cut stone","done":false,"priority":1}'
    ashlar functions invoke hello '/?name=Ada'
    ashlar logs hello --follow

\`ashlar.toml\` says what the project is made of; \`functions/\` holds its code.
`
