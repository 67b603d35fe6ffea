export type { Encoding, Levels } from "./codecs.ts"
export type { CompressOptions } from "./compress.ts"
export { compress } from "./compress.ts"
