export type { Cookies, CookiesOptions } from "./cookies.ts"
export { cookies, cookiesOf } from "./cookies.ts"
export type { CookieAttributes } from "./set-cookie.ts"
