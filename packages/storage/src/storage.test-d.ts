import { expectTypeOf } from "bun:test"
import { createImages, type MadeImage } from "./images/index.ts"
import { openStorage, type Storage, type StoredObject } from "./index.ts"

const storage = openStorage("memory:")
expectTypeOf(storage.at("a")).toEqualTypeOf<Storage>()
expectTypeOf(storage.head("x")).toEqualTypeOf<Promise<StoredObject | undefined>>()
expectTypeOf(storage.get("x")).toEqualTypeOf<Promise<Uint8Array<ArrayBuffer>>>()
// @ts-expect-error: only one delimiter means the same on every driver
void storage.list({ delimiter: "-" })
// @ts-expect-error: an object is created once under this condition, or not at all
void storage.put("x", "1", { ifNoneMatch: "etag" })
const made = createImages().makeAll(new Uint8Array(), { thumb: { width: 1 } })
expectTypeOf(made).toEqualTypeOf<Promise<Readonly<Record<"thumb", MadeImage>>>>()
