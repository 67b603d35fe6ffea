export { EthereumSignInInvalid } from "../errors.ts"
export { checksumAddress, isChecksumAddress } from "./address.ts"
export type { EthereumCall } from "./contract-wallet.ts"
export { type EthereumRoutes, type EthereumRoutesOptions, ethereumRoutes } from "./ethereum-routes.ts"
export {
  createEthereumSignIn,
  type EthereumSignIn,
  type EthereumSignInOptions,
  type ProvenAccount,
  type SignedMessage,
} from "./ethereum-sign-in.ts"
export { parseSiweMessage, type SiweMessage, writeSiweMessage } from "./siwe-message.ts"
