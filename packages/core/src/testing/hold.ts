/** What tests of a whole process may take hold of: its time, and its ids. */
export { holdSystemClock } from "../clock.ts"
export { holdIds } from "../ids.ts"
