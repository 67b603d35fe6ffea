export { AuthClosed, AuthStoreFailed } from "../errors.ts"
export { checkProof } from "./check-proof.ts"
export { openProofs, type ProofsOptions, proofGuarantees } from "./open-proofs.ts"
export type { Proof, ProofStore } from "./proof-store.ts"
