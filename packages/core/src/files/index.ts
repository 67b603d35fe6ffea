export { Delimiter } from "./delimiter.ts"
export { extensionOf, isNamed, resolveType } from "./file-type.ts"
export { SNIFF_BYTES, sniffType } from "./sniff.ts"
