export {
  ImageInvalid,
  ImagePackageMissing,
  ImagesBusy,
  ImageTimeout,
  ImageTooLarge,
  ImageTypeRefused,
} from "../errors.ts"
export type { ImageFacts, ImageLimits, ImageOptions, Images, MadeImage } from "./images.ts"
export { createImages } from "./images.ts"
