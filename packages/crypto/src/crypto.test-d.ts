import { createSecrets, type KeyOperations, type KeyStore, type Keys, openKeys, type SecretReader } from "./index.ts"

declare const keys: Keys
declare const store: KeyStore

/* Whoever works by a grant uses keys, and does not care for them. */
const granted: KeyOperations = keys.as("service:billing")
// @ts-expect-error
void granted.rotate("a")
// @ts-expect-error
granted.as("service:other")

/* There is no encryption without a context. */
// @ts-expect-error
void keys.encrypt("a", "text")
// @ts-expect-error a context holds texts
void keys.encrypt("a", "text", { row: 7 })

const reader: SecretReader = createSecrets({ keys, store }).as("service:billing")
// @ts-expect-error who reads does not write
void reader.set("a", "b")

// @ts-expect-error a root key is not optional
void openKeys({ store: "memory:" })
// @ts-expect-error
void keys.create({ name: "a", algorithm: "none" })
