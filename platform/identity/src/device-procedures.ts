/** What decides and writes in one step for devices. Part of `procedures.ts`: it runs in the writer Worker, one call at a time. */
import type { Transaction } from "@ashlar/sqlite"

export interface DeviceRequest {
  readonly deviceHash: Uint8Array
  readonly userCode: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly address: string
  readonly userAgent: string
}

/** Requests that wait at once; one more drops the oldest. */
const MAX_WAITING = 1_000

export function requestDevice(tx: Transaction, request: DeviceRequest): void {
  tx.run("DELETE FROM identity_devices WHERE expires_at <= ?", [request.createdAtMs])
  // Of two codes that are alike by chance the older one is gone: nobody can let in the wrong program.
  tx.run("DELETE FROM identity_devices WHERE user_code = ?", [request.userCode])
  tx.run(`DELETE FROM identity_devices WHERE n IN (SELECT n FROM identity_devices ORDER BY n DESC LIMIT -1 OFFSET ?)`, [
    MAX_WAITING - 1,
  ])
  tx.run(
    `INSERT INTO identity_devices (device_hash, user_code, decision, address, user_agent, created_at, expires_at)
     VALUES (?, ?, 'pending', ?, ?, ?, ?)`,
    [
      ...[request.deviceHash, request.userCode, request.address, request.userAgent],
      ...[request.createdAtMs, request.expiresAtMs],
    ],
  )
}

export interface DeviceClaim {
  readonly deviceHash: Uint8Array
  readonly nowMs: number
  readonly intervalMs: number
}

export type DeviceOutcome =
  | { readonly kind: "approved"; readonly accountId: string; readonly isVouched: boolean }
  | { readonly kind: "pending" | "hasty" | "denied" | "spent" }

/** A decision is told once: of those who ask at once, one gets it, and for the others the code is spent. */
export function claimDevice(tx: Transaction, { deviceHash, nowMs, intervalMs }: DeviceClaim): DeviceOutcome {
  const row = tx.get<{
    n: number
    decision: "pending" | "approved" | "denied"
    account_id: string | null
    vouched: number
    asked_at: number | null
    expires_at: number
  }>("SELECT * FROM identity_devices WHERE device_hash = ?", [deviceHash])
  if (!row || row.expires_at <= nowMs) return { kind: "spent" }
  if (row.decision === "pending") {
    const isHasty = row.asked_at !== null && nowMs - row.asked_at < intervalMs
    if (!isHasty) tx.run("UPDATE identity_devices SET asked_at = ? WHERE n = ?", [nowMs, row.n])
    return { kind: isHasty ? "hasty" : "pending" }
  }
  tx.run("DELETE FROM identity_devices WHERE n = ?", [row.n])
  return row.decision === "approved" && row.account_id !== null
    ? { kind: "approved", accountId: row.account_id, isVouched: row.vouched === 1 }
    : { kind: "denied" }
}
