export {
  type Connect,
  type ConnectInit,
  type ConnectTarget,
  createConnect,
  hostHeader,
  type Resolve,
  resolveAll,
} from "./connect.ts"
export { isPublicAddress } from "./public-address.ts"
