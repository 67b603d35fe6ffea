export { openProofs, type ProofsOptions, proofGuarantees } from "./open-proofs.ts"
export type { Proof, ProofStore } from "./proof-store.ts"
