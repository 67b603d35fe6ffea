import { PrismaPg } from "@prisma/adapter-pg"
import { getPrismaClient } from "@prisma/client/runtime/client"
import { measure } from "../measure.ts"
/** What `prisma generate` makes of the two tables; its program itself is 300 MB. */
import generated from "../prisma-client.json" with { type: "json" }
import { PAGE, TITLE } from "../workload.ts"

interface Delegate {
  findUnique(query: object): Promise<unknown>
  findMany(query: object): Promise<unknown[]>
  create(query: object): Promise<unknown>
}

interface Client {
  readonly user: Delegate
  readonly post: Delegate
  $disconnect(): Promise<void>
}

const config = {
  ...generated,
  previewFeatures: [],
  activeProvider: "postgresql",
  compilerWasm: {
    // @ts-expect-error: Prisma has no types for what only its generated code imports.
    getRuntime: () => import("@prisma/client/runtime/query_compiler_fast_bg.postgresql.mjs"),
    async getQueryCompilerWasmModule() {
      // @ts-expect-error: the same.
      const { wasm } = await import("@prisma/client/runtime/query_compiler_fast_bg.postgresql.wasm-base64.mjs")
      return new WebAssembly.Module(Buffer.from(wasm, "base64"))
    },
    importName: "./query_compiler_fast_bg.js",
  },
}

await measure(async (url) => {
  const PrismaClient = getPrismaClient(config as never) as unknown as new (options: object) => Client
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 8 }) })
  return {
    key: (id) => prisma.user.findUnique({ where: { id } }),
    insert: (userId, createdAt) => prisma.post.create({ data: { userId, title: TITLE, createdAt } }),
    list: () => prisma.post.findMany({ include: { user: true }, orderBy: { id: "desc" }, take: PAGE }),
    close: () => prisma.$disconnect(),
  }
})
