export { mailPreview } from "./mail-preview.ts"
