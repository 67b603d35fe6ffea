import { afterAll, beforeAll } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { ObjectStore } from "../store.ts"
import { memoryFolder } from "../testing/memory-folder.ts"
import { startTestS3, type TestS3 } from "../testing/s3-server.ts"
import { describeStorage } from "../testing/storage-suite.ts"
import { storageDrivers } from "./drivers.ts"

const folder = mkdtempSync(join(memoryFolder(), "ashlar-storage-"))
let s3: TestS3
beforeAll(async () => {
  s3 = await startTestS3()
})
afterAll(async () => {
  await s3.close()
  rmSync(folder, { recursive: true, force: true })
})

const MiB = 1024 * 1024
const open = (url: string): Promise<ObjectStore> => storageDrivers.open(url)

let memory: ObjectStore | undefined
/** The two that a test opens are one: the memory of a process is not opened twice. */
describeStorage("memory", {
  open: async () => {
    const [store, isFirst] = memory === undefined ? [await open("memory:"), true] : [memory, false]
    memory = isFirst ? store : undefined
    return store
  },
  nestedKeys: true,
  largeBytes: 2 * MiB,
})
describeStorage("a folder", { open: () => open(`file:${folder}`), nestedKeys: false, largeBytes: 2 * MiB })
describeStorage("S3", { open: () => open(s3.url(`&partBytes=${5 * MiB}`)), nestedKeys: true, largeBytes: 11 * MiB })
