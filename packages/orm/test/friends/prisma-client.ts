import { readFileSync } from "node:fs"
import { getPrismaClient } from "@prisma/client/runtime/client"
import { openPrisma, type PrismaClientClass } from "../../src/friends/prisma.ts"
import type { Database } from "../../src/index.ts"

/** What `prisma generate` makes of two models, authors with notes, for each provider; its program itself is 300 MB. */
const generated: Readonly<Record<string, object>> = JSON.parse(
  readFileSync(new URL("./prisma-client.json", import.meta.url), "utf8"),
)

/** Prisma's client as the tests use it. */
export interface PrismaClient {
  readonly author: Delegate
  readonly note: Delegate
  $queryRawUnsafe(text: string, ...values: unknown[]): Promise<unknown[]>
  $transaction<T>(work: (tx: PrismaClient) => Promise<T>): Promise<T>
  $disconnect(): Promise<void>
}

interface Delegate {
  create(args: object): Promise<Record<string, unknown>>
  createMany(args: object): Promise<{ count: number }>
  update(args: object): Promise<Record<string, unknown>>
  deleteMany(args?: object): Promise<{ count: number }>
  findFirst(args?: object): Promise<Record<string, unknown> | null>
  findUnique(args: object): Promise<Record<string, unknown> | null>
  findMany(args?: object): Promise<Record<string, unknown>[]>
  count(args?: object): Promise<number>
}

type Provider = "sqlite" | "postgresql"

function clientClass(provider: Provider): PrismaClientClass<PrismaClient, object> {
  const config = {
    ...generated[provider],
    previewFeatures: [],
    activeProvider: provider,
    compilerWasm: {
      getRuntime: () => import(`@prisma/client/runtime/query_compiler_fast_bg.${provider}.mjs`),
      async getQueryCompilerWasmModule() {
        const { wasm } = await import(`@prisma/client/runtime/query_compiler_fast_bg.${provider}.wasm-base64.mjs`)
        return new WebAssembly.Module(Buffer.from(wasm, "base64"))
      },
      importName: "./query_compiler_fast_bg.js",
    },
  }
  return getPrismaClient(config as never) as unknown as PrismaClientClass<PrismaClient, object>
}

export const SqliteClient: PrismaClientClass<PrismaClient, object> = clientClass("sqlite")
const PostgresClient = clientClass("postgresql")

export function prismaClient(provider: Provider, db: Database): PrismaClient {
  return openPrisma(provider === "sqlite" ? SqliteClient : PostgresClient, db)
}
