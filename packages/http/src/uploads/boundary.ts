import { MultipartInvalid, UnsupportedMediaType } from "../errors.ts"
import { parseHeaderParams } from "./header-params.ts"

/** @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/

/**
 * The boundary that a request's Content-Type names.
 * @throws {HTTP_UNSUPPORTED_MEDIA_TYPE} for another type. @throws {HTTP_MULTIPART_INVALID} for a boundary that is none.
 */
export function boundaryOf(contentType: string | null): string {
  const isMultipart = contentType !== null && /^[ \t]*multipart\/form-data[ \t]*(?:;|$)/i.test(contentType)
  if (!isMultipart) {
    const got = contentType === null ? "none" : JSON.stringify(contentType.slice(0, 100))
    throw new UnsupportedMediaType(`Expected Content-Type multipart/form-data, got ${got}`)
  }
  const boundary = parseHeaderParams(contentType, "escaped")?.params.get("boundary")
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    throw new MultipartInvalid(
      "The Content-Type has no boundary, or one that does not fit: up to 70 letters, digits and '()+_,-./:=? with quotes around it unless it is a token",
    )
  }
  return boundary
}
