import { defineConfig } from "./config.ts"
import { type Secret, secret } from "./secret.ts"
import type { StandardSchemaV1 } from "./standard-schema.ts"

declare const port: StandardSchemaV1<number | undefined, number>
declare const text: StandardSchemaV1<string, string>

const config = defineConfig({ fields: { port, database: { url: secret(text) } }, defaults: { port: 1 } })

export async function types(): Promise<void> {
  const loaded = await config.load()
  const number: number = loaded.port
  const url: Secret<string> = loaded.database.url
  // @ts-expect-error a secret is no text
  const plain: string = loaded.database.url
  // @ts-expect-error no such key
  void loaded.prot
  // @ts-expect-error the answer is read only
  loaded.port = 2
  void [number, url, plain]
}

// @ts-expect-error a default that does not fit its schema
defineConfig({ fields: { port }, defaults: { port: "80" } })
