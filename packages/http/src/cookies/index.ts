export type { Cookies, CookiesOptions } from "./cookies.ts"
export { cookies, cookiesOf, createCookies } from "./cookies.ts"
export type { CookieAttributes } from "./set-cookie.ts"
