import { join } from "node:path"
import { type FolderOptions, serveFile, serveFolder } from "../../src/files/index.ts"
import { type App, createApp, errors, fail, layer } from "../../src/index.ts"

/** The server that the suite of files drives on every runtime. Its folder comes from the environment. */
const folder = process.env.FILES_FOLDER!
const reported: string[] = []
const app: App = createApp({ onError: (error) => void reported.push(String(error)) })

/** All files in memory, and none: both ways are held to one suite. */
const memory: FolderOptions = { precompressed: true, immutable: true, cache: { ttlMs: 50 } }
const disk: FolderOptions = { ...memory, cache: { ttlMs: 50, maxFileBytes: 0 } }
app.get("/memory/*path", serveFolder(join(folder, "public"), memory))
app.get("/disk/*path", serveFolder(join(folder, "public"), disk))
app.get(
  "/open/*path",
  serveFolder(join(folder, "public"), { dotfiles: [".well-known"], index: false, download: true, etag: "weak" }),
)
const download = { download: "Übersicht.txt", cacheControl: { private: true, maxAgeSeconds: 60 } } as const
app.get("/one", (ctx) => serveFile(ctx, join(folder, "public", "digits.txt"), download))
const believed = { cache: { ttlMs: 60_000, maxFileBytes: 0 } }
app.get("/shrinks", (ctx) => serveFile(ctx, join(folder, "public", "shrinks.bin"), believed))

const nobody = layer({ name: "nobody", before: () => fail(errors.Forbidden) })
app.scope("/disk/private", [nobody], (inner) => inner.get("/*path", serveFolder(join(folder, "public", "private"))))
app.get("/state", () => ({ reported, rss: process.memoryUsage().rss }))

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
